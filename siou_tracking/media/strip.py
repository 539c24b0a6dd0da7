"""Pictures for a page: frames side by side, and the surroundings of a target enlarged, each as one JPEG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from siou_tracking.media.drawing import outline, rgb_of

# How many of a target's longer sides a crop shows, and the steps by which lines drawn later are thinner.
_SURROUNDINGS = 2.2
_LINES = (13, 8, 4)


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
        outline(picture, at, rgb_of(name, place), _LINES[min(place, len(_LINES) - 1)])
    return _encode(picture)


def _encode(picture: np.ndarray) -> bytes:
    import cv2

    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 82])
    if not done:
        raise RuntimeError("OpenCV did not encode the picture as JPEG")
    return bytes(encoded.tobytes())
