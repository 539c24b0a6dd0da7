"""What losses carry from call to call, for checkpoints: their running means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any  # an actor's objectives, of which some are modules

import torch
from torch import nn

from siou_tracking.errors import InputError


def running_means(objectives: Iterable[Any]) -> list[torch.Tensor]:
    """A copy of the state of every loss in them that has one, in their order; most have none."""
    return [loss.running.detach().clone() for loss in _with_state(objectives)]


def restore_running_means(objectives: Iterable[Any], means: Sequence[Any]) -> None:
    """Go on with what `running_means` gave of such objectives; without any they begin anew.

    Raises:
        InputError: another number of them, or not a sum and a weight.
    """
    losses = list(_with_state(objectives)) if means else []
    if len(losses) != len(means):
        raise InputError(f"checkpoint: running means of losses: got {len(means)}, this run has {len(losses)}")
    for loss, mean in zip(losses, means, strict=True):
        if not _is_state(mean):
            raise InputError(f"checkpoint: running mean of {type(loss).__name__}: got {repr(mean)[:40]}")
        loss.running = mean.clone()


def _with_state(objectives: Iterable[Any]) -> Iterator[Any]:
    modules = (module for one in objectives if isinstance(one, nn.Module) for module in one.modules())
    return (module for module in modules if isinstance(getattr(module, "running", None), torch.Tensor))


def _is_state(mean: Any) -> bool:
    if not isinstance(mean, torch.Tensor) or mean.shape != (2,) or mean.layout != torch.strided or mean.is_meta:
        return False
    return mean.is_floating_point() and bool(mean.isfinite().all() and (mean >= 0).all() and mean[1] <= 1)
