"""How large the study is, and where its parts lie."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any  # what JSON holds

from experiments.loss_ablation.families import FAMILIES
from experiments.parts import loss_defaults
from siou_tracking.retrain.choice import folder_name


@dataclasses.dataclass(frozen=True)
class Plan:
    """What trainings depend on; parts of another plan are never taken for this one's."""

    generated_sequences: int
    """Generated sequences beside the real ones to train on."""
    generated_frames: int
    stored_pairs: int
    """Pairs whose backbone features are kept; 0 draws pictures at every step."""
    epochs: int
    samples_per_epoch: int
    real: bool = True
    """False: generated pictures only, to train and to test on."""
    seed: int = 0
    """Of the generated pictures."""
    pictures: str = ""
    """What tells the real training data from others, see `trainings.make_plan`."""
    balanced: bool = False
    """Whether real sequences are listed so often that about as many pairs are drawn of them as of the generated."""
    flip: bool = False
    """Whether half of the pairs are mirrored, where the settings file does not do so anyway."""
    coco_share: float = 0.0
    """Of the pairs, how many are of one picture of COCO each."""

    def key(self) -> str:
        """A name for the folder of parts."""
        return digest(dataclasses.asdict(self))


FULL = Plan(generated_sequences=150, generated_frames=30, stored_pairs=4800, epochs=12, samples_per_epoch=800)
LONG = dataclasses.replace(FULL, stored_pairs=9600, samples_per_epoch=3200, balanced=True, flip=True, coco_share=1 / 3)
"""What a quarter of an hour on two cores can train of an ATOM; its pairs were chosen by `lite_presets/pairs.py`."""
QUICK = Plan(generated_sequences=4, generated_frames=20, stored_pairs=16, epochs=1, samples_per_epoch=16, real=False)


@dataclasses.dataclass(frozen=True)
class Parts:
    """Where finished units of work lie: training data, features, one checkpoint a training, one file of boxes a track.

    Args:
        root: folder of the plan's parts.
    """

    root: Path

    @property
    def data(self) -> Path:
        """train/ and val/ in GOT-10k's layout."""
        return self.root / "data"

    @property
    def features(self) -> Path:
        """Stores of backbone features, shared by all trainings."""
        return self.root / "features"

    @property
    def tracks(self) -> Path:
        """A folder of result files for each tracker."""
        return self.root / "tracks"

    def checkpoint(self, family: str, loss: str, seed: int) -> Path:
        return self.root / "checkpoints" / f"{tracker_name(family, loss, seed)}.pth.tar"

    def statistics(self, family: str, loss: str, seed: int) -> Path:
        """Of the training by epoch, as JSON beside its checkpoint."""
        return self.checkpoint(family, loss, seed).with_suffix(".json")


def tracker_name(family: str, loss: str, seed: int) -> str:
    """What a training is kept under; with other defaults of the loss in the family's role it is another."""
    return f"{family}-{folder_name(loss)}-{digest(loss_defaults(loss, FAMILIES[family].role))}-seed{seed}"


def digest(content: Any) -> str:
    """Eight characters that tell one content from another."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]
