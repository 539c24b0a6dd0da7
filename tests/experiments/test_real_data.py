"""Test sequences of real pictures: one box a frame, names that tell the origin, wrong folders in one line."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from experiments.real_data import BENCHMARK, pedestrians, training_folders
from experiments.real_data import test_sequences as find_test_sequences
from siou_tracking.benchmarks.datasets.otb2015 import frame_ranges
from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.errors import InputError


def draw(folder: Path, count: int, digits: int = 4) -> None:
    folder.mkdir(parents=True)
    _, picture = cv2.imencode(".jpg", np.zeros((48, 64, 3), np.uint8))
    for number in range(1, count + 1):
        (folder / f"{number:0{digits}d}.jpg").write_bytes(picture.tobytes())


def make_otb(root: Path, name: str, count: int) -> None:
    draw(root / name / "img", count)
    (root / name / "groundtruth_rect.txt").write_text("5,6,7,8\n" * count)


def make_campus(root: Path, rows: list[tuple[int, ...]]) -> Path:
    folder = root / "TUD-Campus"
    draw(folder / "img1", 30, 6)
    (folder / "seqinfo.ini").write_text(
        "[Sequence]\nname=TUD-Campus\nimDir=img1\nframeRate=25\nseqLength=30\nimWidth=64\nimHeight=48\nimExt=.jpg\n"
    )
    (folder / "gt").mkdir()
    lines = (",".join(map(str, (*row, 1, -1, -1, -1))) + "\n" for row in rows)
    (folder / "gt" / "gt.txt").write_text("".join(lines))
    return folder


def make_real(root: Path) -> tuple[Path, Path]:
    test = root / "real" / "test"
    make_otb(test / "otb", "Skiing", frame_ranges()["Skiing"][1])
    make_otb(test / "other", "vot-bag", 3)
    make_otb(root / "otb", "Football1", frame_ranges()["Football1"][1])
    make_campus(test / "mot" / "train", [(frame, 4, 2, 3, 10, 20) for frame in range(1, 31)])
    return root / "real", root / "otb"


def test_a_pedestrian_is_followed_where_it_is_wholly_seen(tmp_path: Path) -> None:
    rows = [(frame, 1, frame - 5, 1, 10, 20) for frame in range(1, 31)]  # comes in: whole from frame 6 on
    rows += [(frame, 2, 60, 1, 10, 20) for frame in range(1, 31)]  # never whole
    rows += [(frame, 7, 30, 2, 10, 20) for frame in range(1, 31) if frame != 9]  # a gap: the longer part counts
    rows += [(frame, 9, 30, 2, 10, 20) for frame in range(1, 20)]  # too short
    found = pedestrians(make_campus(tmp_path, rows))
    assert [one.name for one in found] == ["tud-campus-1", "tud-campus-7"]
    first, second = found
    assert [len(first), first.first_frame, len(second), second.first_frame] == [25, 6, 21, 10]
    assert first.ground_truth[0].tolist() == [1, 1, 10, 20]  # as in gt.txt: both count pixels from 1
    assert [path.name for path in second.frames[:2]] == ["000010.jpg", "000011.jpg"]


def test_test_sequences_are_otbs_others_and_pedestrians(tmp_path: Path) -> None:
    real, otb = make_real(tmp_path)
    found = find_test_sequences(real, otb)
    assert [one.name for one in found] == ["Football1", "Skiing", "vot-bag", "tud-campus-4"]
    assert [len(one.frames) for one in found] == [74, 81, 3, 30]
    identity = get_benchmark(BENCHMARK).identify(found)
    assert identity.sequences == found and identity.expected == 0
    assert len(find_test_sequences(real, None)) == 3


def test_training_folders_are_where_the_page_says(tmp_path: Path) -> None:
    for folder in ("got10k/train", "got10k/val", "coco"):
        (tmp_path / "train" / folder).mkdir(parents=True)
    found = training_folders(tmp_path)
    assert found.got10k == tmp_path / "train" / "got10k" and found.coco == tmp_path / "train" / "coco"


def test_what_is_missing_is_one_line(tmp_path: Path) -> None:
    real, otb = make_real(tmp_path)
    with pytest.raises(InputError, match="--real: not given; this study needs real pictures"):
        find_test_sequences(None, otb)
    with pytest.raises(InputError, match=f"--real: {tmp_path}/test/otb: no such folder"):
        find_test_sequences(tmp_path, otb)
    with pytest.raises(InputError, match=f"--otb: {tmp_path}/none: no such folder"):
        find_test_sequences(real, tmp_path / "none")
    with pytest.raises(InputError, match="Skiing is in --real too"):
        find_test_sequences(real, real / "test" / "otb")
    with pytest.raises(InputError, match=f"--real: {real}/train/got10k: no such folder"):
        training_folders(real)
    (real / "test" / "other" / "vot-bag" / "img" / "0002.jpg").unlink()
    with pytest.raises(InputError, match="2 images, 3 boxes of vot-bag"):
        find_test_sequences(real, otb)


def test_another_video_of_an_official_name_is_refused(tmp_path: Path) -> None:
    real, _ = make_real(tmp_path)
    make_otb(tmp_path / "mine", "Dog", 5)
    with pytest.raises(InputError, match="Dog with 5 frames is none of OTB2015's"):
        find_test_sequences(real, tmp_path / "mine")
