"""Settings of the online ATOM tracker, and the presets by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any  # a field of a preset, of whatever type it is

from siou_tracking.trackers.online.params import Augmentations, OnlineParams, choose_preset

EXPANSION = 2
"""Side of the region to cut for the first frame, in patch sides, so that rotated and shifted copies see real image."""


@dataclass(frozen=True)
class AtomParams(OnlineParams):
    """Everything that steers `trackers.atom.tracker.ATOM`; defaults are PyTracking's for atom/default (ResNet-18)."""

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
    init_gn_iter: int = 6
    """Gauss-Newton steps on the first frame."""
    init_cg_iter: int = 10
    """Conjugate-gradient steps in each of them."""
    cg_iter: int = 5
    """Conjugate-gradient steps in a later update."""

    @classmethod
    def counts(cls) -> tuple[str, ...]:
        return "compressed_dim", "kernel_size"


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
    return choose_preset(PRESETS, "atom", name or "default", changes)
