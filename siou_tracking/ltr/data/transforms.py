"""Image augmentations that keep boxes and points in step, under PyTracking's names.

    tfm.Transform(tfm.ToTensorAndJitter(0.2), tfm.Normalize(mean=[...], std=[...]))(image=image, bbox=box)

A transform that looks at one byte at a time (to floating point, brightness, normalization) can say what becomes of
each of the 256 values. `Transform` joins a run of such transforms into one table per channel and reads the image
through it once; the result is that of applying them one after the other.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any  # an array or a tensor, the same out as in

import numpy as np
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.data.transform_base import Transform, TransformBase

__all__ = [
    "Blur",
    "Normalize",
    "RandomBlur",
    "RandomHorizontalFlip",
    "ToBGR",
    "ToGrayscale",
    "ToTensor",
    "ToTensorAndJitter",
    "Transform",
    "TransformBase",
]


def _mask_to_tensor(mask: np.ndarray | torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(mask) if isinstance(mask, np.ndarray) else mask


def _to_chw(image: np.ndarray | torch.Tensor) -> torch.Tensor:
    """A (C, H, W) tensor of an (H, W, C) or (H, W) array; tensors are returned as they are."""
    if isinstance(image, torch.Tensor):
        return image
    if image.ndim == 2:
        image = image[:, :, None]
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))


class ToTensor(TransformBase):
    """Array (H, W, C) to tensor (C, H, W), bytes to float32 in [0, 1]."""

    def transform_image(self, image: np.ndarray | torch.Tensor) -> torch.Tensor:
        tensor = _to_chw(image)
        return tensor.float().div(255) if tensor.dtype == torch.uint8 else tensor

    def map_values(self, values: np.ndarray) -> np.ndarray:
        return values / np.float32(255)

    def transform_mask(self, mask: np.ndarray | torch.Tensor) -> torch.Tensor:
        return _mask_to_tensor(mask)


class ToTensorAndJitter(TransformBase):
    """As `ToTensor`, with the brightness multiplied by U(1 - brightness_jitter, 1 + brightness_jitter).

    Args:
        brightness_jitter: half width of the range, >= 0.
        normalize: True gives values clamped to [0, 1], False to [0, 255].
    """

    def __init__(self, brightness_jitter: float = 0.0, normalize: bool = True) -> None:
        super().__init__()
        self.brightness_jitter = brightness_jitter
        self.normalize = normalize

    def roll(self) -> float:
        return np.random.uniform(max(0.0, 1 - self.brightness_jitter), 1 + self.brightness_jitter)

    def transform_image(self, image: np.ndarray | torch.Tensor, brightness: float) -> torch.Tensor:
        top = 1.0 if self.normalize else 255.0
        return _to_chw(image).float().mul(brightness * top / 255).clamp(0.0, top)

    def map_values(self, values: np.ndarray, brightness: float) -> np.ndarray:
        top = 1.0 if self.normalize else 255.0
        return np.clip(values * np.float32(brightness * top / 255), 0, np.float32(top))

    def transform_mask(self, mask: np.ndarray | torch.Tensor, brightness: float) -> torch.Tensor:
        return _mask_to_tensor(mask)


class Normalize(TransformBase):
    """(value - mean) / std per channel of a float tensor (C, H, W).

    Args:
        mean: one number a channel, on the scale of the tensor.
        std: one number a channel, > 0.
        inplace: overwrite the tensor given.
    """

    needs_tensor = True

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        super().__init__()
        if len(mean) != len(std) or min(std, default=0) <= 0:
            raise InputError(
                f"Normalize: got mean {list(mean)}, std {list(std)}: allowed are equally many, std above 0"
            )
        self.mean, self.std, self.inplace = list(mean), list(std), inplace

    def transform_image(self, image: torch.Tensor) -> torch.Tensor:
        mean = torch.tensor(self.mean, dtype=image.dtype, device=image.device).view(-1, 1, 1)
        std = torch.tensor(self.std, dtype=image.dtype, device=image.device).view(-1, 1, 1)
        return image.sub_(mean).div_(std) if self.inplace else (image - mean) / std

    def map_values(self, values: np.ndarray) -> np.ndarray:
        mean, std = (np.asarray(v, dtype=np.float32).reshape(-1, 1) for v in (self.mean, self.std))
        return (values - mean) / std


class ToGrayscale(TransformBase):
    """Replace all channels of an RGB byte image (H, W, 3) by its luma, with a probability."""

    def __init__(self, probability: float = 0.5) -> None:
        super().__init__()
        self.probability = probability

    def roll(self) -> bool:
        return random.random() < self.probability

    def transform_image(self, image: np.ndarray, do_grayscale: bool) -> np.ndarray:
        if not do_grayscale:
            return image
        if isinstance(image, torch.Tensor):
            raise InputError("ToGrayscale: got a tensor, allowed is an (H, W, 3) array: put it before ToTensor")
        import cv2

        return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


class ToBGR(TransformBase):
    """Reverse the channels of an array (H, W, 3)."""

    def transform_image(self, image: np.ndarray) -> np.ndarray:
        if isinstance(image, torch.Tensor):
            raise InputError("ToBGR: got a tensor, allowed is an (H, W, 3) array: put it before ToTensor")
        return np.ascontiguousarray(image[:, :, ::-1])


class RandomHorizontalFlip(TransformBase):
    """Mirror the image left to right, with a probability; a coordinate x becomes W - 1 - x."""

    def __init__(self, probability: float = 0.5) -> None:
        super().__init__()
        self.probability = probability

    def roll(self) -> bool:
        return random.random() < self.probability

    def transform_image(self, image: np.ndarray | torch.Tensor, do_flip: bool) -> np.ndarray | torch.Tensor:
        if not do_flip:
            return image
        return image.flip(-1) if isinstance(image, torch.Tensor) else np.ascontiguousarray(image[:, ::-1])

    def transform_coords(self, coords: torch.Tensor, image_shape: tuple[int, int], do_flip: bool) -> torch.Tensor:
        return torch.stack((coords[0], image_shape[1] - 1 - coords[1])) if do_flip else coords

    def transform_mask(self, mask: Any, do_flip: bool) -> Any:
        if not do_flip:
            return mask
        return mask.flip(-1) if isinstance(mask, torch.Tensor) else np.ascontiguousarray(mask[..., ::-1])


class Blur(TransformBase):
    """Gaussian blur of arrays (H, W, C) or tensors (C, H, W).

    Args:
        sigma: standard deviation in pixels, one number or (vertical, horizontal), > 0; the kernel ends at 2 sigma.
    """

    def __init__(self, sigma: float | Sequence[float]) -> None:
        super().__init__()
        self.sigma = (sigma, sigma) if isinstance(sigma, (int, float)) else tuple(sigma)

    def transform_image(self, image: np.ndarray | torch.Tensor, do_blur: bool = True) -> np.ndarray | torch.Tensor:
        if not do_blur:
            return image
        import cv2

        size = tuple(2 * int(np.ceil(2 * s)) + 1 for s in reversed(self.sigma))
        array = np.ascontiguousarray(image.permute(1, 2, 0)) if isinstance(image, torch.Tensor) else image
        blurred = cv2.GaussianBlur(array, size, sigmaX=self.sigma[1], sigmaY=self.sigma[0])
        return _to_chw(blurred) if isinstance(image, torch.Tensor) else blurred


class RandomBlur(Blur):
    """As `Blur`, with a probability."""

    def __init__(self, sigma: float | Sequence[float], probability: float = 0.1) -> None:
        super().__init__(sigma)
        self.probability = probability

    def roll(self) -> bool:
        return random.random() < self.probability
