"""Settings that online trackers share; each tracker's own class adds the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar  # Any: a field of a preset, of whatever type it is

from siou_tracking.errors import InputError, unknown_name


@dataclass(frozen=True)
class Augmentations:
    """Which altered copies of the first search region teach the target model."""

    rotations: tuple[float, ...] = (5, -5, 10, -10, 20, -20, 30, -30, 45, -45, -60, 60)
    """Degrees, one copy each."""
    blurs: tuple[tuple[float, float], ...] = ((2, 0.2), (0.2, 2), (3, 1), (1, 3), (2, 2))
    """Gaussian sigmas (x, y) in patch pixels, one copy each."""
    shifts: tuple[tuple[float, float], ...] = ((0.6, 0.6), (-0.6, 0.6), (0.6, -0.6), (-0.6, -0.6))
    """(x, y) in half patch sides, one copy each."""
    flip: bool = True
    """Add a copy mirrored left to right."""
    dropouts: int = 7
    """Copies of the unaltered features with whole channels dropped."""
    dropout_rate: float = 0.2
    """Chance of a channel to be dropped, the others are scaled by 1 / (1 - rate)."""
    random_shift: float = 1 / 3
    """Flipped, blurred and rotated copies are also shifted by up to half of this share of the patch side."""


@dataclass(frozen=True)
class LocalizationParams:
    """How a score map is read; see `localization.localize`."""

    target_not_found_threshold: float = 0.25
    """A lower peak score means the target is not seen."""
    distractor_threshold: float = 0.8
    """A second peak above this share of the first is a rival."""
    hard_negative_threshold: float = 0.5
    """A second peak above this share of the first is learned as a negative."""
    target_neighborhood_scale: float = 2.2
    """Side of the target's own neighborhood, in target sides, in which no second peak is sought."""
    displacement_scale: float = 0.8
    """A peak farther from the middle than this share of half the patch is far."""


@dataclass(frozen=True)
class RefinementParams:
    """How boxes climb on a predicted score; see `refinement.refine_box`."""

    box_refinement_iter: int = 5
    """Gradient steps on the predicted score; 0 keeps the box size and takes its place from the score map."""
    box_refinement_space: str = "default"
    """'default': pixels scaled by the box size; 'relative': center / size and log size."""
    box_refinement_step: tuple[float, float] = (1.0, 1.0)
    """Step for center and for size."""
    box_refinement_step_decay: float = 1.0
    """Factor on the step of a box whose score fell."""
    rank_after_last_step: bool = True
    """Rank refined boxes by their scores; False: by those before the last step, which spares one evaluation."""
    num_init_random_boxes: int = 9
    """Start boxes beside the one from the score map."""
    box_jitter_pos: float = 0.1
    """Spread of their centers, in sqrt(w h)."""
    box_jitter_sz: float = 0.5
    """Spread of their sizes, in sqrt(w h)."""
    iounet_k: int = 3
    """The best so many refined boxes are averaged."""
    maximal_aspect_ratio: float = 6.0
    """Refined boxes longer than this are dropped."""
    update_scale_when_uncertain: bool = True
    """Refine the box even when a rival is near."""


@dataclass(frozen=True)
class OnlineParams(LocalizationParams, RefinementParams):
    """What ATOM and DiMP have in common; defaults are PyTracking's where both agree, else ATOM's."""

    patch_size: int = 288
    """Side of the network input in pixels; a multiple of 16."""
    search_area_factor: float = 5.0
    """Side of the search region over sqrt(w h) of the target; the network was trained with it."""
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    """Subtracted from RGB / 255."""
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    """Then divided by."""
    min_side: float = 2.0
    """Shortest side in image pixels that a tracked box may have."""
    augmentations: Augmentations = field(default_factory=Augmentations)
    """Copies of the first search region."""
    train_skipping: int = 10
    """Update every that many frames."""
    memory_size: int = 250
    """Samples kept, the first frame's included."""
    learning_rate: float = 0.01
    """Weight of a new sample."""
    init_samples_minimum_weight: float = 0.25
    """Share that the first frame's samples keep together."""
    hard_negative_learning_rate: float = 0.02
    """Weight of a new sample with a distractor; such a frame also causes an update."""

    def __post_init__(self) -> None:
        kind = type(self).__name__
        if self.box_refinement_space not in ("default", "relative"):
            raise unknown_name("box_refinement_space", self.box_refinement_space, ("default", "relative"))
        if self.patch_size < 32 or self.patch_size % 16:
            raise InputError(f"patch_size: {kind}: got {self.patch_size}, allowed are multiples of 16 from 32")
        for name in ("memory_size", "train_skipping", "iounet_k", *self.counts()):
            if getattr(self, name) < 1:
                raise InputError(f"{name}: {kind}: got {getattr(self, name)}, allowed are integers from 1")

    @classmethod
    def counts(cls) -> tuple[str, ...]:
        """Names of a tracker's own fields that are at least 1."""
        return ()


P = TypeVar("P", bound=OnlineParams)


def choose_preset(presets: Mapping[str, P], tracker: str, name: str, changes: Mapping[str, Any]) -> P:
    """A preset by name, with single fields changed.

    Raises:
        InputError: unknown preset or field, or a value that cannot be.
    """
    if name not in presets:
        raise unknown_name(f"parameters of tracker {tracker}", name, presets)
    known = [entry.name for entry in fields(presets[name])]
    for key in changes:
        if key not in known:
            raise unknown_name(f"field of {type(presets[name]).__name__}", key, known)
    return replace(presets[name], **changes)
