"""Boxes that a refinement starts from, drawn once for each region and the same for every loss."""

from __future__ import annotations

import torch

from experiments.head_ablation.pairs import CROP
from siou_tracking.boxes import convert, elementwise_iou

CENTER, LOG_SIZE = 0.15, 0.2
"""Deviations of usual starts: half a cell of a score map is 0.14 of a target, and the size is an earlier frame's."""
FAR_OFFSET, FAR_LOG_SIZE = (0.7, 1.5), 0.3
"""How far from the target's center far starts lie, in its sides, and the deviation of their log size."""
FAR_IOU = 0.2
"""IoU that a far start stays below."""
_CANDIDATES = 16


def usual_starts(boxes: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
    """(N, count, 4) about as good as a tracker's, around boxes (N, 4), all xywh in crop pixels."""
    shift = CENTER * torch.randn(len(boxes), count, 2, generator=generator)
    stretch = (LOG_SIZE * torch.randn(len(boxes), count, 2, generator=generator)).exp()
    return _move(boxes[:, None], shift, stretch)


def far_starts(boxes: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
    """(N, count, 4) with an IoU below `FAR_IOU`, their centers in the crop; of many that are drawn, the first such.

    Where none of them is (a target much larger than the crop), the one with the least IoU.
    """
    shape = (len(boxes), count, _CANDIDATES)
    low, high = FAR_OFFSET
    reach = low + (high - low) * torch.rand(*shape, 1, generator=generator)
    angle = 2 * torch.pi * torch.rand(*shape, 1, generator=generator)
    stretch = (FAR_LOG_SIZE * torch.randn(*shape, 2, generator=generator)).exp()
    drawn = _move(boxes[:, None, None], reach * torch.cat((angle.cos(), angle.sin()), -1), stretch)
    overlap = elementwise_iou(drawn, boxes[:, None, None], "xywh")
    center = convert(drawn, "xywh", "cxcywh")[..., :2]
    usable = (overlap < FAR_IOU) & ((center > 0) & (center < CROP)).all(-1)
    # argmax gives the first of equal ones; without a usable one all are 0 and the least overlap decides.
    best = torch.where(usable.any(-1), usable.float().argmax(-1), overlap.argmin(-1))
    return drawn.gather(2, best[..., None, None].expand(-1, -1, 1, 4))[:, :, 0]


def _move(boxes: torch.Tensor, shift: torch.Tensor, stretch: torch.Tensor) -> torch.Tensor:
    """Boxes xywh moved by shares of their sides and stretched."""
    center, size = convert(boxes, "xywh", "cxcywh").split(2, -1)
    return convert(torch.cat((center + shift * size, size * stretch), -1), "cxcywh", "xywh")
