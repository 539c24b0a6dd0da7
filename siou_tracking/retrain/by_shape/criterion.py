"""The box term of a set criterion, as DETR's descendants have it: TransT, HCAT, SBT."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any  # criteria and what they are called with are a checkout's

import torch

from siou_tracking.losses.box.base import BoxLoss
from siou_tracking.retrain.by_shape.watch import TermWatch


def is_criterion(objective: Any, key: str) -> bool:
    """Whether `objective` matches predictions with targets and has a box term called `key`."""
    weights = getattr(objective, "weight_dict", None)
    methods = (getattr(objective, name, None) for name in ("loss_boxes", "_get_src_permutation_idx"))
    return all(callable(method) for method in methods) and isinstance(weights, Mapping) and key in weights


def exchange_criterion(criterion: Any, key: str, loss: BoxLoss, weight: float | None, watch: TermWatch) -> Any:
    """A copy of `criterion` whose `loss_boxes` has another loss at `key`; its other terms and the IoU stay.

    Args:
        criterion: of which `is_criterion`.
        key: of the box term.
        loss: of boxes in cxcywh, with reduction "sum".
        weight: factor on the box term, also on that of further outputs, called `KEY_0`; None leaves the criterion's
            own.
        watch: keeps errors.
    """
    changed = copy.copy(criterion)
    original = criterion.loss_boxes
    if weight is not None:
        further = {name: weight for name in criterion.weight_dict if name.startswith(f"{key}_")}
        changed.weight_dict = {**criterion.weight_dict, **further, key: weight}

    def loss_boxes(outputs: Any, targets: Any, indices: Any, num_boxes: Any, *rest: Any, **named: Any) -> Any:
        try:
            losses = dict(original(outputs, targets, indices, num_boxes, *rest, **named))
        except BaseException as error:  # its other terms have no value: the run ends, whatever the actor swallows
            watch.keep(error)
            raise

        def compute() -> tuple[torch.Tensor, torch.Tensor]:
            matched = outputs["pred_boxes"][criterion._get_src_permutation_idx(indices)]
            wanted = torch.cat([target["boxes"][which] for target, (_, which) in zip(targets, indices, strict=True)])
            value = loss(matched, wanted) / num_boxes
            return value, value

        before = losses[key]
        losses[key], _ = watch.guarded(compute, lambda: before, outputs["pred_boxes"])
        return losses

    changed.loss_boxes = loss_boxes
    return changed
