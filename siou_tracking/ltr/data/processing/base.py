"""What every processing class does: jitter, crop, augment, then whatever fields it adds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict  # Any: whatever a sample holds; transforms handed on

import numpy as np
import torch

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.ltr.data import transforms
from siou_tracking.ltr.data.tensors import TensorDict

MODES = ("pair", "sequence")
PARTS: tuple[Literal["train"], Literal["test"]] = ("train", "test")


class _Transforms(TypedDict):
    """The transform of each part, and the one for whole frames before cropping."""

    train: transforms.Transform
    test: transforms.Transform
    joint: transforms.Transform | None


def stack_tensors(value: Any) -> Any:
    """A list of tensors stacked on a new first dimension; anything else as it is."""
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], torch.Tensor):
        return value[0].unsqueeze(0) if len(value) == 1 else torch.stack(tuple(value))  # one frame needs no copy
    return value


class BaseProcessing:
    """Holds the transforms of a processing class.

    Args:
        transform: for the crops of training and test frames.
        train_transform: replaces it for training frames.
        test_transform: replaces it for test frames.
        joint_transform: for whole frames before cropping, with the same random choice for all frames of a sample.
    """

    def __init__(
        self,
        transform: transforms.Transform | None = None,
        train_transform: transforms.Transform | None = None,
        test_transform: transforms.Transform | None = None,
        joint_transform: transforms.Transform | None = None,
    ) -> None:
        common = transforms.Transform(transforms.ToTensor()) if transform is None else transform
        self.transform: _Transforms = {
            "train": common if train_transform is None else train_transform,
            "test": common if test_transform is None else test_transform,
            "joint": joint_transform,
        }

    def __call__(self, data: TensorDict) -> TensorDict:
        raise NotImplementedError


class CropProcessing(BaseProcessing):
    """Crops every frame around its jittered box. A subclass says how it crops, and what it adds to the sample.

    Args:
        search_area_factor: side of the crop window relative to the jittered box.
        output_sz: side of the crops in pixels.
        center_jitter_factor: {'train', 'test'} -> shift of the window, in units of sqrt(w h), drawn from
            U(-1/2, 1/2) times it.
        scale_jitter_factor: {'train', 'test'} -> standard deviation of the log of each side's random factor.
        mode: 'sequence' stacks the frames of a sample on a first dimension, 'pair' has one frame each and none.
        transforms: see `BaseProcessing`.
    """

    def __init__(
        self,
        search_area_factor: float,
        output_sz: int,
        center_jitter_factor: Mapping[str, float],
        scale_jitter_factor: Mapping[str, float],
        mode: str = "pair",
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if mode not in MODES:
            raise unknown_name("processing mode", mode, MODES)
        self.search_area_factor = search_area_factor
        self.output_sz = output_sz
        self.center_jitter_factor = center_jitter_factor
        self.scale_jitter_factor = scale_jitter_factor
        self.mode = mode

    def __call__(self, data: TensorDict) -> TensorDict:
        """`data` with cropped `*_images` (3, S, S), `*_anno` (4,) xywh in crop pixels, and the subclass's fields."""
        joint = self.transform["joint"]
        for part in PARTS:
            images, boxes = data[f"{part}_images"], data[f"{part}_anno"]
            if self.mode == "pair" and len(images) != 1:
                raise InputError(f"processing mode 'pair': got {len(images)} {part} frames, allowed is 1")
            if joint is not None:
                images, boxes = joint(image=images, bbox=boxes, new_roll=part == "train")
            around = [self._get_jittered_box(box, part) for box in boxes]
            crops, boxes = self._crop(images, around, boxes)
            data[f"{part}_images"], data[f"{part}_anno"] = self.transform[part](image=crops, bbox=boxes, joint=False)
        self._add_proposals(data)
        if self.mode == "sequence":
            data = data.apply(stack_tensors)
        else:
            data = data.apply(lambda value: value[0] if isinstance(value, list) else value)
        self._add_labels(data)
        return data

    def draw_fields(self, boxes: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The fields that are made of boxes alone, the random ones of them drawn anew at every call.

        Args:
            boxes: 'train' and 'test' -> (n, 4) xywh in crop pixels, any number of frames of any samples.

        Returns:
            Field -> (n, ...), n being that of 'train' for fields whose name begins so.
        """
        data = TensorDict({f"{part}_anno": list(boxes[part]) for part in PARTS})
        self._add_proposals(data)
        data = data.apply(stack_tensors)
        self._add_labels(data)
        return {name: values for name, values in data.items() if not name.endswith("_anno")}

    def _get_jittered_box(self, box: torch.Tensor, mode: str) -> torch.Tensor:
        """The (4,) xywh box to crop around, for `mode` 'train' or 'test'."""
        x, y, w, h = box.tolist()  # plain numbers: on four values every tensor operation is all overhead
        stretch = (torch.randn(2) * self.scale_jitter_factor[mode]).exp().tolist()
        shift = ((torch.rand(2) - 0.5) * self.center_jitter_factor[mode]).tolist()
        width, height = w * stretch[0], h * stretch[1]
        reach = math.sqrt(max(width * height, 0.0))
        left, top = x + w / 2 + reach * shift[0] - width / 2, y + h / 2 + reach * shift[1] - height / 2
        return torch.tensor([left, top, width, height], dtype=torch.float32)

    def _crop(
        self, images: Sequence[np.ndarray], around: Sequence[torch.Tensor], boxes: Sequence[torch.Tensor]
    ) -> tuple[list[np.ndarray], list[torch.Tensor]]:
        """Crops of the images around the boxes `around`, and `boxes` in crop pixels."""
        raise NotImplementedError

    def _add_proposals(self, data: TensorDict) -> None:
        """Add fields to cropped frames, which are lists still."""

    def _add_labels(self, data: TensorDict) -> None:
        """Add fields to a finished sample: frames are stacked in mode 'sequence'."""
