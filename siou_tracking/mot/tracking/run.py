"""Track every sequence of a MOTChallenge folder: resumable, and a failing sequence never ends the rest."""

from __future__ import annotations

import dataclasses
import glob
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from siou_tracking.benchmarks.base import Tick
from siou_tracking.benchmarks.running.record import find_checkpoint_file
from siou_tracking.benchmarks.running.workers import attempt
from siou_tracking.boxes import convert
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.mot.data.motchallenge import (
    SequenceInfo,
    Tracks,
    make_tracks,
    read_results,
    write_results,
)
from siou_tracking.mot.tracking.footage import OwnSequence, find_footage, known_length
from siou_tracking.mot.tracking.params import MOTParams
from siou_tracking.mot.tracking.run_record import join_tracking_run, track_record
from siou_tracking.mot.tracking.sources import DetectionSource, FileSource, NetworkSource, Stopwatch
from siou_tracking.mot.tracking.tracker import OnlineTracker
from siou_tracking.mot.tracking.tracking_run import TrackingRun
from siou_tracking.mot.tracking.videos import refuse_sources, write_videos
from siou_tracking.running.folder_lock import lock_folder
from siou_tracking.running.stopping import StopRequest
from siou_tracking.untrusted.names import printable

logger = get_logger(__name__)


def track_sequences(
    weights: str | os.PathLike[str] | None,
    root: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    params: MOTParams | None = None,
    association: str | None = None,
    detections: str | os.PathLike[str] | None = None,
    min_score: float | None = None,
    device: str | None = None,
    sequences: Iterable[str] | None = None,
    batch_size: int = 8,
    input_size: tuple[int, int] | None = None,
    save_video: str | os.PathLike[str] | None = None,
    quiet: bool = False,
) -> TrackingRun:
    """Track every sequence that has no tracks yet.

    Ctrl-C and SIGTERM leave the tracks of a sequence so far in <SEQUENCE>_partial.txt; the next run tracks it anew.

    Args:
        weights: a checkpoint of the one-stage network, or a folder of which the last is taken; None with `detections`.
        root: a split such as MOT16/train, or one sequence; a video; a folder of pictures, or of videos and such
            folders (`footage.find_footage`).
        out: folder that gets <SEQUENCE>.txt in MOTChallenge's format for each; a file is there only when whole.
        params: of the tracker.
        association: "embedding" or "iou", in place of that of `params`.
        detections: track these instead of a network's: "det" (det/det.txt), "gt" (ground truth) or a folder of
            <SEQUENCE>.txt. They have no embeddings, so `association` must be "iou".
        min_score: lowest score of a detection that is used and that begins a track, in place of those of `params`.
        device: where to compute; None takes a GPU when there is one.
        sequences: names, or patterns such as "*-FRCNN"; None for all.
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
    if min_score is not None:
        params = dataclasses.replace(params, detection_threshold=min_score, birth_threshold=min_score)
    if save_video is not None and Path(save_video).is_file():
        raise InputError(f"videos: {save_video}: got a file, allowed is a folder")
    plans = find_footage(root, sequences)
    if save_video is not None:
        refuse_sources(plans, Path(save_video))
    source, record = _open_source(weights, detections, params, device, batch_size, input_size)
    report = TrackingRun(Path(out), {}, [], {}, [])
    names = [sequence.name for sequence in plans]
    with lock_folder(report.folder, "tracks", names, "give another folder, or each process its --sequences"):
        return _track_all(plans, source, record, params, report, save_video, quiet)


def _track_all(
    plans: list[SequenceInfo],
    source: DetectionSource,
    record: dict,
    params: MOTParams,
    report: TrackingRun,
    save_video: str | os.PathLike[str] | None,
    quiet: bool,
) -> TrackingRun:
    report.notes = join_tracking_run(report.folder, record)
    clock = Stopwatch()
    pending = [sequence for sequence in plans if not _is_finished(report, sequence)]
    total = sum(sequence.length for sequence in pending)
    with (
        StopRequest() as stop,
        tqdm(total=total, desc="tracking", unit="frame", dynamic_ncols=True, disable=quiet or None) as bar,
    ):
        for sequence in pending:
            if stop.signal is None:
                _track_and_write(sequence, source, params, report, clock, bar, stop)
    stop.act()
    report.seconds = dict(clock.seconds)
    if save_video is not None:
        write_videos(plans, report, Path(save_video), quiet)
    return report


def track_sequence(
    sequence: SequenceInfo,
    source: DetectionSource,
    params: MOTParams | None = None,
    clock: Stopwatch | None = None,
    tick: Tick = lambda frames: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Tracks:
    """The tracks of one sequence.

    Args:
        sequence: what to track.
        source: gives the detections, see `sources`.
        params: of the tracker.
        clock: gets the seconds of each activity.
        tick: called with 1 after each frame.
        stopped: asked after each frame; True ends the sequence there.

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
        if stopped():
            break
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
    read_results(path, known_length(sequence))
    report.paths[sequence.name] = path
    report.found.append(sequence.name)
    return True


def _track_and_write(
    sequence: SequenceInfo,
    source: DetectionSource,
    params: MOTParams,
    report: TrackingRun,
    clock: Stopwatch,
    bar: tqdm,
    stop: StopRequest,
) -> None:
    """Track and write one sequence, and enter how it went."""
    path, timed, frames = report.folder / f"{sequence.name}.txt", Stopwatch(), 0
    partial = path.with_name(f"{sequence.name}_partial.txt")
    start = time.perf_counter()

    def track(job: SequenceInfo, tick: Tick) -> None:
        tracks = track_sequence(job, source, params, timed, tick, lambda: stop.signal is not None)
        write_results(path if stop.signal is None else partial, tracks)

    def count(more: int) -> None:
        nonlocal frames
        frames += more
        bar.update(more)

    reason = attempt(track, sequence, count)
    bar.update(max(sequence.length - frames, 0))
    bar.set_postfix_str(printable(sequence.name))
    if isinstance(sequence, OwnSequence):
        report.notes += sequence.notes()
    if reason is not None:
        report.failed[sequence.name] = reason
        tqdm.write(f"FAILED {printable(sequence.name)}: {printable(reason)}", file=sys.stderr)
        return
    if stop.signal is not None:
        logger.warning(f"note: {sequence.name}: stopped after {frames} frames, whose tracks are in {partial}")
        return
    partial.unlink(missing_ok=True)
    report.paths[sequence.name] = path
    report.frames += frames
    if not path.stat().st_size:
        report.notes.append(f"{sequence.name}: no track: {_why_empty(source.best_score, params)}")
    report.wall_seconds += time.perf_counter() - start
    for activity, seconds in timed.seconds.items():
        clock.seconds[activity] += seconds


def _why_empty(best_score: float | None, params: MOTParams) -> str:
    """What of the detections of a sequence without tracks was above what."""
    if best_score is None:
        return "there was no detection"
    needed = max(params.detection_threshold, params.birth_threshold)
    if best_score < needed:
        return f"the best score is {best_score:.3g}, a track needs {needed:g}: --min-score sets what it needs"
    return (
        f"the best score is {best_score:.3g}, above the {needed:g} that a track needs, but nothing was found in two "
        "frames that follow each other, or all was too small or too short to be reported"
    )
