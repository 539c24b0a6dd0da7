"""SCYLLA-IoU loss, in [0, 3): `1 - IoU + (D + O) / 2` with a distance cost D that knows angles and a shape cost O.

    L = sin 2a                                      a the angle of the line of centers with either axis
    D = sum_k 1 - exp(-(2 - L) (d_k / hull_k)^2)
    O = sum_k (1 - exp(-|s_k - t_k| / max(s_k, t_k)))^4

Source: Gevorgyan, "SIoU Loss: More Powerful Learning for Bounding Box Regression", arXiv 2205.12740, whose angle cost
1 - 2 sin^2(asin(sin a) - pi/4) is the sine above. Detection toolkits call it SIoU; here `siou` means smooth_iou. A
widespread option of one of them has the exponent's sign reversed: a disjoint box costs less than one of IoU 0.6.
"""

from __future__ import annotations

import math

import torch

from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.overlap.pair import OverlapLoss, Pair, Penalties, size_cost


def siou_angle_penalties(pair: Pair) -> Penalties:
    """Half of both costs, in [0, 1) each."""
    squared = pair.d.square().sum(0)
    apart = squared > 0
    # sin 2a = 2 sin a cos a; where the centers meet, any angle will do, for D is 0.
    angle = 2 * pair.d.prod(0).abs() / torch.where(apart, squared, 1)
    distance = -torch.expm1((angle - 2) * (pair.d / pair.hull).square())
    return distance.sum(0) / 2, size_cost(pair) / 2


class SIoUAngleLoss(OverlapLoss):
    """`1 - IoU + (D + O) / 2`."""

    def formula(self, pair: Pair) -> torch.Tensor:
        return sum(siou_angle_penalties(pair), 1 - pair.iou)


ENTRY = LossEntry(
    name="siou_angle",
    aliases=("scylla_iou",),
    family="overlap",
    description="SCYLLA-IoU: IoU, distance by angle, shape",
    source="arXiv 2205.12740",
    loss=SIoUAngleLoss,
    steepest=(math.inf, 1.2),
)
