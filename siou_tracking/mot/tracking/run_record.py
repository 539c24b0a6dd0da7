"""What a folder of tracks was made with, so that those of two networks or settings are never mixed in one folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from siou_tracking import __version__
from siou_tracking.benchmarks.running import record as record_file
from siou_tracking.mot.tracking.params import MOTParams

_WORDS = record_file.RecordWords("tracks", "another folder", "tracks of two settings are never mixed", {})


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
    return {
        "benchmark": "motchallenge",
        **record_file.network_entries(weights),
        "version": __version__,
        "detections": detections,
        "input_size": None if input_size is None else list(input_size),
        "params": dataclasses.asdict(params),
    }


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
    return record_file.join_run(folder, record, _WORDS)
