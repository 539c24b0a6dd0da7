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

FILE_NAME = "stats.jsonl"


def read_history(folder: Path) -> list[dict[str, Any]]:
    """The records in `folder`, in the order they were written; empty when there are none.

    Raises:
        InputError: a line that is not JSON.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return []
    records = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise InputError(f"training record: {path}: line {number} is not JSON: {error}") from error
    return records


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
