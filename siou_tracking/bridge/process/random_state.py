"""Random numbers of its own for code that draws from the process's generators."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

import numpy as np
import torch

from siou_tracking.ltr.trainers.checkpoints import restore_rng_state, rng_state


class RandomState:
    """The state of python's, numpy's and torch's generators that one user of them has to itself.

    Args:
        seed: where it begins, and begins again with `restart`.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._state: dict | None = None

    def restart(self) -> None:
        """Begin again with the seed at the next `active()`."""
        self._state = None

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Inside the block the process's generators are this state's; afterwards they are as they were."""
        outside = rng_state()
        try:
            if self._state is None:
                seed_everything(self.seed)
            else:
                restore_rng_state(self._state)
            yield
        finally:
            self._state = rng_state()
            restore_rng_state(outside)


def seed_everything(seed: int) -> None:
    """Seed python's, numpy's and torch's generators, on every device."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
