"""A protocol in words: its rules, and why the ground truth itself does not always score 100."""

from __future__ import annotations

from typing import Any

import numpy as np

from siou_tracking.benchmarks.protocol import Protocol, get_protocol
from siou_tracking.report.metrics import format_metric, metric_name
from siou_tracking.report.table import Result, ceiling_line


def explain_ceiling(result: Result) -> str:
    """What the ground truth scores against itself under the result's protocol, and why."""
    line = ceiling_line(result)
    rules = get_protocol(result["benchmark"], result["protocol"])
    if not line:
        return "The protocol refuses boxes of the ground truth, so what a perfect tracker scores is not known."
    text = f"{line[0].upper()}{line[1 : -len(' here')]} on these sequences: no tracker can do better."
    if result["benchmark"] == "vot2018":
        return f"{text} Accuracy and EAO are mean overlaps, robustness counts failures; a perfect run has none."
    if result["benchmark"] == "got10k":
        return f"{text} AO is the mean overlap itself, and the success rates ask for no more than 0.5 and 0.75."
    return f"{text} {_success_ceiling(rules, result['ceiling'].get('success_auc', 0.0))}"


def _success_ceiling(rules: Protocol, scored: float) -> str:
    thresholds = rules.success_thresholds
    points = len(thresholds)
    if rules.success_inclusive:
        most, why = 1.0, f"Success counts IoU >= t at {points} thresholds, so that a perfect box passes all of them."
    else:
        passed = int(np.count_nonzero(thresholds < 1))
        most = passed / points
        why = (
            f"Success counts the frames with IoU strictly greater than t at {points} thresholds from 0 to 1, and no "
            f"IoU is greater than 1: the last threshold never passes, so {passed}/{points} = {100 * most:.2f} is the "
            "most."
        )
    if scored < most - 1e-9:
        absent = " or the target is marked absent" if rules.absent == "miss" else ""
        why += (
            f" The rest is lost in frames that nobody can hit: one of the annotated x, y, w, h is not positive{absent}."
        )
    return why


def rule_rows(result: Result) -> list[list[str]]:
    """A head and one row per rule that changes a number."""
    rules: Any = get_protocol(result["benchmark"], result["protocol"])
    if not isinstance(rules, Protocol):
        low, high = rules.interval
        return [
            ["rule", "here"],
            ["run", "restarted 5 frames after each failure (overlap 0)"],
            ["accuracy", "pooled over all frames" if rules.pooled else "mean of runs, weighted by length"],
            ["robustness", "failures per 100 frames" if rules.robustness_in_percent else "mean failures a sequence"],
            ["EAO", f"mean of the curve over lengths {low} to {high}"],
        ]
    comparison = ">=" if rules.success_inclusive else ">"
    rows = [
        ["rule", "here"],
        ["mean over", rules.averaging],
        ["first frame", {"replaced": "replaced by the ground truth"}.get(rules.first_frame, rules.first_frame)],
        ["frames where the target is absent", {"miss": "count as missed"}.get(rules.absent, rules.absent)],
        ["result rows without a box", rules.bad_rows],
        ["short result file", rules.short_file],
        ["success", f"IoU {comparison} t, {len(rules.success_thresholds)} thresholds"],
    ]
    if "precision" in rules.metrics:
        rows += [
            ["precision", f"center error <= t pixels, {rules.precision_number}"],
            ["normalized precision", f"error / box size <= t, {rules.norm_number}"],
        ]
    if rules.rounded or rules.clipped:
        rows.append(["boxes", "rounded to whole pixels" if rules.rounded else "cut to the image"])
    return rows


def legend(result: Result, metric: str) -> dict[str, str]:
    """Tracker -> its name with the value of a metric."""
    digits = 2 if result["benchmark"] == "vot2018" else 1
    named = {name: values[metric] for name, values in result["trackers"].items() if metric in values}
    texts = {name: f"{name} [{format_metric(result['benchmark'], value, digits)}]" for name, value in named.items()}
    return {name: texts.get(name, name) for name in result["trackers"]}


def name_of(result: Result, metric: str) -> str:
    """`metric_name` of a result's benchmark and protocol."""
    return metric_name(result["benchmark"], result["protocol"], metric)
