"""What online ToMP asks of a trained network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch

from siou_tracking.ltr.models.transformer.filter_predictor import Tokens
from siou_tracking.trackers.online.network import BackboneNetwork, Features


class Predictor(Protocol):
    """The model predictor; `siou_tracking.ltr.models.transformer.filter_predictor.FilterPredictor` is one."""

    @property
    def feature_sz(self) -> int:
        """Rows (and columns) of the feature maps it was trained with."""

    def train_tokens(
        self, train_feat: torch.Tensor, train_label: torch.Tensor, train_ltrb_target: torch.Tensor
    ) -> Tokens:
        """Tokens of frames (n, 1, C, H, W) with labels (n, 1, H, W) and distances to edges (n, 1, 4, H, W)."""

    def test_tokens(self, test_feat: torch.Tensor) -> Tokens:
        """Tokens of the frame (1, 1, C, H, W) in which the target is sought."""

    def read_both(
        self, train: Tokens, given: int, test: Tokens, size: Sequence[int]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Filters (1, C, 1, 1) for scores and for boxes, and features (1, 1, C, H, W) for each."""


class TompHead(Protocol):
    """The head; `siou_tracking.ltr.models.transformer.heads.Head` is one."""

    @property
    def filter_predictor(self) -> Predictor: ...

    def extract_head_feat(self, feat: torch.Tensor, num_sequences: int | None = None) -> torch.Tensor:
        """Features (n, 1, C, H, W) of backbone features (n, C', H, W) of one sequence."""

    def classifier(self, feat: torch.Tensor, filter: torch.Tensor, /) -> torch.Tensor:
        """Scores (1, 1, H, W) of features and filter."""

    def bb_regressor(self, feat: torch.Tensor, filter: torch.Tensor, /) -> torch.Tensor:
        """Distances (1, 1, 4, H, W) from cells to the box's left, top, right and bottom edge, in parts of the patch."""


@runtime_checkable
class TompNetwork(BackboneNetwork, Protocol):
    """A module with a backbone and ToMP's head; `siou_tracking.ltr.models.tracking.tompnet.ToMPnet` is one."""

    @property
    def head(self) -> TompHead: ...

    @property
    def output_layers(self) -> Sequence[str]:
        """The backbone's layers that the head reads."""

    def get_backbone_head_feat(self, backbone_feat: Features) -> torch.Tensor:
        """What the head reads of the backbone's features (N, C', H, W)."""
