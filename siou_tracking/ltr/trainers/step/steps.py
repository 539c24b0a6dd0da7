"""Several batches a step, and gradients scaled for fp16, in a loop that knows neither.

A loop does `loss, stats = actor(data)`, `optimizer.zero_grad()`, `loss.backward()`, clips the gradients if it likes,
and `optimizer.step()`, for each batch. The loss that `SteppedActor` returns brings its own `backward`, which divides by
the number of batches in the step. Until the last of them the gradients are out of sight afterwards: the loop then
clears and clips nothing, and makes no step. At the last one it sees the mean gradient of all, not scaled.
"""

from __future__ import annotations

import contextlib
import functools
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any  # arguments and results of classes that are not ours

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from siou_tracking.errors import InputError
from siou_tracking.ltr.trainers.divergence import TrainingDiverged, describe_checkpoint
from siou_tracking.retrain.actor_wrappers import name_after

MOST_SKIPPED = 25
"""Steps in a row without finite gradients that end a run: they take the first scale, 2^16, to 2^-9."""
LEAST_SCALE = 2.0**-10


def gradient_scaler(device: torch.device) -> torch.amp.GradScaler:
    """torch's scaler: 2^16 at first, half of it after a step whose gradients overflow, twice after 2000 that do not."""
    return torch.amp.GradScaler(device.type)


class SteppedActor:
    """Behavior for `extend`: losses that are asked for with gradients take part in the steps."""

    gradient_steps: Steps
    net: nn.Module

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not torch.is_grad_enabled():
            return super().__call__(*args, **kwargs)  # type: ignore[misc]  # the actor's own class, see `extend`
        with self.gradient_steps.batch(self.net):
            result = super().__call__(*args, **kwargs)  # type: ignore[misc]
        self.gradient_steps.take(result[0])
        return result


def count_batches(loader: Any, steps: Steps) -> None:
    """Let each pass over a loader tell `steps` how many batches it has; the class of the loader keeps its name."""
    own = type(loader)

    class Counted(own):  # type: ignore[misc, valid-type]  # whichever it is
        def __iter__(self) -> Iterator[Any]:
            steps.start_pass(len(self) if hasattr(self, "__len__") else None)
            return super().__iter__()

    name_after(Counted, own)
    loader.__class__ = Counted


class Steps:
    """The steps of one optimizer, whose `step` is replaced.

    Args:
        net: without wrappers; gradients of all its parameters are kept from the loop, not of the optimizer's alone.
        optimizer: steps after the last batch of a step only.
        batches: for one step; fewer where an epoch ends.
        scaler: of gradients in fp16; a step whose gradients are not finite is left out, and the scale falls.
        latest: asked for the newest checkpoint when too many steps are left out.
    """

    def __init__(
        self,
        net: nn.Module,
        optimizer: torch.optim.Optimizer,
        batches: int = 1,
        scaler: torch.amp.GradScaler | None = None,
        latest: Callable[[], Path | None] = lambda: None,
    ) -> None:
        self.net, self.optimizer, self.batches, self.scaler, self.latest = net, optimizer, batches, scaler, latest
        self.own_step = optimizer.step
        self.scaled = _Scaled(self)
        self.seen, self.size = 0, batches
        self.length: int | None = None
        self.is_last = self.went_back = False
        self.loss: Tensor | None = None
        self.held: list[tuple[Tensor, Tensor]] = []
        self.skipped = 0

        # A method with a function behind it and its marks: schedulers made before and later look at them.
        @functools.wraps(self.own_step)
        def step(_: torch.optim.Optimizer, closure: object = None) -> Any:
            return self.step(closure)

        optimizer.step = types.MethodType(step, optimizer)  # type: ignore[method-assign]

    def start_pass(self, length: int | None) -> None:
        """Begin with a new step; `length` is the number of batches to come, None if it is not known."""
        self.seen, self.length, self.held = 0, length, []

    @contextlib.contextmanager
    def batch(self, net: nn.Module) -> Iterator[None]:
        """The forward pass of the next batch; processes wait for each other's gradients in the last of a step only."""
        begin = self.seen - self.seen % self.batches
        left = self.batches if self.length is None or self.length <= begin else self.length - begin
        self.size = min(self.batches, left)
        self.seen += 1
        self.is_last = self.seen == begin + self.size
        if isinstance(net, DistributedDataParallel) and not self.is_last:
            with net.no_sync():
                yield
        else:
            yield

    def take(self, loss: Any) -> None:
        """Give the batch's loss a `backward` that counts."""
        if isinstance(loss, Tensor) and loss.requires_grad:
            self.loss = loss
            loss.backward = self.backward  # type: ignore[method-assign]

    def backward(self, *args: Any, **kwargs: Any) -> None:
        """`Tensor.backward` of the loss's share in its step."""
        loss, self.loss = self.loss, None  # a loss that holds this method and is held by it would not be freed
        if loss is None:
            raise self._misused("calls backward twice for a batch")
        for parameter, gradient in self.held:
            parameter.grad = gradient
        self.held = []
        share = loss if self.size == 1 else loss / self.size
        if self.scaler is not None:
            share = self.scaler.scale(share)
        torch.Tensor.backward(share, *args, **kwargs)
        self.went_back = True
        if not self.is_last:
            self.held = [(one, one.grad) for one in self.parameters() if one.grad is not None]
            for parameter, _ in self.held:
                parameter.grad = None
        elif self.scaler is not None:
            self.scaler.unscale_(self.scaled)  # type: ignore[arg-type]  # now, before the loop clips

    def parameters(self) -> list[Tensor]:
        """Of the network and the optimizer, each once."""
        return list({id(one): one for one in [*self.net.parameters(), *optimized(self.optimizer)]}.values())

    def step(self, closure: object = None) -> Any:
        """The optimizer's step, if it is its turn and the gradients are finite.

        Raises:
            InputError: the loop is not of the shape that this works on.
            TrainingDiverged: step after step has gradients that are not finite.
        """
        if closure is not None:
            raise self._misused("gives the optimizer a closure, which computes the loss again")
        if self.loss is not None or not (self.went_back or all(one.grad is None for one in optimized(self.optimizer))):
            raise self._misused("makes a step without calling backward() of the very loss that the actor returned")
        counts, self.went_back = self.went_back, False
        if counts and not self.is_last:
            return None
        if not counts or self.scaler is None:  # a step without gradients only sets up a schedule
            return self.own_step()
        result = self.scaler.step(self.scaled)  # type: ignore[arg-type]  # what it reads of an optimizer is there
        scale = self.scaler.get_scale()
        self.scaler.update()
        self._watch_scale(scale, self.scaler.get_scale())
        return result

    def _watch_scale(self, before: float, after: float) -> None:
        self.skipped = self.skipped + 1 if after < before else 0
        if self.skipped >= MOST_SKIPPED or after < LEAST_SCALE:
            of = "" if self.length is None else f" of {self.length}"
            raise TrainingDiverged(
                f"training diverged: batch {self.seen}{of}: gradients are not finite in fp16, {self.skipped} steps in "
                f"a row, the loss scaled by {before:.3g}: {describe_checkpoint(self.latest())}, and so may --amp bf16"
            )

    def _misused(self, what: str) -> InputError:
        option = "--amp fp16" if self.batches == 1 else f"--accumulate {self.batches}"
        return InputError(
            f"{option}: the training loop {what}: train without it, or with one batch a step of that size"
        )


def optimized(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    """The parameters that an optimizer steps."""
    return [one for group in optimizer.param_groups for one in group["params"]]


class _Scaled:
    """What the scaler sees as the optimizer: the gradients of the whole network, and the optimizer's own step."""

    def __init__(self, steps: Steps) -> None:
        self.steps, self.step = steps, steps.own_step

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        return [{"params": self.steps.parameters()}]
