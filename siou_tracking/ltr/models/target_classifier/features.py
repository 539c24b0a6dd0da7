"""What turns backbone features into the features that a target's filter is applied to (DiMP, section 3.5)."""

from __future__ import annotations

from torch import nn

from siou_tracking.ltr.models.backbone.resnet import BasicBlock, Bottleneck
from siou_tracking.ltr.models.layers.normalization import InstanceL2Norm
from siou_tracking.ltr.models.layers.transform import InterpCat


def residual_basic_block(
    feature_dim: int = 256,
    num_blocks: int = 1,
    l2norm: bool = True,
    final_conv: bool = False,
    norm_scale: float = 1.0,
    out_dim: int | None = None,
    interp_cat: bool = False,
    final_relu: bool = False,
    init_pool: bool = False,
) -> nn.Sequential:
    """Residual blocks of ResNet-18, then a convolution and a normalization.

    Args:
        feature_dim: channels of the input and of the blocks.
        num_blocks: residual blocks.
        l2norm: whether an `InstanceL2Norm` of scale `norm_scale` ends it.
        final_conv: whether a 3x3 convolution without bias to `out_dim` channels (by default as many as come in) follows
            the blocks.
        interp_cat: takes several maps, which become one first, see `InterpCat`.
        final_relu: a ReLU after the convolution.
        init_pool: halves the resolution first.
    """
    out_dim = feature_dim if out_dim is None else out_dim
    layers: list[nn.Module] = [InterpCat()] if interp_cat else []
    if init_pool:
        layers.append(_halving())
    # Each block adds its input: without a last convolution only out_dim == feature_dim can be built.
    layers += [BasicBlock(feature_dim, feature_dim, 1, None) for _ in range(num_blocks)]
    return _finished(layers, feature_dim, out_dim, final_conv, final_relu, False, 1, norm_scale if l2norm else None)


def residual_bottleneck(
    feature_dim: int = 256,
    num_blocks: int = 1,
    l2norm: bool = True,
    final_conv: bool = False,
    norm_scale: float = 1.0,
    out_dim: int | None = None,
    interp_cat: bool = False,
    final_relu: bool = False,
    final_pool: bool = False,
    input_dim: int | None = None,
    final_stride: int = 1,
) -> nn.Sequential:
    """Residual blocks of ResNet-50, then a convolution and a normalization.

    Args:
        feature_dim: inner channels of the blocks, a quarter of those that come in and go out.
        input_dim: channels of the input, 4 feature_dim unless given.
        final_pool: halves the resolution after the convolution.
        final_stride: of the convolution.
        num_blocks, l2norm, final_conv, norm_scale, out_dim, interp_cat, final_relu: as in `residual_basic_block`.
    """
    out_dim = feature_dim if out_dim is None else out_dim
    layers: list[nn.Module] = [InterpCat()] if interp_cat else []
    channels = 4 * feature_dim if input_dim is None else input_dim
    for number in range(num_blocks):
        last = number == num_blocks - 1 and not final_conv
        layers.append(Bottleneck(channels, out_dim // 4 if last else feature_dim, 1, None))
        channels = 4 * feature_dim
    scale = norm_scale if l2norm else None
    return _finished(layers, channels, out_dim, final_conv, final_relu, final_pool, final_stride, scale)


def _finished(
    layers: list[nn.Module],
    channels: int,
    out_dim: int,
    final_conv: bool,
    final_relu: bool,
    final_pool: bool,
    stride: int,
    norm_scale: float | None,
) -> nn.Sequential:
    if final_conv:
        layers.append(nn.Conv2d(channels, out_dim, 3, stride=stride, padding=1, bias=False))
        if final_relu:
            layers.append(nn.ReLU(inplace=True))
        if final_pool:
            layers.append(_halving())
    if norm_scale is not None:
        layers.append(InstanceL2Norm(scale=norm_scale))
    return nn.Sequential(*layers)


def _halving() -> nn.MaxPool2d:
    return nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
