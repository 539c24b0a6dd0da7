"""Settings of the online ToMP tracker, and the presets by name."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any  # a field of a preset, of whatever type it is

from siou_tracking.errors import InputError, unknown_name


@dataclass(frozen=True)
class TompParams:
    """Everything that steers `trackers.tomp.tracker.ToMP`; defaults are PyTracking's, which tomp50 and tomp101 share."""

    patch_size: int = 288
    """Side of the network input in pixels; a multiple of `stride`."""
    stride: int = 16
    """Pixels of the network input a cell of its maps."""
    search_area_factor: float = 5.0
    """Side of the search region over sqrt(w h) of the target; the network was trained with 5."""
    max_scale_change: float = 1.5
    """A search region larger than the image shrinks until one of its sides fits, at most by this factor."""
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    """Subtracted from RGB / 255."""
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    """Then divided by."""
    min_side: float = 10.0
    """Shortest side in image pixels that a tracked box may have."""

    label_sigma: float = 1 / 4
    """Standard deviation of the Gaussian label over sqrt(w h) of the target."""
    confidence_threshold: float = 0.9
    """A frame whose peak score is above takes the place of the remembered one."""
    rescales_when_lost: bool = True
    """While the target is not seen, the search region grows to what it was before."""

    target_not_found_threshold: float = 0.25
    """A lower peak score means the target is not seen."""
    distractor_threshold: float = 0.8
    """A second peak above this share of the first is a rival."""
    hard_negative_threshold: float = 0.5
    """A second peak above this share of the first is a distractor."""
    target_neighborhood_scale: float = 2.2
    """Side of the target's own neighborhood, in target sides, in which no second peak is sought."""
    displacement_scale: float = 0.8
    """A peak farther from the last place than this share of half the patch is far."""

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


PRESETS: dict[str, TompParams] = {"tomp50": TompParams(), "tomp101": TompParams()}
"""By the network's name, as PyTracking has them; their parameters are equal."""


def tomp_params(name: str | None = None, **changes: Any) -> TompParams:
    """A preset by name, with single fields changed.

    Raises:
        InputError: unknown preset or field, or a value that cannot be.
    """
    preset = name or "tomp50"
    if preset not in PRESETS:
        raise unknown_name("parameters of tracker tomp", preset, PRESETS)
    known = [entry.name for entry in fields(TompParams)]
    for key in changes:
        if key not in known:
            raise unknown_name("field of TompParams", key, known)
    return replace(PRESETS[preset], **changes)
