"""torchvision's picture-to-tensor and normalization, with its names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any  # what one transform hands to the next

import numpy as np
import torch
from torch import Tensor

from siou_tracking.errors import InputError


def to_tensor(pic: object) -> Tensor:
    """A picture, (H, W, C) or (H, W) array or PIL image, as (C, H, W); bytes are divided by 255."""
    array = np.asarray(pic)
    if array.ndim not in (2, 3):
        raise InputError(f"to_tensor: got an array of {array.ndim} dimensions, allowed are 2 and 3")
    if array.ndim == 2:
        array = array[:, :, None]
    tensor = torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))
    return tensor.to(torch.get_default_dtype()).div(255) if tensor.dtype == torch.uint8 else tensor


def normalize(tensor: Tensor, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> Tensor:
    """(tensor - mean) / std per channel of a float tensor (..., C, H, W).

    Raises:
        InputError: a tensor of another kind, or a std that is zero in the tensor's precision.
    """
    if not tensor.is_floating_point() or tensor.ndim < 3:
        raise InputError(
            f"normalize: got {tensor.dtype} with {tensor.ndim} dimensions, allowed are float tensors (..., C, H, W)"
        )
    center = torch.as_tensor(mean, dtype=tensor.dtype, device=tensor.device)
    spread = torch.as_tensor(std, dtype=tensor.dtype, device=tensor.device)
    if (spread == 0).any():
        raise InputError(f"normalize: got std {std}, allowed are values that are not zero as {tensor.dtype}")
    result = tensor if inplace else tensor.clone()
    return result.sub_(center.view(-1, 1, 1)).div_(spread.view(-1, 1, 1))


class ToTensor:
    """`to_tensor` as an object."""

    def __call__(self, pic: object) -> Tensor:
        return to_tensor(pic)


class Normalize(torch.nn.Module):
    """`normalize` as a module."""

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        super().__init__()
        self.mean, self.std, self.inplace = mean, std, inplace

    def forward(self, tensor: Tensor) -> Tensor:
        return normalize(tensor, self.mean, self.std, self.inplace)


class Compose:
    """Several transforms, one after the other."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, value: Any) -> Any:
        for transform in self.transforms:
            value = transform(value)
        return value
