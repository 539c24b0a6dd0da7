"""Actors of ATOM's box head: it scores proposal boxes around the target."""

from __future__ import annotations

from typing import Any

import torch

from siou_tracking.ltr.actors.base_actor import BaseActor, Stats
from siou_tracking.retrain.ranking import ranking_stats


class AtomActor(BaseActor):
    """The head predicts the similarity of each proposal with the target box; `objective(predicted, target)`.

    Reads `train_images`, `test_images` (nf, ns, 3, S, S), or lists of feature maps (nf, ns, C, H, W) in their place,
    `train_anno` (nf, ns, 4), `test_proposals` (nf, ns, P, 4) and the target `proposal_iou` (nf, ns, P) in [-1, 1].
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
