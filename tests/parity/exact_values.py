"""Numbers that look random and are the same everywhere: made in integers, so no generator and no libm has a say."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_WORD = 2**32 - 1
_ROUNDS = ((16, 0x21F0AAAD), (15, 0x735A2D97), (15, 0x31848BAB))


def noise(shape: tuple[int, ...], stream: int) -> Tensor:
    """Values from -1 up to 1 in steps of 2 ** -23, which float32 holds exactly: hashes of each element's number.

    Sines of evenly spaced angles will not do: as a weight they make a matrix of rank 2.

    Args:
        shape: of the result.
        stream: another number gives unrelated values.

    Returns:
        `shape`, float64.
    """
    word = torch.arange(math.prod(shape), dtype=torch.int64) + ((stream + 1) * 0x61C88647 & _WORD)
    word &= _WORD
    for shift, factor in _ROUNDS:  # products stay below 2 ** 63, since words have 32 bits and factors 31
        word ^= word >> shift
        word *= factor
        word &= _WORD
    word ^= word >> 14
    word >>= 8
    return word.sub_(2**23).to(torch.float64).div_(2**23).view(shape)
