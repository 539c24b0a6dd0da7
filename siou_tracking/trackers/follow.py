"""A tracker run over frames: the loop that benchmarks, the quickstart and `siou-tracking track` share."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any  # whatever someone else's tracker returns

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.tracker_inputs import as_rgb, check_init_box
from siou_tracking.trackers.base import Tracker

_SCORES = ("score", "object_presence_score", "best_score", "conf_score", "confidence", "max_score")
"""Names by which trackers tell how sure they are, the first one found counts."""


@dataclasses.dataclass(frozen=True)
class Step:
    """A tracker's answer to one frame."""

    box: Sequence[float]
    """[x, y, w, h] in pixels."""
    seconds: float
    """The tracker took."""
    flag: str = ""
    """As the tracker tells it; see `base.Answer`."""
    score: float | None = None
    """As the tracker tells it; None in the first frame, and where it does not, or not as a finite number."""


def follow(
    tracker: Tracker, frames: Iterable[np.ndarray | None], init_box: Sequence[float]
) -> Iterator[tuple[np.ndarray | None, Step | None]]:
    """Yield each frame with the tracker's answer; the first box is `init_box`, in the first frame that there is.

    A frame that is None cannot be read: the tracker is not asked, and the answer is None.

    Raises:
        InputError: a first box that cannot be used, or a tracker whose answer is not a box (both name the frame).
    """
    started = False
    for number, frame in enumerate(frames, 1):
        if frame is None:
            yield None, None
            continue
        image = as_rgb(frame, f"frame {number}")
        if not started:
            box = check_init_box(init_box, image.shape[1], image.shape[0], f"frame {number}")
            start = time.perf_counter()
            answer = tracker.initialize(image, {"init_bbox": list(box)})
            score = None  # the box was given, not found
            started = True
        else:
            start = time.perf_counter()
            answer = tracker.track(image)
            box, score = _read_box(answer, number), _read_score(answer)
        seconds = time.perf_counter() - start
        yield frame, Step(box, seconds, _read_flag(answer), score)


def _read_box(answer: Any, frame: int) -> list[float]:
    try:
        box = [float(value) for value in answer["target_bbox"]]
    except (TypeError, ValueError, KeyError, IndexError):
        box = []
    if len(box) != 4 or not np.isfinite(box).all():
        raise InputError(
            f"tracker: frame {frame}: got {answer!r}, allowed is {{'target_bbox': [x, y, w, h]}} with finite numbers"
        )
    return box


def _read_flag(answer: Any) -> str:
    flag = answer.get("flag") if isinstance(answer, dict) else None
    return " ".join(flag.split()) if isinstance(flag, str) else ""


def _read_score(answer: Any) -> float | None:
    for name in _SCORES if isinstance(answer, dict) else ():
        value = answer.get(name)
        try:
            score = float(value.item() if hasattr(value, "item") else value)
        except (TypeError, ValueError, RuntimeError):  # the last one: a tensor of several
            continue
        return score if math.isfinite(score) else None
    return None


def run_frames(
    tracker: Tracker, frames: Iterable[np.ndarray], init_box: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Track through all frames.

    Args:
        tracker: see `base.Tracker`.
        frames: (H, W, 3) uint8 RGB, or gray; any iterable, read lazily.
        init_box: [x, y, w, h] in the first frame.

    Returns:
        Boxes (n, 4) xywh, the first one `init_box`, and seconds (n,), the first one for `initialize`.

    Raises:
        InputError: no frame, a first box that cannot be used, or a tracker whose answer is not a box.
    """
    steps = [step for _, step in follow(tracker, frames, init_box) if step is not None]
    if not steps:
        raise InputError("frames: got none, allowed is at least one")
    return np.array([step.box for step in steps]), np.array([step.seconds for step in steps])
