"""Names of the losses that act on features `(N, C)`; those that act on boxes are in losses/box/registry.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import Parameter, signature
from typing import Any  # a loss's parameter: a number, a name or a flag

from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.losses.feature.base import FeatureMarginLoss
from siou_tracking.losses.feature.margin import DetectionMarginLoss, DIMLoss, IdentificationMarginLoss
from siou_tracking.registry import NamedEntry, Registry


@dataclass(frozen=True)
class FeatureLossEntry(NamedEntry):
    """What the registry knows of one loss of features."""

    required: tuple[str, ...]
    """Parameters without a default."""
    defaults: dict[str, Any]
    """All other parameters and their defaults."""
    loss: Callable[..., nn.Module] = field(repr=False)
    """Makes the module from the parameters."""


def _make_entry(
    name: str, aliases: tuple[str, ...], loss: type[FeatureMarginLoss], description: str
) -> FeatureLossEntry:
    own = [p for p in signature(loss).parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
    shared = list(signature(FeatureMarginLoss).parameters.values())
    return FeatureLossEntry(
        name=name,
        aliases=aliases,
        description=description,
        required=tuple(p.name for p in own if p.default is Parameter.empty),
        defaults={p.name: p.default for p in own + shared if p.default is not Parameter.empty},
        loss=loss,
    )


_LOSSES = Registry(
    "feature loss",
    (
        _make_entry("dim", (), DIMLoss, "both margins, one center (10.1109/ICIP46576.2022.9898030, as we read it)"),
        _make_entry("detection_margin", ("dm",), DetectionMarginLoss, "draws features in that lie beyond a margin"),
        _make_entry(
            "identification_margin", ("im",), IdentificationMarginLoss, "spreads features closer than a margin"
        ),
    ),
)


def available_feature_losses() -> list[str]:
    """The registered names, without aliases."""
    return _LOSSES.names()


def describe_feature_loss(name: str) -> FeatureLossEntry:
    """What the registry knows of `name`, which may be an alias.

    Raises:
        InputError: unknown name; the message lists the known ones and the nearest.
    """
    return _LOSSES.find(name)


def build_feature_loss(name: str, **params: Any) -> nn.Module:
    """The loss of that name as a module, called as `loss(features, batch_index=None, ids=None, ...)` on `(N, C)`.

    Args:
        name: one of `available_feature_losses()`, or an alias.
        params: the entry's `required`, and any of its `defaults`.

    Raises:
        InputError: unknown name, a parameter missing or not known to this loss, or a value it does not allow.
    """
    entry = describe_feature_loss(name)
    for param in params:
        if param not in entry.required and param not in entry.defaults:
            allowed = ", ".join((*entry.required, *entry.defaults))
            raise InputError(f"feature loss {entry.name}: parameter: got '{param}', allowed are {allowed}")
    for param in entry.required:
        if param not in params:
            raise InputError(
                f"feature loss {entry.name}: {param}: got none, allowed is a number from 0 up; calibrate_margins "
                "measures one"
            )
    return entry.loss(**params)
