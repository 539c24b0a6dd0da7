"""Layers: folding is exact, and notices every change."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from siou_tracking.ltr.models.backbone import resnet18
from siou_tracking.ltr.models.layers.blocks import ConvBlock, LinearBlock
from siou_tracking.ltr.models.layers.folding import conv_norm, folded_parameters


def random_pair(bias: bool = True) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    conv, norm = nn.Conv2d(3, 4, 3, padding=1, bias=bias).double(), nn.BatchNorm2d(4).double()
    with torch.no_grad():
        for values in (norm.weight, norm.bias, norm.running_mean):
            values.normal_()
        norm.running_var.uniform_(0.5, 2)
    return conv.eval(), norm.eval()


@pytest.mark.parametrize("bias", [True, False])
def test_folding_is_exact_and_used_only_without_gradients(bias: bool) -> None:
    conv, norm = random_pair(bias)
    x = torch.randn(2, 3, 5, 6, dtype=torch.float64)
    expected = conv_norm(conv, norm, x)
    assert expected.requires_grad and "_folded" not in vars(conv)
    with torch.no_grad():
        torch.testing.assert_close(conv_norm(conv, norm, x), expected)
    assert "_folded" in vars(conv)
    conv.requires_grad_(False), norm.requires_grad_(False)
    x.requires_grad_()
    gradient = torch.autograd.grad(conv_norm(conv, norm, x).square().sum(), x)[0]
    torch.testing.assert_close(gradient, torch.autograd.grad(norm(conv(x)).square().sum(), x)[0])


CHANGES = {
    "training step": lambda conv, norm: torch.optim.SGD([conv.weight, norm.bias], lr=0.1).step(),
    "running statistics": lambda conv, norm: norm.train()(torch.randn(4, 4, 3, 3, dtype=torch.float64)),
    "loaded weights": lambda conv, norm: conv.load_state_dict({k: 2 * v for k, v in conv.state_dict().items()}),
    "in place": lambda conv, norm: norm.weight.mul_(2),
    "replaced": lambda conv, norm: setattr(conv, "weight", nn.Parameter(2 * conv.weight)),
    "another type and back": lambda conv, norm: (conv.float().double(), norm.float().double()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_folded_weights_follow_every_change(change) -> None:
    conv, norm = random_pair()
    conv.weight.grad, norm.bias.grad = torch.ones_like(conv.weight), torch.ones_like(norm.bias)
    x = torch.randn(2, 3, 5, 6, dtype=torch.float64)
    with torch.no_grad():
        before = conv_norm(conv, norm, x)
        change(conv, norm)
        norm.eval()
        torch.testing.assert_close(conv_norm(conv, norm, x), norm(conv(x)))
        assert not torch.equal(conv_norm(conv, norm, x), before)


def test_folded_weights_are_made_once_and_not_saved() -> None:
    conv, norm = random_pair()
    first = folded_parameters(conv, norm)
    assert folded_parameters(conv, norm)[0] is first[0]
    assert set(conv.state_dict()) == {"weight", "bias"}
    torch.testing.assert_close(folded_parameters(copy.deepcopy(conv), copy.deepcopy(norm)), first)


def test_what_is_compiled_is_one_graph_without_folding() -> None:
    conv, norm = random_pair()
    x = torch.randn(2, 3, 5, 5, dtype=torch.float64)
    with torch.no_grad():
        compiled = torch.compile(conv_norm, fullgraph=True, backend="eager")(conv, norm, x)
        torch.testing.assert_close(compiled, conv_norm(conv, norm, x))


def test_folding_leaves_a_backbones_features_as_they_are() -> None:
    net = resnet18().eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.normal_(module.running_mean, std=0.1)
    x = torch.randn(1, 3, 64, 64)
    expected = net(x, ["layer2", "layer3"])
    with torch.no_grad():
        for name, features in net(x, ["layer2", "layer3"]).items():
            torch.testing.assert_close(features, expected[name], rtol=1e-4, atol=1e-4)


def test_conv_block_keeps_the_size_unless_told_otherwise() -> None:
    assert ConvBlock(3, 5, 3)(torch.zeros(2, 3, 7, 8)).shape == (2, 5, 7, 8)
    assert ConvBlock(3, 5, 3, padding=0)(torch.zeros(2, 3, 3, 3)[:]).shape == (2, 5, 1, 1)
    assert ConvBlock(3, 5, 1)(torch.zeros(2, 3, 4, 4)).shape == (2, 5, 4, 4)


def test_linear_block_flattens_channels_before_rows_and_columns() -> None:
    block = LinearBlock(2, 3, 2).eval()
    with torch.no_grad():
        block.linear.weight.copy_(torch.eye(8)[[0, 1, 4]])
        block.linear.bias.zero_()
    x = torch.arange(8.0).view(1, 2, 2, 2)
    torch.testing.assert_close(block(x), torch.tensor([[0.0, 1.0, 4.0]]), rtol=1e-4, atol=1e-4)
