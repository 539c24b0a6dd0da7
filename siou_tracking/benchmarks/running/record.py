"""What a folder of results was made with, so that results of two networks or seeds are never mixed in one folder."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any  # what JSON may hold

from siou_tracking import __version__
from siou_tracking.errors import InputError
from siou_tracking.files import write_json
from siou_tracking.trackers.weight_files import find_weights
from siou_tracking.untrusted.json_text import read_json_input
from siou_tracking.untrusted.reading import NOTE_LIMIT, is_there, open_regular

FILE = "run.json"
_NOT_COMPARED = ("weights", "version")  # the network is known by its hash
_WORDS = {"weights_sha256": "weights (sha256)", "pytracking": "the checkout of commit", "amp": "--amp"}


@dataclasses.dataclass(frozen=True)
class RecordWords:
    """How the errors of `join_run` speak of what a folder holds."""

    content: str = "results"
    elsewhere: str = "another --results or --name"
    """What to choose instead."""
    never: str = "results are never mixed"
    keys: Mapping[str, str] = dataclasses.field(default_factory=lambda: _WORDS)
    """Key of a record -> what it is called; the key itself where it is not here."""


_RESULTS = RecordWords()


def network_entries(weights: Path | None) -> dict[str, str | None]:
    """How a record knows a network: the name of its file and the hash of what is in it; None without one.

    Raises:
        InputError: the weights cannot be read.
    """
    return {
        "weights": None if weights is None else weights.name,
        "weights_sha256": None if weights is None else _sha256(weights),
    }


def make_record(
    benchmark: str,
    tracker: str,
    param: str | None,
    weights: Path | None,
    seed: int,
    pytracking: str | None = None,
    amp: str | None = None,
) -> dict[str, Any]:
    """The content of run.json; the network is known by the hash of its file, a checkout by its commit and the
    hash of its uncommitted edits.

    Raises:
        InputError: the weights cannot be read.
    """
    return {
        "benchmark": benchmark,
        "tracker": tracker,
        "param": param,
        **network_entries(weights),
        "pytracking": pytracking,
        "version": __version__,
        "seed": seed,
        "amp": amp,
    }


def join_run(folder: Path, record: dict[str, Any], words: RecordWords = _RESULTS) -> list[str]:
    """Start a run in a folder, or go on with the one that is there.

    Args:
        folder: the results; made when it is not there.
        record: content of run.json. All of it is compared but the file name of the weights and the version, of
            dictionaries in it every entry.
        words: of the errors; unless given, those of benchmark results.

    Returns:
        notes: what differs without changing what is measured.

    Raises:
        InputError: the folder holds results of something else, of which the first difference is named, or other files.
    """
    path = folder / FILE
    if not is_there(path):
        _check_new(folder, words)
        write_json(path, record)
        return []
    try:
        before = read_json_input(path, limit=NOTE_LIMIT)
    except InputError as error:
        raise InputError(f"{error}: choose {words.elsewhere}") from error
    if not isinstance(before, dict):
        raise InputError(f"{path}: not a record of a run: expected an object with {', '.join(record)}")
    then, now = _flat(before), _flat(record)
    for key, value in now.items():
        if key not in _NOT_COMPARED and then.get(key) != value:
            raise InputError(
                f"{words.content}: {folder}: were made with {words.keys.get(key, key)} {_shown(then.get(key))}, this "
                f"run has {_shown(value)}: choose {words.elsewhere}, {words.never}"
            )
    if then.get("version") != now["version"]:
        return [f"{folder}: begun with version {then.get('version')}, going on with {now['version']}"]
    return []


def _check_new(folder: Path, words: RecordWords) -> None:
    """Refuse to start a run in a file, or among files that no run of ours wrote."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{words.content}: {folder}: got a file, allowed is a folder")
    if folder.is_dir() and any(not entry.name.startswith(".") for entry in folder.iterdir()):
        raise InputError(
            f"{words.content}: {folder}: holds files but no {FILE}, so not a run of ours: choose {words.elsewhere}"
        )


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record with the entries of its dictionaries in their place."""
    flat: dict[str, Any] = {}
    for key, value in record.items():
        flat |= value if isinstance(value, dict) else {key: value}
    return flat


def find_checkpoint_file(weights: str | os.PathLike[str] | None) -> Path | None:
    """The checkpoint file that is meant: the file itself, the latest in a folder, or that of a name.

    Raises:
        InputError: not there, or a folder without one.
    """
    if weights is None:
        return None
    path = find_weights(weights)
    if path.is_dir():
        from siou_tracking.ltr.admin.checkpoint_files import find_checkpoint

        return find_checkpoint(path)
    return path


def _shown(value: object) -> str:
    """A value as errors print it: of a hash, with or without the mark of uncommitted edits, twelve digits."""
    text = "none" if value is None else str(value)
    return re.sub(r"^([0-9a-f]{12})[0-9a-f]{28,52}(?=$|\+)", r"\1", text)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with open_regular(path) as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise InputError(f"weights: {path}: cannot be read: {error.strerror}") from error
    return digest.hexdigest()
