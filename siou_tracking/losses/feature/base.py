"""What the margin losses share: options, the center, distances to it, and the way they are called."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.losses.feature.center import Center, RunningCenter, batch_center, image_centers
from siou_tracking.losses.feature.distance import SQUARED, feature_distance
from siou_tracking.losses.feature.inputs import Rows, check_options, check_rows


class DIMTerms(NamedTuple):
    """The two terms of a margin loss, scalars with their weights applied; their sum is the loss."""

    detection: torch.Tensor
    identification: torch.Tensor


class FeatureMarginLoss(nn.Module):
    """A loss on the distances of foreground features to their center: subclasses say what a distance costs.

    Args:
        distance: one of `siou_tracking.losses.feature.distance.DISTANCES`.
        center: "batch", one mean of all rows given (by this process); "image", each image's mean; "ema", a running one.
        detach_center: hold the center constant. Otherwise one outlier pulls every other feature towards itself, and
            features between the margins move too.
        power: 2 or 1, of the excess over the margin.
        unbiased: make up for the mean being drawn to its own N rows (squared distances times N / (N - 1)).
        channels: C, needed by "ema" only.
        momentum: share of a new batch in the running center, in (0, 1]; "ema" only.

    Raises:
        InputError: a value not allowed, or two options that contradict each other.
    """

    def __init__(
        self,
        *,
        distance: str = "rms",
        center: str = "batch",
        detach_center: bool = True,
        power: int = 2,
        unbiased: bool = False,
        channels: int | None = None,
        momentum: float = 0.1,
    ) -> None:
        super().__init__()
        check_options(distance, center, detach_center, power, unbiased, channels, momentum)
        self.distance, self.center, self.detach_center = distance, center, detach_center
        self.power, self.unbiased = power, unbiased
        self.running: RunningCenter | None = None
        if center == "ema" and channels is not None:  # check_options refuses "ema" without channels
            self.running = RunningCenter(channels, momentum)

    def costs(self, rows: Rows) -> DIMTerms:
        """Both terms of at least one row; a term that the loss lacks is 0."""
        raise NotImplementedError

    def forward(
        self,
        features: torch.Tensor,
        batch_index: torch.Tensor | None = None,
        ids: torch.Tensor | None = None,
        weights: torch.Tensor | None = None,
        center: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Loss of the foreground features; `siou_tracking.losses.feature.foreground` takes them from a map.

        Args:
            features: `(N, C)`, a row for each object center. Half precision is computed in float32.
            batch_index: `(N,)` integers, the image of each row; needed by center "image".
            ids: `(N,)` integers, one for an identity throughout the batch; for "pairwise" only, where rows of one id
                are never paired. Without it rows of one image are paired, or all where batch_index is missing too.
            weights: `(N,)` bool or number, not negative; 0 makes a row padding.
            center: `(C,)` or `(N, C)`, used in place of the computed center.

        Returns:
            A scalar, float64 for float64 features, else float32. 0 with a graph when N is 0. A row alone in its
            center's group is left out, for it would be measured against itself. NaN in gives NaN out.

        Raises:
            InputError: shapes or types that do not fit, or no batch_index where images have to be told apart.
        """
        detection, identification = self.terms(features, batch_index, ids, weights, center)
        return detection + identification

    def terms(
        self,
        features: torch.Tensor,
        batch_index: torch.Tensor | None = None,
        ids: torch.Tensor | None = None,
        weights: torch.Tensor | None = None,
        center: torch.Tensor | None = None,
    ) -> DIMTerms:
        """What `forward` adds up, of the same arguments."""
        rows = self.check(features, batch_index, ids, weights, center)
        if not len(rows.features):
            return DIMTerms(rows.features.sum() * 0, rows.features.sum() * 0)
        return self.costs(rows)

    def distances(
        self,
        features: torch.Tensor,
        batch_index: torch.Tensor | None = None,
        ids: torch.Tensor | None = None,
        weights: torch.Tensor | None = None,
        center: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Distance `(N,)` of each row to its center, and the weight `(N,)` with which it counts, 0 if left out.

        Of the same arguments as `forward`, without moving a running center. These are the numbers to log and to draw.
        """
        rows = self.check(features, batch_index, ids, weights, center)
        return self.measure(rows, update=False) if len(rows.features) else (rows.weights, rows.weights)

    def check(
        self,
        features: torch.Tensor,
        batch_index: torch.Tensor | None = None,
        ids: torch.Tensor | None = None,
        weights: torch.Tensor | None = None,
        center: torch.Tensor | None = None,
    ) -> Rows:
        """The arguments of `forward`, checked; raises what it raises."""
        rows = check_rows(features, batch_index, ids, weights, center)
        if self.center == "image" and batch_index is None:
            raise InputError("margin loss: batch_index: got none, allowed with center 'image' is the image of each row")
        channels = rows.features.shape[1]
        if self.running is not None and len(self.running.center) != channels:
            allowed = f"the running center's {len(self.running.center)}"
            raise InputError(f"margin loss: features: got {channels} channels, allowed are {allowed}")
        return rows

    def measure(self, rows: Rows, update: bool = True) -> tuple[torch.Tensor, torch.Tensor]:
        """`distances` of checked rows, at least one; `update` moves a running center in training mode."""
        middle = self._find_center(rows, update)
        value = middle.value.detach() if self.detach_center else middle.value
        d = feature_distance(rows.features, value, self.distance)
        if self.unbiased:
            d = d * (middle.correction if self.distance in SQUARED else middle.correction.sqrt())
        return d, torch.where(middle.usable, rows.weights, 0)

    def outside(self, d: torch.Tensor, margin: float) -> torch.Tensor:
        """Cost of distances beyond a margin."""
        return self._raise_to_power(torch.relu(d - margin))

    def inside(self, d: torch.Tensor, margin: float) -> torch.Tensor:
        """Cost of distances short of a margin."""
        return self._raise_to_power(torch.relu(margin - d))

    def _raise_to_power(self, excess: torch.Tensor) -> torch.Tensor:
        # relu and not clamp: its slope on the margin itself is 0, clamp's is 1.
        return excess if self.power == 1 else excess.square()

    def _find_center(self, rows: Rows, update: bool) -> Center:
        if rows.center is not None:
            one = rows.weights.new_ones(())
            return Center(rows.center, one > 0, one)
        if self.running is not None:
            follower: Center = self.running(rows.features, rows.weights, update)
            return follower
        if self.center == "batch":
            return batch_center(rows.features, rows.weights)
        assert rows.batch_index is not None  # check() refuses center "image" without it
        return image_centers(rows.features, rows.weights, rows.batch_index)

    def extra_repr(self) -> str:
        shown = f"distance={self.distance!r}, center={self.center!r}, detach_center={self.detach_center}"
        return f"{shown}, power={self.power}, unbiased={self.unbiased}"
