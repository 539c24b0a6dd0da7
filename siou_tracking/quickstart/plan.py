"""How much a quickstart draws, trains and tracks."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class StudyPlan:
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
    """What one epoch shows; all variants see the same in the same order."""
    seed: int = 0
    """Seed of the data and of the trainings."""

    def drawing(self) -> dict[str, int]:
        """What the data depend on beside the recipe: data/plan.json holds it, and equal ones share their data."""
        values = dataclasses.asdict(self)
        return {key: values[key] for key in values if "sequences" in key or "frames" in key or key == "seed"}


@dataclasses.dataclass(frozen=True)
class BoxLossPlan(StudyPlan):
    """Sizes, and the losses to compare."""

    losses: tuple[str, ...] = ("iou", "smooth_iou")
    """The box losses to compare; the first is the baseline."""
    seeds: int = 3
    """Trainings of each loss: other initial weights, order of pairs and proposals, on the same pairs."""
    stored_pairs: int = 1536
    """Pairs of pictures whose backbone features are computed once; all trainings learn from them."""
    head_channels: int | None = 64
    """Width of the box head; None where the settings have none to give."""
