"""The frames of a source with the answers of one tracker, or of several to the same frames, as they come."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from tqdm import tqdm

from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.media.frames import Frame
from siou_tracking.media.sources import Source
from siou_tracking.running.stopping import StopRequest
from siou_tracking.tracker_inputs import doubtful_box_note
from siou_tracking.trackers.base import Tracker
from siou_tracking.trackers.boxes_file import UNREADABLE, TrackedFrame
from siou_tracking.trackers.closing_line import Tally
from siou_tracking.trackers.follow import Step, follow

logger = get_logger(__name__)

Rows = Sequence[TrackedFrame]
"""What each tracker says of one frame, in the order of the trackers."""
_NO_BOX = (math.nan,) * 4


class TrackedRun:
    """A source on its way through trackers; what ends it early is kept in `error`.

    Args:
        trackers: name -> tracker; each is shown every frame that can be read.
        frames: the source.
        init_box: [x, y, w, h] in the first frame that can be read, or what chooses it in that picture.
        sinks: get each frame and its rows.
        quiet: no progress bar and no notes.
    """

    def __init__(
        self,
        trackers: Mapping[str, Tracker],
        frames: Source,
        init_box: Sequence[float] | Callable[[np.ndarray], Sequence[float]],
        sinks: Sequence[Callable[[Frame, Rows], None]] = (),
        quiet: bool = False,
    ) -> None:
        self._trackers, self._frames, self._init_box = trackers, frames, init_box
        self._sinks, self._quiet = sinks, quiet
        self.tallies = [Tally() for _ in trackers]
        self.problem = ""
        """Why the first frame that has none has no picture."""
        self.error: Exception | None = None
        self._told: set[str] = set()

    @property
    def tally(self) -> Tally:
        """Of the frames, which are the same for all trackers."""
        return self.tallies[0]

    def steps(self, stop: StopRequest) -> Iterator[tuple[Frame, Rows]]:
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
        try:
            for frame, steps in self._follow(bar):
                rows = self._add(frame, steps)
                for sink in self._sinks:
                    sink(frame, rows)
                yield frame, rows
                if stop.signal is not None:
                    break
        except BrokenPipeError:  # nobody reads
            raise
        except Exception as error:  # hours of work may lie before it: they are kept, then it is raised
            self.error = error
        finally:
            bar.close()

    def _follow(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, Sequence[Step | None]]]:
        """Each frame with the answers of all trackers, which take turns."""
        init_box, frames = self._choose_box(iter(frames))
        copies = itertools.tee(frames, 1 + len(self._trackers))
        answers = [
            _blame_tracker(tracker, follow(tracker, (frame.picture for frame in copy), init_box))
            for tracker, copy in zip(self._trackers.values(), copies[1:], strict=True)
        ]
        for frame, *found in zip(copies[0], *answers, strict=True):
            yield frame, [step for _, step in found]

    def _choose_box(self, frames: Iterator[Frame]) -> tuple[Sequence[float], Iterator[Frame]]:
        """The first box, and the frames."""
        if not callable(self._init_box):
            return self._init_box, frames
        seen: list[Frame] = []
        for frame in frames:
            seen.append(frame)
            if frame.picture is not None:
                box = self._init_box(frame.picture)
                self._note([f"the target: --init {','.join(f'{value:g}' for value in box)}"])
                return box, itertools.chain(seen, frames)
        return (), iter(seen)

    def _add(self, frame: Frame, steps: Sequence[Step | None]) -> Rows:
        rows = []
        for tally, step in zip(self.tallies, steps, strict=True):
            if step is None or frame.picture is None:
                self.problem = self.problem or frame.problem
                row = TrackedFrame(_NO_BOX, 0.0, UNREADABLE, None, frame.time, frame.name)
            else:
                if not self.tally.tracked:
                    height, width = frame.picture.shape[:2]
                    doubt = doubtful_box_note(step.box, width, height)
                    self._note([doubt] if doubt else [])
                row = TrackedFrame(step.box, step.seconds, step.flag, step.score, frame.time, frame.name)
            tally.add(row)
            rows.append(row)
        return rows

    def tell(self, source: str, stopped: bool) -> None:
        """Say what was found on the way."""
        self._note(self._frames.notes())
        tally = self.tally
        if tally.holes.count:
            self._note(
                [
                    f"{source}: {tally.holes.count} of {tally.frames} frames cannot be read and have no box: "
                    f"{tally.holes} ({self.problem})"
                ]
            )
        if tally.first > 1:
            self._note([f"{source}: the first box was taken in frame {tally.first}, the first that can be read"])
        if stopped:
            total = f" of {len(self._frames)}" if len(self._frames) else ""
            self._note([f"{source}: stopped after frame {tally.frames}{total}; what was tracked until then is kept"])

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
