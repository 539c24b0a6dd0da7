"""A whole network of known weights, small behind its backbone, that finds something in every frame."""

from __future__ import annotations

import math

import torch
from torch import nn

from tests.parity.recipe import Maker, fill
from tests.trackers.tomp.scripted import SCENES

SCENE, FRAMES = SCENES["small"], 9
MAKER = Maker(
    "ltr.models.tracking.tompnet",
    "tompnet50",
    {
        "filter_size": 1,
        "backbone_pretrained": False,
        "head_feat_norm": True,
        "final_conv": True,
        "out_feature_dim": 64,
        "nhead": 4,
        "num_encoder_layers": 2,
        "num_decoder_layers": 2,
        "dim_feedforward": 128,
        "feature_sz": 18,
    },
)


@torch.no_grad()
def fill_for_tracking(net: nn.Module) -> nn.Module:
    """Weights as where networks are compared, in float32, but for those that say how sure and how large.

    The target is then found here and there, once with two frames remembered and once with one that is replaced.
    """
    fill(net).float()
    edges, classifier = net.head.bb_regressor.bbreg_layer, net.head.classifier.linear
    edges.weight *= 0.1
    edges.bias.fill_(math.log(0.11))
    classifier.weight *= -2
    classifier.bias.zero_()
    return net.eval()
