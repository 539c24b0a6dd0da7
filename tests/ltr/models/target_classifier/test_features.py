"""The classifier's features have upstream's keys, sizes and lengths."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from siou_tracking.ltr.models.target_classifier.features import residual_basic_block, residual_bottleneck


def test_a_basic_block_keeps_the_size_and_ends_in_the_scale() -> None:
    net = residual_basic_block(8, final_conv=True, norm_scale=0.25, out_dim=6)
    assert [type(layer).__name__ for layer in net] == ["BasicBlock", "Conv2d", "InstanceL2Norm"]
    y = net(torch.randn(2, 8, 5, 7))
    assert y.shape == (2, 6, 5, 7)
    torch.testing.assert_close(y.square().mean(dim=(1, 2, 3)), torch.full((2,), 0.0625), rtol=1e-3, atol=0)


@pytest.mark.parametrize(
    ("arguments", "layers", "shape"),
    [
        ({}, ["Bottleneck", "InstanceL2Norm"], (1, 8, 8, 8)),  # out_dim // 4 inner channels give out_dim
        ({"num_blocks": 0, "final_conv": True, "out_dim": 5}, ["Conv2d", "InstanceL2Norm"], (1, 5, 8, 8)),
        ({"num_blocks": 0, "final_conv": True, "final_stride": 2, "l2norm": False}, ["Conv2d"], (1, 8, 4, 4)),
        (
            {"num_blocks": 2, "final_conv": True, "final_relu": True, "final_pool": True, "l2norm": False},
            ["Bottleneck", "Bottleneck", "Conv2d", "ReLU", "MaxPool2d"],
            (1, 8, 4, 4),
        ),
    ],
)
def test_a_bottleneck_is_put_together_as_asked(arguments, layers, shape) -> None:
    # Without a last convolution the block must give back what came in: 32 channels for a feature_dim of 8.
    dim = 8 if arguments else 2
    net = residual_bottleneck(dim, **({"out_dim": 8} | arguments))
    assert [type(layer).__name__ for layer in net] == layers
    assert net(torch.randn(1, 4 * dim, 8, 8)).shape == shape


def test_several_maps_and_a_first_pooling() -> None:
    net = residual_basic_block(8, interp_cat=True, init_pool=True, l2norm=False)
    assert isinstance(net[1], nn.MaxPool2d)
    assert net([torch.randn(1, 3, 8, 8), torch.randn(1, 5, 4, 4)]).shape == (1, 8, 2, 2)
