"""Reading what `score --json` wrote, and putting results of the same sequences side by side."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from typing import Any  # what JSON may hold

from siou_tracking.benchmarks.identity import are_official
from siou_tracking.benchmarks.registry import get_benchmark, get_protocol
from siou_tracking.errors import InputError
from siou_tracking.report.table import format_text
from siou_tracking.untrusted.json_text import read_json_input
from siou_tracking.wording import unused_name

TRACKERS, ATTRIBUTES, BARS, SEQUENCES, POINTS, CELLS = 200, 100, 6_000, 20_000, 10_000, 300_000
"""What a page can show, and is drawn within minutes: trackers, attributes, bars (trackers times attributes), sequences,
points of a curve, and trackers times sequences. LaSOT's own toolkit compares 35 trackers, VOT's largest challenge had
72; LaSOT has 14 attributes."""
_BY_TRACKER = ("per_sequence", "per_attribute", "curves", "notes", "intervals", "published", "runs")


def read_result(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The content of a result file; parts that only newer versions write are empty where they are missing.

    Raises:
        InputError: not there, not JSON, or not a result of `score --json`.
    """
    result = read_json(path)
    missing = [key for key in ("benchmark", "protocol", "trackers", "per_sequence") if not _has(result, key)]
    if missing:
        raise InputError(f"{path}: no {', '.join(missing)}: expected what `siou-tracking score --json` writes")
    try:
        get_protocol(str(result["benchmark"]), str(result["protocol"]))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    for key in ("trackers", *_BY_TRACKER):
        _check_by_tracker(result, key, path)
    _check_curves(result["curves"], path)
    check_extent([result], path)
    _check_runs(result, path)
    _check_left_out(result, path)
    scored = max((len(values) for values in result["per_sequence"].values()), default=0)
    official = get_benchmark(result["benchmark"]).official_names
    defaults = {"sequences": scored, "expected_sequences": len(official), "frames": 0, "level": 0.95, "source": ""}
    result = {"comparison": {}, "ceiling": {}, **defaults, **result}
    names = {name for values in result["per_sequence"].values() for name in values}
    if not are_official(names, official):
        result["expected_sequences"] = 0  # older versions counted sequences, whatever their names
    try:
        format_text(result)  # whatever it does not find as `score` writes it would only come up in the middle of a page
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(f"{path}: not the form that `siou-tracking score --json` writes: {error!r}") from error
    return result


def merge_results(results: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Results of one benchmark, protocol and set of sequences become one; a name that occurs twice is numbered."""
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    for result in results:
        names = sorted({name for values in result["per_sequence"].values() for name in values})
        key = (result["benchmark"], result["protocol"], result["expected_sequences"], result["frames"], *names)
        if key not in groups:
            groups[key] = {**result, **{part: dict(result.get(part, {})) for part in ("trackers", *_BY_TRACKER)}}
            continue
        group = groups[key]
        group.update(comparison={}, compared=[])  # of the two trackers of one file
        group["not_scored"] = {**result.get("not_scored", {}), **group.get("not_scored", {})}
        group["passed_over"] = [*group.get("passed_over", []), *result.get("passed_over", [])]
        labels: dict[str, str] = {}
        for name in result["trackers"]:
            label = labels[name] = unused_name(name, group["trackers"])
            for part in ("trackers", *_BY_TRACKER):
                if name in result.get(part, {}):
                    group[part][label] = result[part][name]
        for name, runs in result.get("runs", {}).items():
            group["runs"][labels[name]] = {**runs, "trackers": [labels[run] for run in runs["trackers"]]}
    return list(groups.values())


def read_json(path: str | os.PathLike[str]) -> Any:
    """The content of a JSON file, without NaN and infinity.

    Raises:
        InputError: not there, no regular file, or not JSON; see `untrusted.json_text` for its limits.
    """
    return read_json_input(path, constants=False)


def check_extent(results: Iterable[dict[str, Any]], where: object) -> None:
    """Refuse results of more than a page can show; `where` names them.

    Raises:
        InputError: more trackers than `TRACKERS`, and so on.
    """
    for result in results:
        tables = result["per_sequence"]
        names = {name for table in tables.values() for name in table}
        attributes = {name for table in result["per_attribute"].values() for name in table}
        points = max((len(one["values"]) for drawn in result["curves"].values() for one in drawn.values()), default=0)
        drawn = {name for curves in result["curves"].values() for name in curves}
        for what, got, allowed in (
            ("trackers", len(result["trackers"]), TRACKERS),
            ("attributes", len(attributes), ATTRIBUTES),
            ("bars", len(result["trackers"]) * len(attributes), BARS),
            ("sequences", len(names), SEQUENCES),
            ("trackers times sequences", len(tables) * len(names), CELLS),
            ("curves of a tracker", len(drawn), ATTRIBUTES),
            ("points of a curve", points, POINTS),
            ("metrics", len({one for values in result["trackers"].values() for one in values}), ATTRIBUTES),
        ):
            if got > allowed:
                raise InputError(f"{where}: got {got:,} {what}, allowed on a page are {allowed:,}: give fewer at once")


def _has(result: Any, key: str) -> bool:
    return isinstance(result, dict) and bool(result.get(key))


def _check_by_tracker(result: dict[str, Any], key: str, path: str | os.PathLike[str]) -> None:
    """Trackers' parts are there, known and made of finite numbers."""
    part = result.setdefault(key, {})
    leaf = {"notes": list, "published": list}.get(key, dict)
    if not isinstance(part, dict) or not all(isinstance(values, leaf) for values in part.values()):
        raise InputError(f"{path}: {key}: expected an object of trackers")
    unknown = sorted(set(part) - set(result["trackers"]))
    if unknown:
        raise InputError(f"{path}: {key}: tracker '{unknown[0]}' is not among the trackers")
    for name, values in part.items():
        if key == "trackers":
            _check_numbers(values, f"{path}: {key}: {name}")
        elif key in ("per_sequence", "per_attribute"):
            for row, numbers in values.items():
                _check_numbers(numbers, f"{path}: {key}: {name}: {row}")


def _check_numbers(values: Any, where: str) -> None:
    if not isinstance(values, dict) or not _finite(values.values()):
        raise InputError(f"{where}: expected metrics with one finite number each")


def _finite(values: Iterable[Any]) -> bool:
    return all(isinstance(value, (int, float)) and math.isfinite(value) for value in values)


def _check_runs(result: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """The runs that a mean is of, and the two trackers that were compared, are among the trackers."""
    compared = result.get("compared") or []
    if not isinstance(compared, list) or not set(map(str, compared)) <= set(result["trackers"]):
        raise InputError(f"{path}: compared: got {compared}, expected names of trackers")
    for name, runs in result["runs"].items():
        single, spread = runs.get("trackers"), runs.get("standard_deviation")
        if not isinstance(single, list) or not set(map(str, single)) <= set(result["trackers"]) - {name}:
            raise InputError(f"{path}: runs: {name}: trackers: expected names of other trackers")
        if runs.get("runs") != len(single):
            raise InputError(f"{path}: runs: {name}: {runs.get('runs')} runs of {len(single)} trackers")
        _check_numbers(spread, f"{path}: runs: {name}: standard_deviation")


def _check_left_out(result: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """Names and reasons of what was not scored are texts."""
    not_scored, passed_over = result.setdefault("not_scored", {}), result.setdefault("passed_over", [])
    if not isinstance(not_scored, dict) or not are_texts(not_scored.values()):
        raise InputError(f"{path}: not_scored: expected an object of reasons by tracker")
    if not isinstance(passed_over, list) or not are_texts(passed_over):
        raise InputError(f"{path}: passed_over: expected a list of texts")
    for name, notes in result["notes"].items():
        if not are_texts(notes):
            raise InputError(f"{path}: notes: {name}: expected a list of texts")


def are_texts(values: Iterable[Any]) -> bool:
    """Whether every one is a text."""
    return all(isinstance(value, str) for value in values)


def _check_curves(curves: dict[str, Any], path: str | os.PathLike[str]) -> None:
    for tracker, drawn in curves.items():
        for name, curve in drawn.items():
            axes = [curve.get(axis) if isinstance(curve, dict) else None for axis in ("thresholds", "values")]
            good = [axis for axis in axes if isinstance(axis, list) and axis and _finite(axis)]
            if len(good) != 2 or len(good[0]) != len(good[1]):
                raise InputError(
                    f"{path}: curves: {tracker}: {name}: expected thresholds and values, equally many finite numbers"
                )
