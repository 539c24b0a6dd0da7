"""The filter that a target's optimizer begins with: features pooled from the target's box (DiMP, section 3.3)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from siou_tracking.boxes import convert
from siou_tracking.errors import unknown_name
from siou_tracking.ops import PrRoIPool2D


class FilterPool(nn.Module):
    """Pools a box of each image into the size of a filter.

    Args:
        filter_size: rows and columns of the result.
        feature_stride: pixels per cell of the features.
        pool_square: pools the square of the box's center and area instead.
    """

    def __init__(self, filter_size: int = 1, feature_stride: int = 16, pool_square: bool = False) -> None:
        super().__init__()
        self.prroi_pool = PrRoIPool2D(filter_size, filter_size, 1 / feature_stride)
        self.pool_square = pool_square

    def forward(self, feat: Tensor, bb: Tensor) -> Tensor:
        """(N, C, H, W) features and (..., 4) boxes, N in all, xywh in pixels -> (N, C, filter_size, filter_size)."""
        boxes = bb.reshape(-1, 4)
        if self.pool_square:
            size = boxes[:, 2:]
            side = size.prod(dim=1, keepdim=True).sqrt()
            boxes = torch.cat([boxes[:, :2] + (size - side) / 2, side, side], dim=1)
        return self.prroi_pool.grouped(feat, convert(boxes, "xywh", "xyxy").unsqueeze(1)).squeeze(1)


class FilterInitializerLinear(nn.Module):
    """A convolution, pooling of the target's box, and the mean over the images of a sequence.

    Args:
        filter_size: rows and columns of the filter.
        feature_dim: channels.
        feature_stride, pool_square: see `FilterPool`.
        filter_norm: divides the filter by the number of its elements.
        conv_ksz: rows and columns of the convolution, odd.
        init_weights: 'default' for weights of the size of He et al., 'zero' for a convolution that begins as zero.
    """

    def __init__(
        self,
        filter_size: int = 1,
        feature_dim: int = 256,
        feature_stride: int = 16,
        pool_square: bool = False,
        filter_norm: bool = True,
        conv_ksz: int = 3,
        init_weights: str = "default",
    ) -> None:
        super().__init__()
        if init_weights not in ("default", "zero"):
            raise unknown_name("initial weights of the filter initializer", init_weights, ("default", "zero"))
        self.filter_conv = nn.Conv2d(feature_dim, feature_dim, conv_ksz, padding=conv_ksz // 2)
        self.filter_pool = FilterPool(filter_size, feature_stride, pool_square)
        self.filter_norm = filter_norm
        std = 0.0 if init_weights == "zero" else math.sqrt(2 / (conv_ksz * conv_ksz * feature_dim))
        nn.init.normal_(self.filter_conv.weight, 0, std)
        nn.init.zeros_(self.filter_conv.bias)  # type: ignore[arg-type]  # this convolution has one

    def forward(self, feat: Tensor, bb: Tensor) -> Tensor:
        """Initial filters.

        Args:
            feat: (images, sequences, C, H, W), or (images, C, H, W) of one sequence.
            bb: (images, sequences, 4) or (images, 4), xywh in pixels.

        Returns:
            (sequences, C, filter_size, filter_size).
        """
        features = self.filter_conv(feat.reshape(-1, *feat.shape[-3:]))
        return _joined(self.filter_pool(features, bb), len(feat), self.filter_norm)


class FilterInitializerSiamese(nn.Module):
    """The pooled features themselves; arguments and call as `FilterInitializerLinear`."""

    def __init__(
        self, filter_size: int = 1, feature_stride: int = 16, pool_square: bool = False, filter_norm: bool = True
    ) -> None:
        super().__init__()
        self.filter_pool = FilterPool(filter_size, feature_stride, pool_square)
        self.filter_norm = filter_norm

    def forward(self, feat: Tensor, bb: Tensor) -> Tensor:
        return _joined(self.filter_pool(feat.reshape(-1, *feat.shape[-3:]), bb), len(feat), self.filter_norm)


class FilterInitializerZero(nn.Module):
    """A filter of zeros; arguments and call as `FilterInitializerLinear`."""

    def __init__(self, filter_size: int = 1, feature_dim: int = 256) -> None:
        super().__init__()
        self.filter_size = (feature_dim, filter_size, filter_size)

    def forward(self, feat: Tensor, bb: Tensor) -> Tensor:
        return feat.new_zeros(feat.shape[1] if feat.dim() == 5 else 1, *self.filter_size)


def _joined(pooled: Tensor, images: int, norm: bool) -> Tensor:
    """One filter a sequence out of those of its images, (images * sequences, C, k, k)."""
    filters = pooled.unflatten(0, (images, -1)).mean(dim=0)
    return filters / filters[0].numel() if norm else filters
