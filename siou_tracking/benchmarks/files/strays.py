"""Folders among results that are no tracker: part of a backup, results of other data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

_FOREIGN = 4  # times as many files of other sequences as of ours: results of another benchmark that share a name or two
_BACKUP = re.compile(r"(.*[^a-z])?(backups?|bak|copy|old)([^a-z].*)?", re.IGNORECASE)


def find_strays(
    trackers: Mapping[str, Collection[str]], foreign_files: Iterable[str], wanted: int
) -> tuple[list[str], list[str]]:
    """Tell trackers that lack sequences from folders that were never meant.

    Args:
        trackers: folder, "/" between its parts and "" for the top -> sequences that it has results of.
        foreign_files: result files that are of none of the sequences.
        wanted: sequences that are scored.

    Returns:
        The folders of `trackers` that are strays, never all of them; and a note on each folder that is passed over, of
        those without any result the outermost.
    """
    foreign = Counter(file.rpartition("/")[0] for file in foreign_files)
    strays, notes = [], []
    for folder, sequences in sorted(trackers.items()):
        if len(sequences) == wanted:
            continue
        others = sum(count for other, count in foreign.items() if _holds(folder, other))
        inside = next((one for one in trackers if one != folder and _holds(one, folder)), None)
        if inside is not None and len(trackers[inside]) > len(sequences):
            strays.append(folder)
            notes.append(
                f"passed over: {folder}: {len(sequences)} of {wanted} sequences, inside the folder of another tracker"
            )
        elif any(_BACKUP.fullmatch(part) for part in folder.split("/")):
            strays.append(folder)
            notes.append(f"passed over: {folder}: {len(sequences)} of {wanted} sequences, named as a backup is")
        elif folder and others >= _FOREIGN * len(sequences):
            strays.append(folder)
            notes.append(f"passed over: {folder}: {len(sequences)} of {wanted} sequences among {others} other files")
    if len(strays) == len(trackers):
        return [], []
    outermost: Counter[str] = Counter()
    for folder, count in foreign.items():
        if folder and not any(_holds(one, folder) or _holds(folder, one) for one in trackers):
            parts = folder.split("/")
            above = ("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
            outermost[next(one for one in above if not any(_holds(one, other) for other in trackers))] += count
    for folder, count in outermost.items():
        notes.append(f"passed over: {folder}: {count} file{'s' * (count > 1)}, of none of the sequences")
    return strays, notes


def _holds(folder: str, inner: str) -> bool:
    """Whether `inner` is that folder or lies below it."""
    return not folder or inner == folder or inner.startswith(f"{folder}/")
