"""Normalization of feature maps by their energy."""

from __future__ import annotations

from torch import Tensor, nn


class InstanceL2Norm(nn.Module):
    """Scales each image's features to a fixed root mean square over channels, rows and columns.

    y = x * scale * sqrt(C H W / (sum of x^2 + eps)).

    Args:
        size_average: multiply by sqrt(C H W), so that the features have rms `scale`; otherwise their norm is `scale`.
        eps: keeps an all-zero map at zero.
        scale: the value that is reached.
    """

    def __init__(self, size_average: bool = True, eps: float = 1e-5, scale: float = 1.0) -> None:
        super().__init__()
        self.size_average = size_average
        self.eps = eps
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        energy = x.square().sum(dim=(1, 2, 3), keepdim=True) + self.eps
        elements = x[0].numel() if self.size_average else 1
        return x * (self.scale * (elements / energy).sqrt())
