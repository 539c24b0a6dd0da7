"""Pixels to everything that a tracker reads of its backbone, as one graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from siou_tracking.trackers.exported.building.step import Step
from siou_tracking.trackers.online.network import BackboneNetwork, Features
from siou_tracking.trackers.online.params import InputParams


class BackboneFeatures(nn.Module):
    """Pixels (N, S, S, 3), 0..255, to the box predictor's layers and what the target model sees.

    Args:
        net: its backbone.
        params: mean and deviation of the pixels.
        layers: of the box predictor, by name.
        model_layers: of the target model.
        sample: the target model's features, of these.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        net: BackboneNetwork,
        params: InputParams,
        layers: Sequence[str],
        model_layers: Sequence[str],
        sample: Callable[[Features], Tensor],
    ) -> None:
        super().__init__()
        self._net, self._layers, self._sample = net, layers, sample
        self._wanted = sorted({*layers, *model_layers})
        self.register_buffer("mean", torch.tensor(params.mean).reshape(1, 3, 1, 1) * 255)
        self.register_buffer("std", torch.tensor(params.std).reshape(1, 3, 1, 1) * 255)

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        images = (pixels.permute(0, 3, 1, 2) - self.mean) / self.std
        features = self._net.extract_backbone_features(images, self._wanted)
        return (*(features[name] for name in self._layers), self._sample(features))


def features_step(module: BackboneFeatures, size: int, sample: str) -> Step:
    """The graph for any number of images of that side; `sample` names its last output."""
    return Step(
        "features",
        module,
        {"pixels": torch.zeros(2, size, size, 3)},
        ["fine", "coarse", sample],
        {"pixels": {0: "images"}},
    )
