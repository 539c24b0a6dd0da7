"""Nothing that goes wrong with an exchanged loss is lost, whatever its actor swallows.

Actors of this family call their box objective inside a bare `except` that goes on with a loss of 0. So the exchanged
loss raises nothing: its error is kept, the answer is NaN, and the error comes out behind the actor's methods, at the
latest at the next step of the optimizer. There it is also seen whether the step trains on what was answered: gradients
pass by, or another value took its place, or the actor's own error came before it was asked.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import weakref
from collections.abc import Callable
from typing import Any  # actors and their answers are a checkout's

import torch
from torch import nn
from torch.optim.optimizer import Optimizer, register_optimizer_step_pre_hook

from siou_tracking.errors import InputError
from siou_tracking.log import get_logger

logger = get_logger(__name__)

Pair = tuple[torch.Tensor, torch.Tensor]


class TermWatch:
    """The exchanged box term of one actor: its calls, its first error, and whether a step trains on it.

    Args:
        loss: name of the loss that is answered.
        term: what was exchanged, such as "giou".
        actor: whose term it is.
    """

    def __init__(self, loss: str, term: str, actor: Any) -> None:
        self.loss, self.term, self.actor = loss, term, type(actor).__name__
        net = getattr(actor, "net", None)
        self.net = weakref.ref(net) if isinstance(net, nn.Module) else None
        self.calls = 0
        self.error: BaseException | None = None
        self.answers = 0  # with a graph, ever
        self.with_graph = self.without_graph = self.reached = 0  # of the answers since the last step
        self.losses_without = 0  # of the actor, since the last step, that no answer with a graph went into
        self.compared = False
        self._depth = 0
        self._optimizers: weakref.WeakKeyDictionary[Optimizer, bool] = weakref.WeakKeyDictionary()
        _watch_steps(self)

    def guarded(self, compute: Callable[[], Pair], original: Callable[[], torch.Tensor], pred: Any) -> Pair:
        """The loss and IoU that `compute` gives; never an error, which is kept.

        Args:
            compute: gives them.
            original: the exchanged loss of the same boxes, asked for once.
            pred: predicted boxes; NaN in the place of an error has their graph.
        """
        try:
            self.calls += 1
            loss, iou = compute()
            if loss.requires_grad:
                loss.register_hook(self._reach)  # type: ignore[no-untyped-call]  # torch gives it no types
                self.answers += 1
                self.with_graph += 1
                self._compare(loss, original)
            elif torch.is_grad_enabled():
                self.without_graph += 1
        except BaseException as error:  # an actor's bare `except` takes an interrupt for a batch without boxes as well
            self.keep(error)
            loss = _nan(pred)
            return loss, loss.detach()
        return loss, iou

    def keep(self, error: BaseException) -> None:
        """Keep an error; the first one counts."""
        self.error = self.error or error

    def raise_kept(self) -> None:
        """Raise the first error of the exchanged loss, if there was one."""
        if self.error is not None:
            raise self.error

    def listen(self, method: Callable[[], Any]) -> Any:
        """What a method of the actor gives; outermost, it is noticed when it gives a loss without this one in it.

        Raises:
            BaseException: an error was kept, also in the place of what the answer NaN led to.
        """
        answers = self.answers
        self._depth += 1
        try:
            result = method()
        finally:
            self._depth -= 1
            self.raise_kept()
        first = result[0] if isinstance(result, tuple) and result else result
        if not self._depth and answers == self.answers and isinstance(first, torch.Tensor):
            self.losses_without += first.requires_grad and first.numel() == 1
        return result

    def check_step(self) -> None:
        """Called before a step of the network's optimizer.

        Raises:
            InputError: the loss was computed and nothing learns from it; or the error that was kept, of any type.
        """
        self.raise_kept()
        with_graph, without_graph, reached = self.with_graph, self.without_graph, self.reached
        losses_without = self.losses_without
        self.with_graph = self.without_graph = self.reached = self.losses_without = 0
        where = f"box loss {self.loss}: {self.actor}"
        if with_graph and not reached:
            raise InputError(
                f"{where}: the optimizer's step does not train on the {self.term} that was computed: the actor puts "
                "another value in its place, as after an error that it swallows"
            )
        if without_graph and not with_graph:
            raise InputError(
                f"{where}: has no differentiable box: its {self.term} is called with boxes that have no gradient"
            )
        if losses_without and not with_graph:
            raise InputError(
                f"{where}: computed a loss without its {self.term}, and the optimizer's step would train on that: as "
                "after an error that the actor swallows"
            )

    def trains(self, optimizer: Optimizer) -> bool:
        """Whether the optimizer has a weight of the actor's network; any may where the actor has no module there."""
        if self.net is None:
            return True
        if optimizer not in self._optimizers:
            net = self.net()
            own = set() if net is None else {id(one) for one in net.parameters()}
            weights = (id(one) for group in optimizer.param_groups for one in group["params"])
            self._optimizers[optimizer] = not own.isdisjoint(weights)
        return self._optimizers[optimizer]

    def _reach(self, gradient: torch.Tensor) -> None:
        self.reached += 1

    @torch.no_grad()
    def _compare(self, loss: torch.Tensor, original: Callable[[], torch.Tensor]) -> None:
        """Once, for it waits for the device: what both losses say of the first batch."""
        if self.compared:
            return
        self.compared = True
        try:
            before = f"{original().mean().item():.4g}"
        except AssertionError as error:
            reason = str(error) or "a reversed box drops the term for the whole batch"
            before = f"not computable: AssertionError ({reason})"
        except Exception as error:  # of a stranger's code: any
            before = f"not computable: {type(error).__name__} ({' '.join(str(error).split())})"
        logger.info(f"box loss: first batch: mean {self.loss} {loss.mean().item():.4g}, replaced {self.term} {before}")


def raising_kept_errors(
    own: type, watch: TermWatch, at_work: Callable[[], contextlib.AbstractContextManager[None]]
) -> type:
    """Behavior for `extend`: behind each public method of the class `own` an error that `watch` kept is raised.

    All of them, for some trainers call `compute_sequence_losses` and never the actor itself.

    Args:
        own: class of the actor.
        watch: of its box term.
        at_work: makes a context that each method runs in.
    """

    def raising(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def call(*args: Any, **options: Any) -> Any:
            with at_work():
                return watch.listen(functools.partial(method, *args, **options))

        return call

    public = [name for name in dir(own) if name == "__call__" or not name.startswith("_")]
    methods = {name: getattr(own, name) for name in public if inspect.isfunction(inspect.getattr_static(own, name))}
    return type("RaisingKeptErrors", (), {name: raising(method) for name, method in methods.items()})


def _nan(pred: Any) -> torch.Tensor:
    """NaN, 0-dim, that depends on `pred`; on nothing where that cannot be."""
    with contextlib.suppress(Exception), torch.enable_grad():
        loss: torch.Tensor = pred.sum() * float("nan")
        return loss
    return torch.tensor(float("nan"), requires_grad=True)


_watches: weakref.WeakSet[TermWatch] = weakref.WeakSet()


@functools.cache
def _hook_optimizers() -> None:
    """Once in a process, for torch's hooks cannot be taken out while they are called."""

    def look(optimizer: Optimizer, *_: object) -> None:
        for watch in tuple(_watches):
            if watch.trains(optimizer):
                watch.check_step()

    register_optimizer_step_pre_hook(look)


def _watch_steps(watch: TermWatch) -> None:
    _watches.add(watch)
    _hook_optimizers()
