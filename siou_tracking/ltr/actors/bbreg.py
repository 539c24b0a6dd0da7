"""Actors of ATOM's box head: it scores proposal boxes around the target."""

from __future__ import annotations

from typing import Any

import torch

from siou_tracking.boxes import elementwise_iou
from siou_tracking.ltr.actors.base_actor import BaseActor, Stats


def ranking_stats(scores: torch.Tensor, data: Any) -> Stats:
    """How well scores rank the proposals by true IoU; comparable between box losses, whatever the target was.

    Args:
        scores: (images, P) predicted scores.
        data: a batch with `test_proposals` (nf, ns, P, 4) and `test_anno` (nf, ns, 4), xywh in crop pixels, nf * ns =
            images.

    Returns:
        0-dim tensors: mean true IoU of the best-scored proposal (`IoU/top_scored`), of the best proposal there is
        (`IoU/best`, the ceiling of the first) and of all proposals (`IoU/mean`, what a random choice would get).
    """
    with torch.no_grad():
        iou = elementwise_iou(data["test_proposals"], data["test_anno"].unsqueeze(-2), fmt="xywh").reshape(scores.shape)
        top = iou.gather(1, scores.argmax(dim=1, keepdim=True))
        return {"IoU/top_scored": top.mean(), "IoU/best": iou.amax(dim=1).mean(), "IoU/mean": iou.mean()}


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
    """The head predicts an unnormalised log density over boxes.

    `objective(scores, sample_density=, gt_density=, mc_dim=1)`, all (nf * ns, P). Reads `proposal_density` and
    `gt_density` (nf, ns, P) beside the images and boxes that `AtomActor` reads. A proposal of density -1 is the target
    box itself, which maximum likelihood needs; it is left out of the ranking statistics.
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
        drawn = scores.detach().masked_fill(density < 0, float("-inf"))
        top = ranking_stats(drawn, data)["IoU/top_scored"]
        return loss, {"Loss/total": value, "Loss/bb_ce": value, "IoU/top_scored": top}
