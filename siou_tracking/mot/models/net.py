"""The one-stage network: a backbone, an upsampling neck, four heads; FairMOT's assembly (Zhang et al., IJCV 2021).

FairMOT's own backbone is DLA-34 with deformable convolutions. Here it is one without compiled parts: ResNet-18, or
EfficientNet-Lite0 or a small network for a CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.losses.feature.task_balance import TaskBalance
from siou_tracking.ltr.admin.model_constructor import model_constructor
from siou_tracking.ltr.models import backbone as backbones
from siou_tracking.mot.models.heads import Heads, IdentityClassifier
from siou_tracking.mot.models.neck import UpsamplingNeck
from siou_tracking.mot.models.small import CHANNELS, SmallNet

STRIDE = 4


class _Backbone(NamedTuple):
    build: Callable[..., nn.Module]
    layers: tuple[str, ...]
    """From stride 4 down."""
    channels: tuple[int, ...]
    has_weights: bool
    """Whether ImageNet weights can be had."""


BACKBONES = {
    "resnet18": _Backbone(backbones.resnet18, ("layer1", "layer2", "layer3", "layer4"), (64, 128, 256, 512), True),
    "efficientnet_lite0": _Backbone(
        backbones.efficientnet_lite0, ("layer1", "layer2", "layer3", "layer4"), (24, 40, 112, 320), True
    ),
    "small": _Backbone(SmallNet, ("layer1", "layer2", "layer3"), CHANNELS[1:], False),
}


class MOTNet(nn.Module):
    """Detects and identifies in one pass.

    Args:
        feature_extractor: a backbone, called with images and layer names.
        layers: the layers that the neck reads, stride 4 first.
        neck: their maps to the shared feature.
        heads: the shared feature to the maps.
        classifier, balance: used in training alone; parts of the network so that they are in its checkpoints, in its
            optimizer and averaged over processes.
        input_size: width and height in pixels that it is trained at.

    Attributes:
        stride: input pixels per cell of every map, 4.
        margins: buffer (2,), the DIM loss's m_D and m_I; zeros until they are known.
    """

    margins: Tensor  # register_buffer does not tell its type

    def __init__(
        self,
        feature_extractor: nn.Module,
        layers: Sequence[str],
        neck: UpsamplingNeck,
        heads: Heads,
        classifier: IdentityClassifier,
        balance: TaskBalance,
        input_size: tuple[int, int],
    ) -> None:
        super().__init__()
        self.feature_extractor = feature_extractor
        self.layers = list(layers)
        self.neck = neck
        self.heads = heads
        self.classifier = classifier
        self.balance = balance
        self.input_size = input_size
        self.stride = heads.stride
        self.register_buffer("margins", torch.zeros(2))

    def forward(self, images: Tensor, cells: Tensor | None = None) -> dict[str, Tensor]:
        """Dense maps of images (N, 3, H, W), RGB in [0, 1] normalized by ImageNet's mean and deviation.

        Args:
            cells: (N, K) int64, row * w + column, for training: where the classifier is to score identities.

        Returns:
            With h = H / 4 and w = W / 4, rounded up: "heatmap" (N, 1, h, w) logits of an object's center; "offset"
            (N, 2, h, w) of the center from the cell's corner in cells; "size" (N, 4, h, w) distances l, t, r, b from
            the center to the box in input pixels, positive; "embedding" (N, D, h, w), not normalized; "feature"
            (N, C, h, w), the shared map that all of them are read from, not negative. With cells also "scores"
            (N, K, identities) and "task_weights" (2,), the balance's s_det and s_id.
        """
        maps = self.feature_extractor(images, self.layers)
        feature = self.neck([maps[name] for name in self.layers])
        outputs = {**self.heads(feature), "feature": feature}
        if cells is not None:
            outputs["scores"] = self.classifier(outputs["embedding"], cells)
            # Training in several processes asks that all it trains be found in what the forward pass returns.
            outputs["task_weights"] = torch.stack((self.balance.s_det, self.balance.s_id))
        return outputs


@model_constructor
def mot_net(
    backbone: str = "resnet18",
    feature_channels: int = 64,
    head_channels: int = 256,
    embedding_dim: int = 128,
    identities: int = 1,
    input_size: Sequence[int] = (1088, 608),
    dim_weight: float = 10.0,
    backbone_pretrained: bool = True,
    backbone_frozen: bool = False,
) -> MOTNet:
    """The one-stage network by the names and numbers of its parts; the defaults are FairMOT's, but for the backbone.

    Args:
        backbone: "resnet18", "efficientnet_lite0", or "small", which has no ImageNet weights.
        feature_channels: C of the shared feature.
        head_channels: between the two convolutions of each head.
        embedding_dim: D of the identity embedding.
        identities: of the training set, the classes of the classifier.
        input_size: width and height in pixels that it is trained at; multiples of 4.
        dim_weight: factor on the DIM loss in `TaskBalance`.
        backbone_pretrained: start from ImageNet weights where the backbone has them.
        backbone_frozen: keep them, statistics of its batch norms included.

    Raises:
        InputError: an unknown backbone, a number that is not positive, or weights that cannot be found.
    """
    if backbone not in BACKBONES:
        raise unknown_name("backbone", backbone, BACKBONES)
    amounts = (feature_channels, head_channels, embedding_dim, identities, *input_size)
    if min(amounts) < 1 or len(input_size) != 2 or any(side % STRIDE for side in input_size):
        raise InputError(
            f"mot_net: got feature_channels {feature_channels}, head_channels {head_channels}, embedding_dim "
            f"{embedding_dim}, identities {identities}, input_size {tuple(input_size)}: allowed are numbers from 1, "
            f"and a width and height that {STRIDE} divides"
        )
    parts = BACKBONES[backbone]
    options: dict[str, Any] = {"pretrained": backbone_pretrained} if parts.has_weights else {}
    frozen = "all" if backbone_frozen else "none"
    extractor = parts.build(output_layers=parts.layers, frozen_layers=frozen, **options)
    return MOTNet(
        extractor,
        parts.layers,
        UpsamplingNeck(parts.channels, feature_channels),
        Heads(feature_channels, head_channels, embedding_dim, STRIDE),
        IdentityClassifier(embedding_dim, identities),
        TaskBalance(scale=dim_weight),
        (int(input_size[0]), int(input_size[1])),
    )
