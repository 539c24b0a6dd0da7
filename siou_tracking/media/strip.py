"""Pictures for a page: frames side by side, and the surroundings of a target enlarged, each as one JPEG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from siou_tracking.media.drawing import outline, parse_color, rgb_of

# How many of a target's longer sides a crop shows, and the lines of the first, second and later names, of its side.
_SURROUNDINGS = 2.2
_LINES = (0.036, 0.022, 0.011)
_QUALITY, _ENCODINGS = 82, ((1, 82), (1, 66), (1, 50), (1, 34), (0.6, 34), (0.4, 30), (0.25, 30))
_MARGIN, _CLOSEST = 0.3, 4.0  # of a view: round its outlines in parts of their size, and pixels for one of the frame
_BEYOND = (27, 32, 38)
_FAR = 1e5  # beyond it a corner is drawn no farther away


def frame_strip(frames: Sequence[np.ndarray], width: int = 300, columns: int = 4) -> bytes:
    """Frames side by side in rows of `columns`, encoded as JPEG.

    Args:
        frames: n RGB uint8 pictures (H, W, 3), all of one shape.
        width: of each picture in the strip, pixels.
        columns: pictures in a row.
    """
    import cv2

    size = (width, round(frames[0].shape[0] * width / frames[0].shape[1]))
    cells = [cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames]
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % columns)
    rows = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    return _encode(np.vstack(rows))


def enlarged_target(
    frame: np.ndarray, target: Sequence[float], boxes: Mapping[str, np.ndarray], side: int = 320
) -> bytes:
    """A square of the frame round the target, enlarged, with a box per name, encoded as JPEG.

    Lines grow thinner from the first name to the last, so that equal boxes show all of their colors.

    Args:
        frame: RGB uint8 (H, W, 3).
        target: xywh in pixels; the square is centered on it as far as the frame goes. Where it has no size, the whole
            frame is shown.
        boxes: name -> xywh in pixels; one without a positive size is not drawn, one outside the square is not seen.
        side: of the encoded square, pixels.
    """
    import cv2

    height, width = frame.shape[:2]
    x, y, w, h = np.asarray(target, dtype=np.float64).reshape(4)
    there = np.isfinite([x, y, w, h]).all() and w > 0 and h > 0
    span = min(max(_SURROUNDINGS * max(w, h), 16), height, width) if there else max(height, width)
    near = [
        np.clip(c + s / 2 - span / 2, 0, max(n - span, 0)) if there else 0
        for c, s, n in ((x, w, width), (y, h, height))
    ]
    scale = side / span
    # A pixel's place is its middle: boxes are in edges.
    move = np.array([[scale, 0, (0.5 - near[0]) * scale - 0.5], [0, scale, (0.5 - near[1]) * scale - 0.5]])
    picture = cv2.warpAffine(frame, move, (side, side), flags=cv2.INTER_LINEAR, borderValue=(255, 255, 255))
    for place, (name, box) in enumerate(boxes.items()):
        at = (np.asarray(box, dtype=np.float64) - [*near, 0, 0]) * scale
        outline(picture, at, rgb_of(name, place), max(round(side * _LINES[min(place, len(_LINES) - 1)]), 1))
    return _encode(picture)


def view_of_outlines(
    frame: np.ndarray,
    outlines: Sequence[tuple[np.ndarray, str]],
    size: tuple[int, int] = (288, 216),
    most_bytes: int = 11_000,
) -> bytes:
    """The part of a frame that holds all outlines with some surroundings, encoded as JPEG.

    Args:
        frame: RGB uint8 (H, W, 3).
        outlines: (4, 2) corners in pixels, counted from 0, and a color #rrggbb; one with NaN is not drawn, later ones
            are drawn over earlier ones, and thinner than the first.
        size: width and height of the picture, pixels; what lies beyond the frame is dark.
        most_bytes: that the picture may have; its quality, then its size are lowered for it, as far as to a quarter.
    """
    import cv2

    # A pixel is placed by its middle here, outlines are in its edges.
    drawn = [(np.clip(corners - 0.5, -_FAR, _FAR), color) for corners, color in outlines if np.isfinite(corners).all()]
    middle, scale = _choose_view(frame.shape[1::-1], [corners for corners, _ in drawn], size)
    shift = (np.array(size) - 1) / 2 - scale * middle
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    picture = _scaled_part(frame, scale, shift, size, method)
    lines = [(4 if place == 0 else 2, parse_color(color)) for place, (_, color) in enumerate(drawn)]
    rims = [(thickness + 2, (0, 0, 0)) for thickness, _ in lines]  # they keep lines apart from any ground
    for (corners, _), (thickness, ink) in zip(drawn * 2, rims + lines, strict=True):
        points = np.rint((corners * scale + shift) * 16).astype(np.int32)  # sixteenths of a pixel
        cv2.polylines(picture, [points], True, ink, thickness, cv2.LINE_AA, shift=4)
    for shrink, quality in _ENCODINGS:
        encoded = _encode(cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), quality)
        if len(encoded) <= most_bytes:
            break
    return encoded


def _choose_view(
    frame: tuple[int, int], outlines: Sequence[np.ndarray], size: tuple[int, int]
) -> tuple[np.ndarray, float]:
    """The point of a frame (width, height) in the middle of the picture, and how much the frame is enlarged there."""
    whole, wanted = np.array(frame, np.float64), np.array(size, np.float64)
    least = float((wanted / whole).min())
    if not outlines:
        return (whole - 1) / 2, least
    corners = np.concatenate(outlines).clip(0, whole - 1)
    low, high = corners.min(0), corners.max(0)
    span = np.maximum((high - low) * (1 + 2 * _MARGIN), 1)
    scale = float(np.clip((wanted / span).min(), least, max(_CLOSEST, least)))
    half = np.minimum(wanted / scale, whole) / 2
    return np.clip((low + high) / 2, half - 0.5, whole - half - 0.5), scale


def _scaled_part(frame: np.ndarray, scale: float, shift: np.ndarray, size: tuple[int, int], method: int) -> np.ndarray:
    """What lies at scale * pixel + shift of the picture; shrunk as a whole first, for warping alone would skip rows."""
    import cv2

    if scale < 1:
        sides = np.maximum(np.rint(np.array(frame.shape[1::-1]) * scale), 1).astype(int).tolist()
        frame, shift, scale = cv2.resize(frame, sides, interpolation=method), shift + (scale - 1) / 2, 1.0
    move = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    part: np.ndarray = cv2.warpAffine(frame, move, size, flags=cv2.INTER_LINEAR, borderValue=_BEYOND)
    return part


def _encode(picture: np.ndarray, quality: int = _QUALITY) -> bytes:
    import cv2

    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    done, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError("OpenCV did not encode the picture as JPEG")
    return bytes(encoded.tobytes())
