"""Settings of the online ATOM tracker, and the presets by name."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any  # a field of a preset, of whatever type it is

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
class AtomParams:
    """Everything that steers `trackers.atom.tracker.ATOM`; defaults are PyTracking's for atom/default (ResNet-18)."""

    patch_size: int = 288
    """Side of the network input in pixels; a multiple of 16."""
    search_area_factor: float = 5.0
    """Side of the search region over sqrt(w h) of the target; the network was trained with 5."""
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    """Subtracted from RGB / 255."""
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    """Then divided by."""
    min_side: float = 2.0
    """Shortest side in image pixels that a tracked box may have."""

    classifier_layers: tuple[str, ...] = ("layer3",)
    """Backbone layers it sees; finer ones are averaged down to the last one's grid and stacked."""
    kernel_size: int = 4
    """Side of the filter in cells."""
    compressed_dim: int = 64
    """Channels after the learned projection."""
    filter_reg: float = 1e-1
    """Weight of |filter|^2."""
    projection_reg: float = 1e-4
    """Weight of |projection|^2."""
    label_sigma: float = 1 / 4
    """Standard deviation of the Gaussian label over sqrt(w h) of the target."""
    response_floor: float = 0.05
    """Scores below zero count as at most this much below (see target_problem)."""

    augmentations: Augmentations = field(default_factory=Augmentations)
    """Copies of the first search region."""
    init_gn_iter: int = 6
    """Gauss-Newton steps on the first frame."""
    init_cg_iter: int = 10
    """Conjugate-gradient steps in each of them."""
    cg_iter: int = 5
    """Conjugate-gradient steps in a later update."""
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

    box_refinement_iter: int = 5
    """Gradient steps on the predicted score; 0 keeps the box size and takes its place from the score map."""
    box_refinement_space: str = "default"
    """'default': pixels scaled by the box size; 'relative': center / size and log size."""
    box_refinement_step: tuple[float, float] = (1.0, 1.0)
    """Step for center and for size."""
    box_refinement_step_decay: float = 1.0
    """Factor on the step of a box whose score fell."""
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

    def __post_init__(self) -> None:
        if self.box_refinement_space not in ("default", "relative"):
            raise unknown_name("box_refinement_space", self.box_refinement_space, ("default", "relative"))
        if self.patch_size < 32 or self.patch_size % 16:
            raise InputError(f"patch_size: AtomParams: got {self.patch_size}, allowed are multiples of 16 from 32")
        for name in ("memory_size", "train_skipping", "iounet_k", "compressed_dim", "kernel_size"):
            if getattr(self, name) < 1:
                raise InputError(f"{name}: AtomParams: got {getattr(self, name)}, allowed are integers from 1")


LITE_AUGMENTATIONS = Augmentations(rotations=(10, -10, 30, -30), blurs=((2, 2),), dropouts=3)

PRESETS: dict[str, AtomParams] = {
    "default": AtomParams(),
    "lite": AtomParams(
        patch_size=224,
        search_area_factor=4.0,
        classifier_layers=("layer2", "layer3"),
        augmentations=LITE_AUGMENTATIONS,
        compressed_dim=32,
        memory_size=64,
        learning_rate=0.03,
        hard_negative_learning_rate=0.04,
        target_not_found_threshold=0.15,
        box_jitter_sz=0.25,
        box_refinement_step=(0.3, 0.3),
    ),
}
"""'default': ResNet-18 and PyTracking's table. 'lite': EfficientNet-Lite0 as the setting bbreg/atom_lite trains it, for
two CPU cores. Its backbone never saw tracking, so scores fall faster and the model has to adapt more; its head is
trained briefly, so steps are short."""


def atom_params(name: str | None = None, **changes: Any) -> AtomParams:
    """A preset by name, with single fields changed.

    Raises:
        InputError: unknown preset or field, or a value that cannot be.
    """
    preset = name or "default"
    if preset not in PRESETS:
        raise unknown_name("parameters of tracker atom", preset, PRESETS)
    known = [entry.name for entry in fields(AtomParams)]
    for key in changes:
        if key not in known:
            raise unknown_name("field of AtomParams", key, known)
    return replace(PRESETS[preset], **changes)
