"""Track every sequence of a MOTChallenge folder: resumable, and a failing sequence never ends the rest."""

from __future__ import annotations

import dataclasses
import glob
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from siou_tracking.benchmarks.base import Tick
from siou_tracking.benchmarks.running.record import find_checkpoint_file
from siou_tracking.benchmarks.running.workers import attempt
from siou_tracking.boxes import convert
from siou_tracking.errors import InputError
from siou_tracking.mot.data.motchallenge import (
    SequenceInfo,
    Tracks,
    find_sequences,
    make_tracks,
    read_results,
    write_results,
)
from siou_tracking.mot.tracking.overlay import write_tracks_video
from siou_tracking.mot.tracking.params import MOTParams
from siou_tracking.mot.tracking.run_record import join_tracking_run, track_record
from siou_tracking.mot.tracking.sources import DetectionSource, FileSource, NetworkSource, Stopwatch
from siou_tracking.mot.tracking.tracker import OnlineTracker


@dataclasses.dataclass
class TrackingRun:
    """What a run did."""

    folder: Path
    """Holds <SEQUENCE>.txt and run.json."""
    paths: dict[str, Path]
    """Sequence -> its tracks, for every sequence that has them now."""
    found: list[str]
    """Sequences an earlier run had finished."""
    failed: dict[str, str]
    """Sequence -> why, in one line; these have no tracks and are tried again by the next run."""
    notes: list[str]
    frames: int = 0
    """Tracked now, of sequences that did not fail."""
    wall_seconds: float = 0.0
    """Time of those frames, all included but the videos."""
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)
    """Where it went: waiting for images, network, decoding, association."""

    @property
    def frames_per_second(self) -> float | None:
        """Everything included; None when no frame was tracked now."""
        return self.frames / self.wall_seconds if self.frames else None

    @property
    def association_frames_per_second(self) -> float | None:
        """Without images, network and decoding: what the tracker itself does; None when no frame was tracked now."""
        return self.frames / self.seconds["association"] if self.frames else None

    def summary(self) -> str:
        """One line: how many sequences, how fast, and which failed."""
        text = (
            f"{self.folder}: sequences tracked: {len(self.paths) - len(self.found)}, already there: {len(self.found)}"
        )
        if self.frames:
            rates = self.frames_per_second, self.association_frames_per_second
            text += f", {self.frames} frames at {rates[0]:.1f} frames/s ({rates[1]:.0f} by the association alone)"
        if self.failed:
            reasons = "; ".join(f"{name} ({reason})" for name, reason in self.failed.items())
            text += f", FAILED: {len(self.failed)}: {reasons}"
        return text


def track_sequences(
    weights: str | os.PathLike[str] | None,
    root: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    params: MOTParams | None = None,
    association: str | None = None,
    detections: str | os.PathLike[str] | None = None,
    device: str | None = None,
    sequences: Iterable[str] | None = None,
    batch_size: int = 8,
    input_size: tuple[int, int] | None = None,
    save_video: str | os.PathLike[str] | None = None,
    quiet: bool = False,
) -> TrackingRun:
    """Track every sequence that has no tracks yet.

    Args:
        weights: a checkpoint of the one-stage network, or a folder of which the last is taken; None with `detections`.
        root: a split such as MOT16/train, or one sequence.
        out: folder that gets <SEQUENCE>.txt in MOTChallenge's format for each; a file is there only when whole.
        params: of the tracker.
        association: "embedding" or "iou", in place of that of `params`.
        detections: track these instead of a network's: "det" (det/det.txt), "gt" (ground truth) or a folder of
            <SEQUENCE>.txt. They have no embeddings, so `association` must be "iou".
        device: where to compute; None takes a GPU when there is one.
        sequences: names; None for all.
        batch_size: frames at once in the network.
        input_size: width and height that frames are fitted into; None takes the size trained at.
        save_video: folder that gets an overlay <SEQUENCE>.mp4 for each; one that is older than the tracks is replaced.
        quiet: no progress bar.

    Raises:
        InputError: a wrong argument, an unusable checkpoint or data set, or a folder `out` that was made with other
            weights or settings. What goes wrong within a sequence is in the report instead.
    """
    params = params or MOTParams()
    if association is not None:
        params = dataclasses.replace(params, association=association)
    if save_video is not None and Path(save_video).is_file():
        raise InputError(f"videos: {save_video}: got a file, allowed is a folder")
    plans = find_sequences(root, sequences)
    source, record = _open_source(weights, detections, params, device, batch_size, input_size)
    report = TrackingRun(Path(out), {}, [], {}, [])
    report.notes = join_tracking_run(report.folder, record)
    clock = Stopwatch()
    pending = [sequence for sequence in plans if not _is_finished(report, sequence)]
    total = sum(sequence.length for sequence in pending)
    with tqdm(total=total, desc="tracking", unit="frame", dynamic_ncols=True, disable=quiet or None) as bar:
        for sequence in pending:
            _track_and_write(sequence, source, params, report, clock, bar)
    report.seconds = dict(clock.seconds)
    if save_video is not None:
        _write_videos(plans, report, Path(save_video), quiet)
    return report


def track_sequence(
    sequence: SequenceInfo,
    source: DetectionSource,
    params: MOTParams | None = None,
    clock: Stopwatch | None = None,
    tick: Tick = lambda frames: None,
) -> Tracks:
    """The tracks of one sequence.

    Args:
        sequence: what to track.
        source: gives the detections, see `sources`.
        params: of the tracker.
        clock: gets the seconds of each activity.
        tick: called with 1 after each frame.

    Raises:
        InputError: an image, a file or a detection that cannot be used; named.
    """
    params, clock = params or MOTParams(), clock or Stopwatch()
    tracker = OnlineTracker(params, sequence.frame_rate)
    frames: list[np.ndarray] = []
    shown = []
    for number, found in enumerate(source(sequence, clock), start=1):
        with clock("association"):
            shown.append(tracker.update(found))
        frames.append(np.full(len(shown[-1].identities), number))
        tick(1)
    identities, boxes, scores = (np.concatenate(columns) for columns in zip(*shown, strict=True))
    tracks = make_tracks(np.concatenate(frames), identities, convert(boxes, "xyxy", "xywh"), scores)
    _, place, lengths = np.unique(tracks.identity, return_inverse=True, return_counts=True)
    return tracks.select(lengths[place] >= params.min_length)


def _open_source(
    weights: str | os.PathLike[str] | None,
    detections: str | os.PathLike[str] | None,
    params: MOTParams,
    device: str | None,
    batch_size: int,
    input_size: tuple[int, int] | None,
) -> tuple[DetectionSource, dict]:
    """What gives the detections, and the record of the run."""
    if weights is not None and detections is not None:
        raise InputError("tracking: got both weights and detections, allowed is one of them")
    if detections is not None:
        if params.association != "iou":
            raise InputError(
                f"association: got '{params.association}', detections of files have no embeddings: allowed is 'iou'"
            )
        files = FileSource(detections)
        return files, track_record(None, files.origin, None, params)
    path = find_checkpoint_file(weights)
    if path is None:
        raise InputError("tracking: got neither weights nor detections, allowed is one of them")
    network = NetworkSource(path, params, device, batch_size, input_size)
    return network, track_record(path, "network", network.input_size, params)


def _is_finished(report: TrackingRun, sequence: SequenceInfo) -> bool:
    """Whether a sequence's tracks are there; then they are entered into the report.

    Raises:
        InputError: a file that this sequence's tracks cannot have: it was made on other data.
    """
    for leftover in report.folder.glob(f".{glob.escape(sequence.name)}.*.tmp.txt"):
        leftover.unlink(missing_ok=True)  # of a process that was killed while it wrote
    path = report.folder / f"{sequence.name}.txt"
    if not path.is_file():
        return False
    read_results(path, sequence.length)
    report.paths[sequence.name] = path
    report.found.append(sequence.name)
    return True


def _track_and_write(
    sequence: SequenceInfo, source: DetectionSource, params: MOTParams, report: TrackingRun, clock: Stopwatch, bar: tqdm
) -> None:
    """Track and write one sequence, and enter how it went."""
    path, timed, before = report.folder / f"{sequence.name}.txt", Stopwatch(), bar.n
    start = time.perf_counter()

    def track(job: SequenceInfo, tick: Tick) -> None:
        write_results(path, track_sequence(job, source, params, timed, tick))

    reason = attempt(track, sequence, bar.update)
    bar.update(before + sequence.length - bar.n)
    bar.set_postfix_str(sequence.name)
    if reason is not None:
        report.failed[sequence.name] = reason
        tqdm.write(f"FAILED {sequence.name}: {reason}", file=sys.stderr)
        return
    report.paths[sequence.name] = path
    report.frames += sequence.length
    report.wall_seconds += time.perf_counter() - start
    for activity, seconds in timed.seconds.items():
        clock.seconds[activity] += seconds


def _write_videos(plans: list[SequenceInfo], report: TrackingRun, folder: Path, quiet: bool) -> None:
    """The overlay of every sequence that has tracks and no video of them yet; a failure is a note."""
    waiting = [
        one
        for one in plans
        if one.name in report.paths and not _is_newer(folder / f"{one.name}.mp4", report.paths[one.name])
    ]
    for sequence in tqdm(waiting, desc="videos", unit="sequence", dynamic_ncols=True, disable=quiet or None):
        path = folder / f"{sequence.name}.mp4"

        def write(job: SequenceInfo, tick: Tick, path: Path = path) -> None:
            write_tracks_video(path, job, read_results(report.paths[job.name], job.length))

        reason = attempt(write, sequence, lambda frames: None)
        if reason is not None:
            report.notes.append(f"no video of {sequence.name}: {reason}")


def _is_newer(video: Path, tracks: Path) -> bool:
    """Whether a video is there that was written after the tracks: an older one shows those of another run."""
    return video.is_file() and video.stat().st_mtime_ns >= tracks.stat().st_mtime_ns
