"""Normalization of whole feature maps."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class InstanceL2Norm(nn.Module):
    """Scales each feature map to a given length: the last layer of every target classifier's features.

    y = scale x sqrt(N / (|x|^2 + eps)) with N = C H W, so the mean square of y is scale^2; without `size_average`
    N is 1 and |y| is `scale`.

    Args:
        size_average: whether `scale` is the root mean square of the output, not its norm.
        eps: added to the sum of squares, for maps of zeros.
        scale: see above; trackers take sqrt(1 / (C k k)) for filters of k x k, which makes scores of order 1.
    """

    def __init__(self, size_average: bool = True, eps: float = 1e-5, scale: float = 1.0) -> None:
        super().__init__()
        self.size_average = size_average
        self.eps = eps
        self.scale = scale

    def forward(self, input: Tensor) -> Tensor:
        """(N, C, H, W) of any floating type -> the same. The sum is taken in float32 at least: half's range ends at
        65504, which squares of ordinary features exceed."""
        dtype = torch.promote_types(input.dtype, torch.float32)
        squares = input.to(dtype).square().sum(dim=(1, 2, 3), keepdim=True)
        count = input[0].numel() if self.size_average else 1
        return (input * (self.scale * (count / (squares + self.eps)).sqrt())).to(input.dtype)
