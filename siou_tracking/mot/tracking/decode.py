"""From the network's dense maps to the detections of each frame, as FairMOT reads them (Zhang et al., IJCV 2021)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from siou_tracking.mot.data.letterbox import to_frame
from siou_tracking.mot.models.boxes import boxes_at, gather_cells
from siou_tracking.mot.tracking.detections import Detections

__all__ = ["Detections", "Placement", "decode"]

Placement = tuple[float, tuple[float, float]]
"""Scale and (pad_x, pad_y) of a frame in the network's input, as `letterbox` returns them."""
_NO_PEAK = -1.0  # below every score


@torch.no_grad()
def decode(
    outputs: Mapping[str, Tensor],
    stride: int,
    placements: Sequence[Placement] | None = None,
    *,
    top_k: int = 128,
    threshold: float = 0.4,
) -> list[Detections]:
    """The detections of a batch of N frames, best first.

    A cell is one when none of its eight neighbors scores higher (equal ones both stay), it is among the frame's
    `top_k`, its score reaches the threshold and its box has an area. All frames are done together on the maps' device,
    and what is found comes over in one transfer.

    Args:
        outputs: "heatmap" (N, 1, h, w) logits, "offset", "size", "embedding" (N, D, h, w); see `MOTNet.forward`.
        stride: input pixels per cell.
        placements: of each frame in the input; None for frames that are the input.
        top_k: most detections a frame.
        threshold: lowest score, 0 to 1.

    Returns:
        N `Detections` in pixels of their frames. A NaN in the heatmap is a detection with score NaN, so that
        `Detections.check` names it.
    """
    logits = outputs["heatmap"].float()
    # Compared before the sigmoid, which rounds large logits to one score and would make plateaus of peaks.
    beaten = logits < functional.max_pool2d(logits, 3, stride=1, padding=1)
    peaks = logits.masked_fill(beaten, -torch.inf).flatten(1)
    best, cells = peaks.topk(min(top_k, peaks.shape[1]), dim=1)
    scores = best.sigmoid().masked_fill(best == -torch.inf, _NO_PEAK)
    embeddings = functional.normalize(gather_cells(outputs["embedding"], cells), dim=-1)
    found = torch.cat((scores[..., None], boxes_at(outputs, cells, stride), embeddings), dim=-1)
    frames = found.cpu().numpy()
    return [
        _detections(rows, threshold, None if placements is None else placements[index])
        for index, rows in enumerate(frames)
    ]


def _detections(rows: np.ndarray, threshold: float, placement: Placement | None) -> Detections:
    """The rows (K, 1 + 4 + D) of score, box and embedding that count."""
    sides = rows[:, 3:5] - rows[:, 1:3]
    # "not less" instead of "at least": what is NaN stays and is refused by name
    rows = rows[~(rows[:, 0] < max(threshold, 0.0)) & ~(sides <= 0).any(axis=1)]
    boxes = rows[:, 1:5] if placement is None else to_frame(rows[:, 1:5], *placement)
    return Detections(boxes.astype(np.float32), rows[:, 0], rows[:, 5:])
