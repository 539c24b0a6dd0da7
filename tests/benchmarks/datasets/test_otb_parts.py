"""OTB50 and OTB2013 are different choices of OTB2015's targets, and are read from a folder of all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.official_names import official_names, official_rows
from siou_tracking.errors import InputError
from tests.benchmarks.datasets.flow import draw, numbered, run_score_report


def test_the_parts_are_those_of_the_papers() -> None:
    fifty, older = set(official_names("otb50")), set(official_names("otb2013"))
    assert (len(fifty), len(older), len(fifty & older)) == (50, 51, 28)
    assert {"Human4-2", "Skating2-1", "Skating2-2", "Biker"} <= fifty - older
    assert {"Jogging-1", "Jogging-2", "Tiger1", "David3"} <= older - fifty
    for part in ("otb50", "otb2013"):
        assert official_rows(part).items() <= official_rows("otb2015").items()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One target of OTB50 only, one of OTB2013 only, one of both, one of neither; each whole."""
    root = tmp_path / "data"
    for name in ("BlurBody", "Boy", "Deer", "Vase"):
        length = official_rows("otb2015")[name][-1]
        draw(root / name / "img", *numbered(1, length, 4))
        (root / name / "groundtruth_rect.txt").write_text("11,11,20,20\n" * length)
    return root


@pytest.mark.parametrize(
    ("part", "expected"),
    [("otb50", ["BlurBody", "Deer"]), ("TB-50", ["BlurBody", "Deer"]), ("cvpr13", ["Boy", "Deer"])],
)
def test_a_part_takes_its_own_of_a_folder_of_all(part: str, expected: list[str], data: Path) -> None:
    assert [one.name for one in load_sequences(part, data)] == expected


def test_a_folder_of_others_only_is_refused(data: Path) -> None:
    for name in ("BlurBody", "Deer"):
        (data / name / "groundtruth_rect.txt").unlink()
    with pytest.raises(InputError, match=r"otb50: .*: its targets, Boy, Vase, are OTB2015's only"):
        load_sequences("otb50", data)


@pytest.mark.parametrize(("part", "frames"), [("otb50", 334 + 71), ("otb2013", 602 + 71)])
def test_from_the_run_to_the_page(part: str, frames: int, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run_score_report(capsys, data, "--benchmark", part, sequences=2, frames=frames)
    assert result["expected_sequences"] == {"otb50": 50, "otb2013": 51}[part]
