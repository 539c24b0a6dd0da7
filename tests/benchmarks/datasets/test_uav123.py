"""UAV123: sequences are ranges of a video's images, and frames without a target are NaN."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.benchmarks import load_sequences, score
from siou_tracking.benchmarks.official_names import official_rows
from siou_tracking.errors import InputError
from tests.benchmarks.datasets.flow import draw, numbered, run_score_report

ROWS = "10,11,20,10\n11,11,20,10\nNaN,NaN,NaN,NaN\n13,11,20,10\n"
BOXES = np.array([[10, 11, 20, 10], [11, 11, 20, 10], [np.nan] * 4, [13, 11, 20, 10]])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The first frames of two official sequences that lie in one video."""
    root = tmp_path / "data"
    draw(root / "data_seq/UAV123/bird1", *numbered(1, 6, 6), *numbered(775, 4, 6))
    for name in ("bird1_1", "bird1_2"):
        file = root / f"anno/UAV123/{name}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(ROWS)
    (root / "anno/UAV123/att").mkdir()
    (root / "anno/UAV123/att/bird1_2.txt").write_text("1,0,0,0,0,0,0,0,0,0,1,0\n")
    return root


def test_the_ranges_are_those_of_the_toolkits() -> None:
    rows = official_rows("uav123")
    assert len(rows) == 123 and sum(length for _, length in rows.values()) == 112_578
    assert (rows["bird1_2"], rows["car1_3"], rows["wakeboard8"]) == ((775, 703), (1627, 1003), (1, 1543))


def test_a_sequence_begins_at_its_image_of_the_video(data: Path) -> None:
    first, second = load_sequences("uav123", data)
    assert [one.frames for one in load_sequences("uav123", data.parent)] == [first.frames, second.frames]
    assert [path.name for path in first.frames] == numbered(1, 4, 6)
    assert [path.name for path in second.frames] == numbered(775, 4, 6)
    assert (first.attributes, second.attributes) == ((), ("SV", "CM"))
    np.testing.assert_array_equal(first.ground_truth, BOXES)


@pytest.mark.parametrize("rules", ["official", "pysot", "pytracking", "got10k"])
def test_a_frame_without_a_target_cannot_be_hit_and_its_error_is_none(rules: str, data: Path, tmp_path: Path) -> None:
    """Success misses it under all four; the toolkits count the center error -1, got10k misses it there as well."""
    found = tmp_path / "found"
    found.mkdir()
    for name in ("bird1_1", "bird1_2"):
        (found / f"{name}.txt").write_text(ROWS.replace("NaN", "5"))
    metrics = score("uav123", found, load_sequences("uav123", data), rules)["found"].metrics
    assert metrics["success_auc"] == pytest.approx(3 / 4 * 20 / 21)
    assert metrics["precision"] == (0.75 if rules == "got10k" else 1.0)


def test_pysots_annotations_hold_nan_too(tmp_path: Path) -> None:
    file = tmp_path / "UAV123.json"
    file.write_text(json.dumps({"bike1": {"gt_rect": BOXES.tolist(), "attr": ["SV"]}}))
    (one,) = load_sequences("uav123", file)
    assert one.attributes == ("SV",)
    np.testing.assert_array_equal(one.ground_truth, BOXES)


@pytest.mark.parametrize("rows", ["NaN,NaN,NaN,NaN\n1,1,9,9\n", "1,1,9,9\n1,NaN,9,9\n"])
def test_a_target_that_cannot_be_started_on_or_half_a_box_is_refused(rows: str, data: Path) -> None:
    (data / "anno/UAV123/bird1_1.txt").write_text(rows)
    with pytest.raises(InputError, match=r"bird1_1\.txt: box [12]: got .* four finite numbers"):
        load_sequences("uav123", data)


def test_no_data_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no anno/UAV123/<sequence>\.txt"):
        load_sequences("uav123", tmp_path)


def test_from_the_run_to_the_page(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run_score_report(capsys, data, "--benchmark", "UAV123", sequences=2, frames=8)
    assert result["ceiling"]["success_auc"] == pytest.approx(3 / 4 * 20 / 21)
    assert result["per_attribute"]["static"]["SV"]["sequences"] == 1
