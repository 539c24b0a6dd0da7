"""What is written: files, rows, numbering and bytes of every layout."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from siou_tracking.cli.data.example import write_example
from siou_tracking.errors import InputError
from siou_tracking.scenes import Difficulty, RenderedSequence, write_got10k

SIZE = (160, 120)


def digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows(path: Path, separator: str = ",") -> np.ndarray:
    return np.array([[float(v) for v in line.split(separator)] for line in path.read_text().splitlines()])


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("scenes") / "example"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("siou_tracking.cli.data.example._COCO_PICTURES", 6)
        write_example(out, progress=False)
    return out


def test_got10k_layout_has_the_official_files_and_numbering(tmp_path: Path) -> None:
    names = write_got10k(tmp_path, "train", 3, seed=4, length=5, size=SIZE, progress=False)
    assert names == [f"GOT-10k_Train_{n:06d}" for n in (1, 2, 3)]
    assert (tmp_path / "train/list.txt").read_text().split() == names
    labels = {"groundtruth.txt", "absence.label", "cover.label", "cut_by_image.label", "meta_info.ini"}
    frames = {f"{n:08d}.jpg" for n in range(1, 6)}
    for name in names:
        place = tmp_path / "train" / name
        assert {path.name for path in place.iterdir()} == labels | frames
        text = (place / "groundtruth.txt").read_text()
        assert re.fullmatch(r"(\d+\.\d{4},\d+\.\d{4},\d+\.\d{4},\d+\.\d{4}\n){5}", text)
        for label, allowed in (("absence", range(2)), ("cover", range(9)), ("cut_by_image", range(2))):
            values = [int(line) for line in (place / f"{label}.label").read_text().splitlines()]
            assert len(values) == 5 and set(values) <= set(allowed)
        meta = (place / "meta_info.ini").read_text().splitlines()
        assert meta[0] == "[METAINFO]" and meta[5].startswith("object_class: ") and meta[10] == "resolution: (160, 120)"
        assert cv2.imread(str(place / "00000001.jpg")).shape == (120, 160, 3)


def test_got10k_stores_the_boxes_and_pictures_of_the_sequence(tmp_path: Path) -> None:
    write_got10k(tmp_path, "val", 2, seed=9, length=4, size=SIZE, progress=False)
    sequence = RenderedSequence(np.random.SeedSequence([9, 1, 1]), 4, SIZE, "heldout")
    place = tmp_path / "val/GOT-10k_Val_000002"
    np.testing.assert_array_equal(rows(place / "groundtruth.txt"), [frame.box for frame in sequence])
    stored = cv2.imread(str(place / "00000003.jpg"))[..., ::-1].astype(int)
    assert np.abs(stored - sequence.frame(2).image).mean() < 12  # JPEG


def test_a_test_sequence_gives_away_its_first_box_only(tmp_path: Path) -> None:
    write_got10k(tmp_path, "test", 1, length=4, size=SIZE, progress=False)
    assert rows(tmp_path / "test/GOT-10k_Test_000001/groundtruth.txt").shape == (1, 4)


def test_bytes_do_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    for workers in (1, 2):
        write_got10k(tmp_path / str(workers), "train", 3, seed=1, length=3, size=SIZE, workers=workers, progress=False)
    assert digest(tmp_path / "1") == digest(tmp_path / "2")


def test_a_longer_set_begins_with_the_shorter_one(tmp_path: Path) -> None:
    for count in (1, 2):
        write_got10k(tmp_path / str(count), "train", count, length=2, size=SIZE, progress=False)
    first = "train/GOT-10k_Train_000001"
    assert digest(tmp_path / "1" / first) == digest(tmp_path / "2" / first)


def test_a_folder_with_content_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train/mine.txt").write_text("kept")
    with pytest.raises(InputError, match="not empty"):
        write_got10k(tmp_path, "train", 1, length=2, size=SIZE, progress=False)
    with pytest.raises(InputError, match="not empty"):
        write_example(tmp_path, progress=False)
    assert digest(tmp_path).keys() == {"train/mine.txt"}


def test_a_failure_leaves_no_folder_behind(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write_got10k(tmp_path, "train", 1, length=2, size=SIZE, progress=False, difficulty=Difficulty(speed="fast"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"split": "heldout"},
        {"count": 0},
        {"seed": -1},
        {"workers": 0},
        {"length": 1},
        {"photos": "all"},
        {"size": (1, 1)},
    ],
)
def test_unusable_arguments_are_refused_before_anything_is_written(tmp_path: Path, arguments: dict) -> None:
    with pytest.raises(InputError):
        write_got10k(tmp_path, **{"split": "train", "count": 1, "progress": False, **arguments})
    assert list(tmp_path.iterdir()) == []
    if "seed" in arguments:
        with pytest.raises(InputError, match="seed"):
            write_example(tmp_path / "out", seed=-1)


def test_example_holds_every_layout_and_says_that_it_is_generated(example: Path) -> None:
    folders = {path.name for path in example.iterdir()}
    assert folders == {"lasot", "got10k", "trackingnet", "coco", "otb2015", "vot2018", "mot", "README.txt"}
    assert "Generated pictures, not the benchmarks'" in (example / "README.txt").read_text()


def test_example_repeats_for_the_same_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("siou_tracking.cli.data.example._COCO_PICTURES", 2)
    monkeypatch.setattr("siou_tracking.cli.data.example._TRACKINGNET_TRAIN", ("Nf1aqv5Fg5o_0",))
    for name in ("once", "again"):
        write_example(tmp_path / name, seed=1, frames=3, progress=False)
    assert digest(tmp_path / "once") == digest(tmp_path / "again")


def test_lasot_has_integer_boxes_and_one_line_flags(example: Path) -> None:
    names = {path.name for path in (example / "lasot").glob("*/*")}
    assert {"airplane-1", "airplane-2"} <= names
    for place in (example / "lasot").glob("*/*"):
        assert place.parent.name == place.name.rsplit("-", 1)[0]
        frames = sorted(path.name for path in (place / "img").iterdir())
        assert frames == [f"{n:08d}.jpg" for n in range(1, len(frames) + 1)]
        assert re.fullmatch(r"(-?\d+,-?\d+,\d+,\d+\n)+", (place / "groundtruth.txt").read_text())
        boxes = rows(place / "groundtruth.txt")
        flags = [rows(place / f"{name}.txt") for name in ("full_occlusion", "out_of_view")]
        assert len(boxes) == len(frames) and all(flag.shape == (1, len(frames)) for flag in flags)
        visible = (boxes[:, 2:] > 0).all(1) & (np.add(*flags)[0] == 0)
        assert visible.sum() >= 20, place.name


def test_lasot_counts_from_one_so_that_the_toolkit_misses_no_visible_box(example: Path) -> None:
    boxes = np.concatenate([rows(path) for path in (example / "lasot").glob("*/*/groundtruth.txt")])
    there = (boxes[:, 2:] > 0).all(1)
    assert boxes[there, :2].min() == 1  # a target at the image's edge, which counting from 0 would lose
    assert not boxes[~there].any()
    assert "from 1 in lasot, otb2015 and mot" in (example / "README.txt").read_text()


def test_got10k_example_has_all_three_splits(example: Path) -> None:
    for split in ("train", "val", "test"):
        for name in (example / "got10k" / split / "list.txt").read_text().split():
            place = example / "got10k" / split / name
            frames = len(list(place.glob("*.jpg")))
            assert len(rows(place / "groundtruth.txt")) == (1 if split == "test" else frames)
            absent = rows(place / "absence.label")[:, 0]
            assert ((absent == 0) & (rows(place / "cover.label")[:, 0] > 0)).sum() >= 20


def test_trackingnet_has_twelve_training_parts_and_a_test_part(example: Path) -> None:
    parts = {path.name for path in (example / "trackingnet").iterdir()}
    assert parts == {f"TRAIN_{n}" for n in range(12)} | {"TEST"}
    for anno in (example / "trackingnet").glob("*/anno/*.txt"):
        part = anno.parent.parent
        frames = sorted(int(path.stem) for path in (part / "frames" / anno.stem).iterdir())
        assert frames == list(range(len(frames))) and len(frames) >= 20
        assert len(rows(anno)) == (1 if part.name == "TEST" else len(frames))
        assert re.match(r"-?\d+\.\d\d,", anno.read_text())


def test_coco_annotations_describe_their_pictures(example: Path) -> None:
    content = json.loads((example / "coco/annotations/instances_train2014.json").read_text())
    images = {image["id"]: image for image in content["images"]}
    kinds = {category["id"] for category in content["categories"]}
    assert len(content["annotations"]) == len(images) == len(list((example / "coco/images/train2014").iterdir()))
    for entry in content["annotations"]:
        image = images[entry["image_id"]]
        picture = cv2.imread(str(example / "coco/images/train2014" / image["file_name"]))
        assert picture.shape == (image["height"], image["width"], 3)
        assert entry["category_id"] in kinds and entry["iscrowd"] == 0
        x, y, w, h = entry["bbox"]
        points = np.concatenate([np.reshape(piece, (-1, 2)) for piece in entry["segmentation"]])
        assert w > 0 and h > 0
        assert (points >= [x - 1, y - 1]).all() and (points <= [x + w, y + h]).all()


def test_otb_counts_from_one_and_gives_jogging_two_targets(example: Path) -> None:
    assert {path.name for path in (example / "otb2015").iterdir()} == {"Basketball", "Crossing", "Jogging"}
    for place in (example / "otb2015").iterdir():
        frames = sorted(path.name for path in (place / "img").iterdir())
        assert frames == [f"{n:04d}.jpg" for n in range(1, len(frames) + 1)]
        files = sorted(path.name for path in place.glob("*.txt"))
        two = ["groundtruth_rect.1.txt", "groundtruth_rect.2.txt"]
        assert files == (two if place.name == "Jogging" else ["groundtruth_rect.txt"])
        for file in files:
            boxes = rows(place / file)
            assert len(boxes) == len(frames) and (boxes == boxes.astype(int)).all()
            assert (boxes[:, :2] >= 1).all() and (boxes[:, 2:] > 0).all()


def test_vot_polygons_are_turned_rectangles_with_tags_for_each_frame(example: Path) -> None:
    names = (example / "vot2018/list.txt").read_text().split()
    for name in names:
        place = example / "vot2018" / name
        frames = sorted(path.name for path in (place / "color").iterdir())
        assert frames == [f"{n:08d}.jpg" for n in range(1, len(frames) + 1)]
        corners = rows(place / "groundtruth.txt").reshape(len(frames), 4, 2)
        # opposite corners of a rectangle have the same middle
        np.testing.assert_allclose(corners[:, 0] + corners[:, 2], corners[:, 1] + corners[:, 3], atol=1e-3)
        values = dict(line.split("=") for line in (place / "sequence").read_text().splitlines())
        assert values["channels.color"] == "color/%08d.jpg" and int(values["length"]) == len(frames)
        for tag in ("camera_motion", "illum_change", "motion_change", "size_change", "occlusion"):
            assert len((place / f"{tag}.tag").read_text().split()) == len(frames)


def test_mot_example_can_be_read_and_has_people_in_every_sequence(example: Path) -> None:
    from siou_tracking.mot.data.motchallenge import find_sequences, read_truth

    for split, count in (("train", 3), ("val", 1)):
        sequences = find_sequences(example / "mot" / split)
        assert len(sequences) == count
        assert all(read_truth(sequence).considered.sum() > 30 for sequence in sequences)
