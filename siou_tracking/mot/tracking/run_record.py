"""What a folder of tracks was made with, so that those of two networks or settings are never mixed in one folder."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from siou_tracking.benchmarks.running.record import make_record
from siou_tracking.errors import InputError
from siou_tracking.files import write_json
from siou_tracking.mot.tracking.params import MOTParams

FILE = "run.json"
_NOT_COMPARED = ("weights", "version")


def track_record(
    weights: Path | None, detections: str, input_size: tuple[int, int] | None, params: MOTParams
) -> dict[str, Any]:
    """The content of run.json; the network is known by the hash of its file.

    Args:
        weights: of the network, None without one.
        detections: what the detections come from.
        input_size: of the network, None without one.
        params: of the tracker.
    """
    made = make_record("motchallenge", "one-stage", None, weights, 0)
    kept = {key: made[key] for key in ("benchmark", "weights", "weights_sha256", "version")}
    size = None if input_size is None else list(input_size)
    return {**kept, "detections": detections, "input_size": size, "params": dataclasses.asdict(params)}


def join_tracking_run(folder: Path, record: dict[str, Any]) -> list[str]:
    """Start a run in a folder, or go on with the one that is there.

    Args:
        folder: gets run.json; made when it is not there.
        record: see `track_record`.

    Returns:
        notes: what differs without changing the tracks.

    Raises:
        InputError: the folder holds tracks made with something else, of which the first is named, or other files.
    """
    path = folder / FILE
    if not path.is_file():
        if folder.exists() and not folder.is_dir():
            raise InputError(f"tracks: {folder}: got a file, allowed is a folder")
        if folder.is_dir() and any(not entry.name.startswith(".") for entry in folder.iterdir()):
            raise InputError(
                f"tracks: {folder}: holds files but no {FILE}, so not a run of ours: choose another folder"
            )
        write_json(path, record)
        return []
    try:
        before = _flat(json.loads(path.read_bytes()))
    except (ValueError, AttributeError) as error:
        raise InputError(f"{path}: not a record of a run ({error}): choose another folder") from error
    now = _flat(record)
    for key in now:
        if key not in _NOT_COMPARED and before.get(key) != now[key]:
            raise InputError(
                f"tracks: {folder}: were made with {key} {before.get(key)}, this run has {now[key]}: choose another "
                "folder, tracks of two settings are never mixed"
            )
    if before.get("version") != now["version"]:
        return [f"{folder}: begun with version {before.get('version')}, going on with {now['version']}"]
    return []


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    inner = record.get("params") or {}
    return {**{key: value for key, value in record.items() if key != "params"}, **inner}
