"""The trackers that `siou-tracking quickstart --tracker` trains, a row each; another joins by one more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from siou_tracking.quickstart.plan import BoxLossPlan

_SAME = "Trained from the first seed. Both runs draw the same samples in the same order. The right panel "
_RANKING = (
    f"{_SAME}takes, of the proposals thrown round each target, the one that the head scores highest, and shows its "
    "true IoU. It can be lower for the loss that tracks better: near the target IoU has a tip and Smooth-IoU a round "
    "top, so among good proposals its order is looser; the tracker picks no proposal but climbs the score from several "
    "starts, and a round, broad top is easier to climb."
)
_TOP_SCORED = {"IoU/top_scored": "true IoU of the best-scored proposal"}
_SCORE_LOSS = "score loss, each against its own target"
_SCORES = "its box head learns the IoU of a proposal, or its Smooth-IoU"


@dataclass(frozen=True)
class Family:
    """One tracker on EfficientNet-Lite0: what trains it, what it tracks as, and how much of both a quickstart does."""

    title: str
    """Of the page."""
    tracker: str
    """What it is, with its article."""
    learns: str
    """What its boxes learn from either loss."""
    module: str
    settings: str
    """With `module` what `siou-tracking train` takes."""
    preset: str
    """What `siou-tracking run` takes, such as "atom:lite"."""
    batch: int
    """Samples of a step."""
    panels: Mapping[str, str]
    """Statistics of the training to draw, and the title of each."""
    curves: str
    """What to know of them."""
    fast: BoxLossPlan
    default: BoxLossPlan

    @property
    def lead(self) -> str:
        """The page's first sentences."""
        return (
            f"{self.tracker} trained with two box losses on the same generated pictures: {self.learns}, each from the "
            "same seeds. Everything else is equal."
        )


_FAST = BoxLossPlan(
    train_sequences=40,
    heldout_sequences=6,
    frames=20,
    heldout_frames=40,
    epochs=6,
    samples_per_epoch=192,
    seeds=2,
    stored_pairs=384,
)
_DEFAULT = BoxLossPlan(
    train_sequences=150, heldout_sequences=16, frames=30, heldout_frames=60, epochs=12, samples_per_epoch=640
)
_GIOU = ("giou", "smooth_iou")

FAMILIES: dict[str, Family] = {
    "atom": Family(
        title="Smooth-IoU quickstart",
        tracker="An ATOM-type tracker",
        learns=_SCORES,
        module="bbreg",
        settings="atom_lite",
        preset="atom:lite",
        batch=16,
        panels={"Loss/total": _SCORE_LOSS, **_TOP_SCORED},
        curves=_RANKING,
        fast=_FAST,
        default=_DEFAULT,
    ),
    "dimp": Family(
        title="Smooth-IoU quickstart: DiMP",
        tracker="A DiMP-type tracker",
        learns=_SCORES,
        module="dimp",
        settings="dimp_lite",
        preset="dimp:lite",
        batch=16,
        panels={"Loss/iou": _SCORE_LOSS, **_TOP_SCORED},
        curves=_RANKING,
        fast=_FAST,
        default=replace(_DEFAULT, epochs=8),
    ),
    "tomp": Family(
        title="Smooth-IoU quickstart: ToMP",
        tracker="A ToMP-type tracker",
        learns="its boxes minimize GIoU, or the Smooth-IoU loss",
        module="tomp",
        settings="tomp_lite",
        preset="tomp:lite",
        batch=8,
        panels={"Loss/GIoU": "box loss, each its own", "mIoU": "true IoU of the boxes round the target's center"},
        curves=f"{_SAME}shows the mean true IoU of the boxes that the cells round each target's center give.",
        fast=replace(_FAST, losses=_GIOU, seeds=1, samples_per_epoch=208, stored_pairs=256, head_channels=None),
        default=replace(_DEFAULT, losses=_GIOU, seeds=2, epochs=6, head_channels=None),
    ),
}
"""By what --tracker calls them."""
