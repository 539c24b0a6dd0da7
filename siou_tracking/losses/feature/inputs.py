"""What the margin losses accept: their options when they are made, their rows when they are called.

Shapes and types are looked at, values of tensors never, so that no training step waits for the device.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import NamedTuple

import torch

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.losses.feature.center import CENTERS
from siou_tracking.losses.feature.distance import DISTANCES, SQUARED, Pairs

SPREADS = ("center", "pairwise")


class Rows(NamedTuple):
    """Foreground features ready to be measured: at least float32, weights filled in."""

    features: torch.Tensor
    batch_index: torch.Tensor | None
    ids: torch.Tensor | None
    weights: torch.Tensor
    center: torch.Tensor | None

    def pairs(self, within_images: bool) -> Pairs:
        """Which rows are compared: those of different identity, of one image only if asked for.

        Without ids, two objects are known to differ only where they are in one picture.
        """
        if self.ids is None:
            own = torch.arange(len(self.features), device=self.features.device)
            return Pairs(own, self.batch_index, self.weights)
        return Pairs(self.ids, self.batch_index if within_images else None, self.weights)


def check_rows(
    features: torch.Tensor,
    batch_index: torch.Tensor | None,
    ids: torch.Tensor | None,
    weights: torch.Tensor | None,
    center: torch.Tensor | None,
) -> Rows:
    """The rows in a dtype of at least 32 bits.

    Raises:
        InputError: features not a floating `(N, C)`, another number of rows in what goes with them, numbers of images
            or identities that are not integers, or tensors on different devices.
    """
    _check_tensor("features", features)
    if features.ndim != 2 or not features.shape[1] or not features.is_floating_point():
        got = f"{features.dtype} {tuple(features.shape)}"
        raise InputError(f"margin loss: features: got {got}, allowed is a floating (N, C), a row for each object")
    count, channels = features.shape
    for name, values in (("batch_index", batch_index), ("ids", ids), ("weights", weights), ("center", center)):
        if values is None:
            continue
        _check_tensor(name, values)
        shapes = ((channels,), (count, channels)) if name == "center" else ((count,),)
        if tuple(values.shape) not in shapes:
            allowed = " or ".join(str(shape) for shape in shapes)
            raise InputError(f"margin loss: {name}: got shape {tuple(values.shape)}, allowed is {allowed}")
        whole = not (values.is_floating_point() or values.is_complex() or values.dtype == torch.bool)
        if name in ("batch_index", "ids") and not whole:
            raise InputError(f"margin loss: {name}: got {values.dtype}, allowed are integers")
        if values.device != features.device:
            raise InputError(f"margin loss: {name}: got a tensor on {values.device}, allowed is {features.device}")
    x = features.to(torch.promote_types(features.dtype, torch.float32))
    weights = x.new_ones(count) if weights is None else weights.to(x.dtype)
    return Rows(x, batch_index, ids, weights, None if center is None else center.to(x.dtype))


def _check_tensor(name: str, value: object) -> None:
    if not isinstance(value, torch.Tensor):
        raise InputError(f"margin loss: {name}: got {type(value).__name__}, allowed is a torch.Tensor")


def check_options(
    distance: str,
    center: str,
    detach_center: bool,
    power: int,
    unbiased: bool,
    channels: int | None,
    momentum: float,
) -> None:
    """Raise an `InputError` for an option that is unknown, out of range, or contradicts another."""
    for what, got, allowed in (("distance", distance, DISTANCES), ("center", center, CENTERS)):
        if got not in allowed:
            raise unknown_name(what, got, allowed)
    if isinstance(power, bool) or power not in (1, 2):
        raise InputError(f"margin loss: power: got {power!r}, allowed are 1 and 2")
    for name, flag in (("detach_center", detach_center), ("unbiased", unbiased)):
        if not isinstance(flag, bool):
            raise InputError(f"margin loss: {name}: got {flag!r}, allowed are True and False")
    if center != "ema":
        return
    if not detach_center or unbiased:
        option = "unbiased=True" if unbiased else "detach_center=False"
        raise InputError(f"margin loss: {option}: got it with center 'ema', allowed with 'batch' and 'image'")
    if isinstance(channels, bool) or not isinstance(channels, int) or channels < 1:
        raise InputError(f"margin loss: channels: got {channels!r}, allowed with center 'ema' is the features' C")
    if not is_number(momentum) or not 0 < momentum <= 1:
        raise InputError(f"margin loss: momentum: got {momentum!r}, allowed is a number in (0, 1]")


def check_amount(name: str, value: float) -> float:
    """The value as a float, or an `InputError` unless it is a finite number, not negative."""
    if not is_number(value) or not 0 <= value < math.inf:
        hint = "; calibrate_margins measures one" if name.startswith("margin") else ""
        raise InputError(f"margin loss: {name}: got {value!r}, allowed is a finite number from 0 up{hint}")
    return float(value)


def check_spread(spread: str) -> str:
    """The spread, or an `InputError` that lists the known ones."""
    if spread not in SPREADS:
        raise unknown_name("spread", spread, SPREADS)
    return spread


def check_order(margin_det: float, margin_id: float, spread: str, distance: str) -> None:
    """Raise an `InputError` where no arrangement of features could satisfy both margins.

    Round one center that is m_I > m_D. In pairs m_I is a distance of two features, which within m_D of the center are
    at most 2 m_D apart (4 m_D for the distances that are squares).
    """
    times = 1 if spread == "center" else 4 if distance in SQUARED else 2
    if margin_id > times * margin_det:
        limit = "margin_det" if times == 1 else f"{times} * margin_det"
        raise InputError(
            f"margin loss: margin_id: got {margin_id:g} with margin_det {margin_det:g}, allowed is at most {limit}: "
            "no features would satisfy both"
        )


def is_number(value: object) -> bool:
    """Whether it is a real number, which a bool is not here."""
    return isinstance(value, Real) and not isinstance(value, bool)
