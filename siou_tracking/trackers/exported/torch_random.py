"""Random numbers equal to those of a torch.Generator on the CPU, without torch: equal seeds give equal trackers.

Both are the Mersenne Twister (Matsumoto and Nishimura, 1998) seeded alike; what differs from library to library is how
its 32 bits become a number. Normal numbers are Box and Muller's (1958), in blocks of 16.
"""

from __future__ import annotations

import math

import numpy as np

_BLOCK = 16


class TorchRandom:
    """A stream of numbers.

    Args:
        seed: as for `torch.Generator().manual_seed`.
    """

    def __init__(self, seed: int) -> None:
        self._twister = np.random.RandomState(seed & 0xFFFFFFFF)

    def rand(self, *shape: int) -> np.ndarray:
        """Uniform in [0, 1), float32, as `torch.rand`."""
        bits = self._twister.randint(0, 2**32, math.prod(shape), dtype=np.uint32)
        return ((bits & 0xFFFFFF).astype(np.float32) * np.float32(2**-24)).reshape(shape)

    def bernoulli(self, chance: float, *shape: int) -> np.ndarray:
        """True with that chance, as `torch.Tensor.bernoulli_` draws; on Intel's processors it leaves that to MKL."""
        high, low = self._twister.randint(0, 2**32, (math.prod(shape), 2), dtype=np.uint32).astype(np.uint64).T
        drawn: np.ndarray = ((high << np.uint64(32) | low) & np.uint64(2**53 - 1)) * 2.0**-53 < chance
        return drawn.reshape(shape)

    def randn(self, *shape: int) -> np.ndarray:
        """Standard normal, float32, as `torch.randn` of at least 16 numbers, up to rounding."""
        count = math.prod(shape)
        assert count >= _BLOCK  # torch draws fewer in another way
        values = self.rand(count)
        whole = count - count % _BLOCK
        values[:whole] = _to_normal(values[:whole])
        if count > whole:  # the last block is drawn anew, over the end of the one before
            values[-_BLOCK:] = _to_normal(self.rand(_BLOCK))
        return values.reshape(shape)


def _to_normal(uniform: np.ndarray) -> np.ndarray:
    first, second = np.split(uniform.reshape(-1, 2, _BLOCK // 2), 2, axis=1)  # [blocks, 1, 8] each
    radius = np.sqrt(-2 * np.log(1 - first))
    angle = np.float32(2 * math.pi) * second
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)
