"""What the runs say: mean and interval of each loss, and whether it differs from the loss that upstream trains with.

Two tests against the head's baseline, each with Holm's correction for the number of losses of that head: over seeds,
run by run (is it the loss, on these targets?), and over seeds and targets (would it be so on others?).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any  # what JSON holds

import numpy as np

from experiments.common import markdown, rounded
from experiments.head_ablation.metrics import METRICS
from experiments.head_ablation.training import HEADS, Run
from experiments.seed_statistics import compare_paired, compare_two_level, holm, mean_interval
from siou_tracking.benchmarks.comparing.statistics import Interval

LEVEL = 0.95
"""Share of the baseline's best validation IoU that it is asked when a loss reaches."""
Row = dict[str, Any]


def summarize_head(head: str, losses: Mapping[str, Sequence[Run]]) -> dict[str, Row]:
    """Loss -> its numbers, the best mean IoU first.

    Args:
        head: one of `HEADS`.
        losses: loss -> its runs, the same seeds in the same order; the baseline among them.
    """
    base = losses[HEADS[head].baseline]
    level = LEVEL * float(np.mean([highest(run) for run in base]))
    rows = {name: describe_loss(runs, level) for name, runs in losses.items()}
    others = {name: runs for name, runs in losses.items() if name != HEADS[head].baseline}
    over_seeds = {name: compare_paired(ious(runs), ious(base)) for name, runs in others.items()}
    over_both = {name: compare_two_level(by_target(runs), by_target(base)) for name, runs in others.items()}
    for key, tests in (("over_seeds", over_seeds), ("over_seeds_and_targets", over_both)):
        corrected = holm({name: float(test.p_value) for name, test in tests.items()})
        for name, test in tests.items():
            p_values = rounded([float(test.p_value), corrected[name]])
            rows[name][key] = {**describe_interval(test.difference), "p": p_values[0], "p_holm": p_values[1]}
    return dict(sorted(rows.items(), key=lambda entry: -entry[1]["iou"]["mean"]))


def describe_loss(runs: Sequence[Run], level: float) -> Row:
    """The numbers of one loss."""
    reached = [steps for run in runs if (steps := steps_to(run, level)) is not None]
    measured = {metric: np.array([run.mean(metric) for run in runs]) for metric in METRICS}
    return {
        "seeds": [run.seed for run in runs],
        "rate": runs[0].rate,
        "steps": [run.step for run in runs],
        **{metric: describe_interval(mean_interval(values)) for metric, values in measured.items()},
        "val_iou": rounded([float(np.mean([run.val_iou for run in runs]))])[0],
        "level": round(level, 4),
        "iterations_to_level": float(np.mean(reached)) if reached else None,
        "reached_by": len(reached),
        "not_finite": float(np.mean([run.not_finite for run in runs])),
        "seconds": round(float(np.mean([run.seconds for run in runs])), 1),
        "curve": mean_curve(runs),
    }


def describe_interval(interval: Interval) -> dict[str, float | None]:
    """Mean and 95 % interval as JSON has them."""
    return dict(zip(("mean", "low", "high"), rounded([interval.mean, interval.low, interval.high], 5), strict=True))


def highest(run: Run) -> float:
    """Its best look at validation targets."""
    return max(iou or 0.0 for _, iou in run.curve)


def steps_to(run: Run, level: float) -> int | None:
    """Steps of the first look with that validation IoU; None where there is none."""
    return next((steps for steps, iou in run.curve if iou is not None and iou >= level), None)


def mean_curve(runs: Sequence[Run]) -> list[tuple[int, float]]:
    """(steps, validation IoU averaged over runs) of each look."""
    values = np.array([[iou or 0.0 for _, iou in run.curve] for run in runs]).mean(0)
    return [(steps, round(float(value), 4)) for (steps, _), value in zip(runs[0].curve, values, strict=True)]


def ious(runs: Sequence[Run]) -> np.ndarray:
    """(seeds,) test IoU."""
    return np.array([run.mean("iou") for run in runs])


def by_target(runs: Sequence[Run]) -> np.ndarray:
    """(seeds, targets) test IoU."""
    targets = list(runs[0].test["iou"])
    return np.array([[run.test["iou"][target] for target in targets] for run in runs])


def format_table(head: str, rows: Mapping[str, Row]) -> str:
    """A Markdown table, a row for each loss."""
    base = HEADS[head].baseline
    columns = ["loss", "IoU", "SR .5", "SR .75", "far: IoU", "far: error", f"minus {base}", "p (seeds)"]
    columns += ["p (seeds, targets)", "iterations to level", "not finite", "rate"]
    lines = []
    for name, row in rows.items():
        line = [name, _with_half(row["iou"]), *(f"{row[key]['mean']:.3f}" for key in METRICS[1:])]
        if name == base:
            line += ["", "", ""]
        else:
            test, wide = row["over_seeds"], row["over_seeds_and_targets"]
            line += [_with_half(test, "+"), f"{test['p_holm']:.3g}", f"{wide['p_holm']:.3g}"]
        reached = row["iterations_to_level"]
        count = "" if row["reached_by"] == len(row["seeds"]) else f" ({row['reached_by']} of {len(row['seeds'])})"
        line += ["-" if reached is None else f"{reached:.0f}{count}"]
        lines.append([*line, f"{100 * row['not_finite']:.1f} %", f"{row['rate']:g}"])
    return markdown(columns, lines)


def _with_half(interval: Mapping[str, float | None], sign: str = "") -> str:
    """Mean and half width, such as 0.612 ± 0.004."""
    mean, low, high = interval["mean"], interval["low"], interval["high"]
    half = "" if low is None or high is None else f" ± {(high - low) / 2:.3f}"
    return f"{mean:{sign}.3f}{half}"
