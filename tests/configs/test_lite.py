"""What the CPU-size settings share, as `--set` changes it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.ltr.run_training import train
from siou_tracking.retrain import TrainRequest
from tests.train_options import TINY

SAMPLES = 8


@pytest.fixture(scope="module")
def coco_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One picture of 2017 with one object, and annotations of 2014 whose picture is missing."""
    root = tmp_path_factory.mktemp("coco")
    (root / "images" / "train2017").mkdir(parents=True)
    cv2.imwrite(str(root / "images" / "train2017" / "a.jpg"), np.full((48, 64, 3), 90, np.uint8))
    content = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "categories": [{"id": 1, "name": "square"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [20, 10, 14, 14], "iscrowd": 0}],
    }
    (root / "annotations").mkdir()
    for year in ("2014", "2017"):
        (root / "annotations" / f"instances_train{year}.json").write_text(json.dumps(content))
    return root


def stored(workspace: Path, file: str, data: dict[str, Path], **values: Any) -> dict[str, list[dict[str, Any]]]:
    """Train for a step; what is noted of the stored samples of training and validation."""
    features = workspace / "features"
    train(
        TrainRequest(
            *file.split("/"),
            data=data,
            workspace=workspace,
            **TINY,
            values={"stored_pairs": SAMPLES, "stored_features": str(features), **values},
        )
    )
    folders = sorted(features.iterdir())
    return {
        name: [json.loads((one / f"{name}.json").read_text()) for one in folders] for name in ("made_from", "sources")
    }


@pytest.mark.parametrize(
    ("file", "flip"),
    [("bbreg/atom_lite", None), ("bbreg/atom_lite", True), ("dimp/dimp_lite", True), ("tomp/tomp_lite", False)],
)
def test_a_file_mirrors_half_of_the_samples_where_it_is_asked_to(
    got10k_root: Path, tmp_path: Path, file: str, flip: bool | None
):
    values = {} if flip is None else {"flip": flip}
    notes = stored(tmp_path, file, {"got10k": got10k_root}, **values)["made_from"]
    mirrored = {"RandomHorizontalFlip" in note["processing"]["transform"] for note in notes}
    assert mirrored == {bool(flip)}


@pytest.mark.parametrize(
    ("file", "values", "trained"),
    [
        ("bbreg/atom_lite", {}, ("coco", "got10k")),
        ("bbreg/atom_lite", {"coco_share": 0}, ("got10k",)),
        ("dimp/dimp_lite", {"coco_share": 0.5}, ("coco", "got10k")),
        ("tomp/tomp_lite", {}, ("coco", "got10k")),
    ],
)
def test_a_share_of_the_training_samples_are_objects_of_cocos_latest_year(
    got10k_root: Path, coco_root: Path, tmp_path: Path, file: str, values: dict[str, float], trained: tuple[str, ...]
):
    notes = stored(tmp_path, file, {"got10k": got10k_root, "coco": coco_root}, **values)
    counts = {
        (note["pairs"], tuple(sorted(set(names["dataset"])))) for note, names in zip(*notes.values(), strict=True)
    }
    assert counts == {(SAMPLES, trained), (1 + SAMPLES // 4, ("got10k",))}  # none to validate on


@pytest.mark.parametrize("share", [1, 1.5, -0.5, True, "third", (0.5,), float("nan")])
def test_a_share_that_is_none_is_refused(got10k_root: Path, coco_root: Path, tmp_path: Path, share: object):
    with pytest.raises(
        InputError, match=re.escape(f"coco_share: got {share!r}, allowed are numbers from 0 to below 1")
    ):
        stored(tmp_path, "bbreg/atom_lite", {"got10k": got10k_root, "coco": coco_root}, coco_share=share)


def test_mirroring_that_is_neither_on_nor_off_is_refused(got10k_root: Path, tmp_path: Path):
    with pytest.raises(InputError, match="flip: got 'no', allowed are True and False"):
        stored(tmp_path, "bbreg/atom_lite", {"got10k": got10k_root}, flip="no")


def test_a_share_without_the_folder_names_the_option(got10k_root: Path, tmp_path: Path):
    with pytest.raises(InputError, match=r"give --data coco=DIR"):
        stored(tmp_path, "bbreg/atom_lite", {"got10k": got10k_root}, coco_share=0.5)
