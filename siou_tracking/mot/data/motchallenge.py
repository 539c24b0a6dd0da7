"""Text files of MOTChallenge: ground truth, detections and results to and from `Tracks`.

Columns (Dendorfer et al., "MOTChallenge: A Benchmark for Single-Camera Multiple Target Tracking", IJCV 2021): frame,
identity, left, top, width, height, then for ground truth of MOT16 and later the flag "considered", the class and the
visibility (9 columns), for MOT15 the flag and a place in the world (10, no class), and for results and detections the
confidence and three numbers that 2D tracking does not use. Frames and pixels count from 1 in the files; the tables'
pixels count from 0.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from siou_tracking.benchmarks.files.numbers import parse_table
from siou_tracking.errors import InputError, unknown_name
from siou_tracking.files import write_text
from siou_tracking.mot.data.sequences import SequenceInfo, find_sequences, read_sequence
from siou_tracking.mot.data.tracks import PEDESTRIAN, Tracks, check_columns, check_tracks, make_tracks
from siou_tracking.untrusted.reading import read_limited

__all__ = [
    "CLASSES",
    "DECIMALS",
    "FIRST_PIXEL",
    "VARIANTS",
    "SequenceInfo",
    "Tracks",
    "find_sequences",
    "format_results",
    "make_tracks",
    "parse_results",
    "parse_truth",
    "read_detections",
    "read_results",
    "read_sequence",
    "read_truth",
    "truth_variant",
    "write_results",
    "write_truth",
]

CLASSES = 13
"""Classes of MOT16 and later count from 1 (pedestrian) to this."""
VARIANTS = ("auto", "mot15", "mot16")
DECIMALS = 9
"""After the point in files that are written: far below a pixel, and few enough that 112.84 + 1 is 113.84 again."""
FIRST_PIXEL = np.array([1.0, 1.0, 0.0, 0.0])
"""What the files' boxes have more than a table's."""
_SEPARATOR = re.compile(rb"[ \t]*[,;][ \t]*|[ \t]+")
_TRAILING = re.compile(rb"(?<=[0-9.nN])[ \t]*[,;][ \t]*(?=\n|$)")


def read_truth(sequence: SequenceInfo, variant: str = "auto") -> Tracks:
    """Ground truth of a sequence, gt/gt.txt.

    Args:
        sequence: its length bounds the frames.
        variant: "mot15" (columns 8 to 10 are a place in the world, every box is a pedestrian), "mot16" (class and
            visibility; MOT17, MOT20 and DanceTrack alike), or "auto": ten columns are MOT15.

    Raises:
        InputError: there is no gt.txt, or a line cannot be right; names file and line.
    """
    return parse_truth(_read(sequence.truth_path, "ground truth"), str(sequence.truth_path), sequence.length, variant)


def read_results(path: str | os.PathLike[str], length: int | None = None) -> Tracks:
    """A tracker's result on one sequence, 7 to 10 columns; a file without boxes is an empty table.

    Args:
        path: the file.
        length: frames of the sequence; a frame beyond it is refused.

    Raises:
        InputError: no such file, or a line cannot be right; names file and line.
    """
    return parse_results(_read(Path(path), "results"), str(path), length)


def read_detections(path: str | os.PathLike[str], length: int | None = None) -> Tracks:
    """Detections, 7 to 10 columns; their identities mean nothing and become -1.

    Args, Raises: as `read_results`.
    """
    return parse_results(_read(Path(path), "detections"), str(path), length, tracked=False)


def truth_variant(data: bytes) -> str:
    """Which variant `variant="auto"` takes the bytes of a gt.txt for: "mot15" or "mot16"."""
    return "mot15" if _columns(_plain(data)) == 10 else "mot16"


def parse_truth(data: bytes, where: str, length: int | None = None, variant: str = "auto") -> Tracks:
    """`read_truth` of the bytes of a file that errors call `where`; without a length any frame from 1 will do."""
    if variant not in VARIANTS:
        raise unknown_name("variant of ground truth", variant, VARIANTS)
    table, place = _table(data, where, 8, 10)
    if variant == "auto":
        _refuse_other_tens(table, where)
    world = variant == "mot15" or (variant == "auto" and table.shape[1] == 10)
    category = np.full(len(table), PEDESTRIAN) if world else table[:, 7]
    unknown = ~np.isin(category, np.arange(1, CLASSES + 1))
    if unknown.any():
        row = int(np.argmax(unknown))
        allowed = f"allowed are 1 to {CLASSES}, of which 1 is scored, or none at all in MOT15"
        raise InputError(f"{place(row)}: class: got {category[row]:.12g}, {allowed}")
    visibility = np.ones(len(table)) if world or table.shape[1] < 9 else table[:, 8]
    tracks = _tracks(
        table, place, True, category=category, considered=_truncated(table[:, 6]) != 0, visibility=visibility
    )
    check_tracks(tracks, place, length=length)
    return tracks.ordered()


def parse_results(data: bytes, where: str, length: int | None = None, tracked: bool = True) -> Tracks:
    """`read_results` (`tracked`) or `read_detections` of the bytes of a file that errors call `where`."""
    table, place = _table(data, where, 7, 10)
    category = _truncated(table[:, 7]) if table.shape[1] > 7 else np.ones(len(table))
    tracks = _tracks(table, place, tracked, category=np.where(category > 0, category, PEDESTRIAN))
    check_tracks(tracks, place, length=length, tracked=tracked, empty=tracked)
    if not tracked:
        tracks.identity[:] = -1
    return tracks.ordered()


def _refuse_other_tens(table: np.ndarray, where: str) -> None:
    """Refuse ten columns that are not MOT15's, whose last three are a place in the world: its boxes all count."""
    if table.shape[1] != 10 or not len(table):
        return
    category, ninth, tenth = table[:, 7:].T
    if not ((category == np.floor(category)) & (category >= 0) & (category <= CLASSES) & (ninth >= 0)).all():
        return
    if not category.any() or (ninth > 1).any():
        return
    mend = "write nine columns with class 1 (column 8) for what is to be scored"
    if np.isin(ninth, (0, 1)).all() and np.isin(tenth, (0, 1, 2)).all():
        what = "score, category, truncation and occlusion as VisDrone has them"
        raise InputError(f"{where}: columns 7 to 10 look like {what}, not like MOTChallenge's: {mend}")
    what = "a class and a visibility with a tenth column, MOT15 has a place in the world there"
    raise InputError(f"{where}: columns 8 to 10 look like {what}: {mend}, or name the benchmark")


def write_results(path: str | os.PathLike[str], tracks: Tracks) -> Path:
    """Write `format_results` in one move.

    Raises:
        InputError: a box that no reader would take back; nothing is written.
    """
    return write_text(path, format_results(tracks, str(path)))


def write_truth(path: str | os.PathLike[str], tracks: Tracks) -> Path:
    """Write ground truth as MOT16 has it: nine columns, else as `write_results`."""
    return write_text(path, _format(tracks, str(path), [tracks.considered, tracks.category, tracks.visibility]))


def format_results(tracks: Tracks, where: str = "results") -> str:
    """A tracker's result as text: ten columns, counted from 1, by frame and identity.

    Numbers have at most nine decimals, so what is read again differs by less than 1e-9, and writing that gives the
    same text, whatever order the rows came in.

    Raises:
        InputError: a box that no reader would take back; errors call the table `where`.
    """
    return _format(tracks, where, [tracks.score, *3 * [np.full(len(tracks), -1.0)]])


def _format(tracks: Tracks, where: str, rest: list[np.ndarray]) -> str:
    def place(row: int) -> str:
        return f"{where}: row {row + 1} to write"

    check_columns(tracks.frame, tracks.identity, place, tracked=True)
    check_tracks(tracks, place, empty=True)
    floats = np.column_stack([tracks.xywh + FIRST_PIXEL, *rest]).round(DECIMALS) + 0.0  # no "-0"
    order = np.lexsort((tracks.identity, tracks.frame))
    columns = [column[order].tolist() for column in (tracks.frame, tracks.identity, *floats.T)]
    line = "%d,%d" + ",%.15g" * (len(columns) - 2) + "\n"
    return "".join(map(line.__mod__, zip(*columns, strict=True)))


def _tracks(
    table: np.ndarray,
    place: Callable[[int], str],
    tracked: bool,
    category: np.ndarray,
    considered: np.ndarray | None = None,
    visibility: np.ndarray | None = None,
) -> Tracks:
    """A table in the order of the file."""
    count = len(table)
    check_columns(table[:, 0], table[:, 1], place, tracked)
    return Tracks(
        table[:, 0].astype(np.int64),
        table[:, 1].astype(np.int64),
        table[:, 2:6] - FIRST_PIXEL,
        table[:, 6].copy(),
        category.astype(np.int64),
        np.ones(count, bool) if considered is None else considered,
        np.ones(count) if visibility is None else visibility.copy(),
    )


def _read(path: Path, what: str) -> bytes:
    try:
        return read_limited(path)
    except OSError as error:
        raise InputError(f"{path}: {what} cannot be read: {error.strerror}") from error


def _table(data: bytes, where: str, fewest: int, most: int) -> tuple[np.ndarray, Callable[[int], str]]:
    """(n, columns) numbers, and what names the place of a row in an error."""
    plain = _plain(data)

    def place(row: int) -> str:
        filled = (line for line, text in enumerate(plain.split(b"\n"), 1) if text.strip())
        return f"{where}:{next(line for at, line in enumerate(filled) if at == row)}"

    columns = _columns(plain)
    if not columns:
        return np.empty((0, most)), place
    table = parse_table(plain, columns, where)
    if not fewest <= columns <= most:
        raise InputError(f"{place(0)}: got {columns} columns, allowed are {fewest} to {most}")
    return table, place


def _plain(data: bytes) -> bytes:
    """Without byte order mark and Windows line ends; without the separator that some tools end every line with."""
    plain = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return _TRAILING.sub(b"", plain) if _TRAILING.search(_first_line(plain)) else plain


def _columns(plain: bytes) -> int:
    first = _first_line(plain).strip()
    return len(_SEPARATOR.split(first)) if first else 0


def _first_line(plain: bytes) -> bytes:
    start = len(plain) - len(plain.lstrip())
    return plain[start:].partition(b"\n")[0]


def _truncated(values: np.ndarray) -> np.ndarray:
    """Toward zero, as the evaluator does; what no int64 holds becomes 0."""
    return np.trunc(np.where(np.abs(values) < 2.0**53, values, 0.0))
