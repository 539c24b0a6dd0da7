"""A researcher's own box loss: a function `(pred, target) -> loss` of boxes xyxy `(N, 4)` with `(N,)` values.

It is named `module:function`, or it joins from an installed package by an entry point, whose name is the loss's:

    [project.entry-points."siou_tracking.box_losses"]
    my_iou = "my_package.losses:my_iou"

The function gets float32 or float64 boxes as they come, also without size or with reversed corners, and answers a
tensor with a graph. It is tried when it is named, on a few boxes: a loss has its least value for equal boxes. Where
that value is 0, its similarity is `exp(-loss)`.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from siou_tracking.boxes import convert
from siou_tracking.errors import InputError, did_you_mean
from siou_tracking.losses.box.base import BoxLoss, prepare
from siou_tracking.losses.box.entry import LossEntry

GROUP = "siou_tracking.box_losses"
FAMILY = "own"
_TRIED = ((0.1, 0.2, 0.5, 0.6), (0.3, 0.3, 0.7, 0.8), (0.2, 0.1, 0.6, 0.4))
_TARGET = (0.2, 0.2, 0.6, 0.7)

BoxFunction = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class OwnLoss(BoxLoss):
    """A function of boxes xyxy as a box loss.

    Args:
        function: of predictions and targets `(N, 4)`, answering `(N,)`.
        name: of the function, for messages.
    """

    def __init__(
        self, function: BoxFunction, name: str = "own", box_format: str = "xyxy", reduction: str = "mean"
    ) -> None:
        super().__init__(box_format, reduction)
        self.function = function
        self.name = name

    def elementwise(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Loss `(...)` of each pair of boxes `(..., 4)`.

        Raises:
            InputError: the function answers anything but a floating tensor `(N,)`.
        """
        pred, target, _ = prepare(pred, target, self.box_format)
        rows = [convert(boxes, self.box_format, "xyxy").reshape(-1, 4) for boxes in (pred, target)]
        loss = self.function(*rows)
        if not isinstance(loss, torch.Tensor):
            raise InputError(f"box loss {self.name}: answers a {type(loss).__name__}, allowed is a tensor (N,)")
        if loss.shape != rows[0].shape[:1] or not loss.is_floating_point():
            raise InputError(
                f"box loss {self.name}: answers {loss.dtype} of shape {tuple(loss.shape)} for {len(rows[0])} boxes, "
                f"allowed is floating point of shape ({len(rows[0])},)"
            )
        return loss.view(pred.shape[:-1])


def find_own_loss(name: str) -> LossEntry | None:
    """The loss called `module:function`, or the one that an installed package calls `name`; None for any other name.

    Raises:
        InputError: it cannot be imported, is no function, or does not answer as a loss.
    """
    if ":" in name:
        return _entry(name, name)
    target = installed_losses().get(name)
    return None if target is None else _entry(name, target)


@functools.cache
def installed_losses() -> dict[str, str]:
    """Names of the losses that installed packages bring, and where each is: module:function. None is imported."""
    found = importlib.metadata.entry_points(group=GROUP)
    return {point.name: f"{point.module}:{point.attr}" for point in sorted(found, key=lambda point: point.name)}


@functools.cache
def _entry(name: str, target: str) -> LossEntry:
    function = _import(name, target)
    equal = _try(name, function)
    return LossEntry(
        name=name,
        aliases=(),
        family=FAMILY,
        description=(function.__doc__ or "no description").strip().partition("\n")[0],
        source=target,
        loss=partial(_make, function, name),
        no_score="" if abs(equal) < 1e-6 else f"equal boxes cost {equal:.3g}, a similarity needs a loss of 0 there",
    )


def _make(function: BoxFunction, name: str, box_format: str = "xyxy", reduction: str = "mean") -> OwnLoss:
    return OwnLoss(function, name, box_format, reduction)


def _import(name: str, target: str) -> BoxFunction:
    """The function at module:function, where the module is installed or lies in the current folder."""
    module, _, attribute = target.partition(":")
    if module.endswith(".py") or "/" in module or "\\" in module:
        stem = Path(module.replace("\\", "/")).stem
        raise InputError(f"box loss {name}: got the file {module}, allowed is its module: {stem}:{attribute}")
    if not all(part.isidentifier() for part in (*module.split("."), *attribute.split("."))):
        raise InputError(f"box loss {name}: got '{target}', allowed is module:function such as my_losses:my_iou")
    here = str(Path.cwd())
    sys.path.append(here)
    try:
        found = importlib.import_module(module)
    except Exception as error:  # a stranger's module: any
        if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
            raise InputError(
                f"box loss {name}: module {module}: not installed, and not in the current folder {here}"
            ) from None
        raise InputError(f"box loss {name}: module {module}: {type(error).__name__}: {error}") from None
    finally:
        sys.path.remove(here)
    for part in attribute.split("."):
        if not hasattr(found, part):
            near = did_you_mean(part, [own for own in vars(found) if callable(getattr(found, own))])
            raise InputError(f"box loss {name}: module {module}: has no function {part}{near}")
        found = getattr(found, part)
    if not callable(found) or isinstance(found, type):
        raise InputError(
            f"box loss {name}: got a {type(found).__name__}, allowed is a function (pred, target) of boxes (N, 4)"
        )
    function: BoxFunction = found
    return function


def _try(name: str, function: BoxFunction) -> float:
    """What equal boxes cost, after a look at what the function answers for a few others.

    Raises:
        InputError: it raises, or answers no differentiable loss.
    """
    loss = OwnLoss(function, name, reduction="none")
    pred = torch.tensor((*_TRIED, _TARGET), requires_grad=True)
    target = torch.tensor(_TARGET).expand(len(pred), 4)
    try:
        values = loss(pred, target)
    except InputError:
        raise
    except Exception as error:  # a stranger's function: any
        shape = f"({len(pred)}, 4)"
        raise InputError(
            f"box loss {name}: raises {type(error).__name__}: {error}, when called with two {shape} tensors of boxes"
        ) from None
    if not values.requires_grad:
        raise InputError(f"box loss {name}: answers a tensor without a graph, allowed is one that predictions learn by")
    *others, equal = values.tolist()
    if not equal < min(others):  # which NaN is not either
        shown = ", ".join(f"{value:.3g}" for value in others)
        raise InputError(f"box loss {name}: costs {equal:.3g} for equal boxes and {shown} for others: no loss")
    return float(equal)
