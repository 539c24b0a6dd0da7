"""How much a quickstart makes, trains and tracks."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Plan:
    """Sizes of one quickstart; a folder made with another plan is not mixed with it."""

    train_sequences: int
    """Generated sequences to learn from."""
    heldout_sequences: int
    """Generated sequences to compare on, made from other photographs."""
    frames: int
    """Frames of each training sequence."""
    heldout_frames: int
    """Frames of each held-out sequence."""
    epochs: int
    samples_per_epoch: int
    """Image pairs per epoch; both losses see the same ones in the same order."""
    seed: int = 0
    """Seed of the data and of both trainings."""
    losses: tuple[str, ...] = ("iou", "smooth_iou")
    """The box losses to compare; the first is the baseline."""


FAST = Plan(train_sequences=40, heldout_sequences=6, frames=20, heldout_frames=40, epochs=6, samples_per_epoch=96)
DEFAULT = Plan(
    train_sequences=150, heldout_sequences=16, frames=30, heldout_frames=60, epochs=12, samples_per_epoch=448
)
