"""A whole run as one picture: frames from its beginning to its end side by side, and the score below them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.files import write_bytes
from siou_tracking.media.bars import DARK, QUIET, brighten, legend_bar, lettering, write_line
from siou_tracking.media.drawing import colors_of
from siou_tracking.media.frames import Frame
from siou_tracking.trackers.boxes_file import TrackedFrame
from siou_tracking.trackers.pictures.overlay import draw_target
from siou_tracking.trackers.pictures.score_plot import Timeline, plot_scores

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_SHOWN = 6
_HELD = 4 * _SHOWN  # thumbnails; when there are more every second one is dropped
_WIDTH = 320  # pixels of a thumbnail
_WEBP = 85  # quality, 1 to 100; OpenCV's own is above, without loss
_GAP = 6


def check_strip_name(path: str | os.PathLike[str]) -> None:
    """Refuse the name of what is no picture that can be written.

    Raises:
        InputError: it is such a name.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"strip: {path}: got suffix '{suffix}', allowed are {', '.join(SUFFIXES)}")


class StripPicture:
    """Collects what the picture needs, which does not grow with the run.

    Args:
        names: of the trackers; empty ones are not written.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._colors = colors_of(names)
        self._lines = [(Timeline(), brighten(color)) for color in self._colors]
        self._held: list[tuple[int, np.ndarray]] = []
        self._every = 1
        self._frames = 0

    def add(self, frame: Frame, rows: Sequence[TrackedFrame]) -> None:
        """The next frame of the source, and what each tracker says of it."""
        self._frames += 1
        for (timeline, _), row in zip(self._lines, rows, strict=True):
            timeline.add(row)
        if frame.picture is None or (self._frames - 1) % self._every:
            return
        self._held.append((self._frames, self._thumbnail(frame.picture, rows)))
        if len(self._held) > _HELD:
            self._every *= 2
            self._held = [one for one in self._held if not (one[0] - 1) % self._every]

    def write(self, path: Path) -> None:
        """Write what was collected, one frame at least; the suffix is one of `SUFFIXES`."""
        import cv2

        pictures = self._chosen()
        height, width = pictures[0][1].shape[:2]
        cells = [self._captioned(number, picture, height) for number, picture in pictures]
        gap = np.full((cells[0].shape[0], _GAP, 3), DARK, np.uint8)
        row = np.hstack([part for cell in cells for part in (cell, gap)][:-1])
        parts = [row]
        letters = height * 2, width * 2
        names = [(name, color) for name, color in zip(self._names, self._colors, strict=True) if name]
        if names:
            parts.insert(0, legend_bar(names, letters[0], row.shape[1]))
        if any(timeline.has_scores for timeline, _ in self._lines):
            marks = {(number - 0.5) / self._frames: str(number) for number, _ in pictures}
            title = f"score, {self._frames} frames"
            parts.append(plot_scores(self._lines, row.shape[1], letters, title, marks=marks))
        quality = [cv2.IMWRITE_WEBP_QUALITY, _WEBP] if path.suffix.lower() == ".webp" else []
        content = cv2.imencode(path.suffix, cv2.cvtColor(np.vstack(parts), cv2.COLOR_RGB2BGR), quality)[1]
        write_bytes(path, content.tobytes())

    def _chosen(self) -> list[tuple[int, np.ndarray]]:
        """The thumbnails nearest to an even row, each once."""
        wanted = (np.arange(_SHOWN) + 0.5) * self._frames / _SHOWN + 0.5
        numbers = np.array([number for number, _ in self._held])
        places = sorted({int(np.abs(numbers - number).argmin()) for number in wanted})
        return [self._held[place] for place in places]

    def _thumbnail(self, picture: np.ndarray, rows: Sequence[TrackedFrame]) -> np.ndarray:
        import cv2

        scale = _WIDTH / picture.shape[1]
        size = _WIDTH, max(round(picture.shape[0] * scale), 1)
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        for row, color in zip(rows, self._colors, strict=True):
            draw_target(small, row, color, scale)
        return small

    def _captioned(self, number: int, picture: np.ndarray, height: int) -> np.ndarray:
        """The thumbnail, as high as the others, over its number."""
        size, line = lettering(2 * height, 2 * picture.shape[1])
        cell = np.full((height + line + line // 2, picture.shape[1], 3), DARK, np.uint8)
        cell[: min(height, len(picture))] = picture[:height]
        write_line(cell, f"frame {number}", (line // 2, height + line + line // 6), size, QUIET)
        return cell
