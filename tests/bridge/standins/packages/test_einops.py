"""Dimensions are moved as the pattern says, checked index by index."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.bridge.standins.packages.einops import Rearrange, rearrange
from siou_tracking.errors import InputError


def test_maps_become_tokens_and_tokens_maps():
    x = torch.randn(2, 3, 4, 5)
    tokens = rearrange(x, "b c h w -> b (h w) c")
    for b, c, h, w in [(0, 0, 0, 0), (1, 2, 3, 4), (1, 0, 2, 1), (0, 1, 1, 3)]:
        assert tokens[b, h * 5 + w, c] == x[b, c, h, w]
    assert torch.equal(rearrange(tokens, "b (h w) c -> b c h w", h=4), x)
    assert torch.equal(Rearrange("b (h w) c -> b c h w", h=4, w=5)(tokens), x)
    assert torch.equal(rearrange(x, "b c h w -> (b h w) c")[1 * 20 + 3 * 5 + 2], x[1, :, 3, 2])


def test_heads_are_split_and_joined():
    x = torch.randn(2, 7, 12)
    heads = rearrange(x, "b t (h d) -> b h t d", h=3)
    assert heads.shape == (2, 3, 7, 4) and heads[1, 2, 5, 3] == x[1, 5, 2 * 4 + 3]
    assert torch.equal(rearrange(heads, "b h t d -> b t (h d)"), x)


def test_ones_come_and_go_and_gradients_flow():
    x = torch.randn(1, 4, 6, requires_grad=True)
    y = rearrange(x, "1 (a b) c -> c 1 b a", a=2)
    assert y.shape == (6, 1, 2, 2) and y[5, 0, 1, 0] == x[0, 1, 5]
    y.sum().backward()
    assert torch.equal(x.grad, torch.ones_like(x))


@pytest.mark.parametrize(
    ("pattern", "lengths", "reason"),
    [
        ("b c -> c b", {}, "3 dimensions, not 2"),
        ("a b c -> a b", {}, "same axes"),
        ("a b b -> a b b", {}, "same axes"),
        ("a (b c) d -> a b c d", {}, "no length for b and c"),
        ("a (b c) d -> a b c d", {"b": 4}, "got 6 for"),
        ("a b c -> a b c", {"c": 9}, "got 4 for"),
        ("... c -> c ...", {}, "pip install einops"),
        ("a (b c -> a b c", {}, "closed"),
        ("a b) c -> a b c", {}, "pip install einops"),
        ("a b c", {}, "same axes"),
    ],
)
def test_what_does_not_fit_is_refused(pattern, lengths, reason):
    with pytest.raises(InputError, match="rearrange.*" + reason.replace("(", r"\(")):
        rearrange(torch.zeros(2, 6, 4), pattern, **lengths)


def test_a_length_that_is_zero_is_no_division_by_zero():
    assert rearrange(torch.zeros(2, 0, 4), "a b c -> (a b) c").shape == (0, 4)


@pytest.mark.parametrize(
    "pattern", ["b c h w -> b (h w) c", "b c h w -> (b h w) c", "b (c d) h w -> h w d (b c)", "b c h w -> w h c b"]
)
def test_einops_itself_agrees(pattern):
    einops = pytest.importorskip("einops")
    x, lengths = torch.randn(2, 6, 4, 5), {"d": 2} if "d" in pattern else {}
    assert torch.equal(rearrange(x, pattern, **lengths), einops.rearrange(x, pattern, **lengths))
