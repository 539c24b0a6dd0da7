"""Own data: every layout gives the same sequences, any rules score them, and nothing published stands beside."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.benchmarks import load_sequences, score
from siou_tracking.benchmarks.datasets.custom import read_own
from siou_tracking.benchmarks.registry import available_benchmarks, find_benchmark, get_benchmark
from siou_tracking.errors import InputError
from tests.benchmarks.datasets.flow import draw, numbered, run_score_report
from tests.cli.calling import call

ROWS = "10,11,20,10\n11,11,20,10\n12,11,20,10\n"
BOXES = np.array([[10, 11, 20, 10], [11, 11, 20, 10], [12, 11, 20, 10]])
CORNERS = "".join(f"{x},11,{x + 20},11,{x + 20},21,{x},21\n" for x in (10, 11, 12))


def otb(root: Path, name: str) -> None:
    draw(root / name / "img", *numbered(1, 3, 4))
    (root / name / "groundtruth_rect.txt").write_text(ROWS)


def lasot(root: Path, name: str) -> None:
    draw(root / "things" / name / "img", *numbered(1, 3, 8))
    (root / "things" / name / "groundtruth.txt").write_text(ROWS)
    for label in ("full_occlusion", "out_of_view"):
        (root / "things" / name / f"{label}.txt").write_text("0,0,0")


def got10k(root: Path, name: str) -> None:
    draw(root / "val" / name, *numbered(1, 3, 8))
    (root / "val" / name / "groundtruth.txt").write_text(ROWS)
    (root / "val" / name / "cover.label").write_text("8\n8\n8\n")


def trackingnet(root: Path, name: str) -> None:
    draw(root / "TRAIN_0/frames" / name, *numbered(0, 3, 1))
    (root / "TRAIN_0/anno").mkdir(parents=True, exist_ok=True)
    (root / f"TRAIN_0/anno/{name}.txt").write_text(ROWS)


def vot(root: Path, name: str) -> None:
    draw(root / name / "color", *numbered(1, 3, 8))
    (root / name / "groundtruth.txt").write_text(CORNERS)


def plain(root: Path, name: str) -> None:
    draw(root / name / "images", "frame_2.png", "frame_10.png", "frame_1.png")
    (root / name / "groundtruth.txt").write_text(ROWS.replace(",", " "))


def uav123(root: Path, name: str) -> None:
    draw(root / "data_seq/UAV123" / name, *numbered(1, 3, 6))
    (root / "anno/UAV123/att").mkdir(parents=True, exist_ok=True)
    (root / f"anno/UAV123/{name}.txt").write_text(ROWS)
    (root / f"anno/UAV123/att/{name}.txt").write_text("0,1,0,0,0,0,0,0,0,0,0,0\n")


def nfs(root: Path, name: str) -> None:
    """Three images at 30 frames a second, and a row for each of 17 at 240."""
    draw(root / name / "30" / name, *numbered(1, 3, 5))
    rows = [f'0 {x} 11 {x + 20} 21 {frame} 0 0 0 "thing"\n' for frame in range(17) for x in (10 + frame // 8,)]
    (root / name / "30" / f"{name}.txt").write_text("".join(rows))


def pytracking(root: Path, name: str) -> None:
    draw(root / "sequences" / name, *numbered(1, 3, 5))
    (root / "anno").mkdir(parents=True, exist_ok=True)
    (root / f"anno/{name}.txt").write_text(ROWS)


LAYOUTS = (otb, lasot, got10k, trackingnet, vot, plain, uav123, nfs, pytracking)
FAMILIES = ("otb2015", "lasot", "got10k", "trackingnet", "vot2018")
"""Of which each has rules of its own; the others' are told in one layout."""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_sequences(layout: object, tmp_path: Path) -> None:
    for name in ("One", "Two"):
        layout(tmp_path, name)
    found = read_own(tmp_path)
    assert [one.name for one in found] == ["One", "Two"]
    for one in found:
        np.testing.assert_array_equal(one.ground_truth, BOXES)
        assert len(one.frames) == 3 and not one.absent.any() and one.cover.tolist() == [8, 8, 8]
    assert layout is not plain or [path.stem for path in found[0].frames] == ["frame_1", "frame_2", "frame_10"]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("rules", FAMILIES)
def test_any_layout_is_scored_by_any_rules(layout: object, rules: str, tmp_path: Path) -> None:
    for name in ("Dog", "Two"):  # OTB has a Dog of 127 frames
        layout(tmp_path, name)
    own = get_benchmark(f"custom:{rules}")
    sequences = own.load_sequences(tmp_path)
    identity = own.identify(sequences)
    assert (len(identity.sequences), identity.expected) == (2, 0)
    found = own.score(own.truth_as_results(sequences), sequences, own.get_protocol(), "truth")
    best = {"otb2015": 20 / 21, "lasot": 20 / 21, "got10k": 1.0, "trackingnet": 1.0, "vot2018": 0.0}[rules]
    assert next(iter(found.metrics.values())) == pytest.approx(best)  # no frame is ten after a start


@pytest.mark.parametrize("rules", available_benchmarks())
def test_from_the_run_to_the_page(rules: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("Dog", "Two"):
        plain(tmp_path / "data", name)
    words = ("--benchmark", "custom", "--protocol", rules)
    result = run_score_report(capsys, tmp_path / "data", *words, sequences=2, frames=4 if rules == "got10k" else 6)
    assert (result["benchmark"], result["protocol"]) == (f"custom:{rules}", "official")
    assert result["expected_sequences"] == 0


def test_one_sequence_is_a_set_as_well(tmp_path: Path) -> None:
    plain(tmp_path, "One")
    (one,) = read_own(tmp_path / "One")
    assert one.name == "One" and len(one.frames) == 3


def test_from_python(tmp_path: Path) -> None:
    otb(tmp_path / "data", "One")
    (tmp_path / "found").mkdir()
    (tmp_path / "found/One.txt").write_text(ROWS)
    (found,) = score("custom", tmp_path / "found", tmp_path / "data", "LaSOT").values()
    assert (found.benchmark, found.protocol, found.expected) == ("custom:lasot", "official", 0)
    assert found.metrics["success_auc"] == pytest.approx(20 / 21)


def test_a_target_that_lies_in_copies_of_its_video_counts_once(tmp_path: Path) -> None:
    for folder in ("Walk", "Walk-1", "Walk-2"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "groundtruth_rect.1.txt").write_text(ROWS)
        (tmp_path / folder / "groundtruth_rect.2.txt").write_text(ROWS.replace(",11,", ",60,"))
    for folder in ("Stand", "Stand-2"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "groundtruth_rect.1.txt").write_text("")
        (tmp_path / folder / "groundtruth_rect.2.txt").write_text(ROWS)
    found = {one.name: one.ground_truth[0, 1] for one in read_own(tmp_path)}
    assert found == {"Stand-2": 11, "Walk-1": 11, "Walk-2": 60}


def test_without_images_the_rows_of_nfs_are_taken_as_they_are(tmp_path: Path) -> None:
    nfs(tmp_path, "One")
    shutil.rmtree(tmp_path / "One/30/One")
    assert len(read_own(tmp_path)[0].ground_truth) == 17


def test_two_targets_of_a_folder_and_labels_of_visibility(tmp_path: Path) -> None:
    draw(tmp_path / "a/img", *numbered(1, 3, 4))
    (tmp_path / "a/groundtruth_rect.1.txt").write_text(ROWS)
    (tmp_path / "a/groundtruth_rect.2.txt").write_text("NaN,NaN,NaN,NaN\n".join(ROWS.splitlines(keepends=True)[::2]))
    (tmp_path / "a/absence.label").write_text("0\n1\n0\n")
    one, two = read_own(tmp_path)
    assert (one.name, two.name) == ("a-1", "a-2")
    for target in (one, two):
        assert target.absent.tolist() == [False, True, False] and target.cover.tolist() == [8, 0, 8]
    assert two.ground_truth[1].tolist() == [0, 0, 0, 0]


def test_annotations_alone_are_scored_and_cannot_be_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "own.json"
    file.write_text(json.dumps({"One": {"gt_rect": BOXES.tolist()}}))
    (tmp_path / "found").mkdir()
    (tmp_path / "found/One.txt").write_text(ROWS)
    words = f"--benchmark custom --protocol lasot --annotations {file} --results {tmp_path / 'found'}"
    code, out, _ = call(capsys, "score", words)
    assert code == 0 and "own data" in out and "AUC" in out
    code, _, err = call(capsys, "score", words.replace("lasot", "got10k"))
    assert code == 2 and "no images and no resolution" in err
    code, _, err = call(capsys, "score", words.replace("lasot", "vot2018"))
    assert code == 2 and err.count("\n") == 1


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a/b.txt": "1,1,9,9\n"}, "no <sequence>/groundtruth"),
        ({"a/groundtruth.txt": "1,1,9\n"}, "a/groundtruth.txt: 3 numbers a row"),
        ({"a/groundtruth.txt": "NaN,NaN,NaN,NaN\n1,1,9,9\n"}, "a: box 1: got"),
        ({"a/groundtruth.txt": ROWS, "a/cover.label": "8\n"}, "1 labels, 3 expected"),
        ({"a/s/groundtruth.txt": ROWS, "b/s/groundtruth.txt": "1,1,9,9\n"}, "s is there twice with different boxes"),
    ],
)
def test_what_cannot_be_read_is_one_error(files: dict[str, str], words: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=words):
        load_sequences("custom:lasot", tmp_path)


def test_a_protocol_is_asked_for_and_known() -> None:
    assert find_benchmark("Custom", "GOT-10k") == find_benchmark("cus-tom", "GOT-10k") == ("custom:got10k", None)
    assert find_benchmark("custom:OTB100", "pysot") == ("custom:otb2015", "pysot")
    with pytest.raises(InputError, match="custom: no protocol: name the benchmark whose rules hold"):
        find_benchmark("custom")
    with pytest.raises(InputError, match=r"custom protocol: unknown benchmark 'lassot'.*did you mean 'lasot'"):
        find_benchmark("custom", "lassot")


def test_it_reaches_other_processes() -> None:
    own = get_benchmark("custom:vot2019")
    assert pickle.loads(pickle.dumps(own)) is own and own.get_protocol().interval == (46, 291)
    assert own.get_protocol("pysot").benchmark == "custom:vot2019"
