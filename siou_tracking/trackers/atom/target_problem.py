"""The two least-squares problems of ATOM's target model.

    first frame   r = [ sqrt(w_i) (a(f * P x_i) - y_i),  sqrt(lf) f,  sqrt(lp) P ]     over filter f and projection P
    later         r = [ sqrt(w_i) (a(f * z_i)   - y_i),  sqrt(lf) f ]                  over f, with z_i = P x_i kept

x_i are backbone features, y_i Gaussian labels, w_i sample weights, * is correlation, and the activation
a(s) = s for s >= 0 and floor (exp(s / floor) - 1) below leaves easy negatives alone (CVPR 2019, sec. 3.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from siou_tracking.trackers.atom.correlation import correlate, filter_adjoint
from siou_tracking.trackers.atom.optimization import Linearization, Tensors


def response(scores: torch.Tensor, floor: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The activation a(s) and its derivative, elementwise."""
    slope = torch.exp(scores.clamp(max=0) / floor)
    negative = scores < 0
    return torch.where(negative, floor * (slope - 1), scores), slope


def project(features: torch.Tensor, projection: torch.Tensor) -> torch.Tensor:
    """1 x 1 convolution: features (N, C, H, W) with a projection (D, C) to (N, D, H, W)."""
    return torch.matmul(projection, features.flatten(2)).unflatten(2, features.shape[-2:])


def _compose(filt: torch.Tensor, projection: torch.Tensor) -> torch.Tensor:
    """The filter (C, k, k) that does to features what a filter (D, k, k) does to their projection (D, C)."""
    return torch.tensordot(projection, filt, ([0], [0]))


@dataclass
class FilterProblem:
    """Fit the filter (D, k, k) alone; `variables` is [filter]."""

    features: torch.Tensor
    """z, (N, D, H, W)."""
    labels: torch.Tensor
    """y, (N, H, W)."""
    weights: torch.Tensor
    """w, (N,), non-negative."""
    filter_reg: float
    floor: float

    def linearize(self, variables: Tensors) -> Linearization:
        """See `optimization.LeastSquares`."""
        (filt,) = variables
        kernel = filt.shape[-1]
        value, slope = response(correlate(self.features, filt), self.floor)
        weights = self.weights[:, None, None]  # [N, 1, 1] against scores [N, H, W]
        curvature = weights * slope.square()

        def normal(change: Tensors) -> Tensors:
            scores = curvature * correlate(self.features, change[0])
            return [filter_adjoint(self.features, scores, kernel) + self.filter_reg * change[0]]

        back = weights * slope * (value - self.labels)
        return Linearization([filter_adjoint(self.features, back, kernel) + self.filter_reg * filt], normal)

    def precondition(self, residual: Tensors) -> Tensors:
        """None: the residual itself."""
        return residual


@dataclass
class JointProblem:
    """Fit filter and projection (D, C) together; `variables` is [filter, projection]."""

    features: torch.Tensor
    """x, (N, C, H, W)."""
    labels: torch.Tensor
    weights: torch.Tensor
    filter_reg: float
    projection_reg: float
    floor: float

    def linearize(self, variables: Tensors) -> Linearization:
        """See `optimization.LeastSquares`."""
        filt, projection = variables
        # f * P x is x correlated with one filter of all C channels: no sample is projected, and D > k^2 costs nothing.
        value, slope = response(correlate(self.features, _compose(filt, projection)), self.floor)
        weights = self.weights[:, None, None]  # [N, 1, 1] against scores [N, H, W]
        curvature = weights * slope.square()

        def adjoint(scores: torch.Tensor, at: Tensors) -> Tensors:
            composed = filter_adjoint(self.features, scores, filt.shape[-1])  # [C, k, k]
            to_filter = torch.tensordot(projection, composed, 1)  # [D, k, k]
            to_projection = torch.tensordot(filt, composed, ([1, 2], [1, 2]))  # [D, C]
            return [to_filter + self.filter_reg * at[0], to_projection + self.projection_reg * at[1]]

        def normal(change: Tensors) -> Tensors:
            composed = _compose(change[0], projection) + _compose(filt, change[1])
            return adjoint(curvature * correlate(self.features, composed), change)

        return Linearization(adjoint(weights * slope * (value - self.labels), variables), normal)

    def precondition(self, residual: Tensors) -> Tensors:
        """Each part divided by its own regularization."""
        return [residual[0] / self.filter_reg, residual[1] / self.projection_reg]
