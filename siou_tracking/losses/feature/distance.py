"""How far two feature vectors are apart, in the five ways that the margin losses can be told to measure it.

With a and b of C channels, and a/|a| a direction:

    rms      |a - b| / sqrt(C)           root mean square difference of a channel; a margin survives a change of C
    l2       |a - b|                     plain length
    sq       |a - b|^2 / C               its slope vanishes where the features meet: no force to spread a tight cluster
    cosine   1 - cos(a, b)               scale-free; vanishing slope as well
    unit     |a/|a| - b/|b||             scale-free; its square is twice the cosine distance

Where two features are equal the slope is 0, never NaN. A vector shorter than 1e-6 has no direction and counts as 0 in
the last two, whose value is then not a distance of directions but still finite, with a finite gradient.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch.utils.checkpoint import checkpoint

DISTANCES = ("rms", "l2", "sq", "cosine", "unit")
# These grow with the square of a length, so twice the length is four times the distance.
SQUARED = ("sq", "cosine")
SHORTEST_DIRECTION = 1e-6
# Numbers in one block of pairwise differences: 64 MiB in float32.
BLOCK_NUMBERS = 2**24


def feature_distance(a: torch.Tensor, b: torch.Tensor, distance: str) -> torch.Tensor:
    """Distance `(...)` of features `(..., C)`, whose shapes broadcast; `distance` is one of `DISTANCES`."""
    if distance in ("cosine", "unit"):
        chord: torch.Tensor = torch.linalg.vector_norm(_to_direction(a) - _to_direction(b), dim=-1)
        return chord if distance == "unit" else 0.5 * chord.square()
    length: torch.Tensor = torch.linalg.vector_norm(a - b, dim=-1)
    if distance == "l2":
        return length
    rms = length / math.sqrt(a.shape[-1])
    return rms if distance == "rms" else rms.square()


def _to_direction(x: torch.Tensor) -> torch.Tensor:
    length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return x / torch.where(length > SHORTEST_DIRECTION, length, 1)


class Pairs(NamedTuple):
    """Which rows are compared with which, and what a pair counts."""

    ids: torch.Tensor
    """`(N,)` integers; rows of one id are never paired."""
    images: torch.Tensor | None
    """`(N,)` integers where only rows of one image are paired; None pairs rows of all images."""
    weights: torch.Tensor
    """`(N,)`, not negative; a pair counts with the product of its two."""

    def weights_of(self, rows: slice) -> torch.Tensor:
        """Weight `(R, N)` of the pairs of some rows with all."""
        paired = self.ids[rows, None] != self.ids
        if self.images is not None:
            paired = paired & (self.images[rows, None] == self.images)
        return self.weights[rows, None] * self.weights * paired


def mean_over_pairs(
    features: torch.Tensor, pairs: Pairs, distance: str, penalty: Callable[[torch.Tensor], torch.Tensor]
) -> torch.Tensor:
    """Mean of `penalty(distance)` over pairs of features `(N, C)`; a scalar, 0 with a graph where there is no pair.

    Differences are taken directly, not through a product of matrices, which cannot tell close features apart. They come
    in blocks of rows that the backward pass makes anew, so the differences of all pairs are never held at once.
    """

    def block(x: torch.Tensor, rows: slice) -> tuple[torch.Tensor, torch.Tensor]:
        share = pairs.weights_of(rows)  # [R, N]
        return (penalty(feature_distance(x[rows, None], x, distance)) * share).sum(), share.sum()

    blocks = list(_split_rows(features))
    if len(blocks) == 1:
        total, share = block(features, blocks[0])
    else:
        # Nothing in a block is random, so no state has to be kept to draw it again.
        parts = [checkpoint(block, features, rows, use_reentrant=False, preserve_rng_state=False) for rows in blocks]
        total, share = (torch.stack(column).sum() for column in zip(*parts, strict=True))
    return total / torch.where(share == 0, 1, share)


def pair_distances(features: torch.Tensor, pairs: Pairs, distance: str) -> torch.Tensor:
    """The distances of all pairs of features `(N, C)` whose weight is not 0, each pair twice, without a gradient."""
    with torch.no_grad():
        kept = [
            feature_distance(features[rows, None], features, distance)[pairs.weights_of(rows) > 0]
            for rows in _split_rows(features)
        ]
    return torch.cat(kept)


def _split_rows(features: torch.Tensor) -> Iterator[slice]:
    height = max(1, BLOCK_NUMBERS // max(1, features.numel()))
    return (slice(start, start + height) for start in range(0, max(1, len(features)), height))
