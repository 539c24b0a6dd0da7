"""The record of a run, for reports: `stats.jsonl` beside the checkpoints, one line per epoch and loader.

A line holds `epoch`, `loader`, `stats` (name to the mean of the epoch), `learning_rate` (a list, training only),
`seconds`, and `data_seconds` of them spent waiting for data. A number that is not finite is null.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any  # JSON

from siou_tracking.errors import InputError
from siou_tracking.files import write_text
from siou_tracking.untrusted.json_text import parse_json
from siou_tracking.untrusted.reading import is_there, read_input

FILE_NAME = "stats.jsonl"
_FORM = "an object with epoch, loader and stats, a number by name"


def read_history(folder: Path) -> list[dict[str, Any]]:
    """The records in `folder`, in the order they were written; empty when there are none.

    Raises:
        InputError: a line that is not JSON, or not of that form; the file is none.
    """
    path = folder / FILE_NAME
    if not is_there(path):
        return []
    records = []
    for number, line in enumerate(read_input(path, "training record").splitlines(), 1):
        where = f"training record: {path}: line {number}"
        record = _drop_non_finite(parse_json(line, where))
        if not _is_record(record):
            raise InputError(f"{where}: got {ascii(record)[:80]}, expected {_FORM}")
        records.append(record)
    return records


def _is_record(value: Any) -> bool:
    """Whether a line is as `write_history` writes one; there may be more in it."""
    if not isinstance(value, dict) or not isinstance(value.get("stats"), dict):
        return False
    numbers = [value.get("epoch"), value.get("seconds", 0), *value["stats"].values()]
    plain = all(one is None or (isinstance(one, (int, float)) and not isinstance(one, bool)) for one in numbers)
    return plain and numbers[0] is not None and isinstance(value.get("loader"), str)


def write_history(folder: Path, records: list[dict[str, Any]]) -> Path:
    """Write all records in one move."""
    lines = [json.dumps(_drop_non_finite(record), allow_nan=False) for record in records]
    return write_text(folder / FILE_NAME, "".join(line + "\n" for line in lines), durable=True)


def _drop_non_finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _drop_non_finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_drop_non_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
