"""The four heads on the shared feature, and the classifier of training identities."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from siou_tracking.mot.models.boxes import gather_cells

PRIOR = 0.1
"""Probability of an object that every cell starts with; FairMOT's bias of -2.19."""
FIRST_SIDE = 2.0
"""Distance to each side, in cells, that every cell starts near."""


class Heads(nn.Module):
    """Heatmap, offset, size and embedding, each 3x3 convolution, ReLU, 1x1 convolution.

    The four 3x3 convolutions read the same map and are computed as one.

    Args:
        in_channels: of the shared feature.
        hidden_channels: of each head.
        embedding_dim: channels of the identity embedding.
        stride: input pixels per cell.
    """

    names = ("heatmap", "offset", "size", "embedding")

    def __init__(self, in_channels: int, hidden_channels: int, embedding_dim: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.hidden = nn.Conv2d(in_channels, len(self.names) * hidden_channels, 3, padding=1)
        widths = {"heatmap": 1, "offset": 2, "size": 4, "embedding": embedding_dim}
        out = {name: nn.Conv2d(hidden_channels, widths[name], 1) for name in self.names}
        starts = {"heatmap": math.log(PRIOR / (1 - PRIOR)), "offset": 0.5, "size": math.log(math.expm1(FIRST_SIDE))}
        for name, start in starts.items():
            nn.init.normal_(out[name].weight, std=0.01)
            nn.init.constant_(out[name].get_parameter("bias"), start)
        self.out = nn.ModuleDict(out)

    def forward(self, feature: Tensor) -> dict[str, Tensor]:
        """Maps (N, 1 | 2 | 4 | embedding_dim, h, w) by name; see `MOTNet.forward`."""
        parts = functional.relu(self.hidden(feature)).chunk(len(self.names), dim=1)
        maps = {name: self._predict(name, part) for name, part in zip(self.names, parts, strict=True)}
        maps["size"] = functional.softplus(maps["size"]) * self.stride
        return maps

    def _predict(self, name: str, part: Tensor) -> Tensor:
        """The last layer; that of boxes in the precision of its weights, also under autocast."""
        layer = self.out[name]
        if name not in ("offset", "size"):
            return layer(part)
        with torch.autocast(part.device.type, enabled=False):
            return layer(part.to(layer.get_parameter("weight").dtype))


class IdentityClassifier(nn.Module):
    """Scores of all training identities from embeddings; used in training alone.

    Embeddings are scaled to length sqrt(2) ln(n - 1), n identities, as in JDE and FairMOT: on the unit sphere the
    scores of many identities would be too close to each other for a softmax.

    Args:
        embedding_dim: of the embeddings.
        identities: how many there are, from 1.
    """

    def __init__(self, embedding_dim: int, identities: int) -> None:
        super().__init__()
        # The formula gives 0 for two identities and has no value for one; both take that of three.
        self.scale = math.sqrt(2) * math.log(max(identities - 1, 2))
        self.linear = nn.Linear(embedding_dim, identities)

    @property
    def identities(self) -> int:
        """How many there are; classes 0 ... identities - 1."""
        return self.linear.out_features

    def forward(self, embedding: Tensor, cells: Tensor) -> Tensor:
        """Scores (N, K, identities) of a map of embeddings (N, D, h, w) at cells (N, K) of row * w + column."""
        rows = gather_cells(embedding, cells)
        with torch.autocast(rows.device.type, enabled=False):
            return self.linear(self.scale * functional.normalize(rows, dim=-1))
