"""Actors of ATOM's box head: it scores proposal boxes around the target."""

from __future__ import annotations

from typing import Any

import torch

from siou_tracking.boxes import elementwise_iou
from siou_tracking.ltr.actors.base_actor import BaseActor, Stats
from siou_tracking.retrain.density_target import ABSENT


def ranking_stats(scores: torch.Tensor, data: Any) -> Stats:
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


class AtomActor(BaseActor):
    """The head predicts the similarity of each proposal with the target box; `objective(predicted, target)`.

    Reads `train_images`, `test_images` (nf, ns, 3, S, S), `train_anno` (nf, ns, 4), `test_proposals` (nf, ns, P, 4) and
    the target `proposal_iou` (nf, ns, P) in [-1, 1].
    """

    def __call__(self, data: Any) -> tuple[torch.Tensor, Stats]:
        predicted = self.net(data["train_images"], data["test_images"], data["train_anno"], data["test_proposals"])
        proposals = predicted.shape[-1]
        predicted = predicted.reshape(-1, proposals)
        loss = self.objective(predicted, data["proposal_iou"].reshape(-1, proposals))
        value = loss.detach()
        return loss, {"Loss/total": value, "Loss/iou": value, **ranking_stats(predicted, data)}


class AtomBBKLActor(BaseActor):
    """The head predicts an unnormalized log density over boxes.

    `objective(scores, sample_density=, gt_density=, mc_dim=1)`, all (nf * ns, P). Reads `proposal_density` and
    `gt_density` (nf, ns, P) beside the images and boxes that `AtomActor` reads. A proposal of density -1 is the target
    box itself, which maximum likelihood needs.
    """

    def __call__(self, data: Any) -> tuple[torch.Tensor, Stats]:
        scores = self.net(data["train_images"], data["test_images"], data["train_anno"], data["test_proposals"])
        proposals = scores.shape[-1]
        scores = scores.reshape(-1, proposals)
        density = data["proposal_density"].reshape(-1, proposals)
        loss = self.objective(
            scores, sample_density=density, gt_density=data["gt_density"].reshape(-1, proposals), mc_dim=1
        )
        value = loss.detach()
        return loss, {"Loss/total": value, "Loss/bb_ce": value, **ranking_stats(scores, data)}
