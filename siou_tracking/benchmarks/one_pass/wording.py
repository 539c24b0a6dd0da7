"""The rules of a one-pass protocol in words, and why the ground truth itself does not always score 100."""

from __future__ import annotations

import numpy as np

from siou_tracking.benchmarks.protocol import Protocol

_NAMES = {"success_auc": "AUC", "ao": "AO", "sr50": "SR0.5", "sr75": "SR0.75"}
_PRECISION = {"at 20 px": "P@20", "area": "P area"}
_NORM_PRECISION = {"at 0.2": "Pnorm@0.2", "mean": "Pnorm mean", "area": "Pnorm area"}


def name_metric(metric: str, rules: Protocol) -> str:
    """The heading of a column; the two precisions say how the rules make one number of their curve."""
    if metric == "precision":
        return _PRECISION[rules.precision_number]
    if metric == "norm_precision":
        return _NORM_PRECISION[rules.norm_number]
    return _NAMES.get(metric, metric)


def describe_rules(rules: Protocol) -> list[tuple[str, str]]:
    """Every rule that changes a number -> what holds."""
    comparison = ">=" if rules.success_inclusive else ">"
    rows = [
        ("mean over", rules.averaging),
        ("first frame", {"replaced": "replaced by the ground truth"}.get(rules.first_frame, rules.first_frame)),
        ("frames where the target is absent", {"miss": "count as missed"}.get(rules.absent, rules.absent)),
        ("result rows without a box", rules.bad_rows),
        ("short result file", rules.short_file),
        ("success", f"IoU {comparison} t, {len(rules.success_thresholds)} thresholds"),
    ]
    if "precision" in rules.metrics:
        rows += [
            ("precision", f"center error <= t pixels, {rules.precision_number}"),
            ("normalized precision", f"error / box size <= t, {rules.norm_number}"),
        ]
    if rules.rounded or rules.clipped:
        rows.append(("boxes", "rounded to whole pixels" if rules.rounded else "cut to the image"))
    return rows


def explain_success_ceiling(rules: Protocol, scored: float) -> str:
    """Why the ground truth's own success AUC is `scored`, a fraction."""
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
