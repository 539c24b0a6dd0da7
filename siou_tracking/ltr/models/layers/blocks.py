"""Convolution and linear blocks with upstream's state_dict keys."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from siou_tracking.ltr.models.layers.folding import conv_norm


class ConvNorm(nn.Sequential):
    """Convolution and batch norm, folded into one convolution where that is the same thing; keys `0.` and `1.`."""

    def __init__(self, convolution: nn.Conv2d, *others: nn.Module) -> None:
        super().__init__(convolution, nn.BatchNorm2d(convolution.out_channels), *others)

    def forward(self, x: Tensor) -> Tensor:
        # A Sequential forgets of what class its modules are; under names of their own they would have other keys.
        return conv_norm(cast(nn.Conv2d, self[0]), cast(nn.BatchNorm2d, self[1]), x)


class ConvBlock(ConvNorm):
    """Convolution with bias, batch norm, ReLU; keys `0.` and `1.`.

    Args:
        in_channels, out_channels, kernel_size: of the convolution.
        padding: zeros on each side; None keeps the size (odd kernels).
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, padding: int | None = None) -> None:
        padding = (kernel_size - 1) // 2 if padding is None else padding
        convolution = nn.Conv2d(in_channels, out_channels, kernel_size, padding=padding)
        super().__init__(convolution, nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu_(super().forward(x))


class LinearBlock(nn.Module):
    """Linear layer on a flattened patch, batch norm, ReLU; keys `linear.` and `bn.`.

    Args:
        in_channels: channels of the patch.
        out_channels: features.
        patch_size: rows and columns of the patch.
    """

    def __init__(self, in_channels: int, out_channels: int, patch_size: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_channels * patch_size * patch_size, out_channels)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, patch_size, patch_size) -> (N, out_channels)."""
        x = self.linear(x.flatten(1))
        # Upstream normalizes vectors by a norm of maps, which accepts (N, C, 1, 1) only.
        return functional.relu_(self.bn(x[..., None, None])[..., 0, 0])
