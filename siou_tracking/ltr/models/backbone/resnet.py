"""Residual networks (He et al., "Deep Residual Learning for Image Recognition", 2015), with torchvision's names.

The 50 and 101 layer networks stride in the 3x3 convolution, as torchvision's published weights need.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any  # keyword arguments passed on

import torch
from torch import Tensor, nn
from torch.nn import functional

from siou_tracking.ltr.models.backbone.base import Backbone
from siou_tracking.ltr.models.backbone.pretrained import load_imagenet_weights, wants_weights
from siou_tracking.ltr.models.layers.blocks import ConvNorm
from siou_tracking.ltr.models.layers.folding import conv_norm


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut.

    Sums and activations are in place: each acts on the fresh result of a convolution or norm, which nobody else holds.
    """

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int, downsample: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = functional.relu_(conv_norm(self.conv1, self.bn1, x))
        return functional.relu_(conv_norm(self.conv2, self.bn2, x).add_(shortcut))


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions beside a shortcut."""

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int, downsample: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, channels * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels * self.expansion)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = functional.relu_(conv_norm(self.conv1, self.bn1, x))
        x = functional.relu_(conv_norm(self.conv2, self.bn2, x))
        return functional.relu_(conv_norm(self.conv3, self.bn3, x).add_(shortcut))


class ResNet(Backbone):
    """Layers conv1 (after pooling), layer1 ... layer4 at strides 4, 4, 8, 16, 32, and fc, the class scores.

    Args:
        block: BasicBlock or Bottleneck.
        depths: blocks in each of the four layers.
        output_layers, frozen_layers: see `Backbone`.
        num_classes: class scores.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        depths: tuple[int, int, int, int],
        output_layers: Iterable[str] | None = None,
        frozen_layers: str | Iterable[str] = (),
        num_classes: int = 1000,
    ) -> None:
        super().__init__(output_layers, frozen_layers)
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        in_channels = 64
        for i, depth in enumerate(depths):
            channels, stride = 64 * 2**i, 1 if i == 0 else 2
            self.add_module(f"layer{i + 1}", _make_layer(block, in_channels, channels, depth, stride))
            in_channels = channels * block.expansion
        self.fc = nn.Linear(in_channels, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                rows, columns = module.kernel_size
                nn.init.normal_(module.weight, 0, math.sqrt(2 / (rows * columns * module.out_channels)))

    def stages(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        if self.training and x.device.type == "cpu":  # a step of training takes a tenth less with channels last there
            x = x.contiguous(memory_format=torch.channels_last)
        x = functional.relu_(conv_norm(self.conv1, self.bn1, x))
        x = functional.max_pool2d(x, 3, stride=2, padding=1)
        yield "conv1", x
        for name in ("layer1", "layer2", "layer3", "layer4"):
            x = getattr(self, name)(x)
            yield name, x
        yield "fc", self.fc(x.mean(dim=(2, 3)))


def _make_layer(
    block: type[BasicBlock] | type[Bottleneck], in_channels: int, channels: int, depth: int, stride: int
) -> nn.Sequential:
    out_channels = channels * block.expansion
    downsample = None
    if stride != 1 or in_channels != out_channels:
        shortcut = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)
        downsample = ConvNorm(shortcut)
    blocks = [block(in_channels, channels, stride, downsample)]
    blocks += [block(out_channels, channels, 1, None) for _ in range(depth - 1)]
    return nn.Sequential(*blocks)


def resnet18(output_layers: Iterable[str] | None = None, pretrained: bool = False, **kwargs: Any) -> ResNet:
    """ResNet-18; layer2 and layer3 have 128 and 256 channels.

    Args:
        output_layers: see `Backbone`.
        pretrained: load ImageNet weights, see `pretrained.load_imagenet_weights`.
        kwargs: `frozen_layers`, `num_classes`.

    Raises:
        InputError: the weights can neither be found nor fetched.
    """
    return _build_resnet("resnet18", BasicBlock, (2, 2, 2, 2), output_layers, pretrained, kwargs)


def resnet50(output_layers: Iterable[str] | None = None, pretrained: bool = False, **kwargs: Any) -> ResNet:
    """ResNet-50; layer2 and layer3 have 512 and 1024 channels. Arguments as `resnet18`."""
    return _build_resnet("resnet50", Bottleneck, (3, 4, 6, 3), output_layers, pretrained, kwargs)


def resnet101(output_layers: Iterable[str] | None = None, pretrained: bool = False, **kwargs: Any) -> ResNet:
    """ResNet-101; layer2 and layer3 have 512 and 1024 channels. Arguments as `resnet18`."""
    return _build_resnet("resnet101", Bottleneck, (3, 4, 23, 3), output_layers, pretrained, kwargs)


def _build_resnet(
    name: str,
    block: type[BasicBlock] | type[Bottleneck],
    depths: tuple[int, int, int, int],
    output_layers: Iterable[str] | None,
    pretrained: bool,
    options: dict[str, Any],
) -> ResNet:
    if not wants_weights(name, pretrained):
        return ResNet(block, depths, output_layers, **options)
    # Without memory: the loaded tensors take the place of these, so none are drawn, nor is torch's generator moved.
    with torch.device("meta"):
        net = ResNet(block, depths, output_layers, **options)
    return load_imagenet_weights(net, name)
