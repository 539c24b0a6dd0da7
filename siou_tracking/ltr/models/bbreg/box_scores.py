"""ATOM's IoU head for one target: boxes to predicted overlaps and their gradient, in closed form.

Box refinement asks the head a few times a frame about ten boxes of one target. What stays the same is done once: batch
norm and modulation become part of the linear layers' weights, once a sequence; test features are computed around the
boxes only, once a frame. Equal to `AtomIoUNet.predict_iou` and autograd up to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from siou_tracking.boxes import convert
from siou_tracking.ltr.models.bbreg.atom_iou_net import AtomIoUNet
from siou_tracking.ltr.models.bbreg.windows import convolve_window, find_window
from siou_tracking.ltr.models.layers.blocks import LinearBlock
from siou_tracking.ops import PrRoIPool2D
from siou_tracking.ops.pool_vjp import prroi_pool_vjp

_MARGIN = 0.1
"""Room around the first boxes, in sides of their hull, so that their steps seldom lead out of what was computed."""


class Branch(NamedTuple):
    """What one layer's pooled features go through."""

    weight: Tensor
    """(F, n n C), of the modulated and normalized linear layer."""
    bias: Tensor
    """(F,)."""
    readout: Tensor
    """(F,), this layer's part of the last linear layer."""
    bins: int
    """n."""
    scale: float
    """Cells per pixel."""


class TargetHead:
    """The head with one target's modulation.

    Args:
        head: in evaluation mode.
        modulation: two vectors (1, C, 1, 1), from `AtomIoUNet.get_modulation`.
    """

    def __init__(self, head: AtomIoUNet, modulation: Sequence[Tensor]) -> None:
        self.head = head
        readouts = head.iou_predictor.weight[0].split([head.fc3_rt.bn.num_features, head.fc4_rt.bn.num_features])
        linears, pools = (head.fc3_rt, head.fc4_rt), (head.prroi_pool3t, head.prroi_pool4t)
        self.branches = [_fold(*parts) for parts in zip(linears, modulation, readouts, pools, strict=True)]

    def look(self, features: Sequence[Tensor]) -> FrameScores:
        """The scores of boxes in a frame with these backbone features, two of (1, C, H, W)."""
        return FrameScores(self.head, self.branches, features)


class FrameScores:
    """See `TargetHead.look`."""

    def __init__(self, head: AtomIoUNet, branches: Sequence[Branch], features: Sequence[Tensor]) -> None:
        self._bias = head.iou_predictor.bias
        self._blocks = head.test_blocks
        self._branches = branches
        self._features = features
        self._covered = ((math.inf, math.inf), (-math.inf, -math.inf))
        self._maps: list[tuple[Tensor, Tensor]] = []

    def __call__(self, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """Predicted overlaps (P,) of boxes (P, 4), xywh in patch pixels, and their gradient to the boxes (P, 4)."""
        self._cover(convert(boxes, "xywh", "xyxy"))
        return score_boxes(boxes, self._branches, self._maps, self._bias)

    def _cover(self, corners: Tensor) -> None:
        """Have maps of all that these boxes see, computing them anew only where those at hand are too small."""
        hull = torch.cat([corners[:, :2], -corners[:, 2:]], dim=1).amin(0).nan_to_num(nan=-math.inf).tolist()
        x0, y0, x1, y1 = hull[0], hull[1], -hull[2], -hull[3]
        (left, top), (right, bottom) = self._covered
        if left <= x0 and top <= y0 and x1 <= right and y1 <= bottom:
            return
        margin = _MARGIN * max(x1 - x0, y1 - y0)
        low, high = (x0 - margin, y0 - margin), (x1 + margin, y1 + margin)
        self._maps = []
        for blocks, whole, branch in zip(self._blocks, self._features, self._branches, strict=True):
            window = find_window(whole, branch.scale, low, high)
            part = convolve_window(blocks, whole, window)[0].permute(1, 2, 0).contiguous()
            self._maps.append((part, corners.new_tensor(window.origin * 2)))
        self._covered = (low, high)


def score_boxes(
    boxes: Tensor, branches: Sequence[Branch], maps: Sequence[tuple[Tensor, Tensor]], bias: Tensor
) -> tuple[Tensor, Tensor]:
    """Scores of boxes and their gradient, in operations that can be traced.

    Args:
        boxes: (P, 4) xywh in patch pixels.
        branches: of the target, one a layer.
        maps: for each, test features (h, w, C) and, as (x, y, x, y), the cell that their first one is.
        bias: (1,), of the last linear layer.

    Returns:
        (P,) and (P, 4).
    """
    corners = convert(boxes, "xywh", "xyxy")
    scores = bias
    gradient = torch.zeros_like(corners)
    for branch, (features, origin) in zip(branches, maps, strict=True):
        pooled, pull = prroi_pool_vjp(features, corners * branch.scale - origin, branch.bins)
        hidden = torch.addmm(branch.bias, pooled.flatten(1), branch.weight.t()).relu_()  # [P, F]
        scores = scores + hidden @ branch.readout
        gradient += branch.scale * pull(((hidden > 0) * branch.readout) @ branch.weight)
    low, high = gradient.split(2, dim=1)
    return scores, torch.cat([low + high, high], dim=1)  # x0 = x, but x1 = x + w moves with both


def _fold(block: LinearBlock, modulation: Tensor, readout: Tensor, pool: PrRoIPool2D) -> Branch:
    linear, norm = block.linear, block.bn
    assert norm.running_mean is not None and norm.running_var is not None  # a norm that tracks its statistics has them
    scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
    bins, channels = pool.pooled_height, modulation.numel()
    weight = linear.weight.view(-1, channels, bins, bins) * modulation.view(-1, 1, 1) * scale.view(-1, 1, 1, 1)
    bias = (linear.bias - norm.running_mean) * scale + norm.bias
    return Branch(weight.permute(0, 2, 3, 1).flatten(1).contiguous(), bias, readout, bins, pool.spatial_scale)
