"""Reading what `mot score --json` wrote, and putting results on the same sequences side by side."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from typing import Any  # what JSON may hold

from siou_tracking.errors import InputError
from siou_tracking.mot.scoring import MOT_BENCHMARKS
from siou_tracking.mot.scoring.table import NAMES, Result, format_scores
from siou_tracking.report.results import CELLS, SEQUENCES, TRACKERS, are_texts
from siou_tracking.wording import unused_name

_KEYS = ("benchmark", "evaluator", "sequences", "frames", "level", "notes", "trackers")


def is_mot_result(content: object) -> bool:
    """Whether the content of a JSON file is of `mot score`, and not of `score`."""
    return isinstance(content, dict) and content.get("benchmark") in MOT_BENCHMARKS


def check_mot_result(content: Mapping[str, Any], path: str | os.PathLike[str]) -> dict[str, Any]:
    """A result in the form that this version writes; what older ones left out has the value that it had with them.

    Args:
        content: of the file, of which `is_mot_result` holds.
        path: for the error.

    Raises:
        InputError: not a result of `mot score --json`.
    """
    wanted = "expected what `siou-tracking mot score --json` writes"
    missing = [key for key in _KEYS if key not in content]
    if missing:
        raise InputError(f"{path}: no {', '.join(missing)}: {wanted}")
    try:
        result = {"videos": content["sequences"], "part": "", "failed": {}, **content}
        format_scores(result)  # whatever it does not find would only come up in the middle of a page
        for name, tracker in result["trackers"].items():
            rows = tracker["per_sequence"].values()
            values = [table[metric] for table in (tracker["combined"], *rows) for metric in NAMES]
            values += [row["truth_boxes"] for row in rows]
            if not rows or not all(value is None or math.isfinite(value) for value in values):
                raise InputError(f"{path}: trackers: {name}: {wanted}")
        if not isinstance(result["notes"], list) or not are_texts([*result["notes"], *result["failed"].values()]):
            raise InputError(f"{path}: notes, failed: {wanted}")
        check_mot_extent(result, path)
        if not result["trackers"]:
            raise InputError(f"{path}: no tracker: {wanted}")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not the form that `siou-tracking mot score --json` writes: {error!r}") from error
    return result


def check_mot_extent(result: Result, where: object) -> None:
    """Refuse a result of more than a page can show; `where` names it.

    Raises:
        InputError: too many trackers, sequences, or both together.
    """
    sequences = max((len(one["per_sequence"]) for one in result["trackers"].values()), default=0)
    for what, got, allowed in (
        ("trackers", len(result["trackers"]), TRACKERS),
        ("sequences", sequences, SEQUENCES),
        ("trackers times sequences", len(result["trackers"]) * sequences, CELLS),
    ):
        if got > allowed:
            raise InputError(f"{where}: got {got:,} {what}, allowed on a page are {allowed:,}: give fewer at once")


def merge_mot_results(results: Iterable[Result]) -> list[dict[str, Any]]:
    """Results by the same rules on the same frames become one; a name that occurs twice is numbered."""
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    for result in results:
        first = next(iter(result["trackers"].values()))
        key = result["benchmark"], result["part"], result["frames"], *first["per_sequence"]
        group = groups.setdefault(key, {**result, "trackers": {}, "notes": [], "failed": {}})
        for name, scores in result["trackers"].items():
            group["trackers"][unused_name(name, group["trackers"])] = scores
        group["notes"] += [note for note in result["notes"] if note not in group["notes"]]
        group["failed"] |= result["failed"]
    return list(groups.values())
