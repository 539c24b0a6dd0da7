"""Tracks drawn on their frames: a color and a number per identity, and where it has just been."""

from __future__ import annotations

import colorsys
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from siou_tracking.boxes import convert
from siou_tracking.errors import InputError
from siou_tracking.files import atomic_path
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.media.bars import status_bar
from siou_tracking.media.video import keep_times, write_overlay_video
from siou_tracking.mot.data.motchallenge import SequenceInfo, Tracks
from siou_tracking.untrusted.names import printable

TRAIL_SECONDS = 1.0
"""How far back a trail reaches."""
_LEGIBLE_HEIGHT = 360  # pixels; smaller frames are enlarged by a whole number, so that the labels can be read
_HUES, _HUE_STEP = 12, 5  # a step without a common divisor, so that neighbors are far apart


def identity_color(identity: int) -> tuple[int, int, int]:
    """RGB of an identity: equal in every picture; the next `2 * _HUES` identities have other colors."""
    hue, dark = identity * _HUE_STEP % _HUES / _HUES, identity // _HUES % 2
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.6 if dark else 0.9, 0.75 if dark else 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


def draw_tracks(frame: np.ndarray, tracks: Tracks, number: int, trail: int = 0) -> np.ndarray:
    """A copy of a frame with the boxes of its tracks, their identities, and trails.

    Args:
        frame: (H, W, 3) uint8 RGB.
        tracks: of the whole sequence.
        number: of the frame, from 1.
        trail: frames that the line along the middles of the lower edges reaches back.

    Returns:
        (s H, s W, 3) uint8 RGB; s is a whole number, over 1 for small frames.
    """
    import cv2

    scale = max(1, round(_LEGIBLE_HEIGHT / frame.shape[0]))
    picture = np.repeat(np.repeat(frame, scale, axis=0), scale, axis=1)
    thickness = max(1, round(min(picture.shape[:2]) / 360))
    past = tracks.select((tracks.frame > number - max(trail, 1)) & (tracks.frame <= number))
    limit = 4.0 * sum(picture.shape[:2])  # OpenCV's coordinates are small integers
    corners = np.clip(np.round(convert(past.xywh, "xywh", "xyxy") * scale), -limit, limit).astype(int)
    feet = np.stack([(corners[:, 0] + corners[:, 2]) // 2, corners[:, 3]], axis=1)
    for row in np.flatnonzero(past.frame == number):
        identity = int(past.identity[row])
        color = identity_color(identity)
        line = feet[past.identity == identity]
        cv2.polylines(picture, [line.reshape(-1, 1, 2).astype(np.int32)], False, color, thickness, cv2.LINE_AA)
        cv2.rectangle(picture, corners[row, :2].tolist(), (corners[row, 2:] - 1).tolist(), color, thickness)
        _label(picture, str(identity), corners[row, :2].tolist(), color)
    return picture


def write_tracks_video(
    path: str | os.PathLike[str], sequence: SequenceInfo, tracks: Tracks, trail_seconds: float = TRAIL_SECONDS
) -> Path:
    """Write the sequence with its tracks as .mp4 or .webm, at its own frame rate; the file is there only when whole.

    Where frames come at varying times, pictures are repeated; a frame without a picture shows the one before.

    Raises:
        InputError: another suffix, no encoder, or an image that cannot be read.
    """
    rate = sequence.frame_rate
    trail = round(trail_seconds * rate)

    def drawn() -> Iterator[tuple[float, np.ndarray]]:
        picture: np.ndarray | None = None
        title = f"video of {printable(sequence.name)}"
        frames = tqdm(sequence.read(), title, sequence.length, unit="frame", leave=False, disable=None)
        for number, frame in enumerate(frames, start=1):
            picture = picture if frame.picture is None else frame.picture
            if picture is not None:
                yield frame.time, draw_tracks(picture, tracks, number, trail)

    return write_overlay_video(path, ((picture, {}) for picture in keep_times(drawn(), rate, start=0.0)), rate)


def write_tracks_strip(
    path: str | os.PathLike[str],
    sequence: SequenceInfo,
    tracks: Tracks,
    frames: Sequence[int] | None = None,
    count: int = 6,
    columns: int = 3,
    width: int = 480,
) -> Path:
    """Write frames with their tracks, numbers below them, as one PNG, in rows from left to right.

    Args:
        path: the picture.
        sequence: what was tracked.
        tracks: of the whole sequence.
        frames: their numbers, from 1; None for `count` at equal distances.
        count: how many without `frames`.
        columns: pictures in a row.
        width: of each picture, pixels.

    Raises:
        InputError: a frame that the sequence does not have, or an image that cannot be read.
    """
    import cv2

    if frames is None:
        frames = sorted(set(np.linspace(1, sequence.length, max(count, 1)).round().astype(int).tolist()))
    wrong = [number for number in frames if not 1 <= number <= sequence.length]
    if wrong or not len(frames):
        got = wrong[0] if wrong else "none"
        raise InputError(f"strip: {sequence.name}: frame {got}, allowed are 1 to {sequence.length}")
    trail = round(TRAIL_SECONDS * sequence.frame_rate)
    cells = []
    for number in frames:
        picture = draw_tracks(default_image_loader(sequence.image_path(number)), tracks, number, trail)
        height = max(1, round(picture.shape[0] * width / picture.shape[1]))
        cell = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        cells.append(np.vstack((cell, status_bar(f"frame {number}", height, width))))
    columns = min(columns, len(cells))
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % columns)
    rows = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    with atomic_path(path) as temporary:
        if not cv2.imwrite(str(temporary), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)):
            raise InputError(f"strip: {path}: cannot be written, allowed are names that end in .png")
    return Path(path)


def _label(picture: np.ndarray, text: str, corner: Sequence[int], color: tuple[int, int, int]) -> None:
    """Dark text on the color, its lower left corner at `corner` or as near as the picture allows."""
    import cv2

    font, size = cv2.FONT_HERSHEY_SIMPLEX, min(max(min(picture.shape[:2]) / 900, 0.35), 1.2)
    (width, height), below = cv2.getTextSize(text, font, size, 1)
    left = min(max(corner[0], 0), max(picture.shape[1] - width, 0))
    bottom = min(max(corner[1], height + below), picture.shape[0])
    cv2.rectangle(picture, (left, bottom - height - below), (left + width, bottom), color, cv2.FILLED)
    cv2.putText(picture, text, (left, bottom - below // 2 - 1), font, size, (0, 0, 0), 1, cv2.LINE_AA)
