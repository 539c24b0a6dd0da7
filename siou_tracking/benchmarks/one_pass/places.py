"""Which tracker, sequence and repetition a file's path means, and what the tracker is called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from siou_tracking.benchmarks.files.otb_toolkit import SUFFIXES
from siou_tracking.benchmarks.one_pass.names import NameIndex, is_data_set
from siou_tracking.untrusted.names import printable

_REPETITION = re.compile(r"(.+)_(\d{3})")
_SIDE_FILE = re.compile(r".+_(time|all_boxes|all_scores|object_presence_scores)\.txt", re.IGNORECASE)
_RESULTS = "tracking_results"


def place_file(file: str, index: NameIndex) -> tuple[str, str, int] | None:
    """(tracker, sequence, repetition) of a result file; None for files that are something else."""
    suffix = next((suffix for suffix in (".txt", *SUFFIXES) if file.lower().endswith(suffix)), None)
    if suffix is None:
        return None
    *folders, name = file.split("/")
    stem = name[: -len(suffix)]
    sequence = index.find(stem)
    if sequence is not None:
        return "/".join(folders), sequence, 1
    match = _REPETITION.fullmatch(stem)
    sequence = index.find(match[1]) if match else None
    if match is not None and sequence is not None:
        if folders and index.find(folders[-1]) == sequence:
            folders = folders[:-1]
        return "/".join(folders), sequence, int(match[2])
    return None if suffix == ".txt" else _place_by_tracker(folders, stem, index)


def _place_by_tracker(folders: list[str], stem: str, index: NameIndex) -> tuple[str, str, int] | None:
    """The OTB toolkits' `<sequence>_<tracker>`, of which either may have a _ in it; the longest sequence is meant."""
    words = stem.split("_")
    for count in range(len(words) - 1, 0, -1):
        sequence, tracker = index.find("_".join(words[:count])), "_".join(words[count:])
        if sequence is not None:
            folders = folders[:-1] if folders and folders[-1] == "OPE" else folders  # the experiment, no tracker
            return "/".join(folders if tracker in folders else [*folders, tracker]), sequence, 1
    return None


def is_side_file(file: str) -> bool:
    """Whether a path is that of what trackers write beside a result: times, and what else they thought of."""
    *folders, name = file.split("/")
    return bool(_SIDE_FILE.fullmatch(name)) or folders[-1:] == ["times"]


def name_trackers(folders: Collection[str], top: str, benchmark: str = "") -> dict[str, str]:
    """What the trackers in some folders are called.

    It is the folder, such as "atom/default_000". What only sorts results is no part of it: a folder of the data set's
    name within the tracker's (`ostrack/vitb_256/lasot`) and all up to `tracking_results`. It stays where two trackers
    would get one name. What no terminal may be sent is escaped.

    Args:
        folders: inside the source, "/" between their parts and "" for the top.
        top: name of a tracker at the top: that of the source.
        benchmark: whose results they are; empty for none.

    Returns:
        folder -> name.
    """
    short = {folder: _shorten(folder, benchmark, alone=len(folders) == 1) or top for folder in folders}
    count = Counter(short.values())
    names = {folder: name if count[name] == 1 else folder or top for folder, name in short.items()}
    chosen = names if len(set(names.values())) == len(names) else {folder: folder or top for folder in folders}
    return {folder: printable(name) for folder, name in chosen.items()}


def name_top(path: Path, name: str, benchmark: str) -> str:
    """What a tracker at the top of `path` is called: `name`, but in a checkout's tree the folder that a data set's
    lies in: `vitb_256_001` of `tracking_results/ostrack/vitb_256_001/otb`."""
    whole = path.resolve()
    inside = path.is_dir() and is_data_set(name, benchmark) and _RESULTS in whole.parent.parts[:-1]
    return whole.parent.name if inside else name


def _shorten(folder: str, benchmark: str, alone: bool) -> str:
    parts = folder.split("/")
    if _RESULTS in parts[:-1]:
        parts = parts[parts.index(_RESULTS) + 1 :]
    if is_data_set(parts[-1], benchmark) and (len(parts) > 1 or alone):
        parts = parts[:-1]
    return "/".join(parts)
