"""What online trackers ask of a trained network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

import torch

Features = Mapping[str, torch.Tensor]
"""Backbone layer by name, each (N, C, H, W)."""


@runtime_checkable
class OverlapPredictor(Protocol):
    """The IoU head; `siou_tracking.ltr.models.bbreg.atom_iou_net.AtomIoUNet` is one."""

    def get_modulation(self, feat: Sequence[torch.Tensor], bb: torch.Tensor) -> Sequence[torch.Tensor]:
        """Vectors (B, C, 1, 1) that stand for the targets in boxes (B, 4) xywh of reference features (B, C, H, W)."""

    def get_iou_feat(self, feat2: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
        """Maps to pool boxes from, of backbone features (N, C, H, W)."""

    def predict_iou(
        self, modulation: Sequence[torch.Tensor], feat: Sequence[torch.Tensor], proposals: torch.Tensor
    ) -> torch.Tensor:
        """Scores (B, P) of boxes (B, P, 4) xywh, differentiable in the boxes."""


class BackboneNetwork(Protocol):
    """A module with a backbone."""

    def extract_backbone_features(self, im: torch.Tensor, layers: Sequence[str]) -> Features:
        """The named layers of images (N, 3, H, W), RGB, normalized by ImageNet's mean and deviation."""

    def to(self, device: torch.device, /) -> object: ...

    def eval(self) -> object: ...

    def requires_grad_(self, requires_grad: bool) -> object: ...

    def parameters(self) -> Iterable[torch.Tensor]: ...


@runtime_checkable
class TrackingNetwork(BackboneNetwork, Protocol):
    """A module with a backbone and an IoU head; `siou_tracking.ltr.models.bbreg.atom.ATOMnet` is one."""

    @property
    def bb_regressor(self) -> OverlapPredictor: ...
