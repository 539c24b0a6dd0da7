"""LaSOT_ext: LaSOT's layout and rules; pytracking's analysis counts absent frames as it does not for LaSOT."""

from __future__ import annotations

from pathlib import Path

import pytest

from siou_tracking.benchmarks import load_sequences, score
from siou_tracking.benchmarks.official_names import official_names
from tests.benchmarks.datasets.flow import draw, numbered, run_score_report


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A sequence of the extension, out of view in its third frame, beside one of LaSOT."""
    root = tmp_path / "data"
    for name in ("atv-1", "airplane-1"):
        folder = root / name.split("-")[0] / name
        draw(folder / "img", *numbered(1, 4, 8))
        (folder / "groundtruth.txt").write_text("11,11,20,20\n" * 4)
        (folder / "full_occlusion.txt").write_text("0,0,0,0")
        (folder / "out_of_view.txt").write_text("0,0,1,0")
    return root


def test_there_are_ten_sequences_of_fifteen_classes() -> None:
    names = official_names("lasot_ext")
    assert len(names) == 150 and not set(names) & set(official_names("lasot"))
    assert len({name.rpartition("-")[0] for name in names}) == 15


@pytest.mark.parametrize(("rules", "norm_precision"), [("official", 0.75), ("pytracking", 1.0)])
def test_absent_frames_are_missed_but_for_pytrackings_normalized_error(
    rules: str, norm_precision: float, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "found").mkdir()
    (tmp_path / "found/atv-1.txt").write_text("11,11,20,20\n" * 4)
    sequences = [one for one in load_sequences("lasot_ext", data) if one.name == "atv-1"]
    metrics = score("lasot_ext", tmp_path / "found", sequences, rules)["found"].metrics
    assert metrics["success_auc"] == pytest.approx(0.75 * 20 / 21)
    assert (metrics["precision"], metrics["norm_precision"]) == (0.75, norm_precision)


def test_from_the_run_to_the_page(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run_score_report(capsys, data, "--benchmark", "LaSOT_ext", sequences=1, frames=4)
    assert result["expected_sequences"] == 150
