"""One target through a source of frames: boxes, overlay, strip, and what is to be said about them."""

from __future__ import annotations

import collections
import itertools
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from siou_tracking.errors import InputError
from siou_tracking.files import check_outputs
from siou_tracking.media.frames import Frame
from siou_tracking.media.sources import is_live, open_source, source_name, source_places
from siou_tracking.media.video import check_video_suffix
from siou_tracking.running.stopping import StopRequest
from siou_tracking.trackers.base import Tracker
from siou_tracking.trackers.boxes_file import BoxesWriter, check_boxes_name, format_boxes
from siou_tracking.trackers.closing_line import video_note
from siou_tracking.trackers.pictures.overlay import write_tracked_video
from siou_tracking.trackers.pictures.strip_picture import StripPicture, check_strip_name
from siou_tracking.trackers.tracked_run import Rows, TrackedRun
from siou_tracking.untrusted.names import printable_lines

PathLike = str | os.PathLike[str]


def track_file(
    source: PathLike,
    init_box: Sequence[float] | Callable[[np.ndarray], Sequence[float]],
    tracker: Tracker | Mapping[str, Tracker],
    save: PathLike | None = None,
    boxes_out: PathLike | None = None,
    strip: PathLike | None = None,
    quiet: bool = False,
    inputs: Iterable[PathLike | None] = (),
) -> None:
    """Track one target through a source, holding one frame at a time however long it is.

    A frame that cannot be read is passed over and named; it keeps its line, without a box. When the tracker fails, the
    source goes silent, or Ctrl-C or SIGTERM comes, what was tracked is kept as if the source had ended there; an
    earlier file of that name then stays, and the part goes beside it as NAME_partial, or NAME_partial2 where that is
    taken, and so on.

    Args:
        source: what `media.sources.open_source` takes.
        init_box: [x, y, w, h] in the first frame that can be read, or a function of that picture, (H, W, 3) uint8 RGB.
        tracker: see `base.Tracker`; or name -> tracker, all of which see the same frames and stand side by side in the
            overlay. Each then has its own file of boxes, NAME added to its stem.
        save: overlay video to write, .mp4 or .webm.
        boxes_out: boxes to write, see `boxes_file.BoxesWriter`. With no file the boxes of a single tracker are printed.
        strip: picture to write of frames from the whole source above the score, see `strip_picture`.
        quiet: no progress bar, no notes and no closing line.
        inputs: further files that an output must not replace, such as the tracker's weights.

    Raises:
        InputError: source, first box, or a name of an output that cannot be used; no frame that can be read; an
            exception of a tracker that is not ours.
        KeyboardInterrupt: Ctrl-C, after the files were written.
    """
    trackers = tracker if isinstance(tracker, Mapping) else {"": tracker}
    name = source_name(source)
    tables = [] if boxes_out is None else [_Output(_name_table(boxes_out, one)) for one in trackers]
    video, picture = (None if path is None else _Output(path) for path in (save, strip))
    _check_output_files(source, video, tables, picture, inputs)
    frames = open_source(source)
    writers = [BoxesWriter(table.part, name) for table in tables]
    drawn = StripPicture(list(trackers)) if picture is not None else None
    sinks: list[Callable[[Frame, Rows], None]] = [_share(writers)] if writers else []
    if drawn is not None:
        sinks.append(drawn.add)
    printer = _Printer() if save is None and not sinks and not quiet else None
    if printer is not None:
        sinks.append(printer.add)
    run = TrackedRun(trackers, frames, init_box, sinks, quiet)
    outputs = [output for output in (*tables, video, picture) if output is not None]
    try:
        with StopRequest() as stop:
            fps = None if is_live(frames) else frames.fps
            stopped = _go_through(run, name, None if video is None else video.part, list(trackers), fps, stop)
            for writer in writers:
                writer.close(complete=not stopped)
            if printer is not None:
                printer.flush()
            if drawn is not None and picture is not None:
                drawn.write(picture.part)
            for output in outputs:
                output.keep(stopped)
    finally:
        for output in outputs:
            output.part.unlink(missing_ok=True)
    if not quiet:
        run.tell(name, stopped)
        _tell_result(run, list(trackers), video, tables, picture)
    stop.act()
    if run.error is not None:
        raise run.error


def _go_through(
    run: TrackedRun, name: str, video: Path | None, trackers: Sequence[str], fps: float | None, stop: StopRequest
) -> bool:
    """Track to the end, drawing the video on the way; whether it ended before that, with something to keep.

    Raises:
        InputError, OSError: nothing was tracked that could be kept.
    """
    steps = run.steps(stop)
    try:
        if video is not None:
            write_tracked_video(video, steps, trackers, fps)
        collections.deque(steps, maxlen=0)
    except BrokenPipeError:  # nobody reads the boxes that are printed
        raise
    except (InputError, OSError) as error:  # a full disk, say: the boxes are kept
        run.error = run.error or error
    stopped = run.error is not None or stop.signal is not None
    tracked = run.tally.tracked
    if tracked == 0 or (stopped and tracked < 2):
        stop.act()
        none = f"none of {run.tally.frames} can be read: {run.problem or 'stopped'}"
        raise run.error or InputError(f"frames: {name}: {none}")
    return stopped


class _Output:
    """A file that is written beside its place, and moved there once it is known whether it is whole."""

    def __init__(self, path: PathLike) -> None:
        self.path = Path(path)
        self.part = self.path.parent / f".{self.path.stem}.{os.getpid()}.part{self.path.suffix}"
        self.kept: Path | None = None
        """Where it went."""

    def keep(self, stopped: bool) -> None:
        if self.part.exists():
            self.kept = _free_name(self.path) if stopped else self.path
            self.part.replace(self.kept)


class _Printer:
    """Prints boxes as they come; the first waits for the second, for a source that fails there has no result."""

    def __init__(self) -> None:
        self._waiting = ""
        self._count = 0

    def add(self, frame: Frame, rows: Rows) -> None:
        self._count += 1
        self._waiting += format_boxes([rows[0].box])
        if self._count > 1:
            self.flush()

    def flush(self) -> None:
        tqdm.write(self._waiting, file=sys.stdout, end="")
        self._waiting = ""


def _share(writers: Sequence[BoxesWriter]) -> Callable[[Frame, Rows], None]:
    def add(frame: Frame, rows: Rows) -> None:
        for writer, row in zip(writers, rows, strict=True):
            writer.add(row)

    return add


def _tell_result(
    run: TrackedRun, names: Sequence[str], video: _Output | None, tables: Sequence[_Output], picture: _Output | None
) -> None:
    """A line for each tracker, with its boxes; video and strip stand in the last."""
    ends = [f"; {video_note(video.kept)}"] if video is not None and video.kept is not None else []
    ends += [f"; strip: {picture.kept}"] if picture is not None and picture.kept is not None else []
    for place, (name, tally) in enumerate(zip(names, run.tallies, strict=True)):
        boxes = f"; boxes: {tables[place].kept}" if tables else ""
        last = "".join(ends) if place == len(names) - 1 else ""
        line = f"{name}: {tally.summary()}" if name else tally.summary()
        print(printable_lines(line + boxes + last), file=sys.stderr)


def _name_table(path: PathLike, tracker: str) -> Path:
    """The file of a tracker's boxes: with its name where there are several."""
    place = Path(path)
    if not tracker or place.is_dir():
        return place
    return place.with_stem(f"{place.stem}_{re.sub(r'[^A-Za-z0-9._-]+', '_', tracker)}")


def _check_output_files(
    source: PathLike,
    video: _Output | None,
    tables: Sequence[_Output],
    picture: _Output | None,
    inputs: Iterable[PathLike | None],
) -> None:
    """Refuse before the work what could not be written after it, or would replace what it reads."""
    places = source_places(source)
    folders = [place if place.is_dir() else place.parent for place in places]
    truth = [
        file for folder in folders for up in (folder, folder.absolute().parent) for file in up.glob("groundtruth*")
    ]
    outputs = {"save": video, "strip": picture}
    outputs |= {"boxes" if len(tables) == 1 else f"boxes of tracker {at}": one for at, one in enumerate(tables, 1)}
    wanted = {what: None if output is None else output.path for what, output in outputs.items()}
    check_outputs(wanted, [*places, *inputs, *truth])
    if video is not None:
        check_video_suffix(video.path)
    if picture is not None:
        check_strip_name(picture.path)
    for table in tables:
        check_boxes_name(table.path)


def _free_name(path: Path) -> Path:
    """The name itself, or another one beside what is there, which a part of a new result does not replace."""
    partial = (path.with_stem(f"{path.stem}_partial{number}") for number in ("", *range(2, 10**6)))
    return next(name for name in itertools.chain([path], partial) if not name.exists())
