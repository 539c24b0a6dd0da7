"""ToMP's head: features, the predicted filter, the scores that it gives, and a box at every cell."""

from __future__ import annotations

from typing import Any  # arguments passed on to the filter predictor

import torch
from torch import Tensor, nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.layers.filter import apply_filter
from siou_tracking.ltr.models.transformer.filter_predictor import FilterPredictor


def conv_layer(
    inplanes: int, outplanes: int, kernel_size: int = 3, stride: int = 1, padding: int = 1, dilation: int = 1
) -> list[nn.Module]:
    """Convolution with bias, one norm over all channels, ReLU."""
    convolution = nn.Conv2d(inplanes, outplanes, kernel_size, stride, padding, dilation)
    return [convolution, nn.GroupNorm(1, outplanes), nn.ReLU(inplace=True)]


class Head(nn.Module):
    """From backbone features of train and test frames to scores and boxes in the test frame.

    Args:
        filter_predictor: gives filter and encoded test features.
        feature_extractor: applied to backbone features first; None for nothing.
        classifier: scores from encoded features and filter.
        bb_regressor: boxes from the same.
        separate_filters_for_cls_and_bbreg: the predictor returns a filter for each of the two.
    """

    def __init__(
        self,
        filter_predictor: FilterPredictor,
        feature_extractor: nn.Module | None,
        classifier: nn.Module,
        bb_regressor: nn.Module,
        separate_filters_for_cls_and_bbreg: bool = False,
    ) -> None:
        super().__init__()
        self.filter_predictor = filter_predictor
        self.feature_extractor = feature_extractor
        self.classifier = classifier
        self.bb_regressor = bb_regressor
        self.separate_filters_for_cls_and_bbreg = separate_filters_for_cls_and_bbreg

    def forward(
        self, train_feat: Tensor, test_feat: Tensor, train_bb: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Scores and boxes in training.

        Args:
            train_feat, test_feat: backbone features, (images * sequences, C, H, W) or (images, sequences, C, H, W), of
                one test image a sequence.
            train_bb: (images, sequences, 4); only the number of sequences is read.
            args, kwargs: `train_label` and `train_ltrb_target` of `FilterPredictor.predict_filter`.

        Returns:
            (1, sequences, h, w) scores, and (1, sequences, 4, h, w) distances to the box's edges, positive.

        Raises:
            InputError: boxes of other dimensions, or several test images.
        """
        if train_bb.dim() != 3:
            raise InputError(f"boxes: Head: got {tuple(train_bb.shape)}, allowed: (images, sequences, 4)")
        sequences = train_bb.shape[1]
        train, test = (
            self.extract_head_feat(feat.flatten(0, 1) if feat.dim() == 5 else feat, sequences)
            for feat in (train_feat, test_feat)
        )
        cls_filter, bbreg_filter, encoded = self.get_filter_and_features(train, test, *args, **kwargs)
        return self.classifier(encoded, cls_filter), self.bb_regressor(encoded, bbreg_filter)

    def extract_head_feat(self, feat: Tensor, num_sequences: int | None = None) -> Tensor:
        """Features of (N, C, H, W) backbone features; with `num_sequences` (images, sequences, C', H, W)."""
        output = feat if self.feature_extractor is None else self.feature_extractor(feat)
        return output if num_sequences is None else output.unflatten(0, (-1, num_sequences))

    def get_filter_and_features(
        self, train_feat: Tensor, test_feat: Tensor, train_label: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Filters to classify and for boxes (the same one unless separate), and encoded test features."""
        predicted = self.filter_predictor(train_feat, test_feat, train_label, *args, **kwargs)
        if self.separate_filters_for_cls_and_bbreg:
            return predicted
        weights, encoded = predicted
        return weights, weights, encoded

    def get_filter_and_features_in_parallel(
        self, train_feat: Tensor, test_feat: Tensor, train_label: Tensor, num_gth_frames: int, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """See `FilterPredictor.predict_cls_bbreg_filters_parallel`, which is what tracking uses."""
        return self.filter_predictor.predict_cls_bbreg_filters_parallel(
            train_feat, test_feat, train_label, num_gth_frames, *args, **kwargs
        )


class _Filtering(nn.Module):
    """Correlates features with a filter, which passes through a linear layer first if `project_filter`."""

    def __init__(self, num_channels: int, project_filter: bool = True) -> None:
        super().__init__()
        self.num_channels = num_channels
        self.project_filter = project_filter
        if project_filter:
            self.linear = nn.Linear(num_channels, num_channels)

    def correlate(self, feat: Tensor, filter: Tensor) -> Tensor:
        """(images, sequences, C, H, W) and (sequences, C, 1, 1) -> (images, sequences, H, W)."""
        if self.project_filter:
            filter = self.linear(filter.reshape(-1, self.num_channels)).reshape(filter.shape)
        return apply_filter(feat, filter)


class LinearFilterClassifier(_Filtering):
    """The score of every cell.

    Args:
        num_channels: of features and filter.
        project_filter: whether the filter passes through a linear layer first.
    """

    def forward(self, feat: Tensor, filter: Tensor) -> Tensor:
        """(images, sequences, C, H, W) and (sequences, C, 1, 1) -> (images, sequences, H, W)."""
        return self.correlate(feat, filter)


class DenseBoxRegressor(_Filtering):
    """A box at every cell, from features weighted by how well the filter matches them.

    Args: as `LinearFilterClassifier`.
    """

    def __init__(self, num_channels: int, project_filter: bool = True) -> None:
        super().__init__(num_channels, project_filter)
        self.tower = nn.Sequential(*(layer for _ in range(4) for layer in conv_layer(num_channels, num_channels)))
        self.bbreg_layer = nn.Conv2d(num_channels, 4, 3, padding=1)

    def forward(self, feat: Tensor, filter: Tensor) -> Tensor:
        """Distances from each cell to the box's left, top, right and bottom edge, in parts of the image, positive.

        Args:
            feat: (images, sequences, C, H, W).
            filter: (sequences, C, 1, 1).

        Returns:
            (1, images * sequences, 4, H, W).
        """
        weighted = self.correlate(feat, filter).unsqueeze(2) * feat
        features = self.tower(weighted.flatten(0, 1))
        with torch.autocast(features.device.type, enabled=False):  # eight bits are pixels in a box's edges
            return self.bbreg_layer(features.to(self.bbreg_layer.weight.dtype)).exp().unsqueeze(0)
