"""A packed submission is what the server takes; what it would refuse is refused before, and nothing is written."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from siou_tracking.errors import InputError
from siou_tracking.mot.scoring.official import DETECTORS, TEST_LENGTHS, TRAIN_LENGTHS, video_of
from siou_tracking.mot.scoring.packing import pack_mot
from tests.mot.mot_files import result_of, truth_of, walk, write_rows, write_sequence

ROWS = result_of(walk(1) + walk(2, left=202))


def test_the_official_splits_have_their_published_size() -> None:
    frames = {name: sum(lengths.values()) for name, lengths in TEST_LENGTHS.items()}
    assert frames == {"mot15": 5783, "mot16": 5919, "mot17": 3 * 5919, "mot20": 4479}
    training = {name: (len(lengths), sum(lengths.values())) for name, lengths in TRAIN_LENGTHS.items()}
    assert training == {"mot15": (11, 5500), "mot16": (7, 5316), "mot17": (21, 3 * 5316), "mot20": (4, 8931)}
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
    assert pack_mot(tmp_path / "x", tmp_path / "x.zip", benchmark="mot20").sequences == 4
    write_rows(tmp_path / "x" / "MOT20-04.txt", [(2081, 1, 1, 1, 5, 5, 1, -1, -1, -1)])
    with pytest.raises(InputError, match=r"MOT20-04\.txt:1: frame: got 2081, allowed are 1 to 2080"):
        pack_mot(tmp_path / "x", tmp_path / "y.zip", benchmark="mot20")
    with pytest.raises(InputError, match=r"unknown MOT benchmark to pack 'mot2o'.*did you mean 'mot20'"):
        pack_mot(tmp_path / "x", tmp_path / "y.zip", benchmark="mot2o")
    with pytest.raises(InputError, match=r"unknown sequence of mot20 'MOT20-09'.*did you mean 'MOT20-0"):
        pack_mot(tmp_path / "x", tmp_path / "y.zip", benchmark="mot20", names=["MOT20-09"])


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


def write_official(folder: Path, lengths: Iterable[str]) -> Path:
    for name in lengths:
        write_rows(folder / f"{name}.txt", [(1, 1, 1, 1, 5, 5, 1, -1, -1, -1)])
    return folder


@pytest.mark.parametrize(("benchmark", "short", "long"), [("mot15", 11, 22), ("mot16", 7, 14), ("mot20", 4, 8)])
def test_both_forms_that_the_server_is_said_to_want_are_packed_and_named(
    tmp_path: Path, benchmark: str, short: int, long: int
) -> None:
    results = write_official(tmp_path / "x", TEST_LENGTHS[benchmark])
    packed = pack_mot(results, tmp_path / "short.zip", benchmark=benchmark)
    assert packed.sequences == short and packed.notes[0].startswith(f"the short form: {short} test")
    one, *others = TRAIN_LENGTHS[benchmark]
    write_official(results, [one])
    with pytest.raises(InputError, match=f"missing: {long - short - 1} of {long} .*leave the results of training"):
        pack_mot(results, tmp_path / "long.zip", benchmark=benchmark)
    write_official(results, others)
    packed = pack_mot(results, tmp_path / "long.zip", benchmark=benchmark)
    assert packed.sequences == long and packed.notes == [
        f"the long form: {long} files, {long - short} training and {short} test sequences"
    ]


@pytest.mark.parametrize("ending", ["", "-SDP"])
def test_one_result_of_a_video_serves_the_three_detectors_of_mot17(tmp_path: Path, ending: str) -> None:
    videos = {video_of(name) for name in (*TEST_LENGTHS["mot17"], *TRAIN_LENGTHS["mot17"])}
    results = write_official(tmp_path / "x", [f"{video}{ending}" for video in videos])
    with pytest.raises(InputError, match=r"missing: \d+ of 42 sequences .*--copy-detectors"):
        pack_mot(results, tmp_path / "x.zip", benchmark="mot17")
    packed = pack_mot(results, tmp_path / "x.zip", benchmark="mot17", copy_detectors=True)
    assert packed.sequences == 42
    assert f"{42 if not ending else 28} of the files are copies" in packed.notes[1]
    with zipfile.ZipFile(packed.path) as archive:
        assert len({archive.read(f"MOT17-02-{name}.txt") for name in DETECTORS}) == 1
        assert len(archive.namelist()) == 42


def test_copies_are_made_only_where_it_is_clear_of_what(tmp_path: Path) -> None:
    results = write_official(tmp_path / "x", [*TEST_LENGTHS["mot17"]])
    own = pack_mot(results, tmp_path / "x.zip", benchmark="mot17", copy_detectors=True)
    assert own.sequences == 21 and len(own.notes) == 1  # all are there: none is a copy
    (results / "MOT17-01-DPM.txt").unlink()
    with pytest.raises(InputError, match=r"MOT17-01-DPM: got MOT17-01-FRCNN\.txt and MOT17-01-SDP\.txt, one result"):
        pack_mot(results, tmp_path / "y.zip", benchmark="mot17", copy_detectors=True)
    with pytest.raises(InputError, match=r"--copy-detectors: got MOT20-04, .*as in mot17"):
        pack_mot(results, tmp_path / "y.zip", benchmark="mot20", copy_detectors=True)
    assert not (tmp_path / "y.zip").exists()


def test_stray_files_are_left_out_where_nothing_is_missing(tmp_path: Path) -> None:
    results, split = write_results(tmp_path / "x"), write_split(tmp_path / "test")
    write_rows(results / "pedestrian_summary.txt", [(1,)])
    packed = pack_mot(results, tmp_path / "x.zip", split)
    assert packed.sequences == 2 and packed.notes[0].endswith("so left out: pedestrian_summary.txt")


def test_a_split_whose_pictures_and_sizes_are_not_here_is_enough(tmp_path: Path) -> None:
    results, split = write_results(tmp_path / "x"), write_split(tmp_path / "test")
    (split / "A" / "seqinfo.ini").write_text("[Sequence]\nseqLength=20\n")
    (split / "A" / "img1").mkdir()
    (split / "A" / "img1" / "000001.jpg").write_bytes(b"")
    assert pack_mot(results, tmp_path / "x.zip", split).sequences == 2


def test_boxes_that_would_leave_the_image_as_they_are_get_a_note(tmp_path: Path) -> None:
    results, split = write_results(tmp_path / "x"), write_split(tmp_path / "test")  # images are 640 pixels wide
    corners = [(frame, 1, 400 + frame, 50, 440 + frame, 90, 1, -1, -1, -1) for frame in range(1, 21)]
    write_rows(results / "data" / "A.txt", corners)
    assert "A: boxes look like x1,y1,x2,y2: " in pack_mot(results, tmp_path / "x.zip", split).notes[0]
