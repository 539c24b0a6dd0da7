"""What is kept of finished stages, and the result of a row gathered from them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from experiments.common import machine
from experiments.full_size.rows import EVALUATIONS
from experiments.full_size.stages import Plan, Stage, archive, score_file, stages
from siou_tracking import __version__
from siou_tracking.benchmarks.comparing.published import published
from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.files import write_json

NOT_A_RESULT = "a rehearsal: one training step, generated pictures; these numbers mean nothing"
_KEPT = ("protocol", "source", "sequences", "expected_sequences", "frames", "trackers", "intervals", "runs", "notes")
"""Of a file that `score --json` writes."""


@dataclasses.dataclass(frozen=True)
class Finished:
    """A stage that ended well."""

    arguments: list[str]
    seconds: float


def read_finished(plan: Plan, stage: Stage) -> Finished | None:
    """How a stage ended before, if it did."""
    path = _finished_file(plan, stage)
    return Finished(**json.loads(path.read_text("utf-8"))) if path.is_file() else None


def write_finished(plan: Plan, stage: Stage, finished: Finished) -> None:
    """Remember that a stage ended well."""
    write_json(_finished_file(plan, stage), dataclasses.asdict(finished))


def collect(plan: Plan, rehearsed: bool) -> Path:
    """Write the row's result and return its file: results.json, or what a rehearsal calls it."""
    row = plan.row
    hours = {one.name: finished.seconds / 3600 for one in stages(plan) if (finished := read_finished(plan, one))}
    result: dict[str, Any] = {
        **({"not a result": NOT_A_RESULT} if rehearsed else {}),
        "row": row.name,
        "tracker": row.tracker.title,
        "box loss": row.box_loss or f"its own ({row.tracker.baseline})",
        "seeds": list(plan.seeds),
        "gpus": plan.gpus,
        "versions": {**machine("torch", "numpy", "opencv"), "siou-tracking": __version__, "checkout": _checkout(plan)},
        "scores": {name: _scores(plan, name) for name in plan.evaluations if not EVALUATIONS[name].server},
        "to be sent to the server": {
            name: [str(archive(plan, seed, name).relative_to(plan.out)) for seed in plan.seeds]
            for name in plan.evaluations
            if EVALUATIONS[name].server and not rehearsed
        },
        "hours": {name: round(value, 4) for name, value in hours.items()},
    }
    if not rehearsed:
        result["published"] = _published(plan)
    return write_json(plan.out / ("rehearsal.json" if rehearsed else "results.json"), result)


def _scores(plan: Plan, evaluation: str) -> dict[str, Any]:
    stored = json.loads(score_file(plan, evaluation).read_text("utf-8"))
    return {key: stored[key] for key in _KEPT if key in stored}


def _published(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """What others report of the tracker with its own loss; GOT-10k's are of the test split."""
    benchmarks = dict.fromkeys(EVALUATIONS[name].benchmark for name in plan.evaluations)
    return {
        benchmark: [
            {"metric": one.metric, "value": one.value, "source": one.source}
            for one in published(benchmark, plan.row.tracker.title)
        ]
        for benchmark in benchmarks
    }


def _checkout(plan: Plan) -> str:
    return "none, the embedded engine" if plan.checkout is None else find_checkout(plan.checkout).version()


def _finished_file(plan: Plan, stage: Stage) -> Path:
    return plan.out / "stages" / f"{stage.name}.json"
