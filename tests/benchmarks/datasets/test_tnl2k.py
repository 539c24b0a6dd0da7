"""TNL2K: the data's folders and the toolkit's annotations; an absent target is a box of zeros; odd image names."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from siou_tracking.benchmarks import load_sequences, score
from siou_tracking.benchmarks.official_names import official_lengths
from siou_tracking.errors import InputError
from tests.benchmarks.datasets.flow import draw, run_score_report

ROWS = "10,11,20,10\n11,11,20,10\n0,0,0,0\n13,11,20,10\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two official sequences, of which one numbers its images without zeros and before a word."""
    root = tmp_path / "data"
    for name, images in (
        ("Bird_video_05", ("00001.png", "00002.png", "00003.png", "00004.png")),
        ("Alien_video_03", ("2_done.jpg", "10_done.jpg", "1_done.jpg", "3_done.jpg")),
    ):
        draw(root / f"{name}/imgs", *images)
        (root / f"{name}/groundtruth.txt").write_text(ROWS)
        (root / f"{name}/language.txt").write_text("the bird")
    return root


def test_the_list_is_the_toolkits_test_set() -> None:
    lengths = official_lengths("tnl2k")
    assert len(lengths) == 700 and sum(lengths.values()) == 516_038
    assert lengths["Assian_video_Z03_done"] == 609


def test_images_are_in_natural_order_whatever_they_are_called(data: Path) -> None:
    one, other = load_sequences("tnl2k", data)
    assert [path.name for path in one.frames] == ["1_done.jpg", "2_done.jpg", "3_done.jpg", "10_done.jpg"]
    assert other.frames[0].name == "00001.png" and len(other.frames) == 4
    assert one.absent.tolist() == [False, False, True, False]


def test_the_folder_above_and_the_toolkits_annotations_give_the_same(data: Path, tmp_path: Path) -> None:
    annotations = tmp_path / "annos.tar.gz"
    with tarfile.open(annotations, "w:gz") as archive:
        for folder in sorted(data.iterdir()):
            archive.add(folder / "groundtruth.txt", f"annos/gt_rect/{folder.name}.txt")
            archive.add(folder / "groundtruth.txt", f"annos/absent/{folder.name}.txt")
    for source in (data, annotations):
        assert [one.name for one in load_sequences("tnl2k", source)] == ["Alien_video_03", "Bird_video_05"]
    (tmp_path / "above").mkdir()
    data.rename(tmp_path / "above/TNL2K_test_subset")
    assert len(load_sequences("tnl2k", tmp_path / "above")) == 2


@pytest.mark.parametrize(("rules", "precision"), [("official", 0.75), ("pytracking", 0.75)])
def test_an_absent_target_is_missed(rules: str, precision: float, data: Path, tmp_path: Path) -> None:
    found = tmp_path / "found"
    found.mkdir()
    for folder in data.iterdir():
        (found / f"{folder.name}.txt").write_text(ROWS.replace("0,0,0,0", "1,1,1,1"))
    metrics = score("tnl2k", found, load_sequences("tnl2k", data), rules)["found"].metrics
    assert metrics["precision"] == precision and metrics["success_auc"] == pytest.approx(3 / 4 * 20 / 21)
    assert metrics["norm_precision"] == (0.75 if rules == "official" else 1.0)


def test_no_data_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no <sequence>/groundtruth\.txt and no gt_rect"):
        load_sequences("tnl2k", tmp_path)


def test_from_the_run_to_the_page(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_score_report(capsys, data, "--benchmark", "TNL2K", sequences=2, frames=8)
