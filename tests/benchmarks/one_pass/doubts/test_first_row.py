"""Row 1 of a result is the given box; where it is not, the note says what it would be right as."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from siou_tracking.benchmarks import load_sequences, score
from siou_tracking.benchmarks.one_pass.doubts.first_row import FirstRows
from siou_tracking.benchmarks.one_pass.doubts.readings import explain, find_shift
from siou_tracking.benchmarks.registry import get_benchmark, get_protocol
from tests.reference_data import reference_file

RULES = get_protocol("otb2015")
# a target that moves by 6 pixels a frame, so that a shift by one frame shows
TRUTH = np.array([[100.0 + 6 * frame, 80 + frame, 30, 40] for frame in range(20)])
ONE = np.array([1, 1, 0, 0])


def doubts(boxes: np.ndarray, truth: np.ndarray = TRUTH, protocol: str = "official") -> list[str]:
    rows = FirstRows()
    rows.add([("a", boxes, truth)])
    return rows.doubts(get_protocol("otb2015", protocol))


def corners(boxes: np.ndarray) -> np.ndarray:
    return np.hstack((boxes[:, :2], boxes[:, :2] + boxes[:, 2:]))


def centers(boxes: np.ndarray) -> np.ndarray:
    return np.hstack((boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:]))


@pytest.mark.parametrize("off", [0, 0.5, -0.5, 1, [1, -1, 1, -1], [0.4, 0.3, 0.2, 0.1]])
def test_rounding_is_no_doubt(off: float | list[float]) -> None:
    assert doubts(TRUTH + np.asarray(off)) == []


FORMS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "corners": (corners, "the box as x1,y1,x2,y2"),
    "corners, last pixel": (lambda b: corners(b) - [0, 0, 1, 1], "the box as x1,y1,x2,y2"),
    "corners from 0": (lambda b: corners(b) - [1, 1, 2, 2], "the box as x1,y1,x2,y2"),
    "centers": (centers, "the box as cx,cy,w,h"),
    "swapped": (lambda b: b[:, [1, 0, 3, 2]], "the box as y,x,h,w"),
    "swapped corners": (lambda b: corners(b)[:, [1, 0, 3, 2]], "the box as y1,x1,y2,x2"),
    "fractions": (lambda b: b / [640, 480, 640, 480], "the box in fractions of the image size, x,y,w,h,"),
    "fractions of corners": (
        lambda b: corners(b) / [640, 480, 640, 480], "the box in fractions of the image size, x1,y1,x2,y2,"
    ),
    "yolo": (lambda b: centers(b) / [640, 480, 640, 480], "the box in fractions of the image size, cx,cy,w,h,"),
    "half the image": (lambda b: b / 2, "the box in an image 0.5 times as wide and 0.5 times as high"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_another_form_is_named_and_whether_the_whole_file_has_it(name: str) -> None:
    convert, words = FORMS[name]
    reading = explain(convert(TRUTH), TRUTH)
    assert (reading.words, reading.whole_file) == (words, True)
    assert reading.overlaps is not None and reading.overlaps[0] < 0.5 and reading.overlaps[1] > 0.8
    (note,) = doubts(convert(TRUTH))
    assert f"row 1 is not the given box in 1 of 1 sequences: {words} in 1 (mean overlap " in note
    if not name.startswith("half"):
        alone = explain(np.vstack((convert(TRUTH)[:1], TRUTH[1:])), TRUTH)
        assert (alone.words, alone.whole_file) == (f"{words} in row 1 alone", False)


@pytest.mark.parametrize(
    "row", [[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1], [-1, -1, -1, -1], [np.nan] * 4], ids=["0", "1", "01", "-1", "nan"]
)
def test_a_placeholder_is_named_with_what_it_does_to_the_number(row: list[float]) -> None:
    boxes = np.vstack(([row], TRUTH[1:]))
    (note,) = doubts(boxes)
    assert "a placeholder (" in note and note.endswith("; row 1 itself is not scored here")
    (note,) = doubts(boxes, protocol="pysot")
    assert note.endswith("; row 1 is scored as it is here")


def test_a_file_without_its_first_frame_is_told_from_one_without_its_last() -> None:
    rng = np.random.default_rng(0)
    found = TRUTH + rng.normal(0, 1, TRUTH.shape)
    found[0] = TRUTH[0]
    assert find_shift(found, TRUTH) == find_shift(found[:-1], TRUTH) == 0
    assert doubts(found) == doubts(found[:-1]) == doubts(found[:9]) == []
    assert [find_shift(found[lost:], TRUTH) for lost in (1, 2, 5)] == [1, 2, 5]
    assert find_shift(np.vstack((found[1:], found[-1:])), TRUTH) == 1  # as many rows as frames
    assert find_shift(np.vstack((np.zeros((3, 4)), found)), TRUTH) == -3
    assert find_shift(np.vstack((np.zeros((1, 4)), found[:-1])), TRUTH) == -1
    assert find_shift(np.vstack((np.zeros((1, 4)), TRUTH[:1], found[2:])), TRUTH) == 0  # only row 1 is a placeholder
    assert find_shift(np.vstack((TRUTH[:1], found)), TRUTH) == -1  # the given box is written twice
    assert find_shift(np.vstack((found, found[-1:])), TRUTH) == 0
    still = np.repeat(TRUTH[:1], 6, axis=0)
    assert find_shift(np.vstack((still, still[:1])), still) == 0  # a target at rest tells neither end
    assert "the box of frame 2, the first frame missing, in 1 (mean overlap" in doubts(found[1:])[0]
    assert "3 rows too many before the given box in 1" in doubts(np.vstack((np.zeros((3, 4)), found)))[0]


def test_pixels_counted_from_0_or_1_are_a_note_where_most_sequences_have_it() -> None:
    words = "row 1 is the given box - 1 in x and y in 1 of 1 sequences: its pixels are counted from one less than the"
    assert doubts(TRUTH - ONE) == [f"{words} annotations'"]
    assert "+ 1 in x and y in 1 of 1 sequences: its pixels are counted from one more" in doubts(TRUTH + ONE)[0]
    rows = FirstRows()
    rows.add([("a", TRUTH - ONE, TRUTH), ("b", TRUTH, TRUTH)])
    assert rows.doubts(RULES) == []


def test_runs_on_one_sequence_are_counted_as_files() -> None:
    rows = FirstRows()
    rows.add([("a", corners(TRUTH), TRUTH), ("a", corners(TRUTH), TRUTH)])
    assert rows.doubts(RULES)[0].startswith("row 1 is not the given box in 2 of 2 files: ")


def test_sequences_are_counted_by_what_they_would_be_right_as() -> None:
    rows = FirstRows()
    rows.add([("a", corners(TRUTH), TRUTH), ("b", TRUTH, TRUTH)])
    rows.add([("c", corners(TRUTH), TRUTH), ("d", TRUTH + 77, TRUTH), ("e", np.vstack(([[0] * 4], TRUTH[1:])), TRUTH)])
    (note,) = rows.doubts(RULES)
    assert note.startswith("row 1 is not the given box in 4 of 5 sequences: the box as x1,y1,x2,y2 in 2 (mean overlap ")
    assert (
        ", nothing known in 1, a placeholder (0,0,0,0) in 1; such as a: got 100,80,130,120, given 100,80,30,40" in note
    )


def test_a_tracker_that_moves_the_given_box_a_little_is_in_no_doubt() -> None:
    """Struck's row 1 is the box in a resized image: up to 18 pixels off, overlap from 0.72 on."""
    rows = FirstRows()
    rows.add([("a", TRUTH, TRUTH), ("b", TRUTH + np.array([0, -5, 2, 5]), TRUTH), ("c", TRUTH, TRUTH)])
    assert rows.doubts(RULES) == []


def test_a_given_box_that_is_none_is_not_compared() -> None:
    truth = np.vstack(([[0.0, 0, 0, 0]], TRUTH[1:]))
    assert doubts(TRUTH, truth) == []


@pytest.mark.parametrize("benchmark", ["otb2015", "lasot", "trackingnet", "got10k"])
def test_every_one_pass_benchmark_looks_at_row_1(benchmark: str, build) -> None:
    names = ("a", "b")
    if benchmark == "got10k":
        names = ("GOT-10k_Val_000001", "GOT-10k_Val_000002")
        for name in names:
            truth = build.got10k(name, TRUTH, [8] * len(TRUTH), (640, 480))
    elif benchmark == "trackingnet":
        for name in names:
            truth = build.write(f"truth/{name}.txt", build.rows(TRUTH)).parent
    else:
        entry = {"gt_rect": TRUTH.tolist(), "absent": [1] * len(TRUTH)}
        truth = build.write("truth.json", json.dumps(dict.fromkeys(names, entry)))
    for name in names:
        build.result(name, corners(TRUTH), "r/corners")
        build.result(name, TRUTH, "r/right")
    found = score(benchmark, build.root / "r", load_sequences(benchmark, truth))
    assert found["right"].doubts == []
    assert "in 2 of 2 sequences: the box as x1,y1,x2,y2 in 2" in found["corners"].doubts[0]
    assert found["corners"].doubts[0] in found["corners"].notes


def test_vot_results_have_no_given_box_in_row_1(build) -> None:
    source = build.write("v.json", json.dumps({"a": {"width": 640, "height": 480, "gt": TRUTH.tolist()}}))
    build.write("r/mine/baseline/a/a_001.txt", "1\n" + build.rows(TRUTH[1:]))
    assert score("vot2018", build.root / "r", source)["mine"].doubts == []


@pytest.mark.parametrize(
    ("benchmark", "protocol"), [("otb2015", "official"), ("otb2015", "pytracking"), ("trackingnet", "official")]
)
def test_a_note_on_a_short_file_says_which_end_is_missing(benchmark: str, protocol: str, build) -> None:
    truth = build.write("truth/a.txt", build.rows(TRUTH)).parent
    if benchmark == "otb2015":
        truth = build.write("truth.json", json.dumps({"a": {"gt_rect": TRUTH.tolist()}}))
    results = build.result("a", TRUTH[1:])
    notes = score(benchmark, results, load_sequences(benchmark, truth), protocol)["tracker"].notes
    ending = "20 frames, but row 1 fits frame 2: it lacks the first frame; each row is scored on an earlier frame"
    assert notes[1].endswith(ending)
    build.result("a", TRUTH[:-1])
    (note,) = score(benchmark, results, load_sequences(benchmark, truth), protocol)["tracker"].notes
    assert "but" not in note and ("; the last frame is not scored" in note or "; the last frame is scored as" in note)


@pytest.mark.parametrize("tracker", ["ATOM", "MDNet", "SiamBAN", "SiamRPN++", "Struck", "got10k_format_BACF"])
def test_real_results_are_in_no_doubt(tracker: str) -> None:
    annotations = reference_file("data/otb2015/otb100_annotations.json")
    (found,) = score("otb2015", reference_file(f"data/otb2015/results/{tracker}.tar.xz"), annotations).values()
    assert found.doubts == []


def test_the_placeholder_rows_of_a_real_result_are_seen() -> None:
    """SiamRPN's files: row 1 is x1,y1,x2,y2 counted from 0, the other rows are x,y,w,h."""
    annotations = reference_file("data/otb2015/otb100_annotations.json")
    (found,) = score("otb2015", reference_file("data/otb2015/results/SiamRPN.tar.xz"), annotations).values()
    assert found.doubts[0].startswith(
        "row 1 is not the given box in 100 of 100 sequences: the box as x1,y1,x2,y2 in row 1 alone in 100; such as "
    )


def test_results_counted_from_0_are_seen_in_a_real_result() -> None:
    lasot = get_benchmark("lasot").load_sequences(reference_file("data/lasot/lasot280_annotations.tar.xz"))
    (found,) = score("lasot", reference_file("data/lasot/results/SiamRPN++_r2.tar.xz"), lasot).values()
    assert "- 1 in x and y in 280 of 280 sequences" in found.doubts[0]
