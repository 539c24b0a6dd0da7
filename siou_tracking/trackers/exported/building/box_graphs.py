"""The box predictor and the climb of boxes on it as modules of tensors alone; `box_steps` are their graphs."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from siou_tracking.ltr.models.bbreg.atom_iou_net import AtomIoUNet
from siou_tracking.ltr.models.bbreg.box_scores import TargetHead, score_boxes
from siou_tracking.ltr.models.layers.blocks import ConvBlock
from siou_tracking.ops import PrRoIPool2D
from siou_tracking.ops.hat_weights import hat_average_jacobian
from siou_tracking.trackers.online.params import RefinementParams
from siou_tracking.trackers.online.refinement import climb


class TraceablePool(nn.Module):
    """`PrRoIPool2D.grouped` for square numbers of bins, without its choice of windows, which a trace cannot make."""

    def __init__(self, pool: PrRoIPool2D) -> None:
        super().__init__()
        self.pooled_height, self.spatial_scale = pool.pooled_height, pool.spatial_scale

    def grouped(self, features: Tensor, boxes: Tensor) -> Tensor:
        """(B, C, H, W) maps and (B, P, 4) boxes, xyxy in pixels -> (B, P, C, n, n)."""
        height, width = features.shape[-2:]
        start, end = (boxes * self.spatial_scale).split(2, dim=-1)
        # Not hat_average: it clamps one value to two ranges, whose ends onnxscript loses.
        weights, _ = hat_average_jacobian(start, end, self.pooled_height, max(height, width))  # [B, P, 2, n, L]
        columns, rows = weights.unsqueeze(2).unbind(3)
        return rows[..., :height] @ features.unsqueeze(1) @ columns[..., :width].transpose(-2, -1)


class Target(nn.Module):
    """The box predictor's modulation for a target; see `AtomIoUNet.get_modulation`."""

    def __init__(self, head: AtomIoUNet) -> None:
        super().__init__()
        self._head = copy.deepcopy(head)
        for name in ("prroi_pool3r", "prroi_pool4r"):
            setattr(self._head, name, TraceablePool(getattr(head, name)))

    def forward(self, fine: Tensor, coarse: Tensor, box: Tensor) -> tuple[Tensor, ...]:
        return tuple(vector.flatten() for vector in self._head.get_modulation([fine, coarse], box[None]))


class Look(nn.Module):
    """Modulated test features of both layers around the boxes, channels last, of backbone features two cells wider.

    What lies beyond the map is zero for each of the head's convolutions, as in the whole map. Modulating maps, not the
    weights that follow the pooling, is the same, and leaves these weights constants, which a runtime packs once.
    """

    def __init__(self, head: AtomIoUNet) -> None:
        super().__init__()
        self._fine, self._coarse = (
            nn.ModuleList(_without_padding(block) for block in blocks) for blocks in head.test_blocks
        )

    def forward(
        self,
        fine: Tensor,
        inside3: Tensor,
        modulation3: Tensor,
        coarse: Tensor,
        inside4: Tensor,
        modulation4: Tensor,
    ) -> tuple[Tensor, ...]:
        return (
            self._look(self._fine, fine, inside3, modulation3),
            self._look(self._coarse, coarse, inside4, modulation4),
        )

    @staticmethod
    def _look(blocks: nn.ModuleList, features: Tensor, inside: Tensor, modulation: Tensor) -> Tensor:
        first, second = blocks
        hidden = first(features) * inside[1:-1, 1:-1]
        seen: Tensor = second(hidden)[0].permute(1, 2, 0)
        return (seen * modulation).contiguous()


def _without_padding(block: ConvBlock) -> ConvBlock:
    valid = copy.deepcopy(block)
    convolution = valid[0]
    assert isinstance(convolution, nn.Conv2d)
    convolution.padding = (0, 0)
    return valid


class Climb(nn.Module):
    """One step of `refinement.ascend`, with the boxes that were scored."""

    def __init__(self, head: AtomIoUNet, params: RefinementParams) -> None:
        super().__init__()
        self._head, self._params = head, params
        self._branches = TargetHead(head, [torch.ones(1, c, 1, 1) for c in channels_of(head)]).branches

    def forward(
        self,
        boxes: Tensor,
        step: Tensor,
        previous: Tensor,
        size0: Tensor,
        map3: Tensor,
        origin3: Tensor,
        map4: Tensor,
        origin4: Tensor,
    ) -> tuple[Tensor, ...]:
        maps = [(map3, origin3.repeat(2)), (map4, origin4.repeat(2))]

        def score(boxes: Tensor) -> tuple[Tensor, Tensor]:
            return score_boxes(boxes, self._branches, maps, self._head.iou_predictor.bias)

        return (*climb(score, boxes, step, previous, size0, self._params), boxes)


def channels_of(head: AtomIoUNet) -> tuple[int, int]:
    """Channels of the two test features."""
    linears = (head.fc3_rt, head.fc4_rt)
    bins = (head.prroi_pool3t.pooled_height, head.prroi_pool4t.pooled_height)
    first, second = (block.linear.in_features // n**2 for block, n in zip(linears, bins, strict=True))
    return first, second
