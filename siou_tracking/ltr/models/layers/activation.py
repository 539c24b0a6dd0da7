"""Activations of scores whose shape depends on the cell: linear on the target, rectified off it (DiMP, section 3.2).

With a mask a between 0 and 1, y(x, a) is x for a = 1 and max(0, x) for a = 0.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from siou_tracking.errors import unknown_name


class LeakyReluPar(nn.Module):
    """(1 - a) / 2 |x| + (1 + a) / 2 x: slope 1 above zero and a below."""

    def forward(self, x: Tensor, a: Tensor) -> Tensor:
        """Both of the same or of broadcast shapes."""
        return 0.5 * (1 - a) * x.abs() + 0.5 * (1 + a) * x


class LeakyReluParDeriv(nn.Module):
    """Derivative of `LeakyReluPar` in x; (1 + a) / 2 at zero. No gradient flows to x, of which it is a step."""

    def forward(self, x: Tensor, a: Tensor) -> Tensor:
        return 0.5 * (1 - a) * x.detach().sign() + 0.5 * (1 + a)


class BentIdentPar(nn.Module):
    """`LeakyReluPar` with |x| rounded off to sqrt(x^2 + 4 b^2) - 2 b.

    Args:
        b: how far the bend reaches.
    """

    def __init__(self, b: float = 1.0) -> None:
        super().__init__()
        self.b = b

    def forward(self, x: Tensor, a: Tensor) -> Tensor:
        bend = 2 * self.b
        return 0.5 * (1 - a) * ((x.square() + bend**2).sqrt() - bend) + 0.5 * (1 + a) * x


class BentIdentParDeriv(nn.Module):
    """Derivative of `BentIdentPar` in x."""

    def __init__(self, b: float = 1.0) -> None:
        super().__init__()
        self.b = b

    def forward(self, x: Tensor, a: Tensor) -> Tensor:
        return 0.5 * (1 - a) * x / (x.square() + 4 * self.b**2).sqrt() + 0.5 * (1 + a)


def score_activation(name: str, param: float | None) -> tuple[nn.Module, nn.Module]:
    """An activation of scores and its derivative, each called with the scores and the mask.

    Args:
        name: 'relu' for `LeakyReluPar`, 'bentpar' for `BentIdentPar`.
        param: b of the latter, 1 unless given.

    Raises:
        InputError: another name.
    """
    bend = 1.0 if param is None else param
    known: dict[str, tuple[nn.Module, nn.Module]] = {
        "relu": (LeakyReluPar(), LeakyReluParDeriv()),
        "bentpar": (BentIdentPar(bend), BentIdentParDeriv(bend)),
    }
    if name not in known:
        raise unknown_name("score activation", name, known)
    return known[name]


def softmax_reg(x: Tensor, dim: int, reg: float | None = None) -> Tensor:
    """Softmax along `dim` with one more cell of logit `reg`, whose share is left out; None is the ordinary softmax."""
    if reg is None:
        return x.softmax(dim)
    return (x - log_partition(x, (dim,), reg)).exp()


def log_partition(scores: Tensor, dim: tuple[int, ...], reg: float | None = None) -> Tensor:
    """log of the sum of exp(scores) along `dim`, kept as dimensions of 1, and of exp(reg) where there is a `reg`."""
    log_z = scores.logsumexp(dim, keepdim=True)
    return log_z if reg is None else torch.logaddexp(log_z, log_z.new_tensor(reg))
