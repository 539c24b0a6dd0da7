"""What the bridge asks of a layout: where its parts lie, how a training of it begins, how a tracker of it is made.

Checkouts of the family share PyTracking's architecture under names of their own: a training package with actors, data,
trainers and `admin/local.py`, and a tracking package with parameters, trackers and `evaluation/local.py`. What follows
from these two names is here; a layout adds what is its own.
"""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any  # a checkout's settings, parameters and trackers, whose classes are not known here

from siou_tracking.bridge.making.request import TrackerRequest
from siou_tracking.bridge.supply.component import Factory
from siou_tracking.ltr.settings_files import SettingsFile
from siou_tracking.retrain.request import TrainRequest


class Layout(abc.ABC):
    """One way in which a checkout's folders and packages are named."""

    title: str
    """Of the project, or the family, whose layout it is; the first word of messages about a checkout."""
    expected: str
    """What is allowed, for the error about a folder that is none."""
    known_by: str
    """The files that it is recognized by, for the same."""
    importable: bool = False
    """Whether `import` of its tracking package may find one; not where the package's name could be anyone's."""
    training: str
    """The training package: "ltr" or "lib.train"."""
    tracking: str
    """The tracking package: "pytracking" or "lib.test"."""
    models: str
    """The package of its networks: "ltr.models" or "lib.models"."""
    project: str
    """First folder of a run's project path."""
    settings_files: str
    """Pattern of its settings, whose folder and name are "MODULE NAME". Where they are Python files any other runs too,
    wherever it lies."""
    torchrun: bool
    """Whether its training scripts divide their work among processes themselves, told their rank."""
    loader_options: bool = True
    """Whether settings give numbers to loaders as literals, so that options replace them there; else see
    `configured`."""
    says_cuda: bool = False
    """Whether its code moves everything to the current GPU, whatever its settings and parameters say."""
    copies_trackers: bool = False
    """Whether a tracker that has seen no frame may be copied instead of made again."""
    variables: Mapping[str, str] = MappingProxyType({})
    """Environment variables that its modules read when they are imported, and what stands for those not set."""

    @property
    def training_local(self) -> str:
        """Module of the user's file of training folders."""
        return f"{self.training}.admin.local"

    @property
    def tracking_local(self) -> str:
        """Module of the user's file of tracking folders."""
        return f"{self.tracking}.evaluation.local"

    @property
    def trainer(self) -> str:
        """Module of `BaseTrainer`, which every trainer of the checkout derives from."""
        return f"{self.training}.trainers.base_trainer"

    def packages(self, root: Path) -> frozenset[str]:
        """Import names that mean the checkout while a session with it is open."""
        shared = ("util", "external")
        return frozenset(
            {self.training.partition(".")[0], self.tracking.partition(".")[0]}
            | {name for name in shared if any((root / name).glob("**/*.py"))}
        )

    def modules(self) -> dict[str, Factory]:
        """Modules that its files import and that need not come from the checkout, by name."""
        return {}

    def supplied(self) -> frozenset[str]:
        """Names of modules of its packages that a session brings."""
        return frozenset({self.training_local, self.tracking_local, *self.modules()})

    def is_original(self, root: Path) -> bool:
        """Whether it is the very repository that the stand-ins were written for, which needs no more than they have."""
        return False

    @abc.abstractmethod
    def is_root(self, folder: Path) -> bool:
        """Whether `folder` holds the packages of a checkout of this layout."""

    @abc.abstractmethod
    def describe_remains(self, folder: Path) -> str | None:
        """What a folder that looks like a checkout of this layout and is none is instead; None for any other."""

    @property
    def settings_suffix(self) -> str:
        """Of its settings files, such as ".py"."""
        return Path(self.settings_files).suffix

    def settings(self, root: Path) -> list[str]:
        """What it can train, as "MODULE NAME"."""
        return [f"{module} {name}" for module, name in python_names(root.glob(self.settings_files))]

    @abc.abstractmethod
    def find_settings(self, root: Path, module: str, name: str) -> SettingsFile | None:
        """The file that says how "MODULE NAME" is trained, or None."""

    def training_scripts(self, root: Path) -> list[Path]:
        """The files that make actors."""
        return sorted((root.joinpath(*self.training.split("."))).glob("*.py"))

    def entries(self, root: Path) -> list[Path]:
        """Files that every training imports, whatever its settings."""
        folder = root.joinpath(*self.training.split("."))
        return [folder / name / "__init__.py" for name in ("actors", "data", "dataset", "trainers")]

    def weight_files(self, root: Path) -> dict[str, list[Path]]:
        """Files of pretrained weights that its settings name, and where each is looked for."""
        return {}

    def find_imported_settings(self, root: Path, module: str) -> Path | None:
        """The file of a settings module by the name it is imported by, such as a variant's original."""
        return None

    @abc.abstractmethod
    def run(self, root: Path, settings_file: SettingsFile, request: TrainRequest) -> Callable[[Any], None]:
        """What trains, given settings that are named; called inside a session, with every replacement in force.

        Raises:
            InputError: the file cannot be used.
        """

    def configured(self, settings_file: SettingsFile, request: TrainRequest) -> contextlib.AbstractContextManager[None]:
        """Inside the block the layout's own configuration, where it has one, says what a request asks for."""
        return contextlib.nullcontext()

    def device(self, settings: Any) -> Any:
        """The device that a script asks for, as far as this machine has it; None leaves it to the trainer."""
        return getattr(settings, "device", None)

    def data_code(self, root: Path) -> list[Path]:
        """Python files that may say which year of COCO is read."""
        return [root.joinpath(*self.training.split("."), "dataset", "coco_seq.py")]

    def environment_defaults(self, root: Path, workspace: Path) -> dict[str, str]:
        """Attributes that parameter files read and that nobody else gives the tracking environment."""
        return {}

    @abc.abstractmethod
    def trackers(self, root: Path) -> list[str]:
        """Every tracker as NAME:PARAM, sorted."""

    @abc.abstractmethod
    def make_tracker(self, root: Path, request: TrackerRequest) -> tuple[Any, Path | None]:
        """A tracker with its networks loaded, and the file of its main network; inside a session.

        Raises:
            InputError: its parameters, its network or its code cannot be used here.
        """


def python_names(files: Iterable[Path]) -> list[tuple[str, str]]:
    """Folder and stem of each file that is not private, sorted."""
    return sorted((file.parent.name, file.stem) for file in files if not file.stem.startswith("_"))
