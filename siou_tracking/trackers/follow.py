"""A tracker run over frames: the loop that benchmarks, the quickstart and `siou-tracking track` share."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any  # whatever someone else's tracker returns

import numpy as np
from tqdm import tqdm

from siou_tracking.errors import InputError
from siou_tracking.files import check_output, write_text
from siou_tracking.media.frames import open_frames
from siou_tracking.media.video import check_video_suffix, overlay_codec, write_overlay_video
from siou_tracking.tracker_inputs import as_rgb, check_init_box
from siou_tracking.trackers.base import Tracker


def follow(
    tracker: Tracker, frames: Iterable[np.ndarray], init_box: Sequence[float]
) -> Iterator[tuple[np.ndarray, list[float], float]]:
    """Yield each frame with its box [x, y, w, h] and the seconds the tracker took; the first box is `init_box`.

    Raises:
        InputError: a first box that cannot be used, or a tracker whose answer is not a box (both name the frame).
    """
    for index, frame in enumerate(frames):
        image = as_rgb(frame, f"frame {index + 1}")
        if index == 0:
            box = check_init_box(init_box, image.shape[1], image.shape[0], "frame 1")
            start = time.perf_counter()
            tracker.initialize(image, {"init_bbox": list(box)})
        else:
            start = time.perf_counter()
            answer = tracker.track(image)
            box = _read_box(answer, index + 1)
        yield frame, box, time.perf_counter() - start


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
    rows = [(box, seconds) for _, box, seconds in follow(tracker, frames, init_box)]
    if not rows:
        raise InputError("frames: got none, allowed is at least one")
    return np.array([box for box, _ in rows]), np.array([seconds for _, seconds in rows])


def format_boxes(boxes: np.ndarray) -> str:
    """One box a line, 'x,y,w,h' with three decimals, as GOT-10k's tools write and read them."""
    return "".join(",".join(f"{value:.3f}" for value in box) + "\n" for box in boxes)


def track_file(
    source: str | os.PathLike[str],
    init_box: Sequence[float],
    tracker: Tracker,
    save: str | os.PathLike[str] | None = None,
    boxes_out: str | os.PathLike[str] | None = None,
    label: str = "",
    quiet: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Track one target through a video file or an image folder.

    Args:
        source: a video file or a folder of images.
        init_box: [x, y, w, h] in the first frame.
        tracker: see `base.Tracker`.
        save: overlay video to write, .mp4 or .webm.
        boxes_out: boxes to write, see `format_boxes`. With neither file the boxes are printed.
        label: written beside the box in the video.
        quiet: no progress bar and no closing line.

    Returns:
        As `run_frames`. Both files appear only when the whole source was tracked.

    Raises:
        InputError: source, first box, or a name of an output that cannot be used; an exception of a tracker that is not
            ours.
    """
    frames = open_frames(source)
    _check_output_files(save, boxes_out)
    boxes: list[list[float]] = []
    seconds: list[float] = []

    def pictures() -> Iterator[tuple[np.ndarray, dict[str, list[float]]]]:
        bar = tqdm(frames, desc="tracking", unit="frame", dynamic_ncols=True, disable=quiet or None)
        for frame, box, taken in _blame_tracker(tracker, follow(tracker, bar, init_box)):
            boxes.append(box)
            seconds.append(taken)
            yield frame, {label: box}

    if save is None:
        for _ in pictures():
            pass
    else:
        write_overlay_video(save, pictures(), frames.fps)
    result = np.array(boxes), np.array(seconds)
    if boxes_out is not None:
        write_text(boxes_out, format_boxes(result[0]))
    elif save is None and not quiet:
        print(format_boxes(result[0]), end="")
    if not quiet:
        print(_summarize(result[1], save, boxes_out), file=sys.stderr)
    return result


def _blame_tracker(
    tracker: Tracker, steps: Iterator[tuple[np.ndarray, list[float], float]]
) -> Iterator[tuple[np.ndarray, list[float], float]]:
    """The steps; what someone else's tracker raises in them is an input error that names its class."""
    try:
        yield from steps
    except Exception as error:
        kind = type(getattr(tracker, "inner", tracker))
        if isinstance(error, InputError) or kind.__module__.partition(".")[0] == __name__.partition(".")[0]:
            raise
        raise InputError(f"tracker: {kind.__name__}: {type(error).__name__}: {error}") from error


def _check_output_files(save: str | os.PathLike[str] | None, boxes_out: str | os.PathLike[str] | None) -> None:
    """Refuse before the work what could not be written after it."""
    if save is not None:
        check_video_suffix(save)
    for name, path in (("save", save), ("boxes", boxes_out)):
        if path is not None:
            check_output(path, name)
    if save is not None and boxes_out is not None and Path(save).resolve() == Path(boxes_out).resolve():
        raise InputError(f"boxes: {boxes_out}: got the name of the video too, allowed is another file name")


def _summarize(
    seconds: np.ndarray, save: str | os.PathLike[str] | None, boxes_out: str | os.PathLike[str] | None
) -> str:
    text = f"tracked {len(seconds)} frames"
    if len(seconds) > 1 and seconds[1:].sum() > 0:
        text += f" at {(len(seconds) - 1) / seconds[1:].sum():.1f} frames/s after {seconds[0]:.1f} s of learning"
    if boxes_out is not None:
        text += f"; boxes: {boxes_out}"
    if save is not None:
        codec, playable = overlay_codec(Path(save).suffix)
        text += f"; video: {save} ({codec}{'' if playable else ', may not play in a browser'})"
    return text
