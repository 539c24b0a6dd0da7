"""Sums of box losses as users write them: `giou+l1`, `2*giou+5*l1`; a weight is 1 where none is written.

As a loss a sum is the weighted sum of its parts, as a score the weighted mean of their similarities. A parameter
belongs to a part: `l1.unit`, or `unit` for every part that has one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast  # Any: a loss's parameter: a number or a name

import numpy as np
import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.losses.box.base import BoxLoss
from siou_tracking.losses.box.entry import SHARED, LossEntry

FAMILY = "sum"


class WeightedSum(BoxLoss):
    """Weighted sum of box losses of one format.

    Args:
        parts: the losses.
        factors: one for each, above 0.
    """

    def __init__(
        self, parts: list[BoxLoss], factors: list[float], box_format: str = "xyxy", reduction: str = "mean"
    ) -> None:
        super().__init__(box_format, reduction)
        self.parts = nn.ModuleList(parts)
        self.factors = factors

    def elementwise(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Loss `(...)` of each pair of boxes `(..., 4)`."""
        return self._add([part.elementwise(pred, target) for part in self._losses()])

    def similarity(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Weighted mean of the parts' similarities, `(...)` in [0, 1]."""
        # From what is missing to 1, so that equal boxes have exactly 1.
        return 1 - self._add([1 - part.similarity(pred, target) for part in self._losses()]) / sum(self.factors)

    def _losses(self) -> list[BoxLoss]:
        return cast("list[BoxLoss]", list(self.parts))  # a ModuleList forgets what it holds

    def _add(self, values: list[torch.Tensor]) -> torch.Tensor:
        first, *others = (factor * value for factor, value in zip(self.factors, values, strict=True))
        return sum(others, first)


@dataclass(frozen=True, kw_only=True)
class SumEntry(LossEntry):
    """A sum, which has the parameters of its parts."""

    parts: tuple[LossEntry, ...]

    @property
    def loss_defaults(self) -> dict[str, Any]:
        return self._defaults({part.name: part.loss_defaults for part in self.parts})

    @property
    def score_defaults(self) -> dict[str, Any]:
        return self._defaults({part.name: part.score_defaults for part in self.parts})

    @property
    def density_defaults(self) -> dict[str, Any]:
        return self._defaults({part.name: part.density_defaults for part in self.parts})

    def _defaults(self, defaults: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        own = {f"{name}.{key}": value for name, part in defaults.items() for key, value in part.items()}
        first = next(iter(defaults.values()))
        shared = {key: first[key] for key in SHARED if key in first}
        return shared | {key: value for key, value in own.items() if key.rpartition(".")[2] not in SHARED}

    def spell(self, params: Mapping[str, Any]) -> dict[str, Any]:
        known = self.loss_defaults
        spelled: dict[str, Any] = {}
        for key, value in params.items():
            owned = [name for name in known if name.rpartition(".")[2] == key and name not in SHARED] or [key]
            twice = next((name for name in owned if name in spelled), None)
            if twice is not None:
                raise InputError(f"box loss {self.name}: {twice}: given twice, as {spelled[twice]} and {value}")
            spelled |= dict.fromkeys(owned, value)
        return spelled


def find_sum(name: str, find: Callable[[str], LossEntry]) -> LossEntry | None:
    """The sum called `name`; None for a name that is none.

    Args:
        name: such as "2*giou+5*l1".
        find: a part's name to its entry.

    Raises:
        InputError: a part is unknown, twice there, or has a weight that is no positive number.
    """
    if "+" not in name and "*" not in name:
        return None
    terms: dict[str, tuple[float, LossEntry]] = {}
    for term in name.split("+"):
        factor, star, part = term.rpartition("*")
        if not part.strip() or (star and not factor.strip()):
            raise InputError(f"box loss {name}: got '{term.strip()}' as a part, allowed is such as 2*giou+5*l1")
        entry = find(part.strip())
        if entry.name in terms:
            raise InputError(f"box loss {name}: got {entry.name} twice, allowed is once, with a weight")
        terms[entry.name] = (_factor(name, factor.strip()) if star else 1.0, entry)
    factors = [factor for factor, _ in terms.values()]
    parts = tuple(entry for _, entry in terms.values())
    refused = next((f"{entry.name}: {entry.no_score}" for entry in parts if entry.no_score), "")
    return SumEntry(
        name="+".join(one if factor == 1 else f"{_digits(factor)}*{one}" for one, (factor, _) in terms.items()),
        aliases=(),
        family=FAMILY,
        description="a weighted sum",
        source=", ".join(entry.source for entry in parts),
        loss=partial(_make, parts, factors),
        no_score=refused,
        lengths={f"{entry.name}.{key}": unit for entry in parts for key, unit in entry.lengths.items()},
        parts=parts,
    )


def _make(
    parts: tuple[LossEntry, ...],
    factors: list[float],
    box_format: str = "xyxy",
    reduction: str = "mean",
    **params: Any,
) -> WeightedSum:
    made = []
    for part in parts:
        own = {key.rpartition(".")[2]: value for key, value in params.items() if key.rpartition(".")[0] == part.name}
        made.append(part.loss(**own, box_format=box_format))
    return WeightedSum(made, factors, box_format, reduction)


def _factor(name: str, text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise InputError(f"box loss {name}: got weight '{text}', allowed is a positive number before *: 2*giou+5*l1")
    return factor


def _digits(factor: float) -> str:
    """Every digit of it, without an exponent, whose sign would look like another part."""
    return np.format_float_positional(factor, trim="-")
