"""Settings of the online DiMP tracker, and PyTracking's parameter sets by name."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any  # a field of a preset, of whatever type it is

from siou_tracking.errors import unknown_name
from siou_tracking.trackers.online.params import Augmentations, OnlineParams, choose_preset

# PyTracking's lists have (y, x) and turn the other way: the order of the copies is the same.
_FEW = Augmentations(
    rotations=(-10, 10, -45, 45),
    blurs=((1, 3), (3, 1), (2, 2)),
    shifts=((0.6, 0.6), (0.6, -0.6), (-0.6, 0.6), (-0.6, -0.6)),
    dropouts=2,
)
_MANY = replace(
    _FEW,
    rotations=(-5, 5, -10, 10, -20, 20, -30, 30, -45, 45, 60, -60),
    blurs=((0.2, 2), (2, 0.2), (1, 3), (3, 1), (2, 2)),
    dropouts=7,
)


_LITE_COPIES = replace(_FEW, rotations=(-15, 15), blurs=((2, 2),), dropouts=1)


@dataclass(frozen=True)
class DimpParams(OnlineParams):
    """Everything that steers `trackers.dimp.tracker.DiMP`; defaults are PyTracking's for dimp/dimp18 and dimp50."""

    augmentations: Augmentations = field(default_factory=lambda: _FEW)
    """Copies of the first search region."""
    expansion: float = 2.0
    """Side of the region to cut for the first frame, in patch sides, so that altered copies see real image."""
    min_side: float = 1.0
    """Shortest side in image pixels that a tracked box may have."""
    max_shrink: float | None = None
    """Hold search regions inside the image, see `cropping.crop_square`; the first frame's is not held."""
    train_skipping: int = 20
    """Update every that many frames."""
    memory_size: int = 50
    """Samples kept, the first frame's included."""
    rank_after_last_step: bool = False
    """See `RefinementParams`; as PyTracking does it."""
    init_iter: int = 10
    """Steps of the filter's optimizer on the first frame."""
    update_iter: int = 2
    """Steps in a later update."""
    hard_negative_iter: int = 1
    """Steps at a distractor."""
    score_preprocess: str = "none"
    """'none', or 'softmax': scores are logits of a density over cells, as PrDiMP's."""
    window_output: bool = False
    """Seek the target in scores times a Hann window; rivals are sought without."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.score_preprocess not in ("none", "softmax"):
            raise unknown_name("score_preprocess", self.score_preprocess, ("none", "softmax"))


_DIMP = DimpParams()
_RELATIVE = replace(
    _DIMP, box_refinement_space="relative", box_refinement_iter=10, box_refinement_step=(2.5e-3, 2.5e-3)
)
_PRDIMP = replace(_RELATIVE, score_preprocess="softmax", target_not_found_threshold=0.04)


def _lite(params: DimpParams) -> DimpParams:
    return replace(
        params,
        patch_size=224,
        search_area_factor=4.0,
        max_shrink=1.5,
        augmentations=_LITE_COPIES,
        memory_size=30,
        num_init_random_boxes=5,
        box_jitter_sz=0.25,  # steps of a briefly trained head lead back from no farther
    )


def _widened(params: DimpParams) -> DimpParams:
    return replace(params, patch_size=352, search_area_factor=6.0, max_shrink=1.5)


def _for_vot(params: DimpParams) -> DimpParams:
    """A smaller region, seen through a window, and a target that is never given up."""
    return replace(
        params,
        patch_size=224,
        search_area_factor=4.0,
        memory_size=250,
        init_samples_minimum_weight=0.0,
        init_iter=25,
        window_output=True,
        augmentations=_MANY,
        target_not_found_threshold=0.0,
        displacement_scale=0.7,
    )


_DIMP_VOT18 = replace(
    _for_vot(_DIMP),
    learning_rate=0.0075,
    train_skipping=10,
    update_iter=3,
    hard_negative_iter=3,
    distractor_threshold=100.0,
    hard_negative_threshold=0.45,
)

PRESETS: dict[str, DimpParams] = {
    "dimp18": _DIMP,
    "dimp50": _DIMP,
    "prdimp18": _PRDIMP,
    "prdimp50": _widened(_PRDIMP),
    "super_dimp": _widened(_RELATIVE),
    "super_dimp_simple": _widened(_RELATIVE),
    "dimp18_vot18": _DIMP_VOT18,
    "dimp50_vot18": _DIMP_VOT18,
    "dimp50_vot19": replace(
        _DIMP_VOT18,
        patch_size=256,
        search_area_factor=4.5,
        memory_size=100,
        init_iter=15,
        update_iter=2,
        hard_negative_iter=2,
        box_refinement_iter=3,
        expansion=1.4,
        augmentations=replace(
            _FEW,
            rotations=(5, -10, 30, -60),
            blurs=((0.2, 2), (3, 1)),
            shifts=((0.6, 0.6), (-0.6, -0.6)),
            dropouts=3,
        ),
    ),
    "prdimp50_vot18": replace(
        _for_vot(_RELATIVE),
        train_skipping=1,
        update_iter=1,
        distractor_threshold=99999.0,
        hard_negative_threshold=999999.0,
    ),
    "lite": replace(_lite(_DIMP), train_skipping=5),
    "prdimp_lite": _lite(_PRDIMP),
}
"""Under PyTracking's names, `super_dimp_simple` of its tracker dimp_simple among them. 'lite' and 'prdimp_lite':
EfficientNet-Lite0 as the settings dimp/dimp_lite and dimp/prdimp_lite train it, for two CPU cores; how often the filter
of 'lite' is updated was chosen on validation targets (experiments/lite_presets)."""


def dimp_params(name: str, **changes: Any) -> DimpParams:
    """A preset by name, with single fields changed.

    Raises:
        InputError: unknown preset or field, or a value that cannot be.
    """
    return choose_preset(PRESETS, "dimp", name, changes)
