"""What makes one quickstart another: the data, the variants that are trained, and how they are compared."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from siou_tracking.quickstart.plan import StudyPlan

# What json holds of a training or a quickstart: numbers, texts, and lists and dicts of them.
Results = dict[str, Any]


class Outcome(abc.ABC):
    """What tracking and scoring gave, and how it is shown."""

    @abc.abstractmethod
    def numbers(self) -> Results:
        """What results.json is to hold beside the plan, the training and the checkpoints."""

    @abc.abstractmethod
    def write_pictures(self, out: Path) -> None:
        """Write overlay.mp4, and what else is shown, into the quickstart's folder."""

    @abc.abstractmethod
    def write_report(self, path: Path, results: Results) -> None:
        """Write the self-contained page; `results` is what results.json will hold."""

    @abc.abstractmethod
    def format_tables(self, results: Results) -> str:
        """What is printed at the end."""


@dataclasses.dataclass(frozen=True)
class Recipe(abc.ABC):
    """One quickstart, see `skeleton.run_recipe`. Picklable: its trainings run in processes of their own."""

    plan: StudyPlan
    workers: int | None = None
    """Processes at the most; None for one a core, 1 to stay in this one."""

    name: ClassVar[str]
    """What errors begin with, and whose the data are, as data/plan.json says."""

    @property
    @abc.abstractmethod
    def network(self) -> str:
        """Settings that are trained; checkpoints are <network>_<variant>.pth.tar."""

    @property
    @abc.abstractmethod
    def variants(self) -> tuple[str, ...]:
        """What is trained, the baseline first; they differ in one thing."""

    @property
    @abc.abstractmethod
    def title(self) -> str:
        """What is trained, in words."""

    @abc.abstractmethod
    def check(self) -> None:
        """Refuse what would fail later, before anything is made.

        Raises:
            InputError: names it.
        """

    @abc.abstractmethod
    def draw(self, folder: Path) -> None:
        """Draw train/ and val/ into a new folder."""

    def prepare(self, data: Path, workspace: Path) -> None:  # noqa: B027  # nothing, unless a recipe has something
        """Compute once, before the trainings, what they share.

        Args:
            data: what `draw` drew.
            workspace: the trainings have theirs in it; it is removed after them.
        """

    @abc.abstractmethod
    def train(self, variant: str, data: Path, workspace: Path) -> tuple[Path, list[Results]]:
        """Train one variant on what `draw` drew, in a folder of its own in the workspace of `prepare`.

        Returns:
            The checkpoint, and one record of statistics per epoch and loader.
        """

    @abc.abstractmethod
    def measure(self, checkpoints: Mapping[str, Path], data: Path, results: Path) -> Outcome:
        """Track the held-out sequences with each variant's checkpoint and score what came out.

        Args:
            checkpoints: variant -> network.
            data: what `draw` drew.
            results: folder that gets the tracks.
        """
