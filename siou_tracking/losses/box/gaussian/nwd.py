"""Normalized Wasserstein distance loss, in [0, 1): `1 - exp(-W / C)`.

    W = sqrt(sum_k d_k^2 + (s_k - t_k)^2 / 4)

Source: Wang et al., "A Normalized Gaussian Wasserstein Distance for Tiny Object Detection", arXiv 2110.13389. C is the
mean size of the data's objects, in the unit of the boxes: 12.8 pixels in the paper's AI-TOD. So the same error costs a
small box more than a large one nowhere; and 20 C away the gradient is gone.
"""

from __future__ import annotations

import torch

from siou_tracking.losses.box.base import check_number
from siou_tracking.losses.box.entry import LossEntry
from siou_tracking.losses.box.gaussian.base import GaussianLoss, wasserstein


class NWDLoss(GaussianLoss):
    """`1 - exp(-W / constant)`.

    Args:
        constant: C, in the unit of the boxes.
    """

    most = 1.0

    def __init__(self, constant: float = 12.8, box_format: str = "xyxy", reduction: str = "mean") -> None:
        super().__init__(box_format, reduction)
        self.constant = check_number("nwd", "constant", constant)

    def formula(self, d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return -torch.expm1(-wasserstein(d, s, t) / self.constant)


ENTRY = LossEntry(
    name="nwd",
    aliases=(),
    family="gaussian",
    description="1 - exp(-Wasserstein distance / C)",
    source="arXiv 2110.13389",
    loss=NWDLoss,
    lengths={"constant": "pixels"},
)
