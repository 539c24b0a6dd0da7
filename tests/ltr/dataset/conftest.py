"""Tiny data sets in the official folder layouts; each frame's gray value tells its number."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

FRAMES = 25


def write_frames(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for index, name in enumerate(names):
        cv2.imwrite(str(folder / name), np.full((24, 32, 3), index * 8, np.uint8))


def write_lines(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def box_lines(count: int = FRAMES) -> list[str]:
    return [f"{i}.5,{i + 1},8,6" for i in range(count)]


@pytest.fixture
def got10k_root(tmp_path: Path) -> Path:
    root = tmp_path / "got10k" / "train"
    names = [f"GOT-10k_Train_{i:06d}" for i in range(1, 13)]
    write_lines(root / "list.txt", names)
    for name in names:
        write_lines(root / name / "groundtruth.txt", box_lines())
        write_lines(root / name / "absence.label", ["1" if i == 3 else "0" for i in range(FRAMES)])
        write_lines(root / name / "cover.label", ["0" if i == 4 else "6" for i in range(FRAMES)])
        write_frames(root / name, [f"{i:08d}.jpg" for i in range(1, FRAMES + 1)])
    write_lines(
        root / names[0] / "meta_info.ini",
        [
            "[METAINFO]",
            "url: x",
            "object_class: boat",
            "motion_class: running",
            "major_class: vessel",
            "root_class: vehicle",
            "motion_adverb: slowly",
            "resolution: (32, 24)",
        ],
    )
    return root


@pytest.fixture
def lasot_root(tmp_path: Path) -> Path:
    root = tmp_path / "lasot"
    for name in ("airplane-1", "airplane-2", "airplane-10", "bear-1"):  # airplane-1 is a test sequence
        folder = root / name.split("-")[0] / name
        write_lines(folder / "groundtruth.txt", box_lines())
        write_lines(folder / "full_occlusion.txt", [",".join("1" if i == 3 else "0" for i in range(FRAMES))])
        write_lines(folder / "out_of_view.txt", [",".join("1" if i == 5 else "0" for i in range(FRAMES))])
        write_frames(folder / "img", [f"{i:08d}.jpg" for i in range(1, FRAMES + 1)])
    return root


@pytest.fixture
def trackingnet_root(tmp_path: Path) -> Path:
    root = tmp_path / "trackingnet"
    for index, video in ((0, "abc_0"), (0, "xyz_1"), (3, "def_2")):
        folder = root / f"TRAIN_{index}"
        (folder / "anno").mkdir(parents=True, exist_ok=True)
        (folder / "anno" / f"{video}.txt").write_bytes("\r\n".join([*box_lines(), ""]).encode())
        write_frames(folder / "frames" / video, [f"{i}.jpg" for i in range(FRAMES)])
    return root


@pytest.fixture
def coco_root(tmp_path: Path) -> Path:
    root = tmp_path / "coco"
    write_frames(root / "images" / "train2014", ["a.jpg", "b.jpg"])
    objects = [
        {"id": 1, "image_id": 70, "category_id": 18, "bbox": [1, 2, 3.5, 4], "iscrowd": 0, "segmentation": [[1, 2]]},
        {"id": 2, "image_id": 71, "category_id": 1, "bbox": [5, 6, 7, 8], "iscrowd": 0, "segmentation": []},
        {"id": 3, "image_id": 71, "category_id": 1, "bbox": [0, 0, 9, 9], "iscrowd": 1, "segmentation": {}},
        {"id": 4, "image_id": 71, "category_id": 1, "bbox": [0, 0, 0, 9], "iscrowd": 0, "segmentation": []},
    ]
    content = {
        "images": [{"id": 70, "file_name": "a.jpg"}, {"id": 71, "file_name": "b.jpg"}],
        "categories": [{"id": 1, "name": "person"}, {"id": 18, "name": "dog"}],
        "annotations": objects,
    }
    (root / "annotations").mkdir()
    (root / "annotations" / "instances_train2014.json").write_text(json.dumps(content))
    return root
