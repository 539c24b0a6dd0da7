from __future__ import annotations

import pytest
import torch
from torch import nn

from siou_tracking.ltr.models.transformer.few_queries import attend_few, pays_off


@pytest.mark.parametrize("queries", [1, 3])
@pytest.mark.parametrize("bias", [True, False])
def test_it_is_torchs_attention(queries: int, bias: bool) -> None:
    attention = nn.MultiheadAttention(24, 4, dropout=0.1, bias=bias).double().eval()
    for parameter in attention.parameters():
        nn.init.normal_(parameter)
    query, key, value = (torch.randn(count, 2, 24, dtype=torch.float64) for count in (queries, 50, 50))
    assert pays_off(attention, queries)
    expected, _ = attention(query, key, value)
    assert torch.allclose(attend_few(attention, query, key, value), expected, rtol=1e-12, atol=1e-12)


def test_it_is_left_to_torch_where_dropout_counts_or_queries_are_many() -> None:
    attention = nn.MultiheadAttention(24, 4)
    assert not pays_off(attention.train(), 1)
    assert pays_off(attention.eval(), 5) and not pays_off(attention, 6)
    assert not pays_off(nn.MultiheadAttention(24, 4, kdim=8).eval(), 1)
    assert not pays_off(nn.MultiheadAttention(24, 4, add_bias_kv=True).eval(), 1)
