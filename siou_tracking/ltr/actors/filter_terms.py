"""The loss of a target classifier, which answers with the scores of every filter from its first to its last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple  # Any: a weight is a number, or a list of them

import torch
from torch import Tensor

from siou_tracking.errors import InputError


class TermNames(NamedTuple):
    """What one term is called: its weight, its weighted part of the loss, and its plain value."""

    weight: str
    weighted: str
    plain: str


class FilterNames(NamedTuple):
    """The terms of the last filter, of the first, and of those between them."""

    last: TermNames
    first: TermNames
    between: TermNames


HINGE = FilterNames(
    TermNames("test_clf", "Loss/target_clf", "ClfTrain/test_loss"),
    TermNames("test_init_clf", "Loss/test_init_clf", "ClfTrain/test_init_loss"),
    TermNames("test_iter_clf", "Loss/test_iter_clf", "ClfTrain/test_iter_loss"),
)
"""DiMP: scores follow a label map."""
DENSITY = FilterNames(
    TermNames("clf_ce", "Loss/clf_ce", "ClfTrain/clf_ce"),
    TermNames("clf_ce_init", "Loss/clf_ce_init", "ClfTrain/clf_ce_init"),
    TermNames("clf_ce_iter", "Loss/clf_ce_iter", "ClfTrain/clf_ce_iter"),
)
"""PrDiMP: scores are an unnormalized log density."""


class FilterLoss(NamedTuple):
    """What `filter_loss` gives."""

    loss: Tensor
    weighted: dict[str, Tensor]
    """Parts of the loss by the statistics' names; they sum to it."""
    plain: dict[str, Tensor]
    """The same without weights, also of those that have none."""


def filter_loss(
    objective: Callable[[Tensor], Tensor], scores: Sequence[Tensor], weights: Mapping[str, Any], names: FilterNames
) -> FilterLoss:
    """The weighted sum of an objective over filters.

    The last filter counts by its weight, the first by its own if there is one. The weight of those between them is
    shared out equally, or is a list with one for each; without any between them it does not count.

    Args:
        objective: of the scores of one filter.
        scores: of the first filter, of each between, and of the last.
        weights: by `TermNames.weight`; `names.last` must be among them.
        names: which of them.

    Raises:
        InputError: a list of another length.
    """
    losses = [objective(one) for one in scores]
    between = losses[1:-1]
    plain = {names.last.plain: losses[-1], names.first.plain: losses[0]}
    weighted = {names.last.weighted: weights[names.last.weight] * losses[-1]}
    if names.first.weight in weights:
        weighted[names.first.weighted] = weights[names.first.weight] * losses[0]
    if between:
        plain[names.between.plain] = torch.stack(between).mean()
        if names.between.weight in weights:
            weighted[names.between.weighted] = _weigh(weights[names.between.weight], between, names.between.weight)
    return FilterLoss(torch.stack(list(weighted.values())).sum(), weighted, plain)


def _weigh(weight: Any, losses: Sequence[Tensor], name: str) -> Tensor:
    if not isinstance(weight, list | tuple):
        return weight * torch.stack(list(losses)).mean()
    if len(weight) != len(losses):
        raise InputError(
            f"loss_weight: {name}: got {len(weight)} weights, expected {len(losses)}, one for each filter between the "
            "first and the last"
        )
    return torch.stack([w * loss for w, loss in zip(weight, losses, strict=True)]).sum()
