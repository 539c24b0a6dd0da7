"""Which sequences belong to a split.

PyTracking divides GOT-10k's training set by lists of its own, which are not part of this package. A list file that the
user has is used: given as `split="FILE.txt"`, lying beside `list.txt`, or, for the complete training set, in the
checkout at `$PYTRACKING_HOME`. Without one the split is made here: the sequences in the order of the SHA-256 of their
names, the first 15 % for validation. It is the same on every machine, but it is not PyTracking's, and that is logged.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.ltr.dataset.annotation_files import read_text

GOT10K_TRAIN_SIZE = 9335
VALIDATION_SHARE = 0.15
SPLIT_FILES = {
    "train": "got10k_train_split.txt",
    "val": "got10k_val_split.txt",
    "vottrain": "got10k_vot_train_split.txt",
    "votval": "got10k_vot_val_split.txt",
}
PROHIBITED_FILE = "got10k_vot_exclude.txt"

_LASOT_TEST = Path(__file__).resolve().parent.parent / "data_specs" / "lasot_test_split.txt"
_log = logging.getLogger(__name__)


def got10k_split(split: str, names: Sequence[str], root: str | os.PathLike[str]) -> list[str]:
    """The sequences of a GOT-10k training folder that belong to `split`, in the order of the list file.

    Args:
        split: train, val, vottrain, votval (without the sequences that VOT does not allow for training), or the path
            of a text file with one sequence name, or number counted from 0 in `list.txt`, a line.
        names: all sequences, as in `list.txt`.
        root: the folder that holds `list.txt`.

    Raises:
        InputError: unknown split, or a list file that names what is not there.
    """
    if split not in SPLIT_FILES:
        if not str(split).endswith(".txt"):
            raise unknown_name("GOT-10k split", split, [*SPLIT_FILES, "FILE.txt"])
        return _read_list(Path(split), names)
    listed = _find_list(SPLIT_FILES[split], root, complete=len(names) == GOT10K_TRAIN_SIZE)
    if listed is not None:
        return _read_list(listed, names)
    return _make_split(split, names, root)


def lasot_test_names() -> frozenset[str]:
    """The 280 test sequences of LaSOT's protocol II; all others are for training."""
    names: set[str] = set()
    for line in _LASOT_TEST.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            category, *numbers = line.split()
            names.update(f"{category}-{number}" for number in numbers)
    return frozenset(names)


def checkout_file(name: str) -> Path | None:
    """A file of `ltr/data_specs` in the checkout at `$PYTRACKING_HOME`, or None."""
    home = os.environ.get("PYTRACKING_HOME")
    path = Path(home).expanduser() / "ltr" / "data_specs" / name if home else None
    return path if path is not None and path.is_file() else None


def _find_list(name: str, root: str | os.PathLike[str], complete: bool) -> Path | None:
    beside = Path(root) / name
    if beside.is_file():
        return beside
    return checkout_file(name) if complete else None


def _read_list(path: Path, names: Sequence[str]) -> list[str]:
    known, chosen = set(names), []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        entry = line.strip()
        if entry.isdecimal() and int(entry) < len(names):
            chosen.append(names[int(entry)])
        elif entry in known:
            chosen.append(entry)
        elif entry:
            raise InputError(
                f"split list: {path}: line {number}: got '{entry[:60]}', allowed are names in list.txt "
                f"or numbers 0 to {len(names) - 1}"
            )
    if not chosen:
        raise InputError(f"split list: {path}: got no sequence, allowed is one a line")
    return chosen


def _make_split(split: str, names: Sequence[str], root: str | os.PathLike[str]) -> list[str]:
    complete, prohibited = len(names) == GOT10K_TRAIN_SIZE, set()
    note = ""
    if split.startswith("vot"):
        listed = _find_list(PROHIBITED_FILE, root, complete)
        prohibited = set() if listed is None else set(_read_list(listed, names))
        if listed is None:
            note = f"; the sequences VOT prohibits are not left out: list them in {Path(root) / PROHIBITED_FILE}"
    allowed = [name for name in names if name not in prohibited]
    if len(allowed) < 2:
        raise InputError(
            f"GOT-10k split '{split}': {root}: got {len(allowed)} sequences, allowed are 2 or more to divide"
        )
    ordered = sorted(allowed, key=lambda name: hashlib.sha256(name.encode()).digest())
    held_out = set(ordered[: max(1, round(VALIDATION_SHARE * len(allowed)))])
    _log_once(
        logging.WARNING if complete else logging.INFO,
        f"GOT-10k {root}: dividing {len(allowed)} sequences by a split of our own, not PyTracking's{note}",
    )
    return [name for name in allowed if (name in held_out) == split.endswith("val")]


@functools.cache
def _log_once(level: int, message: str) -> None:
    _log.log(level, message)
