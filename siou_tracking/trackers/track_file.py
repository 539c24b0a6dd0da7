"""One target through a video file or a folder of pictures: boxes, overlay, and what is to be said about them."""

from __future__ import annotations

import collections
import itertools
import math
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from siou_tracking.errors import InputError
from siou_tracking.files import check_outputs
from siou_tracking.log import get_logger
from siou_tracking.media.frames import Frame, ImageFolder
from siou_tracking.media.sources import open_frames
from siou_tracking.media.video import check_video_suffix
from siou_tracking.media.video_file import VideoFile
from siou_tracking.running.stopping import StopRequest
from siou_tracking.tracker_inputs import doubtful_box_note
from siou_tracking.trackers.base import Tracker
from siou_tracking.trackers.boxes_file import (
    UNREADABLE,
    TrackedFrame,
    check_boxes_name,
    format_boxes,
    write_boxes,
)
from siou_tracking.trackers.closing_line import summarize
from siou_tracking.trackers.follow import Step, follow
from siou_tracking.trackers.overlay import write_tracked_video
from siou_tracking.untrusted.names import printable_lines
from siou_tracking.wording import list_ranges

logger = get_logger(__name__)

_NO_BOX = (math.nan,) * 4


def track_file(
    source: str | os.PathLike[str],
    init_box: Sequence[float],
    tracker: Tracker,
    save: str | os.PathLike[str] | None = None,
    boxes_out: str | os.PathLike[str] | None = None,
    label: str = "",
    quiet: bool = False,
    inputs: Iterable[str | os.PathLike[str] | None] = (),
) -> tuple[np.ndarray, np.ndarray]:
    """Track one target through a video file or an image folder.

    A frame that cannot be read is passed over and named; it keeps its line, without a box. When the tracker fails, or
    Ctrl-C or SIGTERM comes, what was tracked is kept as if the source had ended there; an earlier file of that name
    then stays, and the part goes beside it as NAME_partial, or NAME_partial2 where that is taken, and so on.

    Args:
        source: a video file or a folder of images.
        init_box: [x, y, w, h] in the first frame that can be read.
        tracker: see `base.Tracker`.
        save: overlay video to write, .mp4 or .webm.
        boxes_out: boxes to write, see `boxes_file.write_boxes`. With neither file the boxes are printed.
        label: of the box, written below the frames of the video.
        quiet: no progress bar, no notes and no closing line.
        inputs: further files that an output must not replace, such as the tracker's weights.

    Returns:
        Boxes (n, 4) xywh and seconds (n,), a row a frame of the source; NaN and 0 for one that cannot be read.

    Raises:
        InputError: source, first box, or a name of an output that cannot be used; no frame that can be read; an
            exception of a tracker that is not ours.
        KeyboardInterrupt: Ctrl-C, after the files were written.
    """
    _check_output_files(Path(source), save, boxes_out, inputs)
    frames = open_frames(source)
    run = _Run(tracker, frames, init_box, quiet)
    video = None if save is None else Path(save).with_name(f".{Path(save).stem}.{os.getpid()}.part{Path(save).suffix}")
    with StopRequest() as stop:
        steps = run.steps(stop)
        try:
            if video is not None:
                write_tracked_video(video, steps, label, frames.fps)
            collections.deque(steps, maxlen=0)
        except (InputError, OSError) as error:  # a full disk, say: the boxes are kept
            run.error = run.error or error
        stopped = run.error is not None or stop.signal is not None
        if run.tracked == 0 or (stopped and run.tracked < 2):
            if video is not None:
                video.unlink(missing_ok=True)
            stop.act()
            raise run.error or InputError(
                f"frames: {source}: none of {len(run.rows)} can be read: {next(iter(run.problems), 'stopped')}"
            )
        kept_boxes, kept_video = (_free_name(path) if stopped else path for path in (boxes_out, save))
        if video is not None and kept_video is not None and video.exists():
            video.replace(kept_video)
        else:
            kept_video = None
        if kept_boxes is not None:
            write_boxes(kept_boxes, run.rows, str(source), complete=not stopped)
    boxes = np.array([row.box for row in run.rows])
    if kept_boxes is None and save is None and not quiet:
        print(format_boxes(boxes), end="", flush=True)
    if not quiet:
        run.tell(source, stopped)
        print(printable_lines(summarize(run.rows, kept_video, kept_boxes)), file=sys.stderr)
    stop.act()
    if run.error is not None:
        raise run.error
    return boxes, np.array([row.seconds for row in run.rows])


class _Run:
    """The frames of a source with the tracker's answers as they come; what ends it early is kept in `error`."""

    def __init__(
        self, tracker: Tracker, frames: ImageFolder | VideoFile, init_box: Sequence[float], quiet: bool
    ) -> None:
        self._tracker, self._frames, self._init_box, self._quiet = tracker, frames, init_box, quiet
        self.rows: list[TrackedFrame] = []
        self.problems: list[str] = []
        self.error: Exception | None = None
        self._told: set[str] = set()

    @property
    def tracked(self) -> int:
        """Frames with a box."""
        return len(self.rows) - len(self.problems)

    def steps(self, stop: StopRequest) -> Iterator[tuple[Frame, TrackedFrame]]:
        """Each frame with what is known of it, until the end, an error, or a wish to stop."""
        self._note(self._frames.notes())
        bar = tqdm(
            self._frames.read(),
            total=len(self._frames) or None,
            desc="tracking",
            unit="frame",
            dynamic_ncols=True,
            disable=self._quiet or None,
        )
        seen: list[Frame] = []

        def pictures() -> Iterator[np.ndarray | None]:
            for frame in bar:
                seen[:] = [frame]
                yield frame.picture

        try:
            for _, step in _blame_tracker(self._tracker, follow(self._tracker, pictures(), self._init_box)):
                row = self._add(seen[0], step)
                yield seen[0], row
                if stop.signal is not None:
                    break
        except Exception as error:  # hours of work may lie before it: they are kept, then it is raised
            self.error = error
        finally:
            bar.close()

    def _add(self, frame: Frame, step: Step | None) -> TrackedFrame:
        if step is None or frame.picture is None:
            self.problems.append(frame.problem)
            row = TrackedFrame(_NO_BOX, 0.0, UNREADABLE, None, frame.time, frame.name)
        else:
            if not self.tracked:
                height, width = frame.picture.shape[:2]
                doubt = doubtful_box_note(step.box, width, height)
                self._note([doubt] if doubt else [])
            row = TrackedFrame(step.box, step.seconds, step.flag, step.score, frame.time, frame.name)
        self.rows.append(row)
        return row

    def tell(self, source: str | os.PathLike[str], stopped: bool) -> None:
        """Say what was found on the way."""
        self._note(self._frames.notes())
        holes = [number for number, row in enumerate(self.rows, 1) if row.flag == UNREADABLE]
        if holes:
            self._note(
                [
                    f"{source}: {len(holes)} of {len(self.rows)} frames cannot be read and have no box: "
                    f"{list_ranges(holes)} ({self.problems[0]})"
                ]
            )
        if holes and holes[0] == 1:
            first = next(number for number, row in enumerate(self.rows, 1) if row.flag != UNREADABLE)
            self._note([f"{source}: the first box was taken in frame {first}, the first that can be read"])
        if stopped:
            total = f" of {len(self._frames)}" if len(self._frames) else ""
            self._note([f"{source}: stopped after frame {len(self.rows)}{total}; what was tracked until then is kept"])

    def _note(self, notes: Iterable[str]) -> None:
        for note in notes:
            if not self._quiet and note not in self._told:
                logger.warning(f"note: {note}")
                self._told.add(note)


def _blame_tracker(
    tracker: Tracker, steps: Iterator[tuple[np.ndarray | None, Step | None]]
) -> Iterator[tuple[np.ndarray | None, Step | None]]:
    """The steps; what someone else's tracker raises in them is an input error that names its class."""
    try:
        yield from steps
    except Exception as error:
        kind = type(getattr(tracker, "inner", tracker))
        if isinstance(error, InputError) or kind.__module__.partition(".")[0] == __name__.partition(".")[0]:
            raise
        raise InputError(f"tracker: {kind.__name__}: {type(error).__name__}: {error}") from error


def _check_output_files(
    source: Path,
    save: str | os.PathLike[str] | None,
    boxes_out: str | os.PathLike[str] | None,
    inputs: Iterable[str | os.PathLike[str] | None],
) -> None:
    """Refuse before the work what could not be written after it, or would replace what it reads."""
    folder = source if source.is_dir() else source.parent
    truth = [file for place in (folder, folder.absolute().parent) for file in place.glob("groundtruth*")]
    check_outputs({"save": save, "boxes": boxes_out}, [source, *inputs, *truth])
    if save is not None:
        check_video_suffix(save)
    if boxes_out is not None:
        check_boxes_name(boxes_out)


def _free_name(path: str | os.PathLike[str] | None) -> Path | None:
    """The name itself, or another one beside what is there, which a part of a new result does not replace."""
    if path is None:
        return None
    place = Path(path)
    partial = (place.with_stem(f"{place.stem}_partial{number}") for number in ("", *range(2, 10**6)))
    return next(name for name in itertools.chain([place], partial) if not name.exists())
