"""Attention of a few queries to many tokens, without a key and a value for every token.

    score  q_h . (W_k,h t)  =  (W_k,h' q_h) . t            value  sum_t a_t (W_v,h t)  =  W_v,h (sum_t a_t t)

per head h: the projections of keys and values move to the side of the queries, of which there are fewer. The bias of
the keys adds the same to every score of a query, so softmax does not see it; weights sum to one, so the bias of the
values is added once.
"""

from __future__ import annotations

import math

from torch import Tensor, nn


def pays_off(attention: nn.MultiheadAttention, queries: int) -> bool:
    """Whether this is less work, and the module at hand is of the plain kind, in evaluation."""
    plain = attention.in_proj_weight is not None and attention.bias_k is None and not attention.add_zero_attn
    return plain and not attention.training and queries * attention.num_heads < attention.embed_dim


def attend_few(attention: nn.MultiheadAttention, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """What `attention(query, key, value)` gives for (tokens, batch, channels), up to rounding.

    Args:
        attention: see `pays_off`.
        query: (Q, B, E).
        key: (N, B, E).
        value: (N, B, E).

    Returns:
        (Q, B, E).
    """
    heads, size = attention.num_heads, attention.head_dim
    to_query, to_key, to_value = attention.in_proj_weight.unflatten(0, (3, heads, size)).unbind()  # [heads, size, E]
    projected = nn.functional.linear(query, to_query.flatten(0, 1), _bias(attention, 0))
    asked = projected.unflatten(2, (heads, size)).permute(1, 2, 0, 3)  # [B, heads, Q, size]
    asked = (asked @ to_key / math.sqrt(size)).flatten(1, 2)  # [B, heads Q, E]
    weights = (asked @ key.permute(1, 2, 0)).softmax(dim=-1)  # [B, heads Q, N]
    read = (weights @ value.transpose(0, 1)).unflatten(1, (heads, -1))  # [B, heads, Q, E]
    answer = (read @ to_value.transpose(1, 2)).permute(2, 0, 1, 3).flatten(2)  # [Q, B, E]
    bias = _bias(attention, 2)
    return attention.out_proj(answer if bias is None else answer + bias)


def _bias(attention: nn.MultiheadAttention, part: int) -> Tensor | None:
    return None if attention.in_proj_bias is None else attention.in_proj_bias.unflatten(0, (3, -1))[part]
