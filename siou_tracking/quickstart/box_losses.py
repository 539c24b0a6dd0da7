"""The recipe of `siou-tracking quickstart`: one single-object tracker, trained with two box losses."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.identity import Identity
from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.benchmarks.sequence import AnnotatedSequence as Clip
from siou_tracking.errors import InputError, unknown_name
from siou_tracking.log import get_logger
from siou_tracking.parallel import cores
from siou_tracking.quickstart.evaluate import join_seeds, score_all, track_clips
from siou_tracking.quickstart.families import FAMILIES, Family
from siou_tracking.quickstart.outcome import BoxLossOutcome
from siou_tracking.quickstart.plan import BoxLossPlan
from siou_tracking.quickstart.recipe import Recipe, Results
from siou_tracking.quickstart.skeleton import run_recipe
from siou_tracking.quickstart.table import SETS
from siou_tracking.quickstart.training import read_training

logger = get_logger(__name__)


def run_quickstart(
    out: Path,
    fast: bool = False,
    seed: int = 0,
    data: Mapping[str, Path] | None = None,
    plan: BoxLossPlan | None = None,
    workers: int | None = None,
    tracker: str = "atom",
) -> Results:
    """Train with two box losses, track a held-out set with both, and leave tables and pictures in `out`.

    Args:
        out: folder for results.json, report.html, overlay.mp4, checkpoints/, data/ and results/. What an earlier run
            left there is replaced step by step; take another folder to keep it.
        fast: the short plan; about 2 minutes on 2 cores instead of under 10.
        seed: of the generated pictures and of the first training of each loss; those of the others come of it.
        data: `{"otb2015": folder}` also tracks and scores the sequences found there.
        plan: sizes other than the two built-in ones.
        workers: processes; None for one a core, 1 to stay in this one.
        tracker: one of `families.FAMILIES`.

    Returns:
        What results.json holds.

    Raises:
        InputError: an unknown tracker or an unusable folder, before anything is trained.
    """
    if tracker not in FAMILIES:
        raise unknown_name("tracker of the quickstart", tracker, FAMILIES)
    family = FAMILIES[tracker]
    plan = dataclasses.replace(plan or (family.fast if fast else family.default), seed=seed)
    return run_recipe(BoxLossRecipe(plan, workers, data or {}, family), out)


@dataclasses.dataclass(frozen=True)
class BoxLossRecipe(Recipe):
    """A family's settings on generated sequences in GOT-10k's layout, a training a box loss."""

    name = "quickstart"

    plan: BoxLossPlan
    real: Mapping[str, Path] = dataclasses.field(default_factory=dict)
    """Benchmark -> folder of real sequences to track too."""
    family: Family = FAMILIES["atom"]

    @property
    def network(self) -> str:
        return self.family.settings

    @property
    def variants(self) -> tuple[str, ...]:
        return tuple(self._trainings)

    @property
    def _trainings(self) -> dict[str, tuple[str, int]]:
        """Name -> loss and number of the seed. The first seed's has the loss's name, that of others is numbered."""
        return {
            f"{loss}_{number:03d}" if number else loss: (loss, number)
            for number in range(self.plan.seeds)
            for loss in self.plan.losses
        }

    @property
    def title(self) -> str:
        times = "" if self.plan.seeds == 1 else f" {self.plan.seeds} times each"
        return f"{self.family.module} {self.network} with {' and '.join(self.plan.losses)}{times}"

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

    def prepare(self, data: Path, workspace: Path) -> None:
        """Store the features, by a training that ends after one step."""
        print(f"features of {self.plan.stored_pairs} pairs, computed once for all trainings", flush=True)
        first = workspace / "first_step"
        self._train(self.plan.losses[0], 0, data, first, epochs=1, samples_per_epoch=self.family.batch)
        shutil.rmtree(first)

    def train(self, variant: str, data: Path, workspace: Path) -> tuple[Path, list[Results]]:
        plan = self.plan
        loss, number = self._trainings[variant]
        return self._train(loss, number, data, workspace, plan.epochs, plan.samples_per_epoch)

    def _train(
        self, loss: str, number: int, data: Path, workspace: Path, epochs: int, samples_per_epoch: int
    ) -> tuple[Path, list[Results]]:
        from siou_tracking.ltr.run_training import train
        from siou_tracking.retrain import BoxLossChoice, TrainRequest

        values: dict[str, int | str] = {
            "stored_pairs": self.plan.stored_pairs,
            "stored_features": str(workspace.parent / "features"),
        }
        if self.plan.head_channels is not None:
            values["head_channels"] = self.plan.head_channels
        result = train(
            TrainRequest(
                self.family.module,
                self.family.settings,
                box_loss=BoxLossChoice(loss),
                data={"got10k": data},
                workspace=workspace,
                epochs=epochs,
                samples_per_epoch=samples_per_epoch,
                batch_size=self.family.batch,
                workers=0,
                seed=training_seed(self.plan.seed, number),
                quiet=True,
                values=values,
            )
        )
        return result.checkpoint, read_training(result.checkpoint)

    def measure(self, checkpoints: Mapping[str, Path], data: Path, results: Path) -> BoxLossOutcome:
        sets: dict[str, list[Clip]] = {"got10k": load_sequences("got10k", data)}
        sets |= {name: identity.sequences for name, identity in self._real_sets().items()}
        runs = {"static": ["static"]} | {loss: self._runs(loss) for loss in self.plan.losses if loss in checkpoints}
        weights = {"static": None} | {
            self._runs(loss)[number]: checkpoints[name]
            for name, (loss, number) in self._trainings.items()
            if name in checkpoints
        }
        seed, preset = self.plan.seed, self.family.preset
        tracked = {name: track_clips(clips, weights, seed, self.workers, preset) for name, clips in sets.items()}
        for name in SETS:  # all of them: a set that an earlier run tracked would pass for one of this run
            shutil.rmtree(results / name, ignore_errors=True)
        outcome = BoxLossOutcome(self.family, sets, {}, {}, {}, {})
        for name, clips in sets.items():
            scores, metrics = score_all(name, results / name, clips, tracked[name])
            outcome.scores[name], outcome.metrics[name] = join_seeds(scores, metrics, runs)
            outcome.seeds[name] = {loss: [metrics[run] for run in runs[loss]] for loss in runs if loss != "static"}
            outcome.tracked[name] = {tracker: tracked[name][names[0]] for tracker, names in runs.items()}
        return outcome

    def _runs(self, loss: str) -> list[str]:
        """The trackers that a loss's trainings are, as `score` knows repeated runs of one tracker."""
        return [f"{loss}_{number:03d}" for number in range(self.plan.seeds)] if self.plan.seeds > 1 else [loss]


def training_seed(seed: int, number: int) -> int:
    """The seed of a loss's training `number`: the first one's is that of the quickstart, no two are neighbors'."""
    return seed if number == 0 else int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
