"""How well a head ranks boxes by true IoU: a statistic that compares runs of different box losses."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from siou_tracking.boxes import elementwise_iou

Stats = dict[str, float | torch.Tensor]
"""Statistics of one batch by name; a tensor is detached and 0-dim."""
ABSENT = 99999.0
"""Left edge, in pixels, from which a box stands for a frame without the target; the actors leave those frames out."""


def ranking_stats(scores: torch.Tensor, data: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """How well scores rank the proposals by true IoU; comparable between box losses, whatever the target was.

    Args:
        scores: (nf, ns, P) or (nf * ns, P) predicted scores; (n, P) where an actor has left out the frames without the
            target, n being the others.
        data: a batch with `test_proposals` (nf, ns, P, 4) and `test_anno` (nf, ns, 4), xywh in crop pixels. If it has
            `proposal_density` (nf, ns, P), proposals of density -1, which stand for the target itself, do not count.

    Returns:
        0-dim tensors: mean true IoU of the best-scored proposal (`IoU/top_scored`), of the best proposal there is
        (`IoU/best`, the ceiling of the first) and of all proposals (`IoU/mean`, what a random choice would get).
    """
    with torch.no_grad():
        iou = elementwise_iou(data["test_proposals"], data["test_anno"].unsqueeze(-2), fmt="xywh")
        counts = data["proposal_density"] >= 0 if "proposal_density" in data else torch.ones_like(iou, dtype=torch.bool)
        if scores.numel() != iou.numel():
            present = data["test_anno"][..., 0] < ABSENT
            iou, counts = iou[present], counts[present]
        proposals = iou.shape[-1]
        scores, iou, counts = (values.reshape(-1, proposals) for values in (scores.detach(), iou, counts))
        top = iou.gather(1, scores.masked_fill(~counts, float("-inf")).argmax(dim=1, keepdim=True))
        iou = iou * counts
        return {
            "IoU/top_scored": top.mean(),
            "IoU/best": iou.amax(dim=1).mean(),
            "IoU/mean": iou.sum() / counts.sum(),
        }
