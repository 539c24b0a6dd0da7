"""Files of MOTChallenge become the right table, or one line that names file and line; never a wrong number."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.mot.data.motchallenge import (
    Tracks,
    format_results,
    make_tracks,
    parse_results,
    parse_truth,
    read_detections,
    read_results,
    read_sequence,
    read_truth,
    write_results,
)
from tests.mot.mot_files import write_sequence

TRUTH = b"2,1,10.5,20,30,40,1,1,0.5\n1,7,-4,0,5,6,0,12,0\n1,1,10,20,30,40,1,1,1\n"
WORLD = b"1,1,399,182,121,229,1,4.4852,5.5016,0\n1,2,282,201,92,184,0,-1,-1,-1\n"
RESULT = b"1,1,10,20,30,40,0.5,-1,-1,-1\n2,1,11,21,30,40,0.75,-1,-1,-1\n"


def equal(a: Tracks, b: Tracks) -> bool:
    return all(np.array_equal(value, vars(b)[name], equal_nan=True) for name, value in vars(a).items())


def test_truth_of_mot16_has_flag_class_and_visibility_and_pixels_from_zero() -> None:
    tracks = parse_truth(TRUTH, "gt.txt", 2)
    assert tracks.frame.tolist() == [1, 1, 2] and tracks.identity.tolist() == [1, 7, 1]
    assert tracks.xywh.tolist() == [[9, 19, 30, 40], [-5, -1, 5, 6], [9.5, 19, 30, 40]]
    assert tracks.considered.tolist() == [True, False, True] and tracks.category.tolist() == [1, 12, 1]
    assert tracks.visibility.tolist() == [1, 0, 0.5]


def test_ten_columns_of_truth_are_a_place_in_the_world_and_no_class() -> None:
    tracks = parse_truth(WORLD, "gt.txt", 1)
    assert tracks.category.tolist() == [1, 1] and tracks.considered.tolist() == [True, False]
    assert tracks.visibility.tolist() == [1, 1]


def test_the_variant_can_be_told() -> None:
    nine = b"1,1,10,20,30,40,1,3,0.5\n"
    assert parse_truth(nine, "gt.txt", 1).category.tolist() == [3]
    assert parse_truth(nine, "gt.txt", 1, "mot15").category.tolist() == [1]
    with pytest.raises(InputError, match=r"^gt\.txt:2: class: got -1, allowed are 1 to 13"):
        parse_truth(b"1,1,1,1,3,4,1,1,1,1\n1,2,1,1,3,4,1,-1,-1,-1\n", "gt.txt", 1, "mot16")
    with pytest.raises(InputError, match="did you mean 'mot16'"):
        parse_truth(nine, "gt.txt", 1, "mot166")


def test_results_and_detections_have_seven_to_ten_columns() -> None:
    for columns in (7, 8, 9, 10):
        text = "".join(",".join(line.split(",")[:columns]) + "\n" for line in RESULT.decode().splitlines())
        assert equal(parse_results(text.encode(), "r.txt"), parse_results(RESULT, "r.txt"))
    with pytest.raises(InputError, match=r"^r\.txt:1: got 6 columns, allowed are 7 to 10$"):
        parse_results(b"1,1,2,3,4,5\n", "r.txt")
    with pytest.raises(InputError, match=r"^gt\.txt:1: got 7 columns, allowed are 8 to 10$"):
        parse_truth(b"1,1,2,3,4,5,1\n", "gt.txt", 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.rstrip(),
        lambda data: data.replace(b",", b" "),
        lambda data: data.replace(b",", b", "),
        lambda data: data.replace(b",", b"\t"),
        lambda data: data.replace(b",", b";"),
        lambda data: b"\n" + data.replace(b"\n", b"\n\n"),
        lambda data: data.replace(b"\n", b",\n"),  # a separator after every number, as some tools write
        lambda data: data.replace(b"\n", b" ,\r\n").rstrip(b"\r\n"),
        lambda data: b"".join(reversed(data.splitlines(keepends=True))),
        lambda data: re.sub(rb"\b1\b", b"1.0", data),
        lambda data: re.sub(rb"\b2\b", b"2.0e+00", data),
    ],
)
def test_every_spelling_of_a_file_reads_the_same(change) -> None:
    assert equal(parse_results(change(RESULT), "r.txt"), parse_results(RESULT, "r.txt"))
    assert equal(parse_truth(change(TRUTH), "gt.txt", 2), parse_truth(TRUTH, "gt.txt", 2))


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\r\n \r\n"])
def test_an_empty_file_is_an_empty_table(data: bytes) -> None:
    assert len(parse_results(data, "r.txt")) == len(parse_truth(data, "gt.txt", 5)) == 0
    assert parse_results(data, "r.txt").xywh.shape == (0, 4)


GOOD = b"1,1,10,20,30,40,1,-1,-1,-1\n\n"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (b"0,1,10,20,30,40,1,-1,-1,-1", "frame: got 0"),
        (b"9,1,10,20,30,40,1,-1,-1,-1", "frame: got 9, allowed are 1 to 8"),
        (b"1.5,1,10,20,30,40,1,-1,-1,-1", "frame: got 1.5"),
        (b"1e300,1,10,20,30,40,1,-1,-1,-1", "frame: got 1e[+]300"),
        (b"nan,1,10,20,30,40,1,-1,-1,-1", "frame: got nan"),
        (b"2,-1,10,20,30,40,1,-1,-1,-1", "identity: got -1"),
        (b"2,1.5,10,20,30,40,1,-1,-1,-1", "identity: got 1.5"),
        (b"1,1,50,20,30,40,1,-1,-1,-1", "identity 1 stands twice in frame 1"),
        (b"2,1,nan,20,30,40,1,-1,-1,-1", "got NaN"),
        (b"2,1,10,20,30,40,nan,-1,-1,-1", "got NaN"),
        (b"2,1,10,20,-30,-40,1,-1,-1,-1", "width and height: got -30, -40, allowed are more than 0"),
        (b"2,1,10,20,1e200,40,1,-1,-1,-1", "box: got 9, 19, 1e[+]200, 40"),
        (b"2,1,10,20,inf,40,1,-1,-1,-1", "inf"),
        (b"2,1,10,20,30", "5 numbers"),
        (b"2,1,10,20,30,40,1,-1,-1,", "''"),
        (b"2,1,10,20,x,40,1,-1,-1,-1", "'x'"),
    ],
)
def test_a_line_that_cannot_be_right_is_named(row: bytes, words: str) -> None:
    with pytest.raises(InputError, match=rf"^dir/r\.txt:3: .*{words}") as raised:
        parse_results(GOOD + row + b"\n", "dir/r.txt", 8)
    assert "\n" not in str(raised.value)


def test_boxes_without_area_are_refused_where_they_would_be_learned_or_tracked_but_score_as_misses() -> None:
    flat = b"1,1,10,20,0,40,1,1,1\n"
    with pytest.raises(InputError, match="width and height"):
        parse_truth(flat, "gt.txt", 1)
    assert len(parse_truth(flat.replace(b"40,1,", b"40,0,"), "gt.txt", 1)) == 1  # not considered
    with pytest.raises(InputError, match="width and height"):
        parse_results(flat, "det.txt", tracked=False)
    assert len(parse_results(flat, "r.txt")) == 1


def test_frames_may_be_empty_and_boxes_may_leave_the_image() -> None:
    tracks = parse_truth(b"3,1,-50,-60,30,40,1,1,0\n3,2,5000,1,1,1,1,1,1\n", "gt.txt", 4)
    assert tracks.frame_slices(4) == [slice(0, 0), slice(0, 0), slice(0, 2), slice(2, 2)]


def test_detections_have_no_identities_and_keep_their_order_in_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "det.txt"
    path.write_text("2,-1,1,1,5,5,0.1\n1,-1,3,1,5,5,30.5\n1,-1,2,1,5,5,-0.4\n1,4,2,1,5,5,-0.4\n")
    tracks = read_detections(path)
    assert tracks.identity.tolist() == [-1] * 4 and tracks.frame.tolist() == [1, 1, 1, 2]
    assert tracks.xywh[:, 0].tolist() == [2, 1, 1, 0] and tracks.score.tolist() == [30.5, -0.4, -0.4, 0.1]


def test_files_are_read_through_the_sequence_and_a_missing_one_is_named(tmp_path: Path) -> None:
    sequence = read_sequence(write_sequence(tmp_path / "a b", "SEQ 1", length=2))
    with pytest.raises(InputError, match=r"gt\.txt: ground truth cannot be read: No such file"):
        read_truth(sequence)
    sequence.truth_path.write_bytes(TRUTH)
    assert equal(read_truth(sequence), parse_truth(TRUTH, "x", 2))
    with pytest.raises(InputError, match=r"none\.txt: results cannot be read"):
        read_results(tmp_path / "none.txt")


def test_results_are_written_in_ten_columns_counted_from_one(tmp_path: Path) -> None:
    path = write_results(
        tmp_path / "deep" / "SEQ.txt",
        make_tracks([2, 1, 1], [1, 2, 1], [[0, 0, 5, 5], [-1, 112.84, 7.307, 8], [0.1, -0.2, 3, 4]], [0.5, 1, 0.25]),
    )
    assert (
        path.read_bytes()
        == b"1,1,1.1,0.8,3,4,0.25,-1,-1,-1\n1,2,0,113.84,7.307,8,1,-1,-1,-1\n2,1,1,1,5,5,0.5,-1,-1,-1\n"
    )


def test_numbers_have_nine_decimals_at_most_and_zero_has_no_sign() -> None:
    tracks = make_tracks(
        [1, 1], [1, 2], [[-1 - 1e-12, 0.001234567 - 1, 1 / 3, 1e-9], [1e6 / 3, -0.9, 0.1, 7]], [-0.0, 1 / 3]
    )
    first, second = format_results(tracks).splitlines()
    assert first == "1,1,0,0.001234567,0.333333333,1e-09,0,-1,-1,-1"
    assert second == "1,2,333334.333333333,0.1,0.1,7,0.333333333,-1,-1,-1"


def test_the_place_in_the_world_that_a_mot15_result_may_have_is_no_class_and_does_no_harm() -> None:
    rows = ["0.5,-2,0", "nan,nan,nan", "1e300,1,1", "-1,-1,-1", "0,0,0"]
    text = "".join(f"{frame},1,1,1,5,5,1,{rest}\n" for frame, rest in enumerate(rows, 1))
    tracks = parse_results(text.encode(), "r.txt")
    assert tracks.category.tolist() == [1] * 5
    assert parse_results(b"1,1,1,1,5,5,1,2.5,-1,-1\n", "r.txt").category.tolist() == [2]  # as the evaluator reads it


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"xywh": [[0, 0, 5, 5], [0, np.nan, 5, 5]]}, "row 2 to write: got NaN"),
        ({"xywh": [[0, 0, 5, 5], [0, 0, -5, 5]]}, "row 2 to write: width and height"),
        ({"frame": [1, 0]}, "row 1 to write: frame: got 0"),
        ({"frame": [1, 1], "identity": [3, 3]}, "row 2 to write: identity 3 stands twice in frame 1"),
        ({"identity": [1, -1]}, "row 2 to write: identity: got -1"),
    ],
)
def test_what_no_reader_would_take_is_not_written(tmp_path: Path, change: dict, words: str) -> None:
    path = tmp_path / "SEQ.txt"
    path.write_text("was there")
    columns = {"frame": [1, 2], "identity": [1, 1], "xywh": [[0, 0, 5, 5], [0, 0, 5, 5]], **change}
    with pytest.raises(InputError, match=rf"SEQ\.txt: {words}"):
        write_results(path, make_tracks(**columns))
    assert path.read_text() == "was there" and list(tmp_path.iterdir()) == [path]
