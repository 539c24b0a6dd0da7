"""Running statistics of a training run, pickled into checkpoints under upstream's class names."""

from __future__ import annotations

import torch

Number = float | int | torch.Tensor


def as_statistic(value: Number) -> Number:
    """`value` ready to be accumulated: a tensor stays on its device, detached and in double precision.

    Keeping tensors where they are means that a training step never waits for the device; `float()` does that when the
    number is read.
    """
    if not isinstance(value, torch.Tensor):
        return value
    value = value.detach()
    return value if value.device.type == "mps" else value.double()  # MPS has no float64


class StatValue:
    """A value that is recorded, not averaged, such as a learning rate."""

    def __init__(self) -> None:
        self.clear()

    def reset(self) -> None:
        self.val: float = 0

    def clear(self) -> None:
        self.reset()
        self.history: list[float] = []

    def update(self, val: Number) -> None:
        self.val = float(val) if isinstance(val, torch.Tensor) else val
        self.history.append(self.val)


class AverageMeter:
    """The running mean of one statistic, and its mean in each past epoch (`history`)."""

    def __init__(self) -> None:
        self.clear()
        self.has_new_data = False

    def reset(self) -> None:
        self.avg: Number = 0
        self.val: Number = 0
        self.sum: Number = 0
        self.count: int = 0

    def clear(self) -> None:
        self.reset()
        self.history: list[float] = []

    def update(self, val: Number, n: int = 1) -> None:
        """Count `val`, a number or a 0-dim tensor, `n` times."""
        self.val = as_statistic(val)
        self.sum = self.sum + self.val * n
        self.count += n
        self.avg = self.sum / self.count

    def new_epoch(self) -> None:
        """Move the mean of the epoch into `history`, as a float, and start again; nothing if there were no values."""
        self.has_new_data = self.count > 0
        if self.has_new_data:
            self.history.append(float(self.avg))
            self.reset()


# Pickled into checkpoints under upstream's names, so that either engine reads the other's.
for _class in (StatValue, AverageMeter):
    _class.__module__ = "ltr.admin.stats"
