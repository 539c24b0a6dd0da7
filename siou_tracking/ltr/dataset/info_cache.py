"""Annotations of the sequences read last, within a bound on memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any  # what pickle keeps

import torch

FRAMES = 2_000_000
"""Frames kept; with 22 bytes a frame that is at most about 44 MB in each worker process."""


class InfoCache:
    """The most recently used annotations. A copy that goes to another process starts empty.

    Args:
        frames: bound on the sum of the lengths of what is kept.
    """

    def __init__(self, frames: int = FRAMES) -> None:
        self.frames = frames
        self._held: OrderedDict[Hashable, dict[str, torch.Tensor]] = OrderedDict()
        self._size = 0

    def get(self, key: Hashable, read: Callable[[], dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
        """What is held under `key`, else what `read` returns, as a dict of its own; the tensors are shared."""
        if key in self._held:
            self._held.move_to_end(key)
        else:
            self._held[key] = read()
            self._size += len(self._held[key]["bbox"])
            while self._size > self.frames and len(self._held) > 1:
                _, dropped = self._held.popitem(last=False)
                self._size -= len(dropped["bbox"])
        return dict(self._held[key])

    def __getstate__(self) -> dict[str, Any]:
        return {"frames": self.frames, "_held": OrderedDict(), "_size": 0}
