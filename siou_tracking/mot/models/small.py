"""A small residual network that trains from nothing in minutes on a CPU."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from torch import Tensor, nn
from torch.nn import functional

from siou_tracking.ltr.models.backbone.base import Backbone
from siou_tracking.ltr.models.backbone.resnet import BasicBlock
from siou_tracking.ltr.models.layers.folding import conv_norm

CHANNELS = (16, 24, 48, 96)


class SmallNet(Backbone):
    """Layers conv1, layer1, layer2, layer3 at strides 2, 4, 8, 16: a convolution, then one residual block each.

    Args:
        output_layers, frozen_layers: see `Backbone`.
        channels: of the four layers.
    """

    layer_names = ("conv1", "layer1", "layer2", "layer3")

    def __init__(
        self,
        output_layers: Iterable[str] | None = None,
        frozen_layers: str | Iterable[str] = (),
        channels: tuple[int, int, int, int] = CHANNELS,
    ) -> None:
        super().__init__(output_layers, frozen_layers)
        self.conv1 = nn.Conv2d(3, channels[0], 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels[0])
        for number, (before, after) in enumerate(itertools.pairwise(channels), 1):
            shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride=2, bias=False), nn.BatchNorm2d(after))
            self.add_module(f"layer{number}", BasicBlock(before, after, 2, shortcut))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def stages(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        x = functional.relu_(conv_norm(self.conv1, self.bn1, x))
        yield "conv1", x
        for name in self.layer_names[1:]:
            x = getattr(self, name)(x)
            yield name, x
