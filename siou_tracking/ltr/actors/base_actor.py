"""What every actor is: a network, an objective, and a call that turns a batch into a loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from siou_tracking.losses.box.running import restore_running_means, running_means
from siou_tracking.retrain.ranking import Stats


class BaseActor:
    """Base of the actors.

    Args:
        net: the network that is trained; the trainer may wrap it.
        objective: the loss module, or a dict of them by name.
    """

    def __init__(self, net: nn.Module, objective: Any) -> None:
        self.net = net
        self.objective = objective

    def __call__(self, data: Any) -> tuple[torch.Tensor, Stats]:
        """The loss (0-dim, attached to the graph) of a batch, and statistics by name.

        A statistic is a number or a detached 0-dim tensor on the network's device; the trainer turns it into a number
        only when it prints, so that a step need not wait for the device.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how a batch becomes a loss")

    def resume_state(self) -> dict[str, Any]:
        """What it carries from step to step outside its network, plain values and tensors, for checkpoints."""
        means = running_means(self._objectives())
        return {"running_means": means} if means else {}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Go on with what `resume_state` gave.

        Raises:
            InputError: it is of other losses.
        """
        restore_running_means(self._objectives(), state.get("running_means") or [])

    def to(self, device: torch.device | str) -> None:
        """Move the network, and objectives that are modules."""
        self.net.to(device)
        for objective in self._objectives():
            if isinstance(objective, nn.Module):
                objective.to(device)

    def _objectives(self) -> list[Any]:
        return list(self.objective.values()) if isinstance(self.objective, dict) else [self.objective]

    def train(self, mode: bool = True) -> None:
        """Put the network in training mode, or with False in evaluation mode."""
        self.net.train(mode)

    def eval(self) -> None:
        """Put the network in evaluation mode."""
        self.train(False)
