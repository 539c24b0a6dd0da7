"""ToMP's target model: what the transformer makes of the remembered frames and the frame at hand."""

from __future__ import annotations

from typing import NamedTuple

import torch

from siou_tracking.ltr.models.transformer.filter_predictor import Tokens
from siou_tracking.trackers.tomp.network import TompHead


class Maps(NamedTuple):
    """What the network says of a frame."""

    scores: torch.Tensor
    """(H, W), near 1 at the target."""
    edges: torch.Tensor
    """(4, H, W), distances to the left, top, right and bottom edge in parts of the patch."""


class TargetModel:
    """Remembers two frames: the first, whose box was given, and the latest in which the target was found for sure.

    A remembered frame is coded once; PyTracking does so in every frame that follows.

    Args:
        head: of the network.
        features: the head's features (1, 1, C, H, W) of the first frame.
        label: (H, W), see `maps.label_map`.
        edges: (4, H, W), see `maps.edge_map`.
    """

    def __init__(self, head: TompHead, features: torch.Tensor, label: torch.Tensor, edges: torch.Tensor) -> None:
        self._head = head
        self._first = self._train = self._encode(features, label, edges)

    def remember(self, features: torch.Tensor, label: torch.Tensor, edges: torch.Tensor) -> None:
        """Put a frame in the place of the one remembered beside the first."""
        latest = self._encode(features, label, edges)
        self._train = Tokens(*(torch.cat(parts) for parts in zip(self._first, latest, strict=True)))

    def predict(self, features: torch.Tensor) -> Maps:
        """Look for the target in the head's features (1, 1, C, H, W) of a frame."""
        predictor, size = self._head.filter_predictor, features.shape[-2:]
        given = len(self._first.codes)
        score_filter, box_filter, to_score, to_box = predictor.read_both(
            self._train, given, predictor.test_tokens(features), size
        )
        scores, edges = self._head.classifier(to_score, score_filter), self._head.bb_regressor(to_box, box_filter)
        return Maps(scores[0, 0], edges[0, 0])

    def _encode(self, features: torch.Tensor, label: torch.Tensor, edges: torch.Tensor) -> Tokens:
        return self._head.filter_predictor.train_tokens(
            features, label.to(features)[None, None], edges.to(features)[None, None]
        )
