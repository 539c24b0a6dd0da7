r"""The DIM loss: two margins that balance detection against identification in a feature which both share.

Source: H. Lee, S. Cho, S. Jang, J. Lee, S. Woo, S. Lee, "Detection-Identification Balancing Margin Loss for One-Stage
Multi-Object Tracking", ICIP 2022, doi 10.1109/ICIP46576.2022.9898030. This implements the loss that the abstract
describes; the published formula, margins and weights were not available, so no number made with it is the paper's.

From the abstract: a detection margin (DM) makes features converge that lie farther than a margin from the center of the
foreground features, where identification learning drives them; an identification margin (IM) spreads features that
detection learning has overly clustered; both act on the features with a strong negative impact, and in training only.

Our reading: with x_i the shared feature at the N object centers of a batch, of C channels,

    c   = mean of x_i, held constant        d_i  = |x_i - c| / sqrt(C)
    DM  = mean_i max(0, d_i - m_D)^2        IM   = mean_i max(0, m_I - d_i)^2        0 <= m_I <= m_D
    DIM = w_D DM + w_I IM                   added to the tracker's loss, times about 10

Between the margins loss and gradient are exactly 0. The nearest published kin are center loss with a region
(Wen et al., IJCV 2019) and the pull and push of the discriminative loss (De Brabandere et al., arXiv 1708.02551).

Limits. Scaling all features satisfies either term without changing what the heads can tell; batch normalization before
the shared feature limits that. Exactly equal features have no direction to part in. `spread="center"` does not see two
tight groups on opposite sides of the center, which "pairwise" does; which of the two the paper means is not known.
Margins have no default: `siou_tracking.losses.feature.calibration` takes them from a baseline's features.
"""

from __future__ import annotations

from typing import Any  # an option: a number, a name or a flag, checked by check_options

import torch

from siou_tracking.losses.box.base import reduce_loss
from siou_tracking.losses.feature.base import DIMTerms, FeatureMarginLoss
from siou_tracking.losses.feature.distance import mean_over_pairs
from siou_tracking.losses.feature.inputs import Rows, check_amount, check_order, check_spread


class DetectionMarginLoss(FeatureMarginLoss):
    """DM: mean of `max(0, d - margin) ** power`, called as `loss(features, batch_index=None, ...)` on `(N, C)`.

    Args:
        margin: m_D >= 0, in the unit of the distance.
        options: the keyword arguments of `FeatureMarginLoss`.

    Raises:
        InputError: a margin that is not a finite number from 0 up, or an option not allowed.
    """

    def __init__(self, margin: float, **options: Any) -> None:
        super().__init__(**options)
        self.margin = check_amount("margin", margin)

    def costs(self, rows: Rows) -> DIMTerms:
        """DM and 0."""
        d, weights = self.measure(rows)
        detection = reduce_loss(self.outside(d, self.margin), "mean", weights)
        return DIMTerms(detection, torch.zeros_like(detection))

    def extra_repr(self) -> str:
        return f"margin={self.margin:g}, {super().extra_repr()}"


class IdentificationMarginLoss(FeatureMarginLoss):
    """IM: mean of `max(0, margin - d) ** power`, called as `loss(features, batch_index=None, ...)` on `(N, C)`.

    Args:
        margin: m_I >= 0, in the unit of the distance.
        spread: "center" takes d from the center; "pairwise" takes it between features of different identity, all that
            are in the batch, or in one image with center "image". Independent features at d from their center are
            about sqrt(2) d from each other. Memory stays bounded, time grows with the number of pairs.
        options: the keyword arguments of `FeatureMarginLoss`. The distances "sq" and "cosine" push least where
            features are closest, so they suit this loss badly.

    Raises:
        InputError: a margin that is not a finite number from 0 up, an unknown spread, or an option not allowed.
    """

    def __init__(self, margin: float, spread: str = "center", **options: Any) -> None:
        super().__init__(**options)
        self.margin = check_amount("margin", margin)
        self.spread = check_spread(spread)

    def costs(self, rows: Rows) -> DIMTerms:
        """0 and IM."""
        if self.spread == "pairwise":
            identification = _spread_pairs(self, rows, self.margin)
        else:
            d, weights = self.measure(rows)
            identification = reduce_loss(self.inside(d, self.margin), "mean", weights)
        return DIMTerms(torch.zeros_like(identification), identification)

    def extra_repr(self) -> str:
        return f"margin={self.margin:g}, spread={self.spread!r}, {super().extra_repr()}"


class DIMLoss(FeatureMarginLoss):
    """DM and IM round one center, measured once: `loss(features, batch_index=None, ids=None, ...)` on `(N, C)`.

    The total loss of a tracker is its own plus about 10 times this; `task_balance.TaskBalance` adds them.
    A weight of 0 turns a term off.

    Args:
        margin_det: m_D, beyond which features are drawn to the center.
        margin_id: m_I, short of which they are driven from it (from each other with "pairwise").
        weight_det: w_D >= 0.
        weight_id: w_I >= 0.
        spread: "center" or "pairwise"; see `IdentificationMarginLoss`.
        options: the keyword arguments of `FeatureMarginLoss`.

    Raises:
        InputError: margins that no features could satisfy together (m_I > m_D), or a value not allowed.
    """

    def __init__(
        self,
        margin_det: float,
        margin_id: float,
        weight_det: float = 1.0,
        weight_id: float = 1.0,
        spread: str = "center",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.margin_det = check_amount("margin_det", margin_det)
        self.margin_id = check_amount("margin_id", margin_id)
        self.weight_det = check_amount("weight_det", weight_det)
        self.weight_id = check_amount("weight_id", weight_id)
        self.spread = check_spread(spread)
        check_order(self.margin_det, self.margin_id, spread, self.distance)

    def costs(self, rows: Rows) -> DIMTerms:
        """DM and IM, weighted."""
        d, weights = self.measure(rows)
        detection = reduce_loss(self.outside(d, self.margin_det), "mean", weights)
        if self.spread == "pairwise":
            identification = _spread_pairs(self, rows, self.margin_id)
        else:
            identification = reduce_loss(self.inside(d, self.margin_id), "mean", weights)
        return DIMTerms(self.weight_det * detection, self.weight_id * identification)

    def extra_repr(self) -> str:
        margins = f"margin_det={self.margin_det:g}, margin_id={self.margin_id:g}"
        weights = f"weight_det={self.weight_det:g}, weight_id={self.weight_id:g}"
        return f"{margins}, {weights}, spread={self.spread!r}, {super().extra_repr()}"


def _spread_pairs(loss: FeatureMarginLoss, rows: Rows, margin: float) -> torch.Tensor:
    pairs = rows.pairs(within_images=loss.center == "image")
    return mean_over_pairs(rows.features, pairs, loss.distance, lambda d: loss.inside(d, margin))
