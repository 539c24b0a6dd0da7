"""The one place where a name becomes a box loss or a similarity: command line, actors and experiments all ask here.

A name plays two roles. As a **loss** it is minimized by regressed boxes. As a **score** its similarity, in [0, 1] and 1
for equal boxes, is what a head learns to predict and then climbs. smooth_iou has a sharpness for each role: 32 for
regression, which must be precise near the target, 4 for the score, which must have a wide basin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any  # a loss's parameter: a number or a name

import torch

from siou_tracking.boxes import check_format, elementwise_iou
from siou_tracking.errors import InputError
from siou_tracking.losses.box.base import BoxLoss, prepare
from siou_tracking.losses.box.overlap import OverlapLoss, ciou_loss, diou_loss, eiou_loss, giou_loss, iou_loss
from siou_tracking.losses.box.smooth_iou import (
    LOSS_SHARPNESS,
    SCORE_SHARPNESS,
    SmoothIoULoss,
    check_parameters,
    smooth_iou,
)
from siou_tracking.registry import NamedEntry, Registry

Similarity = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class LossEntry(NamedEntry):
    """What the registry knows of one box loss."""

    loss_defaults: dict[str, Any]
    """Parameters of `build_box_loss` and their defaults."""
    score_defaults: dict[str, Any]
    """Parameters of `build_box_similarity` and their defaults."""
    loss: Callable[..., BoxLoss] = field(repr=False)
    """Makes the module from the loss parameters."""
    similarity: Callable[..., torch.Tensor] = field(repr=False)
    """Function of prediction, target and the score parameters."""


def _shift_to_unit(
    function: Callable[..., torch.Tensor], pred: torch.Tensor, target: torch.Tensor, box_format: str
) -> torch.Tensor:
    # A generalized IoU x = 1 - loss lies in [-1, 1] or goes below: (1 + x) / 2 is 1 for equal boxes.
    return (1 - function(pred, target, box_format) / 2).clamp_min(0)


def _plain_iou(pred: torch.Tensor, target: torch.Tensor, box_format: str) -> torch.Tensor:
    # In the order of operations of the trackers' data layers, so that recomputing their target changes no bit of it.
    pred, target, _ = prepare(pred, target, box_format)
    return elementwise_iou(pred, target, box_format)


def _make_overlap_entry(name: str, function: Callable[..., torch.Tensor], description: str) -> LossEntry:
    return LossEntry(
        name=name,
        aliases=(),
        description=description,
        loss_defaults={"box_format": "xyxy", "reduction": "mean"},
        score_defaults={"box_format": "xyxy"},
        loss=partial(OverlapLoss, function),
        similarity=_plain_iou if function is iou_loss else partial(_shift_to_unit, function),
    )


_LOSSES = Registry(
    "box loss",
    (
        LossEntry(
            name="smooth_iou",
            aliases=("siou",),
            description="smooth, one optimum, gradient at any distance (10.16383/j.aas.c210525); not SCYLLA-IoU",
            loss_defaults={
                "box_format": "xyxy",
                "sharpness": LOSS_SHARPNESS,
                "divergence": "bhattacharyya",
                "reduction": "mean",
            },
            score_defaults={"box_format": "xyxy", "sharpness": SCORE_SHARPNESS, "divergence": "bhattacharyya"},
            loss=SmoothIoULoss,
            similarity=smooth_iou,
        ),
        _make_overlap_entry("iou", iou_loss, "1 - IoU; no gradient when the boxes do not meet (arXiv 1608.01471)"),
        _make_overlap_entry("giou", giou_loss, "IoU and the empty share of the hull (arXiv 1902.09630)"),
        _make_overlap_entry("diou", diou_loss, "IoU and the center distance (arXiv 1911.08287)"),
        _make_overlap_entry("ciou", ciou_loss, "DIoU and the aspect ratio (arXiv 1911.08287)"),
        _make_overlap_entry("eiou", eiou_loss, "DIoU and both size differences (arXiv 2101.08158)"),
    ),
)


def available_box_losses() -> list[str]:
    """The registered names, without aliases, the project's own first."""
    return _LOSSES.names()


def describe(name: str) -> LossEntry:
    """What the registry knows of `name`, which may be an alias.

    Raises:
        InputError: unknown name; the message lists the known ones and the nearest.
    """
    return _LOSSES.find(name)


def build_box_loss(name: str, **params: Any) -> BoxLoss:
    """The loss of that name as a module, called as `loss(pred, target, weights=None)` on boxes `(..., 4)`.

    Args:
        name: one of `available_box_losses()`, or an alias (`siou` is smooth_iou, not SCYLLA-IoU).
        params: any of the entry's `loss_defaults`; what is not given has its default.

    Raises:
        InputError: unknown name, a parameter this loss does not have, or a value it does not allow.
    """
    entry = describe(name)
    return entry.loss(**_merge_params(entry, "loss", entry.loss_defaults, params))


def build_box_similarity(name: str, **params: Any) -> Similarity:
    """The similarity of that name: a function of boxes `(..., 4)`, `(..., 4)` to `(...)` in [0, 1], 1 for equal boxes.

    iou gives the IoU, smooth_iou its S, the generalized IoUs x give (1 + x) / 2 clipped at 0. The shapes broadcast, and
    the result is differentiable.

    Args:
        name: one of `available_box_losses()`, or an alias.
        params: any of the entry's `score_defaults`; what is not given has its default.

    Raises:
        InputError: unknown name, a parameter this similarity does not have, or a value it does not allow.
    """
    entry = describe(name)
    merged = _merge_params(entry, "score", entry.score_defaults, params)
    check_format(merged["box_format"])
    if "sharpness" in merged:
        check_parameters(merged["sharpness"], merged["divergence"])
    return partial(entry.similarity, **merged)


def _merge_params(entry: LossEntry, role: str, defaults: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    for name in params:
        if name not in defaults:
            allowed = ", ".join(defaults)
            raise InputError(f"box loss {entry.name}: parameter as a {role}: got '{name}', allowed are {allowed}")
    return {**defaults, **params}
