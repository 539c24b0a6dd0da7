"""NfS in the layouts that it and PyTracking have: corners become sizes, and every eighth box is one at 30 a second."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.errors import InputError
from tests.benchmarks.datasets.flow import draw, numbered, run_score_report

BOXES = np.column_stack((np.arange(17) + 2, np.full(17, 5), np.full(17, 20), np.full(17, 10)))


def vatic(boxes: np.ndarray) -> str:
    """As VATIC writes: the track, two corners, the frame, three flags and a label in quotes."""
    return "".join(f'0 {x} {y} {x + w} {y + h} {row} 0 0 1 "ball"\n' for row, (x, y, w, h) in enumerate(boxes))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One video at both rates, as distributed."""
    root = tmp_path / "data"
    for rate, count in ((30, 3), (240, 17)):
        draw(root / f"bee/{rate}/bee", *numbered(1, count, 5))
        (root / f"bee/{rate}/bee.txt").write_text(vatic(BOXES))
    return root


@pytest.mark.parametrize(("name", "step"), [("nfs", 8), ("nfs240", 1)])
def test_a_box_is_told_by_its_corners_at_either_rate(name: str, step: int, data: Path) -> None:
    (one,) = load_sequences(name, data)
    assert one.name == "bee" and np.array_equal(one.ground_truth, BOXES[::step])
    assert [path.name for path in one.frames] == numbered(1, len(BOXES[::step]), 5)


def test_pytrackings_and_pysots_forms_give_the_same(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    draw(other / "sequences/bee", *numbered(1, 3, 5))
    (other / "anno").mkdir()
    (other / "anno/nfs_bee.txt").write_text("".join("\t".join(map(str, box)) + "\n" for box in BOXES[::8]))
    file = tmp_path / "NFS30.json"
    file.write_text(json.dumps({"bee": {"gt_rect": BOXES[::8].tolist()}}))
    for source in (other, file):
        (one,) = load_sequences("nfs", source)
        assert one.name == "bee" and np.array_equal(one.ground_truth, BOXES[::8])


def test_the_one_box_more_than_images_of_an_official_video_is_left_out(data: Path) -> None:
    assert get_benchmark("nfs").official_lengths["bee"] == 45 and not get_benchmark("nfs240").official_lengths
    for given, kept in ((46, 45), (45, 45), (44, 44), (50, 50)):
        (data / "bee/30/bee.txt").write_text(vatic(np.repeat(BOXES[:1], given * 8, axis=0)))
        assert len(load_sequences("nfs", data)[0].ground_truth) == kept


def test_boxes_of_this_rate_already_are_all_kept(data: Path) -> None:
    (data / "bee/30/bee.txt").write_text(vatic(BOXES[::8]))
    (data / "bee/30/._bee.txt").write_text("of macOS")
    (one,) = load_sequences("nfs", data)
    assert np.array_equal(one.ground_truth, BOXES[::8])


def test_frames_of_the_other_rate_are_not_taken_for_240(data: Path) -> None:
    (data / "bee/240/bee.txt").write_text(vatic(np.repeat(BOXES[:1], 45, axis=0)))
    with pytest.raises(
        InputError, match="nfs240: bee: its 45 boxes are those of 30 frames a second: use --benchmark nfs"
    ):
        load_sequences("nfs240", data)


def test_what_is_no_annotation_is_refused(data: Path, tmp_path: Path) -> None:
    (data / "bee/30/bee.txt").write_text("1 2 3 4\n")
    with pytest.raises(InputError, match="expected rows of VATIC's form"):
        load_sequences("nfs", data)
    with pytest.raises(InputError, match=r"no <sequence>/240/<sequence>\.txt and no anno"):
        load_sequences("nfs240", tmp_path)


@pytest.mark.parametrize(("name", "frames"), [("nfs", 3), ("nfs240", 17)])
def test_from_the_run_to_the_page(name: str, frames: int, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run_score_report(capsys, data, "--benchmark", name, sequences=1, frames=frames)
    assert result["benchmark"] == name and result["trackers"]["static"]["precision"] == 1.0
