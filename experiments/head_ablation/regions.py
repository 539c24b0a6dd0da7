"""Cuts search regions and references, and computes what the frozen backbone makes of them, once.

References are cut around the target. A training region is jittered as `bbreg atom_lite` jitters them; a region of the
other splits as a tracker meets it, around a box that is a little off, and every fifth with its target far from the
middle. Seeds are fixed: every loss sees the same regions.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from experiments.head_ablation.pairs import (
    CROP,
    LAYERS,
    SPLITS,
    Features,
    Split,
    Stores,
    read_stores,
    write_about,
    write_split,
)
from experiments.head_ablation.sources import Source, digest, generated_sources, real_sources
from experiments.head_ablation.starts import far_starts, usual_starts
from siou_tracking.boxes import convert
from siou_tracking.ltr.data.cropping import jittered_center_crop
from siou_tracking.ltr.models.backbone import efficientnet_lite0
from siou_tracking.ltr.models.backbone.base import Backbone
from siou_tracking.ops import PrRoIPool2D

AREA_FACTOR = 4.0
"""Side of a region in target sides, `bbreg atom_lite`'s."""
FAR_EVERY = 5
"""Of this many regions that are not for training one has its target far from the middle."""
STARTS = 2
"""Usual and far starts of a region."""
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_BATCH = 32


@dataclass(frozen=True)
class Sizes:
    """How much is cut."""

    generated: tuple[int, int, int]
    """Generated sequences of train, val and test; test has none where there are real ones."""
    length: int
    """Frames of a generated sequence."""
    train_regions: int
    """Of each sequence; an object of COCO has two."""
    regions: int
    """Of each target of val and test."""
    references: int
    """Of a training sequence; an object has one, and so have val and test: their first frame."""
    objects: int = 0
    """Of COCO."""
    seed: int = 0


STUDY = Sizes(generated=(60, 8, 20), length=24, train_regions=32, regions=30, references=8, objects=480)
QUICK = Sizes(generated=(6, 2, 2), length=6, train_regions=8, regions=10, references=2)


def build_stores(
    folder: Path, real: Path | None = None, otb: Path | None = None, sizes: Sizes = STUDY, workers: int = 1
) -> Stores:
    """The stores of these data and sizes, made if `folder` has none.

    Args:
        folder: keeps stores, each under a name that comes of what it was made from.
        real, otb: see `experiments.real_data`; without real pictures all are generated.
        sizes: how much is cut.
        workers: processes that draw pictures.

    Raises:
        InputError: see `real_sources`.
    """
    sources = real_sources(real, otb, sizes.objects)
    names = {split: [one.name for one in sources[split]] for split in SPLITS}
    about = {"sizes": asdict(sizes), "real": digest(sources) if real else "", "test": names["test"]}
    about = json.loads(json.dumps(about))
    place = folder / hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
    stores = read_stores(place)
    if stores is not None and stores.about == about:
        return stores
    making = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        counts = dict(zip(SPLITS, sizes.generated, strict=True)) | ({"test": 0} if real else {})
        drawn = generated_sources(making / "pictures", counts, sizes.length, sizes.seed, workers)
        extractor = efficientnet_lite0(pretrained=True, frozen_layers="all").eval()
        for number, split in enumerate(SPLITS):
            targets = sources[split] + drawn[split]
            write_split(making / split, cut_split(split, targets, sizes, sizes.seed + number, extractor))
        shutil.rmtree(making / "pictures", ignore_errors=True)
        write_about(making, about)
        shutil.rmtree(place, ignore_errors=True)
        making.replace(place)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    made = read_stores(place)
    assert made is not None  # it was just written
    return made


def cut_split(split: str, targets: list[Source], sizes: Sizes, seed: int, extractor: Backbone) -> Split:
    """Regions and references of all targets, and their features."""
    random = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    crops: dict[str, list[np.ndarray]] = {"search": [], "reference": []}
    boxes: dict[str, list[torch.Tensor]] = {"search": [], "reference": []}
    first, count, owners, far = [], [], [], []
    for source in tqdm(targets, desc=f"{split} regions", unit="target", disable=None):
        frames, references = choose_frames(source, split == "train", sizes, random)
        begin = len(boxes["reference"])
        for number in references:
            _cut(source, number, source.boxes[number], crops["reference"], boxes["reference"])
        for place, number in enumerate(frames):
            is_far = split != "train" and place % FAR_EVERY == FAR_EVERY - 1
            around = jitter(source.boxes[number], split == "train", is_far, random)
            _cut(source, number, around, crops["search"], boxes["search"])
            first.append(begin)
            count.append(len(references))
            owners.append(source.name)
            far.append(is_far)
    box, reference_box = torch.stack(boxes["search"]), torch.stack(boxes["reference"])
    search, reference = (compute_features(crops[name], extractor, f"{split} {name}") for name in crops)
    pool = PrRoIPool2D(1, 1, 1 / 16)
    return Split(
        search=search,
        reference=reference,
        box=box,
        reference_box=reference_box,
        vector=pool.grouped(reference[1].float(), convert(reference_box, "xywh", "xyxy")[:, None])[:, 0, :, 0, 0],
        first=torch.tensor(first),
        count=torch.tensor(count),
        target=tuple(owners),
        starts=usual_starts(box, STARTS, generator),
        far_starts=far_starts(box, STARTS, generator),
        far=torch.tensor(far),
    )


def choose_frames(
    source: Source, training: bool, sizes: Sizes, random: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Numbers of the frames that regions and references are cut from.

    For training drawn with replacement, references evenly over the sequence; else evenly after the first frame, which
    is the reference.
    """
    last = len(source.boxes) - 1
    if last == 0:
        return [0, 0], [0]
    if training:
        references = np.linspace(0, last, min(sizes.references, last + 1)).round().astype(int)
        return random.integers(0, last + 1, sizes.train_regions).tolist(), references.tolist()
    return np.linspace(1, last, sizes.regions).round().astype(int).tolist(), [0]


def jitter(box: np.ndarray, training: bool, far: bool, random: np.random.Generator) -> np.ndarray:
    """The box (4,) xywh that a region is cut around."""
    center, size = box[:2] + box[2:] / 2, box[2:]
    if training:
        shift, spread = random.uniform(-1.6, 1.6, 2), 0.5
    elif far:
        angle = random.uniform(0, 2 * np.pi)
        shift, spread = random.uniform(1.0, 1.6) * np.array([np.cos(angle), np.sin(angle)]), 0.15
    else:
        shift, spread = random.uniform(-0.5, 0.5, 2), 0.15
    size = size * np.exp(spread * random.standard_normal(2))
    center = center + shift * np.sqrt(size.prod())
    return np.concatenate((center - size / 2, size)).astype(np.float32)


def compute_features(crops: list[np.ndarray], extractor: Backbone, what: str) -> Features:
    """layer2 (n, 40, 28, 28) and layer3 (n, 112, 14, 14) of crops (224, 224, 3) uint8 RGB, in half precision."""
    parts: dict[str, list[torch.Tensor]] = {layer: [] for layer in LAYERS}
    total = -(-len(crops) // _BATCH)
    for batch in tqdm(_batches(crops), desc=f"{what} features", total=total, unit="batch", disable=None):
        with torch.inference_mode():
            found = extractor(batch, list(LAYERS))
        for layer in LAYERS:
            parts[layer].append(found[layer].contiguous().half())
    layer2, layer3 = (torch.cat(parts[layer]).clone() for layer in LAYERS)
    return layer2, layer3


def _batches(crops: list[np.ndarray]) -> Iterator[torch.Tensor]:
    """Normalized (b, 3, 224, 224)."""
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (_MEAN, _STD))
    for start in range(0, len(crops), _BATCH):
        pictures = torch.from_numpy(np.stack(crops[start : start + _BATCH])).permute(0, 3, 1, 2)
        yield (pictures / 255 - mean) / std


def _cut(source: Source, number: int, around: np.ndarray, crops: list[np.ndarray], boxes: list[torch.Tensor]) -> None:
    """Append the crop around a box, and where the target is in it."""
    pair = [torch.from_numpy(np.asarray(one, np.float32)) for one in (around, source.boxes[number])]
    cut, placed, _ = jittered_center_crop([source.read(number)], [pair[0]], [pair[1]], AREA_FACTOR, CROP)
    crops.extend(cut)
    boxes.extend(placed)
