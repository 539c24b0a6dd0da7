"""A run whose loss or weights are no longer finite stops before its checkpoint is written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.stats import Number


class TrainingDiverged(InputError):
    """The loss or the network is no longer finite; the checkpoints written before are untouched."""


def describe_checkpoint(latest: Path | None) -> str:
    """What is left of a run that diverged, and what may help."""
    kept = f"the last good checkpoint is {latest}" if latest else "no checkpoint was written"
    return f"{kept}; a smaller learning rate or settings.grad_clip_max_norm may help"


class LossGuard:
    """Watches the loss of one pass over a loader.

    On the CPU every step is looked at. On other devices looking means waiting for the device, so the sum of the losses
    is looked at only when a line is printed: it is not finite if any of them was not.
    """

    def __init__(self, loader: str, epoch: int, device: torch.device, latest: Path | None) -> None:
        self.where = f"epoch {epoch}, loader '{loader}'"
        self.each_step = device.type == "cpu"
        self.latest = latest
        self.total: torch.Tensor | float = 0.0
        self.looked = 0
        self.last: tuple[torch.Tensor, Mapping[str, Number], int] | None = None

    def add(self, loss: torch.Tensor, stats: Mapping[str, Number], step: int, look: bool) -> None:
        """Count a step's detached loss; look at the sum if asked to.

        Raises:
            TrainingDiverged: naming epoch, loader, iteration and statistic.
        """
        self.total = self.total + loss
        self.last = loss, stats, step
        if self.each_step or look:
            self.look()

    def look(self) -> None:
        """Look at the sum of what was counted; waits for the device.

        Raises:
            TrainingDiverged: as `add`.
        """
        if self.last is None or self.last[2] == self.looked:
            return
        if not bool(torch.isfinite(torch.as_tensor(self.total))):
            raise TrainingDiverged(self._describe_divergence(*self.last))
        self.looked = self.last[2]

    def _describe_divergence(self, loss: torch.Tensor, stats: Mapping[str, Number], step: int) -> str:
        first = self.looked + 1
        iteration = f"iteration {step}" if first == step else f"iteration {first} to {step}"
        values = {"the loss": loss, **{name: value for name, value in stats.items() if name.startswith("Loss/")}}
        bad = {name: float(value) for name, value in values.items() if not torch.isfinite(torch.as_tensor(value))}
        names = ", ".join(f"{name} is {value}" for name, value in bad.items()) or "the loss was not finite"
        return f"training diverged: {self.where}, {iteration}: {names}: {describe_checkpoint(self.latest)}"


def check_network(net: nn.Module, epoch: int, latest: Path | None) -> None:
    """Raise `TrainingDiverged` if any weight or running statistic is not finite; waits for the device once."""
    state = {name: tensor for name, tensor in net.state_dict().items() if tensor.is_floating_point()}
    if not state:
        return
    finite = torch.stack([torch.isfinite(tensor).all() for tensor in state.values()]).cpu()
    bad = [name for name, good in zip(state, finite.tolist(), strict=True) if not good]
    if bad:
        raise TrainingDiverged(
            f"training diverged: epoch {epoch}: {len(bad)} of {len(state)} tensors of the network are not finite, "
            f"first {bad[0]}: {describe_checkpoint(latest)}"
        )
