"""Steepest descent on a target's filter, unrolled so that training reaches what it depends on (DiMP, algorithm 1)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from siou_tracking.ltr.models.layers.filter import apply_feat_transpose, apply_filter
from siou_tracking.ltr.models.target_classifier.objectives import KLDivergence, LeastSquares


class SteepestDescent(nn.Module):
    """Minimizes L(scores of f) + reg |f|^2 over filters f, by steps along the gradient g:

        f <- f - exp(log_step_length) |g|^2 / (h + (reg + alpha_eps) |g|^2) g

    with h the curvature of L along g, so that a quadratic L has its least value after a step of log_step_length 0.

    Args:
        num_iter: steps, unless a call says otherwise.
        feat_stride: pixels per cell of the features.
        init_step_length, init_filter_reg: exp(log_step_length) and sqrt(reg), which are learned, at the start.
        min_filter_reg: the least sqrt(reg).
        detach_length: gradients flow back through so many steps; infinity for all and 0 for none.
        alpha_eps: see above; above zero it keeps training stable.
    """

    def __init__(
        self,
        num_iter: int,
        feat_stride: int,
        init_step_length: float,
        init_filter_reg: float,
        min_filter_reg: float,
        detach_length: float,
        alpha_eps: float,
    ) -> None:
        super().__init__()
        self.num_iter = num_iter
        self.feat_stride = feat_stride
        self.log_step_length = nn.Parameter(torch.full((1,), math.log(init_step_length)))
        self.filter_reg = nn.Parameter(torch.full((1,), float(init_filter_reg)))
        self.min_filter_reg = min_filter_reg
        self.detach_length = detach_length
        self.alpha_eps = alpha_eps

    def objective(
        self, center: Tensor, output_sz: tuple[int, int], sample_weight: Tensor | None
    ) -> LeastSquares | KLDivergence:
        """What to minimize.

        Args:
            center: (images, sequences, 2) of the targets as (y, x), in cells of the scores.
            output_sz: rows and columns of the scores.
            sample_weight: (images, sequences, 1, 1), or None for the same for each image.
        """
        raise NotImplementedError

    def forward(
        self,
        weights: Tensor,
        feat: Tensor,
        bb: Tensor,
        sample_weight: Tensor | None = None,
        num_iter: int | None = None,
        compute_losses: bool = True,
    ) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """Fit filters to the features of images with a known target.

        Computed in float32 at least, under autocast too: a step length is the quotient of two sums of squares.

        Args:
            weights: (sequences, C, kH, kW) filters to begin with.
            feat: (images, sequences, C, H, W), or (images, C, H, W) of one sequence.
            bb: (images, sequences, 4) or (images, 4) targets, xywh in pixels of the images.
            sample_weight: (images, sequences) or (images,), summing to 1 over a sequence; None for equal ones.
            num_iter: steps; the constructor's unless given.
            compute_losses: whether to compute the third result.

        Returns:
            The last filters; those at the start and after every step; and the mean over sequences of what is minimized,
            a (1,) for each of these.
        """
        images, sequences = feat.shape[0], feat.shape[1] if feat.dim() == 5 else 1
        kernel = (weights.shape[-2], weights.shape[-1])
        output_sz = (feat.shape[-2] + (kernel[0] + 1) % 2, feat.shape[-1] + (kernel[1] + 1) % 2)
        dtype = torch.promote_types(torch.promote_types(feat.dtype, weights.dtype), torch.float32)
        returned = dtype if torch.is_autocast_enabled(feat.device.type) else weights.dtype
        with torch.autocast(feat.device.type, enabled=False):
            center = self._center(bb.to(dtype).reshape(images, sequences, 4), kernel)
            if sample_weight is not None:
                sample_weight = sample_weight.to(dtype).reshape(images, sequences, 1, 1)
            objective = self.objective(center, output_sz, sample_weight)
            iterates, losses = self._descend(
                objective, weights.to(dtype), feat.to(dtype), self.num_iter if num_iter is None else num_iter
            )
        iterates = [filters.to(returned) for filters in iterates]
        return iterates[-1], iterates, losses if compute_losses else []

    def _center(self, boxes: Tensor, kernel: tuple[int, int]) -> Tensor:
        """Where the score map of a kernel has the centers of (..., 4) boxes, as (y, x): a filter of odd size has its
        own center on a cell, one of even size has it between two."""
        shift = torch.tensor([size % 2 / 2 for size in kernel], dtype=boxes.dtype, device=boxes.device)
        middle = boxes[..., :2] + boxes[..., 2:] / 2
        return (middle / self.feat_stride).flip(-1) - shift

    def _descend(
        self, objective: LeastSquares | KLDivergence, weights: Tensor, feat: Tensor, num_iter: int
    ) -> tuple[list[Tensor], list[Tensor]]:
        reg = self.filter_reg.square().clamp(min=self.min_filter_reg**2)
        rate = self.log_step_length.exp()
        kernel = weights.shape[-2:]
        iterates, losses = [weights], []
        scores = apply_filter(feat, weights)
        for step in range(num_iter):
            if self._is_cut_before(step):
                weights = weights.detach()
                scores = apply_filter(feat, weights)  # again: gradients still flow to the features
            here = objective(scores)
            losses.append((here.loss + reg * weights.square().sum()) / len(weights))
            gradient = apply_feat_transpose(feat, here.gradient, kernel) + reg * weights
            change = apply_filter(feat, gradient)
            squared = gradient.square().sum(dim=(1, 2, 3))  # [sequences]
            curvature = here.curvature(change) + (reg + self.alpha_eps) * squared
            length = (rate * squared / curvature.clamp(min=1e-8)).view(-1, 1, 1)
            weights = weights - length.unsqueeze(-1) * gradient
            scores = scores - length * change  # scores are linear in the filter: no pass over the features
            iterates.append(weights)
        losses.append((objective(scores).loss + reg * weights.square().sum()) / len(weights))
        return iterates, losses

    def _is_cut_before(self, step: int) -> bool:
        return self.detach_length <= 0 or (step > 0 and step % self.detach_length == 0)
