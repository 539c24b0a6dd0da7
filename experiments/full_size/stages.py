"""What a row is made of: commands of the product's own, in order."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from experiments.full_size.rows import EVALUATIONS, TRAINING_SETS, Evaluation, Row


@dataclass(frozen=True)
class Size:
    """How much of everything; the defaults are the settings' and the benchmarks' own."""

    training: tuple[str, ...] = ()
    """More options of `train`."""
    tracking: tuple[str, ...] = ()
    """More options of `run`."""
    runs: int | None = None
    repetitions: int | None = None


_SMALL = "--epochs 1 --samples-per-epoch 2 --batch-size 2 --workers 0 --no-pretrained --device cpu"
REHEARSAL = Size(tuple(_SMALL.split()), ("--device", "cpu"), runs=1, repetitions=1)


@dataclass(frozen=True)
class Plan:
    """Where a row's data, code and results are, and what it is run on."""

    row: Row
    out: Path
    """The row's folder."""
    folders: Mapping[str, Path]
    """Data set -> its folder."""
    checkout: Path | None = None
    """Of PyTracking; None for the embedded engine."""
    gpus: int = 1
    """Of this machine; 0 for its processor."""
    seeds: tuple[int, ...] = (0,)
    """Of training."""
    evaluations: tuple[str, ...] = tuple(EVALUATIONS)
    pretrained: Path | None = None
    workers: int | None = None
    """Processes that track; None for one a GPU."""
    size: Size = field(default_factory=Size)


@dataclass(frozen=True)
class Stage:
    """One command."""

    name: str
    arguments: tuple[str, ...]
    """After `siou-tracking`: what it does."""
    means: tuple[str, ...] = ()
    """More arguments: what it does it with, which changes no result."""
    processes: int = 1
    """Of torchrun."""
    kept: bool = False
    """A finished one is not repeated."""
    refused_when_rehearsed: bool = False
    """It takes all of the official sequences, which a rehearsal has not."""

    def command(self) -> list[str]:
        """As it is started."""
        several = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(self.processes))
        start = several if self.processes > 1 else ()
        return [sys.executable, *start, "-m", "siou_tracking", *self.arguments, *self.means]


def stages(plan: Plan) -> Iterator[Stage]:
    """All stages of a row, in the order in which they are done."""
    for seed in plan.seeds:
        yield _train(plan, seed)
        for name in plan.evaluations:
            yield from (_run(plan, seed, name, run) for run in range(_runs(plan, EVALUATIONS[name])))
    for name in plan.evaluations:
        if EVALUATIONS[name].server:
            yield from (_pack(plan, seed, name) for seed in plan.seeds)
        else:
            yield _score(plan, name)


def tracker_name(plan: Plan, seed: int, run: int | None = None) -> str:
    """The folder of one network's results; those of several runs are told by a number that `score` understands."""
    return f"{plan.row.name}_seed{seed}" + ("" if run is None else f"_{run:03d}")


def score_file(plan: Plan, evaluation: str) -> Path:
    """The numbers of an evaluation."""
    return plan.out / "scores" / f"{evaluation}.json"


def archive(plan: Plan, seed: int, evaluation: str) -> Path:
    """What is sent to an evaluation's server."""
    return plan.out / "packed" / f"{tracker_name(plan, seed)}_{evaluation}.zip"


def _runs(plan: Plan, evaluation: Evaluation) -> int:
    return plan.size.runs or evaluation.runs


def _workspace(plan: Plan, seed: int) -> Path:
    return plan.out / f"seed{seed}"


def _checkout(plan: Plan) -> tuple[str, ...]:
    return ("--checkout", str(plan.checkout)) if plan.checkout else ()


def _train(plan: Plan, seed: int) -> Stage:
    row = plan.row
    loss = ("--box-loss", row.box_loss) if row.box_loss else ()
    data = [part for name in TRAINING_SETS for part in ("--data", f"{name}={plan.folders[name]}")]
    pretrained = ("--pretrained", str(plan.pretrained)) if plan.pretrained else ()
    arguments = ["train", *row.tracker.settings, *_checkout(plan), *loss, *data, "--seed", str(seed)]
    arguments += ["--workspace", str(_workspace(plan, seed)), *pretrained, *plan.size.training]
    # The embedded engine's batch is each process's; a checkout's is divided among them.
    share = plan.gpus > 1 and plan.checkout is None
    means = ("--batch-size", str(row.tracker.batch // plan.gpus)) if share else ()
    return Stage(f"train_seed{seed}", tuple(arguments), means, processes=max(plan.gpus, 1), kept=True)


def _run(plan: Plan, seed: int, name: str, run: int) -> Stage:
    evaluation, tracker = EVALUATIONS[name], plan.row.tracker
    for_vot = tracker.run_as_vot if plan.checkout else tracker.embedded_vot
    called = for_vot if evaluation.benchmark == "vot2018" else tracker.run_as
    weights = _workspace(plan, seed) / "checkpoints" / "ltr" / tracker.settings[0] / plan.row.name
    several = _runs(plan, evaluation) > 1
    arguments = ["run", called, *_checkout(plan), "--weights", str(weights), *_where(plan, evaluation)]
    arguments += ["--results", str(plan.out / "results" / name), "--seed", str(run)]
    arguments += ["--name", tracker_name(plan, seed, run if several else None)]
    repetitions = evaluation.repetitions and (plan.size.repetitions or evaluation.repetitions)
    arguments += ["--repetitions", str(repetitions)] if repetitions else []
    workers = str(plan.workers or max(plan.gpus, 1))
    stage = f"run_seed{seed}_{name}" + (f"_{run:03d}" if several else "")
    return Stage(stage, (*arguments, *plan.size.tracking), ("--workers", workers), kept=True)


def _where(plan: Plan, evaluation: Evaluation) -> tuple[str, ...]:
    split = ("--split", evaluation.split) if evaluation.split else ()
    return ("--benchmark", evaluation.benchmark, "--data", str(plan.folders[evaluation.benchmark]), *split)


def _score(plan: Plan, name: str) -> Stage:
    results, numbers = str(plan.out / "results" / name), str(score_file(plan, name))
    where = _where(plan, EVALUATIONS[name])
    return Stage(f"score_{name}", ("score", *where, "--results", results, "--json", numbers))


def _pack(plan: Plan, seed: int, name: str) -> Stage:
    evaluation = EVALUATIONS[name]
    results = plan.out / "results" / name / tracker_name(plan, seed)
    data = ("--data", str(plan.folders[evaluation.benchmark]))
    where = ("--benchmark", evaluation.benchmark, "--results", str(results), *data)
    arguments = ("pack", *where, "--out", str(archive(plan, seed, name)))
    return Stage(f"pack_seed{seed}_{name}", arguments, refused_when_rehearsed=True)
