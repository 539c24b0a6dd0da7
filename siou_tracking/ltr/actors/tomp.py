"""ToMP's actor: scores of the cells, and a box at each cell near the target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any  # objectives are the settings file's

import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.actors.base_actor import BaseActor, Stats


class ToMPActor(BaseActor):
    """Weighted sum of a box loss and a classification loss.

    Reads `train_images` (images, sequences, 3, S, S) and `test_images` (1, sequences, 3, S, S), or maps in their place
    as `ToMPnet` takes them, `train_anno` (images, sequences, 4), `train_label` and `test_label` (images, sequences,
    H, W), `train_ltrb_target` and `test_ltrb_target` (images, sequences, 4, H, W), `test_sample_region` (1, sequences,
    1, H, W) and, for the classification loss, `test_anno`.

    Args:
        net: gives scores (1, sequences, H, W) and boxes (1, sequences, 4, H, W) or without the 1.
        objective: 'giou', called `(boxes, target, region)` for (mean loss, IoU of each cell in the region), and without
            the region for a statistic; 'test_clf', called `(scores, label, anno)`.
        loss_weight: of both, by the same names.

    Raises:
        InputError: (when called) a loss that is not a number.
    """

    def __init__(
        self, net: nn.Module, objective: dict[str, Any], loss_weight: Mapping[str, float] | None = None
    ) -> None:
        super().__init__(net, objective)
        self.loss_weight = {"giou": 1.0, "test_clf": 1.0} if loss_weight is None else loss_weight

    def __call__(self, data: Any) -> tuple[torch.Tensor, Stats]:
        scores, boxes = self.net(
            train_imgs=data["train_images"],
            test_imgs=data["test_images"],
            train_bb=data["train_anno"],
            train_label=data["train_label"],
            train_ltrb_target=data["train_ltrb_target"],
        )
        box_loss, ious = self.objective["giou"](boxes, data["test_ltrb_target"], data["test_sample_region"])
        clf_loss = self.objective["test_clf"](scores, data["test_label"], data["test_anno"])
        box_weight, clf_weight = self.loss_weight["giou"], self.loss_weight["test_clf"]
        loss = box_weight * box_loss + clf_weight * clf_loss
        values = {
            "Loss/total": loss,
            "Loss/GIoU": box_loss,
            "Loss/weighted_GIoU": box_weight * box_loss,
            "Loss/clf_loss_test": clf_loss,
            "Loss/weighted_clf_loss_test": clf_weight * clf_loss,
            "mIoU": ious.mean(),
            "maxIoU": ious.max(),
            "minIoU": ious.min(),
            "mIoU_pred_center": self.compute_iou_at_max_score_pos(scores, data["test_ltrb_target"], boxes).mean(),
        }
        # One wait for the device for all of them: whether the loss is a number has to be known before the step.
        numbers = torch.stack([value.detach().double() for value in values.values()]).tolist()
        stats: Stats = dict(zip(values, numbers, strict=True))
        if stats["Loss/total"] != stats["Loss/total"]:
            terms = ", ".join(f"{name} {value:g}" for name, value in stats.items() if name.startswith("Loss/"))
            raise InputError(f"ToMPActor: the loss is NaN: {terms}; a smaller learning rate may help")
        if stats["maxIoU"] > 0:
            met = ious[ious > 0]
            stats["stdIoU"] = met.std().item() if len(met) > 1 else 0.0
        return loss, stats

    def compute_iou_at_max_score_pos(
        self, scores: torch.Tensor, ltrb_gth: torch.Tensor, ltrb_pred: torch.Tensor
    ) -> torch.Tensor:
        """IoU (sequences,) of the box at the cell of the highest score; 0 where that cell is outside the target.

        Args:
            scores: (1, sequences, H, W).
            ltrb_gth: (1, sequences, 4, H, W) distances to the target's edges.
            ltrb_pred: as `ltrb_gth`, or (sequences, 4, H, W).
        """
        sequences = scores.shape[1]
        peak = scores.detach().reshape(sequences, 1, -1).argmax(dim=2, keepdim=True).expand(-1, 4, -1)
        truth, predicted = (
            maps.detach().reshape(sequences, 4, -1).gather(2, peak).reshape(1, sequences, 4, 1, 1)
            for maps in (ltrb_gth, ltrb_pred)
        )
        _, ious = self.objective["giou"](predicted, truth)
        outside: torch.Tensor = truth.reshape(sequences, 4).amin(dim=1) < 0
        return ious.detach().reshape(sequences).masked_fill(outside, 0.0)
