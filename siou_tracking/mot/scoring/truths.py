"""Ground truth to score against: its file, the frames of it that count, and whether anything in it counts."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.mot.data.motchallenge import parse_truth, truth_variant
from siou_tracking.mot.data.sequences import read_length, read_width
from siou_tracking.mot.data.tracks import PEDESTRIAN, Tracks
from siou_tracking.mot.scoring import MOT_BENCHMARKS
from siou_tracking.untrusted.reading import read_limited

TRUTH_FILE = "gt.txt"
SCORED_FRAMES = 200_000
"""Of a sequence: trackeval keeps 2 kB of each, whether it has boxes or not. MOTChallenge's longest has 3,315."""
HALVES = ("train_half", "val_half")
"""Parts of each sequence by name: CenterTrack's halves of MOT17's training sequences."""


class TruthFile(NamedTuple):
    """One sequence's ground truth as it lies on disk."""

    name: str
    path: Path
    data: bytes
    length: int | None
    """Frames of the sequence; None where no seqinfo.ini tells."""
    width: int | None
    """Of its images, pixels, where seqinfo.ini tells."""


@dataclasses.dataclass(frozen=True)
class ScoredTruth:
    """The frames of one sequence that are scored."""

    name: str
    tracks: Tracks
    """Its boxes, frames counted from 1 at `first`."""
    first: int
    last: int
    """Frames of the file, from 1; both are scored."""
    uncounted: str
    """Why no box of it counts; empty where one does."""
    length: int
    """Frames that the sequence has: no result may go on."""
    width: int | None

    def __len__(self) -> int:
        return self.last - self.first + 1

    def cut(self, tracks: Tracks, where: str) -> Tracks:
        """A result's boxes in these frames, counted from 1 as those of `tracks`.

        Raises:
            InputError: none is in them, and all would be if the result counted its frames from `first`.
        """
        inside = (tracks.frame >= self.first) & (tracks.frame <= self.last)
        if len(tracks) and not inside.any() and tracks.frame[-1] <= len(self):
            got = f"got frames {tracks.frame[0]} to {tracks.frame[-1]}, and {self.first} to {self.last} are scored"
            raise InputError(f"{where}: {got}: number them as the ground truth does, from the sequence's first frame")
        return _shifted(tracks.select(inside), self.first)


def read_truth_file(name: str, folder: Path, file: str = TRUTH_FILE) -> TruthFile:
    """The ground truth `file` of a sequence's folder gt; of its seqinfo.ini only seqLength is used.

    Raises:
        InputError: it cannot be read, or `file` is no plain name.
    """
    if Path(file).name != file:
        raise InputError(f"ground truth: got '{file}', allowed is the name of a file in each sequence's folder gt")
    path = folder / "gt" / file
    try:
        return TruthFile(name, path, read_limited(path), read_length(folder), read_width(folder))
    except OSError as error:
        there = ", ".join(sorted(one.name for one in path.parent.glob("*.txt"))) if path.parent.is_dir() else ""
        hint = f", the folder has {there}" if there else ""
        raise InputError(f"{path}: ground truth cannot be read: {error.strerror}{hint}") from error


def find_benchmark(benchmark: str, truths: Sequence[TruthFile]) -> str:
    """`benchmark`, or whose rules files and names tell where it is "auto".

    Raises:
        InputError: an unknown name, or truth of two kinds.
    """
    if benchmark != "auto":
        if benchmark not in MOT_BENCHMARKS:
            raise unknown_name("MOT benchmark", benchmark, ("auto", *MOT_BENCHMARKS))
        return benchmark
    first = {truth_variant(truth.data): truth.name for truth in reversed(truths)}
    if len(first) > 1:
        told = ", ".join(f"{first[variant]} is {variant}" for variant in sorted(first))
        raise InputError(f"MOT scores: ground truth of two kinds: {told}; score them apart, or name the benchmark")
    if "mot15" in first:
        return "mot15"
    return "mot20" if all(truth.name.upper().startswith("MOT20") for truth in truths) else "mot17"


def scored_truth(file: TruthFile, variant: str, frames: str | None) -> ScoredTruth:
    """Parse a file and take the frames of it that are scored.

    Args:
        file: the truth.
        variant: see `read_truth`.
        frames: see `frame_span`; None for all, up to seqLength. Of a file other than gt.txt, which is a part of the
            sequence, up to its own last frame.

    Raises:
        InputError: a line that cannot be right, or no box at all.
    """
    tracks = parse_truth(file.data, str(file.path), file.length, variant)
    if not len(tracks):
        raise InputError(f"{file.path}: got no box, ground truth is expected")
    end = int(tracks.frame[-1])
    whole = file.length or end
    if whole > SCORED_FRAMES:
        got = f"a sequence of {whole:,} frames"
        raise InputError(f"{file.path}: got {got}, allowed to be scored are {SCORED_FRAMES:,}: score it in parts")
    if frames is not None:
        first, last = frame_span(frames, whole, file.name)
    else:
        first, last = 1, whole if file.path.name == TRUTH_FILE else end
    part = tracks.select((tracks.frame >= first) & (tracks.frame <= last))
    reason = _why_uncounted(part, tracks, f"{first} to {last}")
    return ScoredTruth(file.name, _shifted(part, first), first, last, reason, whole, file.width)


def check_frames(frames: str) -> str:
    """`frames` of `frame_span` again, once it is known to be readable.

    Raises:
        InputError: neither a half nor FIRST-LAST.
    """
    span = re.fullmatch(r"(\d+)-(\d+)", frames)
    if frames not in HALVES and not (span and 1 <= int(span[1]) <= int(span[2])):
        raise InputError(f"frames: got '{frames}', allowed are FIRST-LAST such as 302-600, {' and '.join(HALVES)}")
    return frames


def frame_span(frames: str, length: int, name: str) -> tuple[int, int]:
    """First and last frame, from 1, of a part of a sequence.

    Args:
        frames: "FIRST-LAST", of which LAST may lie beyond the end; "train_half", frames 1 to length // 2 + 1; or
            "val_half", the rest, as in CenterTrack's gt_train_half.txt and gt_val_half.txt (Zhou et al., ECCV 2020).
        length: of the sequence.
        name: of the sequence.

    Raises:
        InputError: another text, or a sequence that ends before FIRST.
    """
    check_frames(frames)
    middle = length // 2 + 1
    if frames in HALVES:
        first, last = (1, middle) if frames == "train_half" else (middle + 1, length)
    else:
        first, last = (int(number) for number in frames.split("-"))
    if first > length:
        raise InputError(f"frames: {name}: got {frames}, allowed are 1 to {length}, the length of the sequence")
    return first, min(last, length)


def _shifted(tracks: Tracks, first: int) -> Tracks:
    return Tracks(**{**vars(tracks), "frame": tracks.frame - (first - 1)})


def _why_uncounted(part: Tracks, whole: Tracks, span: str) -> str:
    """Why no box of a part of the truth counts, and the mend."""
    if (part.considered & (part.category == PEDESTRIAN)).any():
        return ""
    if not len(part):
        return f"no box in frames {span}, boxes are in {whole.frame[0]} to {whole.frame[-1]}"
    if not part.considered.any():
        return f"all {len(part)} boxes have a flag below 1 (column 7): write 1 for those that count"
    got = ", ".join(map(str, np.unique(part.category[part.considered]).tolist()))
    return f"its boxes are of class {got} (column 8) and only class 1 counts: write 1 for the class to score"


def describe_part(file: str, frames: str | None) -> str:
    """What of a split is scored; empty for all of it."""
    parts = [f"truth of {file}"] * (file != TRUTH_FILE)
    parts += [f"frames {frames}" if frames not in HALVES else f"frames of {frames}"] * (frames is not None)
    return ", ".join(parts)


def refuse_outside(tracks: Tracks, truth: ScoredTruth, file: str, where: str) -> None:
    """Refuse a result that goes beyond the truth of a part, where nothing says which frames the part has.

    Args:
        tracks: the result.
        truth: the part.
        file: of the truth; all of gt.txt is the whole sequence, of which nothing is refused.
        where: names the result in the error.

    Raises:
        InputError: boxes before the first or after the last frame with truth.
    """
    if file == TRUTH_FILE or not len(tracks) or not len(truth.tracks):
        return
    start = int(truth.tracks.frame[0])
    if tracks.frame[0] < start or tracks.frame[-1] > truth.last:
        got = f"got frames {tracks.frame[0]} to {tracks.frame[-1]}, {file} has {start} to {truth.last}"
        hint = f"if both count from the same frame, --frames {start}-{truth.last} leaves the others out"
        raise InputError(f"{where}: {got}; {hint}")
