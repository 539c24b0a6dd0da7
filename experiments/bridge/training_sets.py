"""Tiny training sets in the official layouts, with every sequence that a checkout's list files name.

A checkout's data sets read list files of full size (1120 sequences of LaSOT, indices up to 9334 of GOT-10k). Here each
listed sequence is a link to one of a few generated ones, so that the checkout finds all of them and needs no change.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from siou_tracking.cli.data.example import write_example

_GOT10K = 9335
_SIZE = (180, 240)
_FRAMES = 30


def write_training_sets(out: Path, checkout: Path) -> dict[str, Path]:
    """Fill `out` and return the folder of each data set by the name that --data takes."""
    example = write_example(out / "example", seed=0, progress=False)
    lists = checkout / "ltr" / "data_specs"
    folders = {
        "lasot": link_lasot(out / "lasot", example["lasot"], lists),
        "got10k": link_got10k(out / "got10k", example["got10k"]),
        "trackingnet": example["trackingnet"],
        "coco": example["coco"],
        "youtubevos": _youtubevos(out / "youtubevos", example["got10k"], lists),
        "imagenet_vid_gmot": _imagenet_vid(out / "imagenet_vid_gmot", example["got10k"], lists),
        "tao_burst": _tao_burst(out / "tao_burst", example["got10k"]),
    }
    return folders


def link_lasot(out: Path, example: Path, lists: Path) -> Path:
    """LaSOT's training sequences."""
    sources = [path for path in sorted(example.glob("*/*")) if path.name not in ("airplane-1", "car-2")]
    for index, name in enumerate((lists / "lasot_train_split.txt").read_text().split()):
        place = out / name.partition("-")[0] / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(sources[index % len(sources)])
    return out


def link_got10k(out: Path, example: Path) -> Path:
    """GOT-10k's training sequences."""
    sources = sorted(path for path in (example / "train").iterdir() if path.is_dir())
    names = [f"GOT-10k_Train_{number:06d}" for number in range(1, _GOT10K + 1)]
    (out / "train").mkdir(parents=True)
    for index, name in enumerate(names):
        (out / "train" / name).symlink_to(sources[index % len(sources)])
    (out / "train" / "list.txt").write_text("\n".join(names) + "\n")
    return out


def _sequence(example: Path) -> tuple[list[Path], np.ndarray]:
    """Images and boxes (n, 4) xywh of one generated sequence, the boxes kept inside the image."""
    folder = sorted(path for path in (example / "train").iterdir() if path.is_dir())[0]
    boxes = np.loadtxt(folder / "groundtruth.txt", delimiter=",")
    low = np.clip(boxes[:, :2], 0, np.array(_SIZE[::-1]) - 8)
    high = np.clip(boxes[:, :2] + boxes[:, 2:], low + 6, np.array(_SIZE[::-1]) - 1)
    return sorted(folder.glob("*.jpg")), np.concatenate([low, high - low], axis=1)


def _two_objects(boxes: np.ndarray) -> list[dict[str, list[float]]]:
    """A second target in the opposite corner; upstream counts objects from 0 and never looks at the last one alone."""
    other = np.concatenate([np.array(_SIZE[::-1]) - boxes[:, :2] - boxes[:, 2:], boxes[:, 2:]], axis=1)
    return [{"0": a.tolist(), "1": b.tolist()} for a, b in zip(boxes, np.maximum(other, 1), strict=True)]


def _youtubevos(out: Path, example: Path, lists: Path) -> Path:
    images, boxes = _sequence(example)
    name = (lists / "youtubevos_jjtrain.txt").read_text().split()[0]
    root = out / "2019" / "train"
    for part in ("Annotations", "JPEGImages"):
        (root / part / name).mkdir(parents=True)
    frames = [f"{5 * number:05d}" for number in range(len(images))]
    for frame, image, box in zip(frames, images, boxes, strict=True):
        (root / "JPEGImages" / name / f"{frame}.jpg").symlink_to(image)
        mask = np.zeros(_SIZE, np.uint8)
        x, y, w, h = (int(value) for value in box)
        mask[y : y + h + 1, x : x + w + 1] = 1
        labels = Image.fromarray(mask, mode="P")
        labels.putpalette([0, 0, 0, 255, 0, 0] + [0] * 762)
        labels.save(root / "Annotations" / name / f"{frame}.png")
    meta = {"videos": {name: {"objects": {"1": {"category": "thing", "frames": frames}}}}}
    (root / "meta.json").write_text(json.dumps(meta))
    return out


def _imagenet_vid(out: Path, example: Path, lists: Path) -> Path:
    images, boxes = _sequence(example)
    frames = out / "frames"
    frames.mkdir(parents=True)
    for number, image in enumerate(images):
        (frames / f"{number:06d}.JPEG").symlink_to(image)
    annotation = out / "annotation.json"
    content = {"anno": _two_objects(boxes), "num_tracks": 2, "image_size": list(_SIZE)}
    annotation.write_text(json.dumps(content))
    names = [
        name
        for split in ("train", "val")
        for name in (lists / f"imagenetvid_mot_{split}_split.txt").read_text().split()
    ]
    for name in names:
        for place, source in ((out / "Data" / name, frames), (out / "Annotations" / f"{name}.json", annotation)):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(source)
    (out / "ImageNet-Vid.json").write_text(json.dumps({"seq_list": names, "num_tracks": [2] * len(names)}))
    return out


def _tao_burst(out: Path, example: Path) -> Path:
    images, boxes = _sequence(example)
    folder = out / "annotated_frames" / "train" / "Made"
    folder.mkdir(parents=True)
    (folder / "one").symlink_to(images[0].parent)
    entry = {
        "annotations": _two_objects(boxes),
        "track_ids": ["0", "1"],
        "split": "train",
        "dataset_name": "Made",
        "seq_name": "one",
        "annotated_image_paths": [image.name for image in images],
    }
    (out / "TaoBurst.json").write_text(json.dumps({"train/Made/one": entry}))
    return out
