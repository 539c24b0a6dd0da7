"""What stands in the place of a box objective: its call, its answer, another loss."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any  # the exchanged objective, and what it is called with, are a checkout's

import torch
from torch import nn

from siou_tracking.boxes import elementwise_iou
from siou_tracking.errors import InputError
from siou_tracking.losses.box.base import BoxLoss
from siou_tracking.retrain.by_shape.watch import TermWatch


class BoxObjective(nn.Module):
    """`(loss, iou)` of predicted and target boxes `(N, 4)`. Never raises; has neither weights nor state of its own.

    The IoU is the true one, with its graph, for some actors learn scores from it. It is not asked of the original,
    whose areas of reversed boxes are negative or raise: for valid boxes both give the same number.

    Args:
        loss: of the boxes, in the format and with the reduction of the original.
        original: objective that was here; called once, to compare.
        watch: keeps errors.
    """

    def __init__(self, loss: BoxLoss, original: Callable[..., Any], watch: TermWatch) -> None:
        super().__init__()
        self.loss = loss
        self.watch = watch
        # In a tuple: its weights and buffers, if it has any, are not this module's.
        self._exchanged = (original,)

    def forward(self, *boxes: Any, **named: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Loss and IoU of the first two arguments, which may be named as the original names them.

        Half precision is computed in float32, also under autocast. Numbers behind the boxes are parameters of the
        original's formula and mean nothing here; a third tensor could be anything, weights too, and is an error.

        Returns:
            The loss, 0-dim or `(N,)` as the original's, and the IoU `(N,)`; two NaN in the place of an error, which
            `watch` keeps.
        """
        (original,) = self._exchanged

        def compute() -> tuple[torch.Tensor, torch.Tensor]:
            pred, target = self._pair(boxes, named)
            return self.loss(pred, target), elementwise_iou(pred, target, self.loss.box_format)

        def compare() -> torch.Tensor:
            values: torch.Tensor = original(*map(_copy, boxes), **{key: _copy(value) for key, value in named.items()})[
                0
            ]
            return values

        return self.watch.guarded(compute, compare, boxes[0] if boxes else next(iter(named.values()), None))

    def _pair(self, boxes: tuple[Any, ...], named: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
        if named:
            (original,) = self._exchanged
            order = _names(original)
            boxes += tuple(
                named[name] for name in (*order, *(name for name in named if name not in order)) if name in named
            )
        if len(boxes) < 2 or any(isinstance(one, torch.Tensor) for one in boxes[2:]):
            got = ", ".join(type(one).__name__ for one in boxes)
            raise InputError(
                f"box loss {self.watch.loss}: {self.watch.actor}: {self.watch.term}: called with {got or 'nothing'}, "
                "allowed are two tensors of boxes, and numbers behind them"
            )
        return boxes[0], boxes[1]


def _names(original: Any) -> tuple[str, ...]:
    """Of its arguments, in their order."""
    if isinstance(original, torch.jit.ScriptFunction):  # which has no signature
        return tuple(one.name for one in original.schema.arguments)  # type: ignore[attr-defined]  # of a property
    return tuple(inspect.signature(getattr(original, "forward", original)).parameters)


def _copy(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, torch.Tensor) else value
