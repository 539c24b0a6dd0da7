"""What a folder of results was made with, so that results of two networks or seeds are never mixed in one folder."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from siou_tracking import __version__
from siou_tracking.errors import InputError
from siou_tracking.files import write_json

FILE = "run.json"
_COMPARED = ("benchmark", "tracker", "param", "weights_sha256", "pytracking", "seed")
_WORDS = {"weights_sha256": "weights (sha256)", "pytracking": "the PyTracking checkout of commit"}


def make_record(
    benchmark: str,
    tracker: str,
    param: str | None,
    weights: Path | None,
    seed: int,
    pytracking: str | None = None,
) -> dict[str, Any]:
    """The content of run.json; the network is known by the hash of its file, a PyTracking checkout by its commit
    and the hash of its uncommitted edits.

    Raises:
        InputError: the weights cannot be read.
    """
    return {
        "benchmark": benchmark,
        "tracker": tracker,
        "param": param,
        "weights": None if weights is None else weights.name,
        "weights_sha256": None if weights is None else _sha256(weights),
        "pytracking": pytracking,
        "version": __version__,
        "seed": seed,
    }


def join_run(folder: Path, record: dict[str, Any]) -> list[str]:
    """Start a run in a folder, or go on with the one that is there.

    Args:
        folder: the tracker's results; made when it is not there.
        record: see `make_record`.

    Returns:
        notes: what differs without changing what is measured.

    Raises:
        InputError: the folder holds results of something else; the first difference is named.
    """
    path = folder / FILE
    if not path.is_file():
        if folder.is_dir() and any(not entry.name.startswith(".") for entry in folder.iterdir()):
            raise InputError(f"results: {folder}: holds files but no {FILE}, so not a run of ours: choose another name")
        write_json(path, record)
        return []
    try:
        before = json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}): choose another --results or --name") from error
    if not isinstance(before, dict):
        raise InputError(f"{path}: expected an object with {', '.join(_COMPARED)}")
    for key in _COMPARED:
        if before.get(key) != record[key]:
            raise InputError(
                f"results: {folder}: were made with {_WORDS.get(key, key)} {_shown(before.get(key))}, this run has "
                f"{_shown(record[key])}: choose another --results or --name, results are never mixed"
            )
    if before.get("version") != record["version"]:
        return [f"{folder}: begun with version {before.get('version')}, going on with {record['version']}"]
    return []


def find_weights(weights: str | os.PathLike[str] | None) -> Path | None:
    """The checkpoint file that is meant: the file itself, or the latest in a folder.

    Raises:
        InputError: not there, or a folder without one.
    """
    if weights is None:
        return None
    path = Path(weights)
    if path.is_dir():
        from siou_tracking.ltr.admin.checkpoint_files import find_checkpoint

        return find_checkpoint(path)
    if not path.is_file():
        raise InputError(f"weights: {path}: not found, expected a checkpoint file or a folder of them")
    return path


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    name, plus, edits = str(value).partition("+")
    return name[:12] + plus + edits


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise InputError(f"weights: {path}: cannot be read: {error.strerror}") from error
    return digest.hexdigest()
