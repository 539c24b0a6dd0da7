r"""The family that Smooth-IoU is one of: an outer form F of lambda times a divergence D of the two boxes' Gaussians.

    L = F(x), x = lambda D          S = exp(-L), or 1 - L where L has no value above 1

Every form has slope 1 at x = 0, so that lambda is the curvature at the target whatever the form; but for the cone, the
control that shows what a root of D does. The divergences, in the symbols of `siou_tracking.losses.box.smooth_iou`, are
scaled to D = e^2 / 2 next to the target, e the center error of an axis in target sizes; but for kl, which is
smooth_iou's own and four times as steep there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from siou_tracking.errors import unknown_name
from siou_tracking.losses import SmoothIoULoss
from siou_tracking.losses.box.base import BoxLoss, check_number
from siou_tracking.losses.box.gaussian.base import GaussianLoss, bounded, size_divergence, square_root
from siou_tracking.losses.box.smooth_iou import DIVERGENCES as REGISTERED


@dataclass(frozen=True)
class Form:
    """An outer form."""

    formula: str
    of: Callable[[torch.Tensor], torch.Tensor]
    """L of x = lambda D, element by element."""
    score: Callable[[torch.Tensor], torch.Tensor]
    """-ln S of x: L itself, or -ln(1 - L) where L stays below 1."""


@dataclass(frozen=True)
class Divergence:
    """A divergence of two boxes."""

    formula: str
    """Summed over both axes."""
    of: Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
    """D `(...)` of center offset, predicted and target size `(2, ...)`."""
    bend: tuple[float, float]
    """D = a e^2 + b u^2 next to the target: a of the center error over the target's size, b of the log size ratio."""
    best_size: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    """The size that is best for a center offset and a target size."""
    symmetric: bool = True


def _root(x: torch.Tensor) -> torch.Tensor:
    return 2 * x / ((1 + x).sqrt() + 1)


FORMS = {
    "log": Form("ln(1 + x)", torch.log1p, torch.log1p),
    "sqrt": Form("2 (sqrt(1 + x) - 1)", _root, _root),
    "ratio": Form("1 - 1 / (1 + x)", lambda x: x / (1 + x), torch.log1p),
    "exp": Form("1 - exp(-x)", lambda x: -torch.expm1(-x), lambda x: x),
    "logratio": Form("1 - 1 / (1 + ln(1 + x))", bounded, lambda x: torch.log1p(torch.log1p(x))),
    "linear": Form("x", lambda x: x, lambda x: x),
    "cone": Form("sqrt(x)", square_root, square_root),
}
"""By name, the product's first."""


def _bhattacharyya(d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return _center(d, s, t) + size_divergence(s, t)


def _narrow(d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return _center(d, s, t) + size_divergence(s, t) / 2


def _center(d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return (d / (s.square() + t.square()).sqrt()).square().sum(0)


def _kl(d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    # As in smooth_iou_formula: no difference cancels where s is near t, and the branch not taken stays finite.
    u = (t - s) / s
    shrink, grow = torch.log1p((s - t).clamp_min(0) / t), torch.log1p((t - s).clamp_min(0) / s)
    terms = 2 * (d / s).square() + u.square() / 2 + (u - torch.where(s > t, -shrink, grow))
    return terms.sum(0).clamp_min(0)


def _jeffreys(d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return ((s / t - t / s).square() / 4 + (d / t).square() + (d / s).square()).sum(0) / 4


def _wasserstein(d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return ((d.square() + (s - t).square() / 4) / (s * t)).sum(0) / 2


DIVERGENCES = {
    "bhattacharyya": Divergence(
        "d^2 / (s^2 + t^2) + ln((s^2 + t^2) / (2 s t)) / 2",
        _bhattacharyya,
        (1 / 2, 1 / 4),
        lambda d, t: (2 * d.square() + (4 * d**4 + t**4).sqrt()).sqrt(),
    ),
    "kl": Divergence(
        "((t^2 + 4 d^2) / s^2 - 1 + ln(s^2 / t^2)) / 2",
        _kl,
        (2, 1),
        lambda d, t: (t.square() + 4 * d.square()).sqrt(),
        symmetric=False,
    ),
    "narrow": Divergence(
        "d^2 / (s^2 + t^2) + ln((s^2 + t^2) / (2 s t)) / 4: half of bhattacharyya for deviations of size / sqrt(8)",
        _narrow,
        (1 / 2, 1 / 8),
        lambda d, t: (4 * d.square() + (16 * d**4 + t**4).sqrt()).sqrt(),
    ),
    "hellinger": Divergence(
        "1 - exp(-bhattacharyya)",
        lambda d, s, t: -torch.expm1(-_bhattacharyya(d, s, t)),
        (1 / 2, 1 / 4),
        lambda d, t: (2 * d.square() + (4 * d**4 + t**4).sqrt()).sqrt(),
    ),
    "jeffreys": Divergence(
        "((s / t - t / s)^2 / 4 + d^2 / t^2 + d^2 / s^2) / 4",
        _jeffreys,
        (1 / 2, 1 / 4),
        lambda d, t: (t * (t.square() + 4 * d.square()).sqrt()).sqrt(),
    ),
    "wasserstein": Divergence(
        "(d^2 + (s - t)^2 / 4) / (2 s t)",
        _wasserstein,
        (1 / 2, 1 / 8),
        lambda d, t: (t.square() + 4 * d.square()).sqrt(),
    ),
}
"""By name, the product's first."""


@dataclass(frozen=True)
class Member:
    """One loss of the family.

    Raises:
        InputError: no such form or divergence, or a sharpness that is no number above 0.
    """

    form: str = "log"
    divergence: str = "bhattacharyya"
    sharpness: float = 32.0

    def __post_init__(self) -> None:
        for kind, value, known in (("form", self.form, FORMS), ("divergence", self.divergence, DIVERGENCES)):
            if value not in known:
                raise unknown_name(kind, value, tuple(known))
        check_number("family", "sharpness", self.sharpness)

    @property
    def name(self) -> str:
        """Such as "log_bhattacharyya_32", which is an identifier and a file's name."""
        return f"{self.form}_{self.divergence}_{self.sharpness:g}".replace(".", "p")

    @classmethod
    def parse(cls, name: str) -> Member:
        """The member of a `name`.

        Raises:
            ValueError: it is none.
            InputError: no such form or divergence, or a sharpness that is no number above 0.
        """
        form, divergence, sharpness = name.split("_")
        return cls(form, divergence, float(sharpness.replace("p", ".")))

    @property
    def registered(self) -> bool:
        """Whether it is smooth_iou with other parameters."""
        return self.form == "log" and self.divergence in REGISTERED

    def build(self, box_format: str = "xyxy", reduction: str = "mean") -> BoxLoss:
        """The module; smooth_iou's own where it is that."""
        if self.registered:
            return SmoothIoULoss(box_format, self.sharpness, self.divergence, reduction)
        return FamilyLoss(self, box_format, reduction)


class FamilyLoss(GaussianLoss):
    """`F(lambda D)`, its F and D those of `member`."""

    def __init__(self, member: Member, box_format: str = "xyxy", reduction: str = "mean") -> None:
        super().__init__(box_format, reduction)
        self.member = member

    def formula(self, d: torch.Tensor, s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """x `(...)`."""
        return self.member.sharpness * DIVERGENCES[self.member.divergence].of(d, s, t)

    def elementwise(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Loss `(...)` of each pair of boxes `(..., 4)`."""
        return FORMS[self.member.form].of(super().elementwise(pred, target))

    def cost(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """-ln S `(...)` of each pair of boxes `(..., 4)`, exact however small S is."""
        return FORMS[self.member.form].score(super().elementwise(pred, target))

    def similarity(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """S `(...)` of each pair of boxes `(..., 4)`."""
        return torch.exp(-self.cost(pred, target))
