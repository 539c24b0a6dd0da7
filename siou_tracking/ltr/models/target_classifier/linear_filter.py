"""The target classifier: features, the filter's first value, and its optimizer (DiMP, section 3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast  # Any: arguments handed on to whatever optimizer the network has

import torch
from torch import Tensor, nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.layers.filter import apply_filter


class LinearFilter(nn.Module):
    """Learns a filter of a target and scores other images with it.

    Args:
        filter_size: rows and columns of the filter.
        filter_initializer: called with features and boxes, gives filters.
        filter_optimizer: called with these, features and boxes, gives the last filters, all of them, and losses; None
            for the initial filters alone.
        feature_extractor: from backbone features to those that filters are applied to; None for the same.
    """

    def __init__(
        self,
        filter_size: int,
        filter_initializer: nn.Module,
        filter_optimizer: nn.Module | None = None,
        feature_extractor: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.filter_size = filter_size
        self.filter_initializer = filter_initializer
        self.filter_optimizer = filter_optimizer
        self.feature_extractor = feature_extractor
        for module in feature_extractor.modules() if feature_extractor is not None else ():
            if isinstance(module, nn.Conv2d):
                rows, columns = module.kernel_size
                nn.init.normal_(module.weight, 0, math.sqrt(2 / (rows * columns * module.out_channels)))
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(
        self, train_feat: Tensor, test_feat: Tensor, train_bb: Tensor, *args: Any, **kwargs: Any
    ) -> list[Tensor]:
        """Scores in training, by the filters before the optimizer's first step and after every one.

        Args:
            train_feat, test_feat: backbone features, (images, sequences, C, H, W) or with the first two as one.
            train_bb: (images, sequences, 4) targets in the training images, xywh in pixels.
            args, kwargs: for the optimizer.

        Returns:
            A (test images, sequences, H', W') for each filter.

        Raises:
            InputError: boxes of other dimensions.
        """
        if train_bb.dim() != 3:
            raise InputError(f"boxes: LinearFilter: got {tuple(train_bb.shape)}, allowed: (images, sequences, 4)")
        sequences = train_bb.shape[1]
        train_feat = self.extract_classification_feat(train_feat, sequences)
        test_feat = self.extract_classification_feat(test_feat, sequences)
        _, iterates, _ = self.get_filter(train_feat, train_bb, *args, **kwargs)
        # All filters at once: the features are read once, not once for each.
        return list(apply_filter(test_feat, torch.stack(iterates, dim=1)).unbind(dim=2))

    def extract_classification_feat(
        self, feat: Tensor | Mapping[str, Tensor], num_sequences: int | None = None
    ) -> Tensor:
        """Features for filters, (images, num_sequences, C', H', W'), or (N, C', H', W') without a number of sequences.

        Args:
            feat: backbone features, (N, C, H, W) or (images, sequences, C, H, W), or several (N, C, H, W) by name.
        """
        if self.feature_extractor is None:
            return cast(Tensor, feat)
        if num_sequences is None or not isinstance(feat, Tensor):
            output = self.feature_extractor(feat)
        else:
            output = self.feature_extractor(feat.reshape(-1, *feat.shape[-3:]))
        if num_sequences is None:
            return output
        return output.reshape(-1, num_sequences, *output.shape[-3:])

    def classify(self, weights: Tensor, feat: Tensor) -> Tensor:
        """Scores of filters on features, see `apply_filter`."""
        return apply_filter(feat, weights)

    def get_filter(
        self, feat: Tensor, bb: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, list[Tensor], list[Tensor] | None]:
        """Learn filters.

        Args:
            feat: (images, sequences, C, H, W), or (images, C, H, W) of one sequence, as `extract_classification_feat`
                gives them.
            bb: (images, sequences, 4) or (images, 4), xywh in pixels.
            args, kwargs: for the optimizer, such as `num_iter`.

        Returns:
            The last filters (sequences, C, k, k); those at the start and after every step; losses, None without an
            optimizer.
        """
        weights = self.filter_initializer(feat, bb)
        if self.filter_optimizer is None:
            return weights, [weights], None
        learned: tuple[Tensor, list[Tensor], list[Tensor]] = self.filter_optimizer(
            weights, *args, feat=feat, bb=bb, **kwargs
        )
        return learned

    def train_classifier(self, backbone_feat: Tensor, bb: Tensor) -> tuple[Tensor, list[Tensor] | None]:
        """The last filters, and losses, from backbone features; shapes as `forward`'s."""
        weights, _, losses = self.get_filter(self.extract_classification_feat(backbone_feat, bb.shape[1]), bb)
        return weights, losses

    def track_frame(self, filter_weights: Tensor, backbone_feat: Tensor) -> Tensor:
        """Scores of filters on backbone features: (images, sequences, H', W'), from (images, sequences, C, H, W), or
        from (images, C, H, W) with one sequence."""
        sequences = backbone_feat.shape[1] if backbone_feat.dim() == 5 else None
        return self.classify(filter_weights, self.extract_classification_feat(backbone_feat, sequences))
