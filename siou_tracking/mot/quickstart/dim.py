"""The recipe of `siou-tracking mot quickstart`: one multi-object tracker, trained with and without the DIM loss."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from siou_tracking.mot.quickstart.evaluate import comparisons, track_crowds
from siou_tracking.mot.quickstart.page import comparison_lines, tracker_rows, write_crowd_pictures, write_dim_report
from siou_tracking.quickstart.plan import StudyPlan
from siou_tracking.quickstart.recipe import Outcome, Recipe, Results
from siou_tracking.quickstart.skeleton import run_recipe
from siou_tracking.quickstart.training import read_training
from siou_tracking.report.table import align_columns


@dataclasses.dataclass(frozen=True)
class DIMPlan(StudyPlan):
    """Sizes, and the modes of the DIM loss to compare; sequences are crowds."""

    box_loss: str = "smooth_iou"
    """What boxes are learned by, in all trainings."""
    dims: tuple[str, ...] = ("off", "both")
    """The DIM loss's modes to train with; the first is the baseline."""


FAST = DIMPlan(train_sequences=20, heldout_sequences=5, frames=30, heldout_frames=32, epochs=5, samples_per_epoch=256)
DEFAULT = DIMPlan(
    train_sequences=60, heldout_sequences=8, frames=30, heldout_frames=60, epochs=8, samples_per_epoch=800
)


def run_mot_quickstart(
    out: Path, fast: bool = False, seed: int = 0, plan: DIMPlan | None = None, workers: int | None = None
) -> Results:
    """Train with and without the DIM loss, track held-out crowds, and leave tables and pictures in `out`.

    Args:
        out: folder for results.json, report.html, overlay.mp4, strip.png, checkpoints/, data/ and results/. What an
            earlier run left there is replaced step by step; take another folder to keep it.
        fast: the short plan; under 2 minutes on 2 cores.
        seed: of the generated crowds and of the trainings.
        plan: sizes other than the two built-in ones.
        workers: processes; None for one a core, 1 to stay in this one.

    Returns:
        What results.json holds.

    Raises:
        InputError: an unusable folder, or trackeval is not installed, before anything is trained.
    """
    plan = dataclasses.replace(plan or (FAST if fast else DEFAULT), seed=seed)
    return run_recipe(DIMRecipe(plan, workers), out)


@dataclasses.dataclass(frozen=True)
class DIMRecipe(Recipe):
    """`mot_lite` on generated crowds in MOTChallenge's layout, a training a mode of the DIM loss."""

    name = "mot quickstart"
    network = "mot_lite"

    plan: DIMPlan

    @property
    def variants(self) -> tuple[str, ...]:
        return self.plan.dims

    @property
    def title(self) -> str:
        return f"{self.network} with DIM {' and '.join(self.plan.dims)}"

    def check(self) -> None:
        """Find the package that scores the tracks."""
        from siou_tracking.mot.scoring.evaluator import import_trackeval

        import_trackeval()

    def draw(self, folder: Path) -> None:
        from siou_tracking.mot.scenes import write_motchallenge

        for split, sequences, frames in (
            ("train", self.plan.train_sequences, self.plan.frames),
            ("val", self.plan.heldout_sequences, self.plan.heldout_frames),
        ):
            write_motchallenge(
                folder, split, sequences=sequences, frames=frames, seed=self.plan.seed, workers=self.workers
            )

    def train(self, variant: str, data: Path, workspace: Path) -> tuple[Path, list[Results]]:
        from siou_tracking.mot.training.train import DIMRequest, train_mot
        from siou_tracking.retrain import BoxLossChoice, TrainRequest

        result = train_mot(
            TrainRequest(
                "mot",
                self.network,
                data={"mot": data / "train"},
                box_loss=BoxLossChoice(self.plan.box_loss),
                workspace=workspace,
                epochs=self.plan.epochs,
                samples_per_epoch=self.plan.samples_per_epoch,
                workers=0,
                seed=self.plan.seed,
                resume=False,
                quiet=True,
            ),
            DIMRequest(mode=variant),
        )
        return result.checkpoint, read_training(result.checkpoint, with_seconds=True)

    def measure(self, checkpoints: Mapping[str, Path], data: Path, results: Path) -> DIMOutcome:
        from siou_tracking.mot.quickstart.features import feature_distances, read_margins
        from siou_tracking.mot.scoring.score import score_mot

        speeds = track_crowds(checkpoints, data / "val", results, self.workers)
        scores = score_mot(data / "val", {name: results / name for name in speeds})
        return DIMOutcome(
            split=data / "val",
            tracks=results,
            shown=self.plan.dims[-1],
            scores=scores,
            frames_per_second=speeds,
            distances={dim: feature_distances(checkpoint, data / "val") for dim, checkpoint in checkpoints.items()},
            margins={dim: read_margins(checkpoint, dim) for dim, checkpoint in checkpoints.items()},
        )


@dataclasses.dataclass(frozen=True)
class DIMOutcome(Outcome):
    """Every network with both trackers, called <mode>_<association>, on the held-out crowds."""

    split: Path
    """The held-out crowds."""
    tracks: Path
    """Folder with a folder of results a tracker."""
    shown: str
    """Mode whose trackers are in the pictures."""
    scores: Results
    """What `score_mot` returns."""
    frames_per_second: dict[str, float]
    """Tracker -> speed."""
    distances: dict[str, np.ndarray]
    """Mode -> (n,) distances of held-out features to their center."""
    margins: dict[str, list[float | None]]
    """Mode -> m_D and m_I, None for a term that did not act."""

    def numbers(self) -> Results:
        from siou_tracking.mot.quickstart.features import quantiles

        return {
            "scores": self.scores,
            "frames_per_second": self.frames_per_second,
            "comparisons": comparisons(self.scores),
            "features": {
                dim: {"quantiles": quantiles(values), "margins": self.margins[dim]}
                for dim, values in self.distances.items()
            },
        }

    def write_pictures(self, out: Path) -> None:
        write_crowd_pictures(out, self.split, self.tracks / f"{self.shown}_embedding")

    def write_report(self, path: Path, results: Results) -> None:
        write_dim_report(path, results, self.distances, self.split, self.tracks)

    def format_tables(self, results: Results) -> str:
        return "\n".join([*align_columns(tracker_rows(results)), "", *comparison_lines(results)])
