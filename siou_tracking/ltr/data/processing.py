"""Turns drawn frames into network input: jitter, crop, augment, proposals, under PyTracking's class names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, TypedDict  # Any: parameters by the name of a method; whatever a sample holds

import torch

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.ltr.data import processing_utils as prutils
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


class _ProposalProcessing(BaseProcessing):
    """What ATOM's processing classes share: square crops around a jittered box; a subclass adds proposals.

    Args:
        search_area_factor: side of the crop window relative to the jittered box.
        output_sz: side of the crops in pixels.
        center_jitter_factor: {'train', 'test'} -> shift of the window, in units of sqrt(w h), drawn from
            U(-1/2, 1/2) times it.
        scale_jitter_factor: {'train', 'test'} -> standard deviation of the log of each side's random factor.
        proposal_params: see the subclass.
        mode: 'sequence' stacks the frames of a sample on a first dimension, 'pair' has one frame each and none.
        transforms: see `BaseProcessing`.
    """

    def __init__(
        self,
        search_area_factor: float,
        output_sz: int,
        center_jitter_factor: Mapping[str, float],
        scale_jitter_factor: Mapping[str, float],
        proposal_params: Mapping[str, Any],
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
        self.proposal_params = proposal_params
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
            crops, boxes, _ = prutils.jittered_center_crop(
                images, around, boxes, self.search_area_factor, self.output_sz
            )
            data[f"{part}_images"], data[f"{part}_anno"] = self.transform[part](image=crops, bbox=boxes, joint=False)
        self._add_proposals(data)
        if self.mode == "sequence":
            return data.apply(stack_tensors)
        return data.apply(lambda value: value[0] if isinstance(value, list) else value)

    def _get_jittered_box(self, box: torch.Tensor, mode: str) -> torch.Tensor:
        """The (4,) xywh box to crop around, for `mode` 'train' or 'test'."""
        x, y, w, h = box.tolist()  # plain numbers: on four values every tensor operation is all overhead
        stretch = (torch.randn(2) * self.scale_jitter_factor[mode]).exp().tolist()
        shift = ((torch.rand(2) - 0.5) * self.center_jitter_factor[mode]).tolist()
        width, height = w * stretch[0], h * stretch[1]
        reach = math.sqrt(max(width * height, 0.0))
        left, top = x + w / 2 + reach * shift[0] - width / 2, y + h / 2 + reach * shift[1] - height / 2
        return torch.tensor([left, top, width, height], dtype=torch.float32)

    def draw_proposals(self, boxes: torch.Tensor) -> dict[str, torch.Tensor]:
        """The subclass's fields for boxes (n, 4) xywh in crop pixels, (n, P, ...) each, drawn anew at every call."""
        data = TensorDict(test_anno=list(boxes))
        self._add_proposals(data)
        return {name: torch.stack(values) for name, values in data.items() if name != "test_anno"}

    def _add_proposals(self, data: TensorDict) -> None:
        raise NotImplementedError


class ATOMProcessing(_ProposalProcessing):
    """Adds `test_proposals` (P, 4) xywh in crop pixels and `proposal_iou` (P,) = 2 IoU - 1 to every test frame.

    `proposal_params`: `boxes_per_frame` (P); `proposal_method` 'default' with `min_iou` and `sigma_factor` (see
    `sample_proposals`) or 'gmm' with `proposal_sigma` (see `sample_box_gmm`). Other arguments: `_ProposalProcessing`.
    """

    def _generate_proposals(self, box: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Proposals (P, 4) around one (4,) box and their score (P,) in [-1, 1]."""
        params = self.proposal_params
        count, method = params["boxes_per_frame"], params.get("proposal_method", "default")
        if method == "default":
            proposals, overlap = prutils.sample_proposals(
                box.view(1, 4), count, params["min_iou"], params["sigma_factor"]
            )
            return proposals[0], 2 * overlap[0] - 1
        if method != "gmm":
            raise unknown_name("proposal_method", method, ["default", "gmm"])
        proposals, _, _ = prutils.sample_box_gmm(box, params["proposal_sigma"], num_samples=count)
        return proposals, 2 * prutils.iou(box.view(1, 4), proposals) - 1

    def _add_proposals(self, data: TensorDict) -> None:
        own = type(self)._generate_proposals is ATOMProcessing._generate_proposals
        if own and self.proposal_params.get("proposal_method", "default") == "default":  # for all boxes at once
            params = self.proposal_params
            proposals, overlap = prutils.sample_proposals(
                torch.stack(list(data["test_anno"])),
                params["boxes_per_frame"],
                params["min_iou"],
                params["sigma_factor"],
            )
            data["test_proposals"], data["proposal_iou"] = list(proposals), list(2 * overlap - 1)
            return
        pairs = [self._generate_proposals(box) for box in data["test_anno"]]
        data["test_proposals"], data["proposal_iou"] = map(list, zip(*pairs, strict=True))


class KLBBregProcessing(_ProposalProcessing):
    """Adds `test_proposals` (P, 4) xywh in crop pixels, `proposal_density` (P,) and `gt_density` (P,) per test frame.

    `proposal_params`: `boxes_per_frame`, `proposal_sigma`, `gt_sigma`, `add_mean_box` (False); see `sample_box_gmm`.
    Other arguments: `_ProposalProcessing`.
    """

    def _generate_proposals(self, box: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Proposals (P, 4) around one (4,) box, the density they were drawn from (P,), and the target's (P,)."""
        params = self.proposal_params
        return prutils.sample_box_gmm(
            box,
            params["proposal_sigma"],
            gt_sigma=params["gt_sigma"],
            num_samples=params["boxes_per_frame"],
            add_mean_box=params.get("add_mean_box", False),
        )

    def _add_proposals(self, data: TensorDict) -> None:
        fields = zip(*[self._generate_proposals(box) for box in data["test_anno"]], strict=True)
        data["test_proposals"], data["proposal_density"], data["gt_density"] = map(list, fields)
