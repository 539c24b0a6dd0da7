"""Settings of the online ToMP tracker, and the presets by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any  # a field of a preset, of whatever type it is

from siou_tracking.errors import InputError
from siou_tracking.trackers.online.params import InputParams, LocalizationParams, choose_preset


@dataclass(frozen=True)
class TompParams(InputParams, LocalizationParams):
    """Everything that steers `trackers.tomp.tracker.ToMP`; defaults are PyTracking's for tomp/tomp50."""

    stride: int = 16
    """Pixels of the network input a cell of its maps."""
    max_shrink: float = 1.5
    """A search region larger than the image shrinks until one of its sides fits, at most by this factor."""
    min_side: float = 10.0
    """Shortest side in image pixels that a tracked box may have."""

    label_sigma: float = 1 / 4
    """Standard deviation of the Gaussian label over sqrt(w h) of the target."""
    confidence_threshold: float = 0.9
    """A frame whose peak score is above takes the place of the remembered one."""
    rescales_when_lost: bool = True
    """While the target is not seen, the search region grows to what it was before."""

    def __post_init__(self) -> None:
        if self.stride < 1 or self.patch_size < 2 * self.stride or self.patch_size % self.stride:
            raise InputError(
                f"patch_size: TompParams: got {self.patch_size}, allowed are multiples of stride {self.stride} from "
                f"{2 * self.stride}"
            )

    @property
    def cells(self) -> int:
        """Rows (and columns) of the network's maps."""
        return self.patch_size // self.stride


PRESETS: dict[str, TompParams] = {
    "tomp50": TompParams(),
    "tomp101": TompParams(),
    "lite": TompParams(patch_size=224, search_area_factor=4.0),
}
"""PyTracking's two by the network's name, whose parameters are equal. 'lite': EfficientNet-Lite0 as the setting
tomp/tomp_lite trains it; its thresholds are PyTracking's."""


def tomp_params(name: str | None = None, **changes: Any) -> TompParams:
    """A preset by name, with single fields changed.

    Raises:
        InputError: unknown preset or field, or a value that cannot be.
    """
    return choose_preset(PRESETS, "tomp", name or "tomp50", changes)
