"""A packed submission is what the server takes; what it would refuse is refused before, and nothing is written."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from siou_tracking.errors import InputError
from siou_tracking.mot.scoring.packing import TEST_LENGTHS, pack_mot
from tests.mot.mot_files import result_of, truth_of, walk, write_rows, write_sequence

ROWS = result_of(walk(1) + walk(2, left=202))


def test_the_official_test_splits_have_their_published_size() -> None:
    frames = {name: sum(lengths.values()) for name, lengths in TEST_LENGTHS.items()}
    assert frames == {"mot15": 5783, "mot16": 5919, "mot17": 3 * 5919, "mot20": 4479}
    assert {name: len(lengths) for name, lengths in TEST_LENGTHS.items()} == {
        "mot15": 11,
        "mot16": 7,
        "mot17": 21,
        "mot20": 4,
    }


def write_results(folder: Path) -> Path:
    write_rows(folder / "data" / "A.txt", ROWS)
    write_rows(folder / "data" / "B 1.txt", [])
    return folder


def write_split(folder: Path) -> Path:
    for name in ("A", "B 1"):
        write_sequence(folder, name)
    return folder


def test_files_lie_at_the_top_and_the_same_boxes_give_the_same_bytes(tmp_path: Path) -> None:
    results, split = write_results(tmp_path / "x"), write_split(tmp_path / "test")
    packed = pack_mot(results, tmp_path / "one.zip", split)
    assert (packed.sequences, packed.notes) == (2, ["no box at all in B 1"])
    with zipfile.ZipFile(packed.path) as archive:
        assert archive.namelist() == ["A.txt", "B 1.txt"]
        assert archive.read("A.txt").startswith(b"1,1,104,50,20,40,1,-1,-1,-1\n1,2,204,") and not archive.read(
            "B 1.txt"
        )
    (results / "data" / "A.txt").write_bytes(
        b"\xef\xbb\xbf"
        + b"".join(",".join(f"{value:.2f}" for value in row).encode() + b"\r\n" for row in reversed(ROWS))
    )
    assert pack_mot(results, tmp_path / "two.zip", split).path.read_bytes() == packed.path.read_bytes()
    again = pack_mot(packed.path, tmp_path / "three.zip", split)  # a packed one can be checked and packed again
    assert again.path.read_bytes() == packed.path.read_bytes()


def test_without_data_or_benchmark_it_says_what_was_not_checked(tmp_path: Path) -> None:
    results = write_results(tmp_path / "x")
    packed = pack_mot(results, tmp_path / "x.zip")
    assert packed.sequences == 2 and any("were not checked" in note for note in packed.notes)
    named = pack_mot(results, tmp_path / "y.zip", names=["A", "B 1"])
    assert named.path.read_bytes() == packed.path.read_bytes() and any("lengths were" in note for note in named.notes)


def test_a_benchmarks_test_sequences_are_known(tmp_path: Path) -> None:
    for name, frames in TEST_LENGTHS["mot20"].items():
        write_rows(tmp_path / "x" / f"{name}.txt", [(frames, 1, 1, 1, 5, 5, 1, -1, -1, -1)])
    assert pack_mot(tmp_path / "x", tmp_path / "x.zip", benchmark="mot20").notes == []
    write_rows(tmp_path / "x" / "MOT20-04.txt", [(2081, 1, 1, 1, 5, 5, 1, -1, -1, -1)])
    with pytest.raises(InputError, match=r"MOT20-04\.txt:1: frame: got 2081, allowed are 1 to 2080"):
        pack_mot(tmp_path / "x", tmp_path / "y.zip", benchmark="mot20")
    with pytest.raises(InputError, match=r"unknown MOT benchmark to pack 'mot2o'.*did you mean 'mot20'"):
        pack_mot(tmp_path / "x", tmp_path / "y.zip", benchmark="mot2o")
    with pytest.raises(InputError, match="unknown test sequence of mot20 'MOT20-01'"):
        pack_mot(tmp_path / "x", tmp_path / "y.zip", benchmark="mot20", names=["MOT20-01"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("1,1,1,1,5,5,1,-1,-1,-1\n1,1,2,2,5,5,1,-1,-1,-1\n", "A.txt:2: identity 1 stands twice in frame 1"),
        ("21,1,1,1,5,5,1,-1,-1,-1\n", "A.txt:1: frame: got 21, allowed are 1 to 20"),
        ("1,1,nan,1,5,5,1,-1,-1,-1\n", "A.txt:1: got NaN"),
        ("1,1,1,1,-5,5,1,-1,-1,-1\n", "A.txt:1: width and height: got -5, 5"),
        ("1,1,1,1,5,5,1,-1,-1,-1\n3,7,1,1,5,0,1,-1,-1,-1\n", "identity 7 has a box without area in frame 3"),
        ("1,1,1,1,5\n", "A.txt:1: got 5 columns"),
        ("1;1;1;1;5;x;1;-1;-1;-1\n", "A.txt:1: got 'x'"),
        ("1,1,1,1,5,5,1,3,-1,-1\n", "got class 3 in frame 1"),
    ],
)
def test_what_the_server_would_refuse_is_named_and_nothing_is_written(tmp_path: Path, content: str, words: str) -> None:
    results, split = write_results(tmp_path / "x"), write_split(tmp_path / "test")
    (results / "data" / "A.txt").write_text(content)
    out = tmp_path / "out.zip"
    out.write_text("an earlier one")
    with pytest.raises(InputError) as raised:
        pack_mot(results, out, split)
    assert words in str(raised.value) and "\n" not in str(raised.value)
    assert out.read_text() == "an earlier one"


def test_missing_and_foreign_sequences_are_named_at_once(tmp_path: Path) -> None:
    results, split = write_results(tmp_path / "x"), write_split(tmp_path / "test")
    (results / "data" / "A.txt").rename(results / "data" / "C.txt")
    expected = r"A: missing: 1 of 2 sequences \(track them\); C\.txt: is no sequence that is expected \(leave it out\)"
    with pytest.raises(InputError, match=expected):
        pack_mot(results, tmp_path / "out.zip", split)
    shutil.rmtree(results / "data")
    with pytest.raises(InputError, match=r"no results: <SEQ>\.txt is expected"):
        pack_mot(results, tmp_path / "out.zip")
    with pytest.raises(InputError, match=r"the archive's name must end in \.zip"):
        pack_mot(write_results(results), tmp_path / "out.tar", split)


def test_what_is_packed_scores_as_the_results_do(tmp_path: Path) -> None:
    pytest.importorskip("trackeval")
    from siou_tracking.mot.scoring.score import score_mot

    for name in ("A", "B 1"):
        write_sequence(tmp_path / "train", name, truth_of(walk(5) + walk(6, left=205)))
    results = write_results(tmp_path / "x")
    packed = pack_mot(results, tmp_path / "x.zip", tmp_path / "train")
    scores = score_mot(tmp_path / "train", {"folder": results, "zip": packed.path})["trackers"]
    assert scores["folder"] == scores["zip"] and 0.2 < scores["zip"]["combined"]["hota"] < 0.9


def test_an_archive_that_cannot_be_written_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.zip").mkdir()
    with pytest.raises(InputError, match=r"x\.zip: got a folder, allowed is a file name"):
        pack_mot(tmp_path / "absent", tmp_path / "x.zip")
    with pytest.raises(InputError, match=r"x\.rar: the archive's name must end in \.zip"):
        pack_mot(tmp_path / "absent", tmp_path / "x.rar")
