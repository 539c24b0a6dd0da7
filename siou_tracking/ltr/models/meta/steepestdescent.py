"""Steepest descent for any sum of squares, with the step of Gauss and Newton (DiMP, section 3.1, equations 4 and 5)."""

from __future__ import annotations

from typing import Any  # what the residuals depend on beside the variables

import torch
from torch import Tensor, nn

from siou_tracking.ltr.data.tensors import TensorList


class GNSteepestDescent(nn.Module):
    """Minimizes |r(x)|^2 by steps along its gradient, of the length that is best for r linearized.

    Args:
        residual_module: r, called with x as a TensorList and with keyword arguments; gives a TensorList.
        num_iter: steps, unless a call says otherwise.
        compute_losses: whether to compute the mean of r^2 at the start and after every step.
        detach_length: gradients flow back through so many steps; infinity for all.
        parameter_batch_dim, residual_batch_dim: the dimension of x and of r along which problems are separate.
        steplength_reg: added to the curvature in parts of the squared gradient.
    """

    def __init__(
        self,
        residual_module: nn.Module,
        num_iter: int = 1,
        compute_losses: bool = False,
        detach_length: float = float("inf"),
        parameter_batch_dim: int = 0,
        residual_batch_dim: int = 0,
        steplength_reg: float = 0.0,
    ) -> None:
        super().__init__()
        self.residual_module = residual_module
        self.num_iter = num_iter
        self.compute_losses = compute_losses
        self.detach_length = detach_length
        self.steplength_reg = steplength_reg
        self._parameter_batch_dim = parameter_batch_dim
        self._residual_batch_dim = residual_batch_dim

    def forward(
        self, meta_parameter: TensorList | Tensor, num_iter: int | None = None, **kwargs: Any
    ) -> tuple[TensorList | Tensor, list[TensorList | Tensor], list[Tensor]]:
        """Minimize, in float32 at least under autocast too, and with gradients where they are switched off too.

        Args:
            meta_parameter: x to begin with, one tensor or several.
            num_iter: steps; the constructor's unless given.
            kwargs: for the residual module.

        Returns:
            The last x; those at the start and after every step; losses, see `compute_losses`.
        """
        steps = self.num_iter if num_iter is None else num_iter
        given = meta_parameter if isinstance(meta_parameter, TensorList) else TensorList([meta_parameter])
        differentiable = torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
        with (
            torch.inference_mode(False),
            torch.set_grad_enabled(True),
            torch.autocast(given[0].device.type, enabled=False),
        ):
            known = {name: _usable(value) for name, value in kwargs.items()}
            iterates, losses = self._descend(TensorList(_usable(value) for value in given), steps, known)
        if not differentiable:
            iterates = [x.detach() for x in iterates]
            losses = [loss.detach() for loss in losses]
        if not isinstance(meta_parameter, TensorList):
            iterates = [x[0] for x in iterates]
        return iterates[-1], iterates, losses

    def _descend(self, x: TensorList, steps: int, kwargs: dict[str, Any]) -> tuple[list[Any], list[Tensor]]:
        iterates, losses = [x], []
        for step in range(steps):
            if step > 0 and self.detach_length < float("inf") and step % max(self.detach_length, 1) == 0:
                x = x.detach()
            x = TensorList(value if value.requires_grad else value.detach().requires_grad_() for value in x)
            residuals = self.residual_module(x, **kwargs)
            if self.compute_losses:
                losses.append(_mean_square(residuals))
            # g = J' u is linear in u, so its derivative in u along g is J g: two passes back give what one pass
            # forward would, for any operator.
            u = [r.clone() for r in residuals]
            g = torch.autograd.grad(list(residuals), list(x), u, create_graph=True)
            h = torch.autograd.grad(g, u, g, create_graph=True)
            squared = _square_sums(g, self._parameter_batch_dim)
            curvature = _square_sums(h, self._residual_batch_dim) + self.steplength_reg * squared
            length = squared / curvature.clamp(min=1e-8)
            x = TensorList(
                value - _along(length, self._parameter_batch_dim, value) * d for value, d in zip(x, g, strict=True)
            )
            iterates.append(x)
        if self.compute_losses:
            losses.append(_mean_square(self.residual_module(x, **kwargs)))
        return iterates, losses


def _usable(value: Any) -> Any:
    """A tensor in float32 at least, of which gradients can be taken; other values as they are."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        return value
    value = value.clone() if value.is_inference() else value
    return value.to(torch.promote_types(value.dtype, torch.float32))


def _square_sums(values: tuple[Tensor, ...], batch_dim: int) -> Tensor:
    """(batch,) sums of squares over all tensors and all dimensions but one."""
    return torch.stack([value.square().movedim(batch_dim, 0).flatten(1).sum(1) for value in values]).sum(0)


def _along(length: Tensor, batch_dim: int, value: Tensor) -> Tensor:
    """(batch,) in the shape that broadcasts along that dimension of `value`."""
    return length.view([-1 if dim == batch_dim else 1 for dim in range(value.dim())])


def _mean_square(residuals: TensorList) -> Tensor:
    return sum(r.square().sum() for r in residuals) / sum(r.numel() for r in residuals)
