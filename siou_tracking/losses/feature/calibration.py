"""Margins for the DIM loss, measured on the features of a baseline that was trained without it.

Distances to a center concentrate with the number of channels, so a round number hits all features or none. The rule:
after warm-up, m_I is a low and m_D a high quantile of the baseline's distances (5 to 15 and 85 to 95 per cent), so that
each term acts on the tail it is meant for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any  # a loss's option: a number, a name or a flag

import numpy as np
import torch

from siou_tracking.errors import InputError
from siou_tracking.losses.feature.distance import pair_distances
from siou_tracking.losses.feature.inputs import check_order, is_number
from siou_tracking.losses.feature.margin import IdentificationMarginLoss


@dataclass(frozen=True)
class MarginCalibration:
    """Margins, and the distances they were taken from."""

    margin_det: float
    margin_id: float
    quantiles: tuple[float, float, float]
    """5, 50 and 95 per cent of the distances to the center."""
    count: int
    """How many features were measured."""


def calibrate_margins(
    batches: torch.Tensor | Iterable[torch.Tensor | Sequence[torch.Tensor | None]],
    *,
    low: float = 0.1,
    high: float = 0.9,
    spread: str = "center",
    **options: Any,
) -> MarginCalibration:
    """Margins at the low and high quantile of the distances in some batches of a baseline's foreground features.

    Args:
        batches: each what the loss is to be called with: features `(N, C)`, or a tuple beginning with them, such as
            `siou_tracking.losses.feature.foreground.Foreground`. One tensor is one batch. The larger, the steadier.
        low: quantile for m_I; with "pairwise" of the distances between features of different identity.
        high: quantile for m_D, of the distances to the center.
        spread: "center" or "pairwise", as the loss will have it.
        options: the loss's distance, center and so on; see `FeatureMarginLoss`.

    Raises:
        InputError: quantiles out of order, no feature to measure, features that are not finite or all at one point, or
            margins that no features could satisfy together.
    """
    if not (is_number(low) and is_number(high)) or not 0 <= low <= high <= 1:
        raise InputError(f"calibrate margins: low and high: got {low!r} and {high!r}, allowed is 0 <= low <= high <= 1")
    loss = IdentificationMarginLoss(0.0, spread, **options)
    radii, gaps = [np.empty(0)], [np.empty(0)]
    with torch.no_grad():
        for batch in [batches] if isinstance(batches, torch.Tensor) else batches:
            rows = (batch,) if isinstance(batch, torch.Tensor) else tuple(batch)
            checked = loss.check(*rows)
            if not len(checked.features):
                continue
            distances, weights = loss.measure(checked)
            radii.append(distances[weights > 0].double().cpu().numpy())
            if spread == "pairwise":
                pairs = checked.pairs(within_images=loss.center == "image")
                gaps.append(pair_distances(checked.features, pairs, loss.distance).double().cpu().numpy())
    far = np.concatenate(radii)
    near = np.concatenate(gaps) if spread == "pairwise" else far
    for what, values in (("distances to the center", far), ("distances between features", near)):
        if not values.size or not np.isfinite(values).all() or not values.any():
            got = "none" if not values.size else "only zeros" if np.isfinite(values).all() else "NaN or infinity"
            raise InputError(f"calibrate margins: {what}: got {got}, allowed are finite ones, not all zero")
    margin_det, margin_id = float(np.quantile(far, high)), float(np.quantile(near, low))
    check_order(margin_det, margin_id, spread, loss.distance)
    q05, q50, q95 = (float(q) for q in np.quantile(far, (0.05, 0.5, 0.95)))
    return MarginCalibration(margin_det, margin_id, (q05, q50, q95), far.size)
