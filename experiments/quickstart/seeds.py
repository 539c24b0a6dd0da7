"""How much a quickstart's numbers depend on its seed: one quickstart a seed, and all of them in one table.

    python experiments/quickstart/seeds.py --work DIR [--data otb2015=OTB_DIR]

Each seed's quickstart is kept whole in DIR/seed<S>; one that is there with an equal plan is not made again, so a run
that was stopped goes on.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any  # what JSON holds

import numpy as np

from siou_tracking.quickstart import run_quickstart
from siou_tracking.quickstart.families import FAMILIES
from siou_tracking.quickstart.plan import BoxLossPlan

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import build_parser, machine, write_result

ATOM = FAMILIES["atom"]
MAIN = {"got10k": "ao", "otb2015": "success_auc"}


def main() -> None:
    parser = build_parser(__doc__, out=Path(__file__).with_name("seeds.json"))
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="folder for the quickstarts")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4], metavar="S")
    parser.add_argument("--fast", action="store_true", help="quickstarts with --fast")
    parser.add_argument("--data", metavar="otb2015=DIR", help="also track these sequences")
    options = parser.parse_args()
    real = dict([options.data.split("=", 1)]) if options.data else {}
    plan = ATOM.fast if options.fast else ATOM.default
    found = {
        seed: load_or_run(options.work / f"seed{seed}", dataclasses.replace(plan, seed=seed), real)
        for seed in options.seeds
    }
    result = {"machine": machine(), **aggregate(found)}
    write_result(options.out, result, show=False)
    print(format_markdown(result))


def load_or_run(out: Path, plan: BoxLossPlan, real: Mapping[str, str]) -> dict[str, Any]:
    """results.json of one seed's quickstart, made now unless it is there."""
    path = out / "results.json"
    if path.is_file():
        results: dict[str, Any] = json.loads(path.read_bytes())
        wanted = json.loads(json.dumps(dataclasses.asdict(plan)))
        same = results["plan"] == wanted and results.get("tracker", ATOM.preset) == ATOM.preset
        if same and set(results["metrics"]) >= {"got10k", *real}:
            return results
    return run_quickstart(out, seed=plan.seed, data={name: Path(folder) for name, folder in real.items()}, plan=plan)


def aggregate(found: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """Rows of all seeds, their spread, and whether it is small enough to read anything from one row.

    Args:
        found: seed -> results.json of its quickstart.
    """
    first = next(iter(found.values()))
    benchmarks = {}
    for name in first["metrics"]:
        metric = MAIN[name]
        rows = {
            tracker: {seed: one["metrics"][name][tracker] for seed, one in found.items()}
            for tracker in first["metrics"][name]
        }
        losses = [tracker for tracker in rows if tracker != "static"]
        values = {tracker: np.array([row[metric] for row in by_seed.values()]) for tracker, by_seed in rows.items()}
        gain = min(values[loss].mean() for loss in losses) - values["static"].mean()
        spread = {loss: _deviation(values[loss]) for loss in losses}
        trainings = {
            loss: [[run[metric] for run in one["seeds"][name][loss]] for one in found.values()] for loss in losses
        }
        benchmarks[name] = {
            "metric": metric,
            "rows": rows,
            "mean": {tracker: float(value.mean()) for tracker, value in values.items()},
            "deviation over quickstarts": spread,
            "trainings": trainings,
            "deviation over trainings": {loss: _deviation(np.ravel(runs)) for loss, runs in trainings.items()},
            "half the gain over the static box": gain / 2,
            "spread is below half the gain": bool(max(spread.values()) < gain / 2),
            "ahead": {
                seed: max(losses, key=lambda loss: one["metrics"][name][loss][metric]) for seed, one in found.items()
            },
            "verdict": {seed: one["verdict"][name][0] for seed, one in found.items()},
        }
    return {
        "plan": {key: value for key, value in first["plan"].items() if key != "seed"},
        "cpu_seconds": {seed: one["cpu_seconds"] for seed, one in found.items()},
        "seconds": {seed: one["seconds"] for seed, one in found.items()},
        "benchmarks": benchmarks,
    }


def _deviation(values: np.ndarray) -> float:
    return float(np.std(values, ddof=1)) if values.size > 1 else 0.0


def format_markdown(result: Mapping[str, Any]) -> str:
    """A row a tracker and benchmark, a column a seed, then mean and standard deviation; and what each page says."""
    lines: list[str] = []
    for name, one in result["benchmarks"].items():
        seeds = list(next(iter(one["rows"].values())))
        head: Sequence[str] = [f"{name} {one['metric']}", *(f"seed {seed}" for seed in seeds), "mean", "deviation"]
        lines += [_row(head), "|---" * len(head) + "|"]
        for tracker, by_seed in one["rows"].items():
            values = [f"{row[one['metric']]:.3f}" for row in by_seed.values()]
            deviation = one["deviation over quickstarts"].get(tracker)
            lines.append(
                _row([tracker, *values, f"{one['mean'][tracker]:.3f}", "" if deviation is None else f"{deviation:.3f}"])
            )
        lines += ["", *(f"seed {seed}: {line}" for seed, line in one["verdict"].items()), ""]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
