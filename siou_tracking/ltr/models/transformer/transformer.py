"""An encoder and a decoder for tokens with positions (Carion et al., "End-to-End Object Detection with Transformers",
2020): positions are added to queries and keys in every layer, never to values.

Sequences are (tokens, batch, channels). Names of parameters are upstream's.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from siou_tracking.errors import unknown_name
from siou_tracking.ltr.models.transformer.few_queries import attend_few, pays_off

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": functional.relu, "gelu": functional.gelu}


class _Layer(nn.Module):
    """Attention and a feed-forward part, each with a shortcut and a norm after it (or before).

    Args:
        d_model: channels.
        nhead: attention heads.
        dim_feedforward: channels between the two linear layers.
        dropout: chance that a value is dropped in training, attention weights included.
        activation: 'relu' or 'gelu'.
        normalize_before: norms come before the sublayers.

    Raises:
        InputError: another activation.
    """

    attentions: tuple[str, ...]
    """Names of the attention modules; there is one norm more. The order of parameters is upstream's, by which a stored
    optimizer knows them."""
    norm1: nn.LayerNorm
    norm2: nn.LayerNorm

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str = "relu",
        normalize_before: bool = False,
    ) -> None:
        super().__init__()
        if activation not in _ACTIVATIONS:
            raise unknown_name("activation", activation, _ACTIVATIONS)
        for name in self.attentions:
            self.add_module(name, nn.MultiheadAttention(d_model, nhead, dropout=dropout))
        self.linear1 = nn.Linear(d_model, dim_feedforward)
        self.linear2 = nn.Linear(dim_feedforward, d_model)
        for i in range(len(self.attentions) + 1):
            self.add_module(f"norm{i + 1}", nn.LayerNorm(d_model))
        self.dropout = nn.Dropout(dropout)
        self.activation = _ACTIVATIONS[activation]
        self.normalize_before = normalize_before

    def _residual(self, x: Tensor, norm: nn.Module, sublayer: Callable[[Tensor], Tensor]) -> Tensor:
        if self.normalize_before:
            return x + self.dropout(sublayer(norm(x)))
        return norm(x + self.dropout(sublayer(x)))

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Tokens attend to each other."""

    attentions = ("self_attn",)
    self_attn: nn.MultiheadAttention

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        pos: Tensor | None = None,
    ) -> Tensor:
        """(tokens, batch, d_model) -> the same; masks as in `nn.MultiheadAttention`, `pos` broadcasts to `src`."""

        def attend(x: Tensor) -> Tensor:
            at = _add(x, pos)
            return _attend(self.self_attn, at, at, x, src_mask, src_key_padding_mask)

        return self._residual(self._residual(src, self.norm1, attend), self.norm2, self._feed_forward)


class TransformerDecoderLayer(_Layer):
    """Queries attend to each other, then to a memory."""

    attentions = ("self_attn", "multihead_attn")
    self_attn: nn.MultiheadAttention
    multihead_attn: nn.MultiheadAttention
    norm3: nn.LayerNorm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        pos: Tensor | None = None,
        query_pos: Tensor | None = None,
    ) -> Tensor:
        """(queries, batch, d_model) and a memory of (tokens, batch, d_model) -> (queries, batch, d_model).

        `pos` is added to the memory's keys, `query_pos` to the queries.
        """
        keys = _add(memory, pos)

        def attend_selves(x: Tensor) -> Tensor:
            at = _add(x, query_pos)
            return _attend(self.self_attn, at, at, x, tgt_mask, tgt_key_padding_mask)

        def attend_memory(x: Tensor) -> Tensor:
            at = _add(x, query_pos)
            return _attend(self.multihead_attn, at, keys, memory, memory_mask, memory_key_padding_mask)

        tgt = self._residual(tgt, self.norm1, attend_selves)
        tgt = self._residual(tgt, self.norm2, attend_memory)
        return self._residual(tgt, self.norm3, self._feed_forward)


class TransformerEncoder(nn.Module):
    """Layers one after another, and a norm if there is one."""

    def __init__(self, layers: list[TransformerEncoderLayer], norm: nn.Module | None = None) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.norm = norm

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        pos: Tensor | None = None,
    ) -> Tensor:
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, pos)
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(nn.Module):
    """Layers one after another and a norm; `return_intermediate` gives the normed output of each layer."""

    def __init__(self, layers: list[TransformerDecoderLayer], norm: nn.Module, return_intermediate: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.norm = norm
        self.return_intermediate = return_intermediate

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        memory_key_padding_mask: Tensor | None = None,
        pos: Tensor | None = None,
        query_pos: Tensor | None = None,
    ) -> Tensor:
        """Outputs (layers or 1, queries, batch, d_model)."""
        outputs = []
        for layer in self.layers:
            tgt = layer(tgt, memory, memory_key_padding_mask=memory_key_padding_mask, pos=pos, query_pos=query_pos)
            outputs.append(tgt)
        return self.norm(torch.stack(outputs if self.return_intermediate else [tgt]))


class Transformer(nn.Module):
    """An encoder over all tokens, and a decoder whose queries read its output.

    Args:
        d_model, nhead, dim_feedforward, dropout, activation, normalize_before: see `_Layer`.
        num_encoder_layers, num_decoder_layers: layers of each.
        return_intermediate_dec: return what every decoder layer gives, not the last only.
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str = "relu",
        normalize_before: bool = False,
        return_intermediate_dec: bool = False,
    ) -> None:
        super().__init__()
        options = (d_model, nhead, dim_feedforward, dropout, activation, normalize_before)
        self.encoder = TransformerEncoder(
            [TransformerEncoderLayer(*options) for _ in range(num_encoder_layers)],
            nn.LayerNorm(d_model) if normalize_before else None,
        )
        self.decoder = TransformerDecoder(
            [TransformerDecoderLayer(*options) for _ in range(num_decoder_layers)],
            nn.LayerNorm(d_model),
            return_intermediate_dec,
        )
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
        self.d_model = d_model
        self.nhead = nhead

    def forward(
        self, src: Tensor, mask: Tensor | None, query_embed: Tensor, pos_embed: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Encode the tokens and let each query read them.

        Args:
            src: (tokens, batch, d_model).
            mask: (batch, tokens), True where a token is not there; None where all are.
            query_embed: (queries, d_model).
            pos_embed: positions of the tokens, broadcasting to `src`.

        Returns:
            What the decoder gives, (layers or 1, batch, queries, d_model), and the encoded tokens, as `src`.
        """
        queries = query_embed.unsqueeze(1).expand(-1, src.shape[1], -1)
        memory = self.encoder(src, src_key_padding_mask=mask, pos=pos_embed)
        read = self.decoder(torch.zeros_like(queries), memory, mask, pos_embed, queries)
        return read.transpose(1, 2), memory


def _add(x: Tensor, pos: Tensor | None) -> Tensor:
    return x if pos is None else x + pos


def _attend(
    attention: nn.MultiheadAttention,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    padding: Tensor | None,
) -> Tensor:
    if mask is None and padding is None and pays_off(attention, len(query)):
        return attend_few(attention, query, key, value)
    # Nobody reads the weights, and without them torch takes its fused kernels; a CPU has none that drops some of them,
    # and there the plain products take a tenth less.
    plain = attention.training and attention.dropout > 0 and query.device.type == "cpu"
    return attention(query, key, value, padding, need_weights=plain, attn_mask=mask, average_attn_weights=False)[0]
