"""The actor of the one-stage tracker: a batch of annotated frames becomes a loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from siou_tracking.boxes import elementwise_iou
from siou_tracking.errors import unknown_name
from siou_tracking.losses.box.base import reduce_loss
from siou_tracking.losses.feature.base import DIMTerms
from siou_tracking.losses.feature.foreground import Foreground, gather_centers
from siou_tracking.ltr.actors.base_actor import BaseActor, Stats
from siou_tracking.ltr.admin.multigpu import unwrap
from siou_tracking.mot.data.letterbox import normalize_images
from siou_tracking.mot.models.boxes import boxes_at, gather_cells
from siou_tracking.mot.models.net import MOTNet
from siou_tracking.mot.training.losses import UNKNOWN, among_rivals, distance_loss, heatmap_loss, identity_loss
from siou_tracking.mot.training.margins import MarginSchedule
from siou_tracking.mot.training.targets import Targets, build_targets

LOSS_WEIGHTS = {"heatmap": 1.0, "size": 0.1, "offset": 1.0, "box": 1.0}
"""FairMOT's weights, with sizes in cells; "box" takes the place of "size" when a box loss is set."""


RIVALS = ("all", "sequence")


class OneStageMOTActor(BaseActor):
    """Detection and identification, balanced by learned weights, with the DIM loss on the shared feature.

        detection = heatmap + 0.1 size + offset       identification = cross entropy of the embeddings
        total = TaskBalance(detection, identification, DIM)

    A batch has `train_images` (N, 3, H, W), uint8 RGB or already normalized, `boxes` (N, K, 4) xyxy amodal in input
    pixels, and `identities` (N, K) int64, -1 unknown; boxes without size are padding. It may have `ignored` (N, Q, 4),
    boxes in which nothing is background, and `epoch`.

    Args:
        net: a `MOTNet`, which the trainer may wrap.
        loss_weights: any of `LOSS_WEIGHTS`, to replace.
        rivals: "all" lets every identity compete with every other, as FairMOT does; "sequence" only with those of its
            own sequence, whom it is to be told from: one scene looks unlike another, so that all together can be
            sorted by their surroundings. Reads `rivals` (N, 2) of the batch.
        dim: "off", "det", "id" or "both"; see `MarginSchedule`, also for the next three.
        margins: m_D and m_I, None to measure them.
        dim_warmup: epochs before they are measured.
        dim_options: of `DIMLoss`.

    Raises:
        InputError: an unknown weight, mode or option.
    """

    def __init__(
        self,
        net: nn.Module,
        loss_weights: Mapping[str, float] | None = None,
        rivals: str = "all",
        dim: str = "off",
        margins: tuple[float, float] | None = None,
        dim_warmup: int = 1,
        dim_options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(net, objective={})
        for name in loss_weights or {}:
            if name not in LOSS_WEIGHTS:
                raise unknown_name("loss weight", name, LOSS_WEIGHTS)
        if rivals not in RIVALS:
            raise unknown_name("rivals", rivals, RIVALS)
        self.rivals = rivals
        self.loss_weights = {**LOSS_WEIGHTS, **(loss_weights or {})}
        self.margins = MarginSchedule(dim, margins, dim_warmup, **(dim_options or {}))

    def set_box_loss(self, loss: nn.Module | None, weight: float | None = None) -> None:
        """Let sizes be learned through whole boxes instead of by the L1 distance of their sides; None goes back.

        Args:
            loss: of boxes xyxy with reduction "none", as `build_box_loss(name, box_format="xyxy", reduction="none")`.
            weight: factor on it; None keeps `loss_weights["box"]`.
        """
        self.objective = {} if loss is None else {"box": loss}
        if weight is not None:
            self.loss_weights["box"] = float(weight)

    def resume_state(self) -> dict[str, Any]:
        """See `BaseActor.resume_state`; with what the margins are measured by."""
        return {**super().resume_state(), **self.margins.resume_state()}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """See `BaseActor.restore_state`."""
        super().restore_state(state)
        self.margins.restore_state(state, next(self.net.parameters()).device)

    def __call__(self, data: Mapping[str, Any]) -> tuple[Tensor, Stats]:
        images = data["train_images"]
        net = cast("MOTNet", unwrap(self.net))  # the trainer's wrapper hides the type
        height, width = images.shape[-2:]
        targets = build_targets(data["boxes"], data["identities"], width, height, net.stride, data.get("ignored"))
        outputs = self.net(normalize_images(images) if images.dtype == torch.uint8 else images, targets.cells)
        if self.rivals == "sequence":
            outputs["scores"] = among_rivals(outputs["scores"], data["rivals"])
        losses = self._head_losses(outputs, targets, net.stride)
        detection = sum(self.loss_weights[name] * losses[name] for name in losses if name != "id")
        rows = gather_centers(outputs["feature"], targets.cells, targets.mask, targets.identities)
        terms = self.margins.terms(net, rows, data.get("epoch", 1))
        total = net.balance(detection, losses["id"], terms)
        return total, self._statistics(net, outputs, targets, rows, {"total": total, **losses}, terms)

    def _head_losses(self, outputs: Mapping[str, Tensor], targets: Targets, stride: int) -> dict[str, Tensor]:
        """Unweighted: heatmap, offset, id, and size or box."""
        offset = gather_cells(outputs["offset"], targets.cells)
        losses = {
            "heatmap": heatmap_loss(outputs["heatmap"], targets.heatmap, targets.ignored),
            "offset": distance_loss(offset, targets.offset, targets.mask),
            "id": identity_loss(outputs["scores"], targets.identities),
        }
        if "box" in self.objective:
            boxes = boxes_at(outputs, targets.cells, stride)
            losses["box"] = reduce_loss(self.objective["box"](boxes, targets.boxes), "mean", targets.mask)
        else:
            size = gather_cells(outputs["size"], targets.cells)
            losses["size"] = distance_loss(size / stride, targets.size / stride, targets.mask)
        return losses

    @torch.no_grad()
    def _statistics(
        self,
        net: MOTNet,
        outputs: Mapping[str, Tensor],
        targets: Targets,
        rows: Foreground,
        losses: Mapping[str, Tensor],
        terms: DIMTerms | None,
    ) -> Stats:
        """Every term, unweighted but for the total; how good boxes and identities are; where the features lie."""
        stats: Stats = {f"Loss/{name}": value.detach() for name, value in losses.items()}
        if terms is not None:
            stats |= {"Loss/dim_det": terms.detection.detach(), "Loss/dim_id": terms.identification.detach()}
        iou = elementwise_iou(boxes_at(outputs, targets.cells, net.stride), targets.boxes)
        stats["IoU/mean"] = reduce_loss(iou, "mean", targets.mask)
        known = targets.identities != UNKNOWN
        right = outputs["scores"].argmax(-1) == targets.identities
        stats["Identity/accuracy"] = reduce_loss(right.float(), "mean", known)
        stats |= {"Task/s_det": net.balance.s_det.detach().clone(), "Task/s_id": net.balance.s_id.detach().clone()}
        for name, value in zip(("d05", "d50", "d95"), self.margins.quantiles(rows), strict=True):
            stats[f"Feature/{name}"] = value
        return stats
