"""Convolution followed by batch norm, computed as one convolution where that is the same thing.

With fixed statistics, batch norm is y = s (conv(x) - mean) + beta with s = gamma / sqrt(var + eps) per channel, which
is a convolution with the weights s w and the bias s (b - mean) + beta. The result differs by rounding only.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def conv_norm(conv: nn.Conv2d, norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
    """`norm(conv(x))`, folded when `norm` uses fixed statistics and no gradient to either's parameters is wanted;
    not where torch compiles it.

    Args:
        conv, norm: modules; the folded weights are kept with `conv` and made anew when a tensor of either changes
            (assignments through `.data` in place excepted, which torch does not record).
        x: (N, C, H, W).
    """
    # A compiler fuses the two itself, and cannot see whether kept weights are still those of now.
    if torch.compiler.is_compiling() or norm.training or not norm.track_running_stats or _wants_gradient(conv, norm):
        return norm(conv(x))
    weight, bias = folded_parameters(conv, norm)
    return conv._conv_forward(x, weight, bias)  # private: the convolution with other weights, padding mode included


def folded_parameters(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weight and bias of the one convolution that does both."""
    # Batch norm updates its running statistics without raising their version, but counts its batches with one.
    mean, variance, batches = norm.running_mean, norm.running_var, norm.num_batches_tracked
    assert mean is not None and variance is not None  # a norm that tracks its statistics has them
    sources = (conv.weight, conv.bias, norm.weight, norm.bias, mean, variance, batches)
    # data_ptr tells another tensor, _version (private, and raising for inference tensors) a change in place.
    state = tuple((t.data_ptr(), 0 if t.is_inference() else t._version) for t in sources if t is not None)
    kept = conv.__dict__.get("_folded")
    if kept is not None and kept[0] == state:
        return kept[1], kept[2]
    with torch.no_grad():
        scale = (variance + norm.eps).rsqrt()
        if norm.weight is not None:
            scale = scale * norm.weight
        shift = -mean if conv.bias is None else conv.bias - mean
        bias = shift * scale if norm.bias is None else shift * scale + norm.bias
        weight = conv.weight * scale.view(-1, 1, 1, 1)
    conv.__dict__["_folded"] = (state, weight, bias)  # neither parameter nor buffer: no checkpoint holds it
    return weight, bias


def _wants_gradient(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> bool:
    if not torch.is_grad_enabled():
        return False
    return any(t is not None and t.requires_grad for t in (conv.weight, conv.bias, norm.weight, norm.bias))
