"""A recipe that is done in a moment, and can be killed in any of them: python killed_recipe.py OUT MOMENT."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import sys
from pathlib import Path

from siou_tracking.files import atomic_path, write_text
from siou_tracking.quickstart import data as data_module
from siou_tracking.quickstart.plan import StudyPlan
from siou_tracking.quickstart.recipe import Outcome, Recipe, Results
from siou_tracking.quickstart.skeleton import run_recipe

PLAN = StudyPlan(1, 1, frames=3, heldout_frames=1, epochs=1, samples_per_epoch=1)


@dataclasses.dataclass(frozen=True)
class KilledRecipe(Recipe):
    """Everything is a text of a line; in `moment` the process is killed half way."""

    name = "killed"
    network = "net"
    moment: str = "never"

    variants = ("off", "on")
    title = "nothing"

    def check(self) -> None:
        pass

    def die_in(self, moment: str) -> None:
        if self.moment == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def draw(self, folder: Path) -> None:
        write_text(folder / "train" / "frames.txt", str(self.plan.frames))
        self.die_in("drawing")
        write_text(folder / "val" / "frames.txt", str(self.plan.frames))

    def train(self, variant: str, data: Path, workspace: Path) -> tuple[Path, list[Results]]:
        assert not workspace.exists(), "would go on from a training that was killed"
        checkpoint = write_text(workspace / "last.pth.tar", variant)
        if variant == "on":
            self.die_in("training")
        return checkpoint, [{"epoch": 1, "loader": "train"}]

    def measure(self, checkpoints: dict[str, Path], data: Path, results: Path) -> Outcome:
        for variant, checkpoint in checkpoints.items():
            write_text(results / variant / "tracks.txt", checkpoint.read_text())
            self.die_in("tracking")
        return KilledOutcome(self)


@dataclasses.dataclass(frozen=True)
class KilledOutcome(Outcome):
    recipe: KilledRecipe

    def numbers(self) -> Results:
        return {"score": 1}

    def write_pictures(self, out: Path) -> None:
        with atomic_path(out / "overlay.mp4") as path:
            path.write_text("half")
            self.recipe.die_in("pictures")

    def write_report(self, path: Path, results: Results) -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            self.recipe.die_in("report")

    def format_tables(self, results: Results) -> str:
        return "score 1"


def main(out: Path, moment: str) -> None:
    """Run with another plan than PLAN's, killed in the moment when its data take the place of older ones, or later."""
    recipe = KilledRecipe(dataclasses.replace(PLAN, frames=4), workers=1, moment=moment)
    remove = shutil.rmtree

    def removed(path: Path, ignore_errors: bool = False) -> None:
        if path.name.endswith("outdated") and path.exists():
            remove(path / "train")
            recipe.die_in("removing")
        remove(path, ignore_errors)

    data_module.shutil.rmtree = removed
    run_recipe(recipe, out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
