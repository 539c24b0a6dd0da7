"""A small network of DiMP's kind, with fixed random features and a box head whose maximum is known."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import nn

from siou_tracking.ltr.models.meta.steepestdescent import GNSteepestDescent
from siou_tracking.ltr.models.target_classifier.initializer import FilterInitializerLinear
from siou_tracking.ltr.models.target_classifier.linear_filter import LinearFilter
from siou_tracking.ltr.models.target_classifier.optimizer import DiMPSteepestDescentGN, PrDiMPSteepestDescentNewton
from siou_tracking.ltr.models.target_classifier.residual_modules import LinearFilterHinge
from siou_tracking.ltr.models.tracking.dimp_network import DiMPnet
from tests.trackers.conftest import QuadraticPredictor, RandomFeatureNet

OPTIMIZERS = {
    "dimp": lambda: DiMPSteepestDescentGN(
        init_step_length=0.9,
        init_filter_reg=0.1,
        init_gauss_sigma=0.9,
        num_dist_bins=100,
        bin_displacement=0.1,
        mask_init_factor=3.0,
    ),
    "prdimp": lambda: PrDiMPSteepestDescentNewton(
        init_filter_reg=0.05, min_filter_reg=0.05, gauss_sigma=0.9, alpha_eps=0.05, normalize_label=True
    ),
    "simple": lambda: GNSteepestDescent(
        LinearFilterHinge(init_filter_reg=0.1, hinge_threshold=0.05, score_act="relu"), residual_batch_dim=1
    ),
}


class Features(RandomFeatureNet):
    """The backbone of a network, called with images and names of layers."""

    def forward(self, images: torch.Tensor, layers: Sequence[str]) -> dict[str, torch.Tensor]:
        return self.extract_backbone_features(images, list(layers))


def small_network(kind: str = "dimp") -> DiMPnet:
    """See the top; `kind` is one of `OPTIMIZERS`."""
    classifier = LinearFilter(4, FilterInitializerLinear(4, 32, init_weights="zero"), OPTIMIZERS[kind](), None)
    backbone: nn.Module = Features()
    return DiMPnet(backbone, classifier, QuadraticPredictor(), "layer3", ["layer2", "layer3"])


@pytest.fixture
def dimp_net() -> DiMPnet:
    return small_network()
