"""How much a multi-object quickstart draws, trains and tracks."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class MOTPlan:
    """Sizes of one quickstart; a folder made with another plan is not mixed with it."""

    train_sequences: int
    """Generated crowds to learn from."""
    heldout_sequences: int
    """Generated crowds to compare on: other people, made from other photographs."""
    frames: int
    """Frames of each training sequence."""
    heldout_frames: int
    """Frames of each held-out sequence."""
    epochs: int
    samples_per_epoch: int
    """Frames per epoch."""
    seed: int = 0
    """Seed of the data and of the trainings."""
    box_loss: str = "smooth_iou"
    """What boxes are learned by, in all trainings."""
    dims: tuple[str, ...] = ("off", "both")
    """The DIM loss's modes to train with; the first is the baseline."""

    def drawing(self) -> dict[str, int]:
        """What the data depend on."""
        values = dataclasses.asdict(self)
        return {key: values[key] for key in values if "sequences" in key or "frames" in key or key == "seed"}


FAST = MOTPlan(train_sequences=20, heldout_sequences=4, frames=30, heldout_frames=40, epochs=5, samples_per_epoch=256)
DEFAULT = MOTPlan(
    train_sequences=60, heldout_sequences=8, frames=30, heldout_frames=60, epochs=8, samples_per_epoch=800
)
