"""The transformer's sublayers, norms and positions, against formulas and against torch's own layers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.transformer.transformer import (
    Transformer,
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)

OPTIONS = {"d_model": 8, "nhead": 2, "dim_feedforward": 12, "dropout": 0.0}


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64)


@pytest.mark.parametrize("normalize_before", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_a_layer_without_positions_is_torchs(normalize_before: bool, activation: str) -> None:
    for ours, theirs, extra in (
        (TransformerEncoderLayer, nn.TransformerEncoderLayer, ()),
        (TransformerDecoderLayer, nn.TransformerDecoderLayer, (draw(7, 3, 8),)),
    ):
        layer = ours(**OPTIONS, activation=activation, normalize_before=normalize_before).double()
        reference = theirs(**OPTIONS, activation=activation, norm_first=normalize_before).double()
        reference.load_state_dict(layer.state_dict())
        x = draw(5, 3, 8)
        torch.testing.assert_close(layer(x, *extra), reference(x, *extra))


def test_positions_are_added_to_queries_and_keys_and_not_to_values() -> None:
    layer, x, pos = TransformerEncoderLayer(**OPTIONS).double(), draw(5, 3, 8), draw(5, 1, 8)
    attended = layer.self_attn(x + pos, x + pos, x)[0]
    first = layer.norm1(x + attended)
    torch.testing.assert_close(layer(x, pos=pos), layer.norm2(first + layer.linear2(layer.linear1(first).relu())))


def test_a_padded_token_has_no_say() -> None:
    net = Transformer(**OPTIONS, num_encoder_layers=2, num_decoder_layers=2).double().eval()
    x, queries, pos = draw(5, 2, 8), draw(3, 8), draw(5, 1, 8)
    padded = torch.zeros(2, 5, dtype=torch.bool)
    padded[:, 3:] = True
    read, memory = net(x, padded, queries, pos)
    short, short_memory = net(x[:3], None, queries, pos[:3])
    assert read.shape == (1, 2, 3, 8) and memory.shape == x.shape
    torch.testing.assert_close(read, short)
    torch.testing.assert_close(memory[:3], short_memory)


def test_what_is_dropped_is_what_upstreams_slower_attention_drops() -> None:
    layer, x, pos = TransformerEncoderLayer(**OPTIONS | {"dropout": 0.3}), torch.randn(5, 3, 8), torch.randn(5, 1, 8)
    torch.manual_seed(0)
    got = layer(x, pos=pos)
    torch.manual_seed(0)
    attended = layer.self_attn(x + pos, x + pos, x, need_weights=True)[0]
    first = layer.norm1(x + layer.dropout(attended))
    hidden = layer.dropout(layer.linear1(first).relu())
    torch.testing.assert_close(got, layer.norm2(first + layer.dropout(layer.linear2(hidden))))


def test_every_decoder_layer_is_returned_if_asked_for() -> None:
    net = Transformer(**OPTIONS, num_encoder_layers=1, num_decoder_layers=3, return_intermediate_dec=True).double()
    x, queries = draw(5, 2, 8), draw(1, 8)
    read, _ = net(x, None, queries, None)
    net.decoder.return_intermediate = False
    assert read.shape == (3, 2, 1, 8)
    torch.testing.assert_close(read[-1:], net(x, None, queries, None)[0])


def test_an_unknown_activation_is_one_line() -> None:
    with pytest.raises(InputError, match="unknown activation 'glue': allowed are gelu, relu; did you mean 'gelu'"):
        Transformer(activation="glue")
