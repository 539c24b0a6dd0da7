"""What an unknown box objective answers, learned by calling it on a few fixed boxes.

Belongs to the IoU family what, called with two tensors of boxes `(N, 4)`, answers `(loss, iou)`: a loss that is smaller
for nearer boxes, as a mean, a sum or one value per box, and `(N,)` values. In which format it reads boxes is told by
the IoU; where the second value is none, by a loss that keeps its value when both boxes are moved and scaled as xyxy.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from typing import Any, NamedTuple  # an objective is any callable of a checkout

import torch

from siou_tracking.boxes import FORMATS, elementwise_iou

PRED = ((0.1, 0.2, 0.5, 0.6), (0.3, 0.3, 0.7, 0.8), (0.2, 0.1, 0.6, 0.4))
TARGET = ((0.2, 0.2, 0.6, 0.7), (0.25, 0.35, 0.65, 0.75), (0.15, 0.15, 0.5, 0.5))
"""Boxes that are valid, and pairs of a different IoU, in every format."""
TOLERANCE = 1e-3
"""Objectives add all sorts of epsilons."""


class Unrecognized(Exception):
    """What was not recognized, in words that go behind the name of the thing."""


class Answer(NamedTuple):
    """How to answer in an objective's place."""

    reduction: str
    """ "mean", "sum" or "none", as `build_box_loss` takes it."""
    box_format: str
    """One of `siou_tracking.boxes.FORMATS`."""


@torch.no_grad()
def probe(objective: Callable[..., Any], actor: Any) -> Answer:
    """How `objective` answers, which stays as it is.

    Draws no random numbers and waits for a device only if it does not take CPU boxes.

    Args:
        objective: called with predictions and targets.
        actor: whose network's device is tried where the objective does not take boxes on the CPU.

    Raises:
        Unrecognized: it does not answer as a box loss of the IoU family does.
    """
    try:
        loss, iou = _call(objective, torch.device("cpu"))
        device = torch.device("cpu")
    except Unrecognized:
        device = _device(actor)
        if device.type == "cpu":
            raise
        loss, iou = _call(objective, device)
    pred, target = _boxes(device)
    count = len(pred)
    if loss.shape not in ((), (count,)):
        raise Unrecognized(
            f"answers a loss of shape {tuple(loss.shape)} for {count} boxes, expected one value or ({count},)"
        )
    if iou.shape != (count,):
        raise Unrecognized(f"answers an IoU of shape {tuple(iou.shape)} for {count} boxes, expected ({count},)")
    if not _call(objective, device, target + 0.01, target)[0].mean() < loss.mean():
        raise Unrecognized("answers a value that is not smaller for nearer boxes, so it is no loss")
    reduction = "none" if loss.ndim else _reduction(objective, device, loss)
    known = (fmt for fmt in FORMATS if torch.allclose(iou, elementwise_iou(pred, target, fmt).to(iou), atol=TOLERANCE))
    return Answer(reduction, next(known, None) or _format_of_loss(objective, device, loss))


def _call(
    objective: Callable[..., Any], device: torch.device, *boxes: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    pred, target = boxes or _boxes(device)
    with contextlib.suppress(Exception):  # of a stranger's code: any
        objective = copy.deepcopy(objective)  # one with a running mean answers each call as its first, and keeps it
    try:
        answer = objective(pred.clone(), target.clone())
    except Exception as error:  # of a stranger's code: any
        shape = f"({len(pred)}, 4)"
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise Unrecognized(f"raises {what} when called with two {shape} tensors of boxes") from None
    if not isinstance(answer, tuple | list) or not all(isinstance(one, torch.Tensor) for one in answer):
        raise Unrecognized(f"answers a {type(answer).__name__}, expected two tensors (loss, iou)")
    if len(answer) != 2 or not all(one.is_floating_point() for one in answer):
        dtypes = ", ".join(str(one.dtype).removeprefix("torch.") for one in answer)
        raise Unrecognized(f"answers tensors of {dtypes}, expected two of floating point (loss, iou)")
    return answer[0], answer[1]


def _boxes(device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor(PRED, device=device), torch.tensor(TARGET, device=device)


def _reduction(objective: Callable[..., Any], device: torch.device, loss: torch.Tensor) -> str:
    """What one value for all boxes is: it stays when each box is there twice, or it doubles."""
    twice = _call(objective, device, *(boxes.repeat(2, 1) for boxes in _boxes(device)))[0]
    for name, factor in (("mean", 1), ("sum", 2)):
        if torch.allclose(twice, factor * loss, rtol=TOLERANCE):
            return name
    raise Unrecognized("answers a loss that is neither a mean nor a sum over boxes")


def _format_of_loss(objective: Callable[..., Any], device: torch.device, loss: torch.Tensor) -> str:
    move = torch.tensor((0.2, -0.1, 0.2, -0.1), device=device)
    moved = _call(objective, device, *(2 * boxes + move for boxes in _boxes(device)))[0]
    if torch.allclose(moved, loss, rtol=TOLERANCE, atol=TOLERANCE):
        return "xyxy"
    raise Unrecognized("answers no IoU of boxes in any known format, and a loss that depends on place or scale")


def _device(actor: Any) -> torch.device:
    parameters = getattr(getattr(actor, "net", None), "parameters", tuple)
    return next((one.device for one in parameters()), torch.device("cpu"))
