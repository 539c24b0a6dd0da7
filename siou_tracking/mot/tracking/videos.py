"""Overlay videos of the sequences of a run, written beside its tracks and never over what was tracked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from siou_tracking.benchmarks.base import Tick
from siou_tracking.benchmarks.running.workers import attempt
from siou_tracking.files import check_outputs
from siou_tracking.mot.data.motchallenge import SequenceInfo, read_results
from siou_tracking.mot.tracking.footage import OwnSequence, known_length
from siou_tracking.mot.tracking.overlay import write_tracks_video
from siou_tracking.mot.tracking.tracking_run import TrackingRun


def refuse_sources(plans: Sequence[SequenceInfo], folder: Path) -> None:
    """Refuse to write an overlay over the video that is tracked.

    Raises:
        InputError: names the video.
    """
    for sequence in plans:
        if isinstance(sequence, OwnSequence):
            check_outputs({"videos": folder / f"{sequence.name}.mp4"}, [sequence.path])


def write_videos(plans: list[SequenceInfo], report: TrackingRun, folder: Path, quiet: bool) -> None:
    """The overlay of every sequence that has tracks and no video of them yet; a failure is a note."""
    waiting = [
        one
        for one in plans
        if one.name in report.paths and not _is_newer(folder / f"{one.name}.mp4", report.paths[one.name])
    ]
    for sequence in tqdm(waiting, desc="videos", unit="sequence", dynamic_ncols=True, disable=quiet or None):
        path = folder / f"{sequence.name}.mp4"

        def write(job: SequenceInfo, tick: Tick, path: Path = path) -> None:
            write_tracks_video(path, job, read_results(report.paths[job.name], known_length(job)))

        reason = attempt(write, sequence, lambda frames: None)
        if reason is not None:
            report.notes.append(f"no video of {sequence.name}: {reason}")


def _is_newer(video: Path, tracks: Path) -> bool:
    """Whether a video is there that was written after the tracks: an older one shows those of another run."""
    return video.is_file() and video.stat().st_mtime_ns >= tracks.stat().st_mtime_ns
