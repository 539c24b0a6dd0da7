"""The proposals that IoU heads learn from, as fields of a sample: scored by IoU, or with densities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any  # parameters by the name of a method

import torch

from siou_tracking.errors import unknown_name
from siou_tracking.ltr.data import processing_utils as prutils
from siou_tracking.ltr.data.processing.base import CropProcessing
from siou_tracking.ltr.data.tensors import TensorDict


class _Proposals(CropProcessing):
    """Fields of proposals for the test frames, made for all of them at once.

    A subclass of the user's own may give another `_generate_proposals(box)`, which is then called frame by frame.
    """

    proposal_params: Mapping[str, Any] | None
    fields: tuple[str, ...]

    def draw_proposals(self, boxes: torch.Tensor) -> dict[str, torch.Tensor]:
        """The class's fields for boxes (n, 4) xywh in crop pixels, (n, P, ...) each, drawn anew at every call."""
        own = next(cls for cls in type(self).__mro__ if "_generate_proposals" in vars(cls))
        if "_draw" in vars(own):
            values = self._draw(boxes)
        else:
            values = tuple(map(torch.stack, zip(*map(self._generate_proposals, boxes), strict=True)))
        return dict(zip(self.fields, values, strict=True))

    def _generate_proposals(self, box: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The class's fields for one (4,) box, (P, ...) each."""
        raise NotImplementedError

    def _draw(self, boxes: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The class's fields for boxes (n, 4)."""
        raise NotImplementedError

    def _add_proposals(self, data: TensorDict) -> None:
        if self.proposal_params:
            drawn = self.draw_proposals(torch.stack(list(data["test_anno"])))
            data.update({name: list(values) for name, values in drawn.items()})


class ScoredProposals(_Proposals):
    """Adds `test_proposals` (P, 4) xywh in crop pixels and `proposal_iou` (P,) = 2 IoU - 1 to every test frame.

    `proposal_params`: `boxes_per_frame` (P); `proposal_method` 'default' with `min_iou` and `sigma_factor` (see
    `sample_proposals`) or 'gmm' with `proposal_sigma` (see `sample_boxes_gmm`).
    """

    fields = ("test_proposals", "proposal_iou")

    def _generate_proposals(self, box: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Proposals (P, 4) around one (4,) box and their score (P,) in [-1, 1]."""
        proposals, score = self._draw(box.view(1, 4))
        return proposals[0], score[0]

    def _draw(self, boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        params = self.proposal_params or {}
        count, method = params["boxes_per_frame"], params.get("proposal_method", "default")
        if method == "default":
            proposals, overlap = prutils.sample_proposals(boxes, count, params["min_iou"], params["sigma_factor"])
        elif method == "gmm":
            proposals, _, _ = prutils.sample_boxes_gmm(boxes, params["proposal_sigma"], num_samples=count)
            overlap = prutils.iou(boxes.unsqueeze(1), proposals)
        else:
            raise unknown_name("proposal_method", method, ["default", "gmm"])
        return proposals, 2 * overlap - 1


class DensityProposals(_Proposals):
    """Adds `test_proposals` (P, 4) xywh in crop pixels, `proposal_density` (P,) and `gt_density` (P,) per test frame.

    `proposal_params`: `boxes_per_frame`, `proposal_sigma`, `gt_sigma`, `add_mean_box` (False); see `sample_boxes_gmm`.
    """

    fields = ("test_proposals", "proposal_density", "gt_density")

    def _generate_proposals(self, box: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Proposals (P, 4) around one (4,) box, the density they were drawn from (P,), and the target's (P,)."""
        proposals, density, gt_density = self._draw(box.view(1, 4))
        return proposals[0], density[0], gt_density[0]

    def _draw(self, boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        params = self.proposal_params or {}
        return prutils.sample_boxes_gmm(
            boxes,
            params["proposal_sigma"],
            gt_sigma=params["gt_sigma"],
            num_samples=params["boxes_per_frame"],
            add_mean_box=params.get("add_mean_box", False),
        )
