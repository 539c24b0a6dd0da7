"""Packing VOT2018 results: what is wrong is named before an archive exists, and equal results give equal bytes."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from siou_tracking.benchmarks.official_names import official_lengths
from siou_tracking.benchmarks.vot2018.results import load_results
from siou_tracking.errors import InputError
from siou_tracking.submission.vot2018 import check, pack_experiments
from siou_tracking.submission.vot_files import open_tracker
from tests.reference_data import reference_file

LENGTHS = {"one": 9, "two": 4}
ROWS = {"one": ["1", "1,2,3,4", "2", "0", "0", "0", "0", "1", "1,2,3,4"], "two": ["1", "1,2,3,4", "1,2,3,4", "2"]}


@pytest.fixture
def tracker(tmp_path: Path) -> Path:
    """Three equal runs of two sequences, with times and files that have no place in the archive."""
    root = tmp_path / "results/mine"
    for name, rows in ROWS.items():
        for repetition in (1, 2, 3):
            put(root, name, rows, repetition)
            (root / f"baseline/{name}/{name}_{repetition:03d}_time.value").write_text("0.1\n" * len(rows))
        (root / f"baseline/{name}/notes.txt").write_text("mine")
    return root


def put(root: Path, name: str, rows: list[str], repetition: int = 1, experiment: str = "baseline") -> None:
    file = root / f"{experiment}/{name}/{name}_{repetition:03d}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(rows) + "\n")


def test_the_archive_has_the_layout_of_vot_pack_and_reads_back(tracker: Path, tmp_path: Path) -> None:
    out = pack_experiments(tracker, tmp_path / "out.zip", LENGTHS)
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()
        assert archive.read("baseline/two/two_001.txt").decode().splitlines() == ROWS["two"]
        manifest = archive.read("manifest.yml").decode()
    endings = [f"_{n:03d}{kind}" for n in (1, 2, 3) for kind in (".txt", "_time.value")]
    assert names == [f"baseline/{s}/{s}{end}" for s in LENGTHS for end in endings] + ["manifest.yml"]
    assert "identifier: 'mine'" in manifest and "stack: vot2018/shortterm" in manifest
    assert len(load_results(out)["out"]["one"]) == 3


def test_equal_results_give_equal_bytes(tracker: Path, tmp_path: Path) -> None:
    first = pack_experiments(tracker, tmp_path / "a.zip", LENGTHS).read_bytes()
    copy = tmp_path / "elsewhere/mine"
    shutil.copytree(tracker, copy)
    for file in copy.rglob("*.txt"):
        os.utime(file, (1, 1))
    assert pack_experiments(copy.parent, tmp_path / "b.zip", LENGTHS).read_bytes() == first


@pytest.mark.parametrize(("name", "rows", "said"), [
    ("two", ["1", "1,2,3,4", "1,2,3,4"], "has 3 rows, 4 expected"),
    ("two", ["1", "nan,2,3,4", "1,2,3,4", "2"], "two_001.txt:2: got 'nan,2,3,4'"),
    ("two", ["1", "7", "1,2,3,4", "2"], "two_001.txt:2: unknown marker '7'"),
    ("two", ["1,2,3,4"] * 4, "two_001.txt:1: a reset-based run starts with the marker 1"),
    ("two", ["1", "1", "1,2,3,4", "2"], "two_001.txt:2: initialization (1) without a failure"),
    ("two", ["1", "0", "1,2,3,4", "2"], "two_001.txt:2: a skipped frame (0) without a failure"),
    ("two", ["1", "2", "1,2,3,4", "0"], "two_001.txt:3: a region or failure where 0"),
    ("two", ["1", "2", "0", "1"], "two_001.txt:4: restart 2 frames after the failure, expected 5"),
    ("one", ["1", "1,2,3,4", "2", "0", "0", "0", "0", "0", "1"], "one_001.txt:8: still skipped (0) 5 frames after"),
    ("two", ["1", "1,2,0,4", "1,2,3,4", "2"], "a rectangle without a positive width"),
])  # fmt: skip
def test_what_the_server_would_refuse_is_named(tracker: Path, name: str, rows: list[str], said: str) -> None:
    put(tracker, name, rows)
    assert any(said in problem for problem in check(tracker, LENGTHS)), check(open_tracker(tracker), LENGTHS)


def test_missing_sequences_repetitions_and_numbers_are_named(tracker: Path) -> None:
    assert check(tracker, LENGTHS) == []
    assert check(tracker, {**LENGTHS, "three": 5}) == ["baseline: three is missing"]
    assert check(tracker, {"one": 9}) == ["baseline: two is not a sequence of the benchmark"]
    (tracker / "baseline/one/one_002.txt").unlink()
    assert check(tracker, LENGTHS) == ["baseline: one_002 is missing, numbers must follow each other"]
    (tracker / "baseline/one/one_003.txt").unlink()
    assert check(tracker, LENGTHS) == ["baseline: one has 1 runs, expected 15, or 3 equal ones"]


def test_unequal_runs_must_be_fifteen(tracker: Path) -> None:
    put(tracker, "two", ["1", "1,2,3,5", "1,2,3,4", "2"], 2)
    assert check(tracker, LENGTHS) == ["baseline: two has 3 runs, expected 15, or 3 equal ones"]
    for repetition in range(4, 16):
        put(tracker, "two", ROWS["two"], repetition)
    assert check(tracker, LENGTHS) == []


def test_one_pass_runs_have_one_marker(tracker: Path) -> None:
    put(tracker, "one", ["1", *["1,2,3,4"] * 8], experiment="unsupervised")
    put(tracker, "two", ["1", "1,2,3,4", "2", "0"], experiment="unsupervised")
    assert check(tracker, LENGTHS, "unsupervised") == [
        "unsupervised/two_001.txt:3: a marker in a one-pass run, allowed are regions after row 1"
    ]


def test_all_experiments_that_are_there_are_packed(tracker: Path, tmp_path: Path) -> None:
    for name, rows in ROWS.items():
        put(tracker, name, rows, experiment="realtime")
    with zipfile.ZipFile(pack_experiments(tracker, tmp_path / "out.zip", LENGTHS)) as archive:
        assert "realtime/one/one_001.txt" in archive.namelist()


def test_a_refusal_is_one_line_and_leaves_an_earlier_archive(tracker: Path, tmp_path: Path) -> None:
    out = pack_experiments(tracker, tmp_path / "out.zip", LENGTHS)
    before = out.read_bytes()
    with pytest.raises(InputError, match=r"ants1 is missing; .*; and \d+ more"):
        pack_experiments(tracker, out)
    assert out.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir() if "tmp" in file.name] == []


def test_the_tracker_must_be_one(tracker: Path, tmp_path: Path) -> None:
    assert open_tracker(tracker).name == open_tracker(tracker.parent).name == "mine"
    put(tracker.parent / "yours", "one", ROWS["one"])
    with pytest.raises(InputError, match="expected one tracker with a 'baseline' folder, got mine, yours"):
        open_tracker(tracker.parent)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="got none"):
        open_tracker(tmp_path / "empty")
    with pytest.raises(InputError, match="no such file or folder"):
        open_tracker(tmp_path / "absent")


def zipped(root: Path, out: Path, sep: str = "/") -> Path:
    with zipfile.ZipFile(out, "w") as archive:
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            archive.writestr(file.relative_to(root).as_posix().replace("/", sep), file.read_bytes())
    return out


def test_a_good_archive_is_packed_again_to_the_same_bytes(tracker: Path, tmp_path: Path) -> None:
    first = pack_experiments(tracker, tmp_path / "first.zip", LENGTHS)
    assert pack_experiments(first, tmp_path / "again.zip", LENGTHS).read_bytes() == first.read_bytes()


@pytest.mark.parametrize("sep", ["/", "\\"])
def test_an_archive_of_the_results_packs_as_their_folder(tracker: Path, tmp_path: Path, sep: str) -> None:
    folder = pack_experiments(tracker, tmp_path / "folder.zip", LENGTHS).read_bytes()
    for root, name in ((tracker, "mine.zip"), (tracker.parent, "any.zip")):
        archive = zipped(root, tmp_path / name, sep)
        assert pack_experiments(archive, tmp_path / "out.zip", LENGTHS).read_bytes() == folder


def test_a_manifest_of_vot_pack_keeps_the_trackers_name(tracker: Path, tmp_path: Path) -> None:
    (tracker / "manifest.yml").write_text("identifier: 'ATOM'\nstack: vot2018/shortterm\n")
    with zipfile.ZipFile(pack_experiments(tracker, tmp_path / "out.zip", LENGTHS)) as archive:
        assert archive.read("manifest.yml").startswith(b"identifier: 'ATOM'")


def test_a_sequence_of_nearly_the_right_name_gets_a_hint(tracker: Path) -> None:
    (tracker / "baseline/two").rename(tracker / "baseline/twos")
    assert check(tracker, LENGTHS) == [
        "baseline: two is missing",
        "baseline: twos is not a sequence of the benchmark; did you mean 'two'?",
    ]


def test_the_sixty_official_lengths_are_built_in() -> None:
    lengths = official_lengths("vot2018")
    assert len(lengths) == 60 and sum(lengths.values()) == 21356


def test_published_results_pass_but_for_their_single_run(tmp_path: Path) -> None:
    shutil.unpack_archive(reference_file("data/vot2018/results/LightTrack.tar.xz"), tmp_path)
    problems = check(tmp_path / "LightTrack", official_lengths("vot2018"))
    assert problems == [
        f"baseline: {name} has 1 runs, expected 15, or 3 equal ones" for name in official_lengths("vot2018")
    ]
