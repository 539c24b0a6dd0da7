"""Gauss-Newton with conjugate gradients for nonlinear least squares over a list of tensors.

    minimize  L(x) = 1/2 |r(x)|^2          r(x + dx) ~ r + J dx
    so        J^T J dx = -J^T r            solved by a few conjugate-gradient steps from dx = 0

A problem supplies J and J^T as functions, never as matrices (the optimizer of ATOM, Danelljan et al., CVPR 2019,
sec. 3.3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch

Tensors = list[torch.Tensor]


@dataclass(frozen=True)
class Linearization:
    """A least-squares problem near one point."""

    gradient: Tensors
    """J^T r, shaped like the variables."""
    normal: Callable[[Tensors], Tensors]
    """dx -> J^T J dx."""


class LeastSquares(Protocol):
    """What the solver needs to know about a problem."""

    def linearize(self, variables: Tensors) -> Linearization:
        """Gradient and normal operator at `variables`."""

    def precondition(self, residual: Tensors) -> Tensors:
        """An approximate inverse of the normal operator applied to `residual`."""


def dot(a: Sequence[torch.Tensor], b: Sequence[torch.Tensor]) -> torch.Tensor:
    """One inner product over all parts of two variables."""
    return torch.stack([(x * y).sum() for x, y in zip(a, b, strict=True)]).sum()


class _Step(NamedTuple):
    """What the next direction is made of."""

    direction: Tensors
    residual: Tensors
    rho: torch.Tensor
    """Residual times preconditioned residual."""


def _axpy(scale: torch.Tensor, x: Tensors, y: Tensors) -> Tensors:
    return [b + scale * a for a, b in zip(x, y, strict=True)]


def conjugate_gradient(
    normal: Callable[[Tensors], Tensors],
    rhs: Tensors,
    iterations: int,
    precondition: Callable[[Tensors], Tensors] | None = None,
    fletcher_reeves: bool = True,
) -> Tensors:
    """Approximately solve A dx = rhs for a symmetric positive semi-definite A, from dx = 0.

    Args:
        normal: dx -> A dx.
        rhs: the right side, a list of tensors.
        iterations: steps taken; n steps are exact for n unknowns, up to rounding.
        precondition: an approximate inverse of A.
        fletcher_reeves: the Fletcher-Reeves direction update, else Polak-Ribiere held at or above zero.
    """
    precondition = precondition or (lambda residual: residual)
    tiny = torch.finfo(rhs[0].dtype).tiny
    solution = [torch.zeros_like(part) for part in rhs]
    residual, direction = rhs, rhs
    last: _Step | None = None
    for _ in range(iterations):
        z = precondition(residual)
        rho = dot(residual, z)
        if last is None:
            direction = z
        else:
            change = rho if fletcher_reeves else rho - dot(last.residual, z)
            direction = _axpy((change / last.rho.clamp(min=tiny)).clamp(min=0), last.direction, z)
        last = _Step(direction, residual, rho)
        image = normal(direction)
        step = rho / dot(direction, image).clamp(min=tiny)
        # Chosen on the device: a look at the number here would make every iteration wait for it.
        step = torch.where(torch.isfinite(step), step, torch.zeros_like(step))
        solution = _axpy(step, direction, solution)
        residual = _axpy(-step, image, residual)
    return solution


def gauss_newton(
    problem: LeastSquares,
    variables: Tensors,
    cg_iterations: Sequence[int],
    fletcher_reeves: bool = True,
) -> Tensors:
    """Improve `variables` by one Gauss-Newton step per entry of `cg_iterations`.

    Args:
        problem: see `LeastSquares`.
        variables: the start, left unchanged.
        cg_iterations: conjugate-gradient steps in each Gauss-Newton step.
        fletcher_reeves: see `conjugate_gradient`.
    """
    for iterations in cg_iterations:
        local = problem.linearize(variables)
        rhs = [-part for part in local.gradient]
        step = conjugate_gradient(local.normal, rhs, iterations, problem.precondition, fletcher_reeves)
        variables = [value + change for value, change in zip(variables, step, strict=True)]
    return variables
