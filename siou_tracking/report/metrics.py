"""How the field prints metrics: VOT's as fractions, all others in percent."""

from __future__ import annotations

from siou_tracking.benchmarks.registry import get_benchmark

LOWER_IS_BETTER = frozenset({"robustness", "failures"})


def metric_name(benchmark: str, protocol: str, metric: str) -> str:
    """The heading of a column; the two precisions say how the protocol makes one number of their curve."""
    found = get_benchmark(benchmark)
    return found.name_metric(metric, found.get_protocol(protocol))


def format_metric(benchmark: str, value: float, digits: int = 2, sign: bool = False) -> str:
    """A metric as the field prints it.

    Args:
        benchmark: VOT2018's values are printed as they are, with one digit more; others in percent.
        value: as in a result file.
        digits: after the point, in percent.
        sign: also a plus.
    """
    plus = "+" if sign else ""
    return f"{100 * value:{plus}.{digits}f}" if get_benchmark(benchmark).in_percent else f"{value:{plus}.{digits + 1}f}"


def format_on_sequence(benchmark: str, value: float | None, metric: str, sign: bool = False) -> str:
    """`format_metric` of one sequence, with one digit less and counts as they are; '-' where there is no value."""
    if value is None:
        return "-"
    if metric in ("failures", "repetitions"):
        return f"{value:+.1f}" if sign else f"{value:g}"
    return format_metric(benchmark, value, 1, sign)


def best_of(metric: str, values: dict[str, float]) -> set[str]:
    """Trackers with the best value of a metric."""
    if not values:
        return set()
    best = min(values.values()) if metric in LOWER_IS_BETTER else max(values.values())
    return {name for name, value in values.items() if value == best}
