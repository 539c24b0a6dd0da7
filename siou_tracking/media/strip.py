"""A strip of frames with boxes drawn on them, as one JPEG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from siou_tracking.media.drawing import draw_boxes


def frame_strip(
    frames: Sequence[np.ndarray], boxes: Mapping[str, np.ndarray], width: int = 300, columns: int = 4
) -> bytes:
    """Frames side by side in rows of `columns`, each with one box per name, encoded as JPEG.

    Args:
        frames: n RGB uint8 pictures (H, W, 3), all of one shape.
        boxes: name -> (n, 4) xywh boxes in pixels; a row without a positive size is not drawn.
        width: of each picture in the strip, pixels.
        columns: pictures in a row.
    """
    import cv2

    cells = []
    for index, frame in enumerate(frames):
        scale = width / frame.shape[1]
        cell = cv2.resize(frame, (width, round(frame.shape[0] * scale)), interpolation=cv2.INTER_AREA)
        scaled = {name: np.asarray(rows[index]) * scale for name, rows in boxes.items()}
        cells.append(draw_boxes(cell, scaled, legend=False))
    blank = np.full_like(cells[0], 255)
    cells += [blank] * (-len(cells) % columns)
    rows = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    done, encoded = cv2.imencode(
        ".jpg", cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 82]
    )
    if not done:
        raise RuntimeError("OpenCV did not encode the frame strip as JPEG")
    return encoded.tobytes()
