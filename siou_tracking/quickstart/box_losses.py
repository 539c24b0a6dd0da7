"""The recipe of `siou-tracking quickstart`: one single-object tracker, trained with two box losses."""

from __future__ import annotations

import dataclasses
import functools
import shutil
from collections.abc import Mapping
from pathlib import Path

from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.identity import Identity
from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.benchmarks.scores import Score
from siou_tracking.benchmarks.sequence import AnnotatedSequence as Clip
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.parallel import cores
from siou_tracking.quickstart.evaluate import Tracked, certainty, score_all, track_clips
from siou_tracking.quickstart.page import write_box_loss_report, write_overlay
from siou_tracking.quickstart.plan import StudyPlan
from siou_tracking.quickstart.recipe import Outcome, Recipe, Results
from siou_tracking.quickstart.skeleton import run_recipe
from siou_tracking.quickstart.table import ONE_SEED, SETS, format_table
from siou_tracking.quickstart.training import read_training

logger = get_logger(__name__)


@dataclasses.dataclass(frozen=True)
class BoxLossPlan(StudyPlan):
    """Sizes, and the losses to compare."""

    losses: tuple[str, ...] = ("iou", "smooth_iou")
    """The box losses to compare; the first is the baseline."""


FAST = BoxLossPlan(
    train_sequences=40, heldout_sequences=6, frames=20, heldout_frames=40, epochs=6, samples_per_epoch=96
)
DEFAULT = BoxLossPlan(
    train_sequences=150, heldout_sequences=16, frames=30, heldout_frames=60, epochs=12, samples_per_epoch=448
)


def run_quickstart(
    out: Path,
    fast: bool = False,
    seed: int = 0,
    data: Mapping[str, Path] | None = None,
    plan: BoxLossPlan | None = None,
    workers: int | None = None,
) -> Results:
    """Train with two box losses, track a held-out set with both, and leave tables and pictures in `out`.

    Args:
        out: folder for results.json, report.html, overlay.mp4, checkpoints/, data/ and results/. What an earlier run
            left there is replaced step by step; take another folder to keep it.
        fast: the short plan; under 2 minutes on 2 cores instead of under 10.
        seed: of the generated pictures and of both trainings.
        data: `{"otb2015": folder}` also tracks and scores the sequences found there.
        plan: sizes other than the two built-in ones.
        workers: processes; None for one a core, 1 to stay in this one.

    Returns:
        What results.json holds.

    Raises:
        InputError: an unusable folder, before anything is trained.
    """
    plan = dataclasses.replace(plan or (FAST if fast else DEFAULT), seed=seed)
    return run_recipe(BoxLossRecipe(plan, workers, data or {}), out)


@dataclasses.dataclass(frozen=True)
class BoxLossRecipe(Recipe):
    """`bbreg atom_lite` on generated sequences in GOT-10k's layout, a training a box loss."""

    name = "quickstart"
    network = "atom_lite"

    plan: BoxLossPlan
    real: Mapping[str, Path] = dataclasses.field(default_factory=dict)
    """Benchmark -> folder of real sequences to track too."""

    @property
    def variants(self) -> tuple[str, ...]:
        return self.plan.losses

    @property
    def title(self) -> str:
        return f"bbreg {self.network} with {' and '.join(self.plan.losses)}"

    def check(self) -> None:
        """Find every real image, so that a wrong folder is told before the training."""
        wrong = sorted(set(self.real) - {"otb2015"})
        if wrong:
            raise InputError(f"quickstart: --data {wrong[0]}: got a data set it cannot score, allowed is otb2015=DIR")
        for identity in self._real_sets().values():
            for note in identity.notes:
                logger.warning("note: %s", note)
            for clip in identity.sequences:
                _ = clip.frames  # listed when first asked for

    def _real_sets(self) -> dict[str, Identity[Clip]]:
        return {name: get_benchmark(name).identify(load_sequences(name, folder)) for name, folder in self.real.items()}

    def draw(self, folder: Path) -> None:
        from siou_tracking.scenes import write_got10k

        plan, workers = self.plan, self.workers or cores()
        write_got10k(folder, "train", plan.train_sequences, seed=plan.seed, length=plan.frames, workers=workers)
        write_got10k(folder, "val", plan.heldout_sequences, seed=plan.seed, length=plan.heldout_frames, workers=workers)

    def train(self, variant: str, data: Path, workspace: Path) -> tuple[Path, list[Results]]:
        from siou_tracking.ltr.run_training import train
        from siou_tracking.retrain import BoxLossChoice, TrainRequest

        result = train(
            TrainRequest(
                "bbreg",
                self.network,
                box_loss=BoxLossChoice(variant),
                data={"got10k": data},
                workspace=workspace,
                epochs=self.plan.epochs,
                samples_per_epoch=self.plan.samples_per_epoch,
                workers=0,
                seed=self.plan.seed,
                quiet=True,
            )
        )
        return result.checkpoint, read_training(result.checkpoint)

    def measure(self, checkpoints: Mapping[str, Path], data: Path, results: Path) -> BoxLossOutcome:
        sets: dict[str, list[Clip]] = {"got10k": load_sequences("got10k", data)}
        sets |= {name: identity.sequences for name, identity in self._real_sets().items()}
        weights = {"static": None, **checkpoints}
        tracked = {name: track_clips(clips, weights, self.plan.seed, self.workers) for name, clips in sets.items()}
        for name in SETS:  # all of them: a set that an earlier run tracked would pass for one of this run
            shutil.rmtree(results / name, ignore_errors=True)
        scores, metrics = {}, {}
        for name, clips in sets.items():
            scores[name], metrics[name] = score_all(name, results / name, clips, tracked[name])
        return BoxLossOutcome(sets, tracked, scores, metrics)


@dataclasses.dataclass(frozen=True)
class BoxLossOutcome(Outcome):
    """Every tracker on every set of sequences; all fields are by benchmark."""

    sets: dict[str, list[Clip]]
    tracked: dict[str, dict[str, Tracked]]
    """Tracker -> what it did."""
    scores: dict[str, dict[str, Score]]
    """Tracker -> its score."""
    metrics: dict[str, dict[str, dict[str, float]]]
    """Tracker -> metric -> value, see `evaluate.score_all`."""

    def numbers(self) -> Results:
        protocols = {name: next(iter(scores.values())).protocol for name, scores in self.scores.items()}
        return {"metrics": self.metrics, "protocols": protocols, "certainty": self.certainty}

    @functools.cached_property
    def certainty(self) -> dict[str, Results]:
        """Benchmark -> intervals, and the last variant against the first, see `evaluate.certainty`."""
        found = {}
        for name, scores in self.scores.items():
            trained = [tracker for tracker in scores if tracker != "static"]
            if trained:
                found[name] = certainty(name, self.sets[name], scores, (trained[0], trained[-1]))
        return found

    def write_pictures(self, out: Path) -> None:
        write_overlay(out / "overlay.mp4", self.sets, self.tracked)

    def write_report(self, path: Path, results: Results) -> None:
        write_box_loss_report(path, results, self.sets, self.tracked, self.scores)

    def format_tables(self, results: Results) -> str:
        own = {name: not next(iter(scores.values())).expected for name, scores in self.scores.items()}
        tables = [
            format_table(name, metrics, own[name], self.certainty.get(name)) for name, metrics in self.metrics.items()
        ]
        return "\n\n".join([*tables, ONE_SEED])
