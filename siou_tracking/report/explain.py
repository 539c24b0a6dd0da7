"""A result's protocol in words: its rules, and why the ground truth itself does not always score 100."""

from __future__ import annotations

from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.report.metrics import format_metric, metric_name
from siou_tracking.report.runs import tracker_label
from siou_tracking.report.table import Result, ceiling_line


def explain_ceiling(result: Result) -> str:
    """What the ground truth scores against itself under the result's protocol, and why."""
    line = ceiling_line(result)
    if not line:
        return "The protocol refuses boxes of the ground truth, so what a perfect tracker scores is not known."
    benchmark = get_benchmark(result["benchmark"])
    why = benchmark.explain_ceiling(benchmark.get_protocol(result["protocol"]), result["ceiling"])
    return f"{line[0].upper()}{line[1 : -len(' here')]} on these sequences: no tracker can do better. {why}"


def rule_rows(result: Result) -> list[list[str]]:
    """A head and one row per rule that changes a number."""
    benchmark = get_benchmark(result["benchmark"])
    rules = benchmark.describe_rules(benchmark.get_protocol(result["protocol"]))
    return [["rule", "here"], *map(list, rules)]


def legend(result: Result, metric: str) -> dict[str, str]:
    """Tracker -> its name with the value of a metric, in three digits."""
    digits = 1 if get_benchmark(result["benchmark"]).in_percent else 2
    named = {name: values[metric] for name, values in result["trackers"].items() if metric in values}
    shown = {name: f" [{format_metric(result['benchmark'], value, digits)}]" for name, value in named.items()}
    return {name: tracker_label(result, name) + shown.get(name, "") for name in result["trackers"]}


def name_of(result: Result, metric: str) -> str:
    """`metric_name` of a result's benchmark and protocol."""
    return metric_name(result["benchmark"], result["protocol"], metric)
