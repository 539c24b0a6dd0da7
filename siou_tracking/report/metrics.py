"""What metrics are called and how the field prints them: VOT's as fractions, all others in percent."""

from __future__ import annotations

from siou_tracking.benchmarks.protocol import get_protocol

TITLES = {
    "otb2015": "OTB2015",
    "lasot": "LaSOT",
    "got10k": "GOT-10k",
    "trackingnet": "TrackingNet",
    "vot2018": "VOT2018",
}
LOWER_IS_BETTER = frozenset({"robustness", "failures"})
_NAMES = {
    "success_auc": "AUC",
    "ao": "AO",
    "sr50": "SR0.5",
    "sr75": "SR0.75",
    "accuracy": "accuracy",
    "robustness": "robustness",
    "eao": "EAO",
    "exp_robustness": "exp. robustness",
    "coverage": "coverage",
    "failures": "failures",
    "repetitions": "repetitions",
}
_PRECISION = {"at 20 px": "P@20", "area": "P area"}
_NORM_PRECISION = {"at 0.2": "Pnorm@0.2", "mean": "Pnorm mean", "area": "Pnorm area"}


def metric_name(benchmark: str, protocol: str, metric: str) -> str:
    """The heading of a column; the two precisions say how the protocol makes one number of their curve."""
    if metric == "precision":
        return _PRECISION[get_protocol(benchmark, protocol).precision_number]
    if metric == "norm_precision":
        return _NORM_PRECISION[get_protocol(benchmark, protocol).norm_number]
    return _NAMES.get(metric, metric)


def format_metric(benchmark: str, value: float, digits: int = 2, sign: bool = False) -> str:
    """A metric as the field prints it.

    Args:
        benchmark: VOT2018's values are printed as they are, with one digit more; others in percent.
        value: as in a result file.
        digits: after the point, in percent.
        sign: also a plus.
    """
    if benchmark == "vot2018":
        return f"{value:{'+' if sign else ''}.{digits + 1}f}"
    return f"{100 * value:{'+' if sign else ''}.{digits}f}"


def best_of(metric: str, values: dict[str, float]) -> set[str]:
    """Trackers with the best value of a metric."""
    if not values:
        return set()
    best = min(values.values()) if metric in LOWER_IS_BETTER else max(values.values())
    return {name for name, value in values.items() if value == best}
