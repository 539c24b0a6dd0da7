"""Search regions and references as the frozen backbone sees them, in half precision on disk, mapped into memory.

A split is a folder of .npy files. Every search region knows the references of its own target, so that one picture of
a target serves many regions. Boxes are xywh in pixels of the crop.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from siou_tracking.errors import InputError
from siou_tracking.files import write_json

CROP = 224
"""Side of a region in pixels."""
LAYERS = {"layer2": (40, CROP // 8), "layer3": (112, CROP // 16)}
"""Channels and side in cells of the two backbone layers."""
SPLITS = ("train", "val", "test")
_ABOUT = "about.json"
Features = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Split:
    """Regions of one split; N regions and R references."""

    search: Features
    """layer2 (N, 40, 28, 28) and layer3 (N, 112, 14, 14)."""
    reference: Features
    """The same of R references."""
    box: torch.Tensor
    """(N, 4) where the target is in each region."""
    reference_box: torch.Tensor
    """(R, 4) where it is in each reference."""
    vector: torch.Tensor
    """(R, 112) mean of layer3 in the reference's box: what the dense heads know of the target."""
    first: torch.Tensor
    """(N,) a region's first reference; the others of its target follow."""
    count: torch.Tensor
    """(N,) how many references it has."""
    target: tuple[str, ...]
    """Name of each region's target."""
    starts: torch.Tensor
    """(N, K, 4) boxes that refinement starts from, about as good as a tracker's."""
    far_starts: torch.Tensor
    """(N, K, 4) boxes with an IoU below 0.2."""
    far: torch.Tensor
    """(N,) whether the target is far from the region's middle."""

    def __len__(self) -> int:
        return len(self.box)

    def take(self, rows: torch.Tensor) -> Features:
        """Features of the regions `rows`, in float32."""
        return self.search[0][rows].float(), self.search[1][rows].float()

    def take_reference(self, rows: torch.Tensor) -> Features:
        """Features of the references `rows`, in float32."""
        return self.reference[0][rows].float(), self.reference[1][rows].float()

    def draw_references(self, rows: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """One reference of its own target, drawn evenly, for each region of `rows`."""
        share = torch.rand(len(rows), generator=generator)
        return self.first[rows] + (share * self.count[rows]).long()


@dataclass(frozen=True)
class Stores:
    """All that a training reads."""

    train: Split
    val: Split
    test: Split
    about: Mapping[str, object]
    """What the splits were made of: it tells one set of stores from another."""
    folder: Path | None = None
    """Where they lie; trainings keep there what every loss shares. None keeps nothing."""

    def split(self, name: str) -> Split:
        """The split of that name, one of `SPLITS`."""
        return {"train": self.train, "val": self.val, "test": self.test}[name]


def write_split(folder: Path, split: Split) -> None:
    """Write a split as a new folder."""
    folder.mkdir(parents=True)
    arrays = {name: value for name, value in vars(split).items() if isinstance(value, torch.Tensor)}
    for name in ("search", "reference"):
        arrays |= {f"{name}_{layer}": values for layer, values in zip(LAYERS, getattr(split, name), strict=True)}
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values.numpy())
    write_json(folder / _ABOUT, {"target": split.target})


def read_split(folder: Path) -> Split:
    """A split of `write_split`: features are mapped, not read."""
    names = [name for name in Split.__dataclass_fields__ if name not in ("search", "reference", "target")]
    arrays = {name: torch.from_numpy(np.load(folder / f"{name}.npy")) for name in names}
    search, reference = (_read_features(folder, name) for name in ("search", "reference"))
    target = tuple(json.loads((folder / _ABOUT).read_text("utf-8"))["target"])
    return Split(search=search, reference=reference, target=target, **arrays)


def _read_features(folder: Path, name: str) -> Features:
    layer2, layer3 = (torch.from_numpy(np.load(folder / f"{name}_{layer}.npy", mmap_mode="c")) for layer in LAYERS)
    return layer2, layer3


def write_about(folder: Path, about: Mapping[str, object]) -> None:
    """Say what the stores are made of; written last, it marks them as whole."""
    write_json(folder / _ABOUT, about)


def read_stores(folder: Path) -> Stores | None:
    """The stores of a folder; None where there are none or they are not whole.

    Raises:
        InputError: the note is not readable.
    """
    note = folder / _ABOUT
    if not note.is_file():
        return None
    try:
        about = json.loads(note.read_text("utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"stores: {note}: line {error.lineno}: {error.msg}, allowed is JSON") from None
    splits = {name: read_split(folder / name) for name in SPLITS}
    return Stores(**splits, about=about, folder=folder)
