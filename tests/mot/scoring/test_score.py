"""Scores are trackeval's: tiny sequences have their closed forms, and what cannot be scored is named."""

from __future__ import annotations

import json
import shutil
import sys
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siou_tracking.errors import InputError
from siou_tracking.mot.scoring.score import score_mot
from tests.mot.mot_files import check_scores, result_of, truth_of, walk, write_rows, write_sequence

FIRST, SECOND = range(1, 11), range(11, 21)
ONE, TWO = walk(1), walk(2, left=202)
MISSED = {"hota": 0, "deta": 0, "assa": 0, "mota": 0, "idf1": 0, "idsw": 0, "fn": 20}
CASES: dict[str, tuple[list, list, dict[str, float]]] = {
    "perfect, other names": (
        truth_of(ONE + TWO),
        result_of(walk(8) + walk(9, left=202)),
        {"hota": 1, "deta": 1, "assa": 1, "loca": 1, "mota": 1, "motp": 1, "idf1": 1, "idsw": 0, "mt": 2, "ml": 0},
    ),
    "another identity from half on": (
        truth_of(ONE),
        result_of(walk(1, frames=FIRST) + walk(2, frames=SECOND)),
        {"hota": sqrt(1 / 2), "deta": 1, "assa": 1 / 2, "mota": 19 / 20, "idf1": 1 / 2, "idsw": 1, "frag": 0},
    ),
    "two swap identities at half": (
        truth_of(ONE + TWO),
        result_of(
            walk(1, frames=FIRST) + walk(2, 202, FIRST) + walk(2, frames=SECOND) + walk(1, 202, SECOND),
        ),
        {"hota": sqrt(1 / 3), "deta": 1, "assa": 1 / 3, "mota": 38 / 40, "idf1": 1 / 2, "idsw": 2},
    ),
    "missed from half on": (
        truth_of(ONE),
        result_of(walk(1, frames=FIRST)),
        {"hota": 1 / 2, "deta": 1 / 2, "assa": 1 / 2, "mota": 1 / 2, "idf1": 2 / 3, "idsw": 0, "fn": 10, "fp": 0},
    ),
    "a false track": (
        truth_of(ONE),
        result_of(ONE + walk(2, left=402)),
        {"hota": sqrt(1 / 2), "deta": 1 / 2, "assa": 1, "mota": 0, "idf1": 2 / 3, "idsw": 0, "fp": 20},
    ),
    "no output": (truth_of(ONE), [], MISSED),
    "IoU 0.6 counts at 12 of 19 thresholds": (
        truth_of(ONE),
        result_of(walk(1, left=107)),
        {"hota": 12 / 19, "deta": 12 / 19, "assa": 12 / 19, "mota": 1, "motp": 0.6, "idf1": 1, "hota_50": 1},
    ),
    "IoU 0.509 counts at 10 of them": (
        truth_of(ONE),
        result_of(walk(1, left=108.5)),
        {"hota": 10 / 19, "mota": 1, "motp": 13.5 / 26.5, "idf1": 1, "hota_05": 1, "hota_50": 1},
    ),
    "a static person is neither found nor false": (
        truth_of(ONE) + truth_of(walk(5, 302), category=7),
        result_of(ONE + walk(5, 302)),
        {"hota": 1, "deta": 1, "assa": 1, "mota": 1, "idf1": 1, "idsw": 0},
    ),
    "a box on a pedestrian with flag 0 is false": (
        truth_of(ONE) + truth_of(walk(5, 302), flag=0),
        result_of(ONE + walk(5, 302)),
        {"hota": sqrt(1 / 2), "deta": 1 / 2, "assa": 1, "mota": 0, "idf1": 2 / 3, "idsw": 0},
    ),
    "a box without area is false": (
        truth_of(ONE),
        result_of(ONE + [(frame, 2, 400, 50, 0, 40) for frame in range(1, 21)]),
        {"hota": sqrt(1 / 2), "mota": 0, "idf1": 2 / 3, "fp": 20},
    ),
}


@pytest.fixture
def trackeval() -> None:
    pytest.importorskip("trackeval")


def write_case(root: Path, name: str) -> tuple[Path, Path]:
    truth, result, _ = CASES[name]
    write_sequence(root / "truth", "SEQ", truth)
    return root / "truth", write_rows(root / "tracker" / "SEQ.txt", result).parent


@pytest.mark.parametrize("name", CASES)
def test_tiny_sequences_have_their_closed_forms(trackeval: None, tmp_path: Path, name: str) -> None:
    truth, tracker = write_case(tmp_path, name)
    result = score_mot(truth, {"x": tracker})
    assert result["benchmark"] == "mot17" and result["trackers"]["x"]["intervals"] == {}
    check_scores(result["trackers"]["x"]["combined"], CASES[name][2])
    check_scores(result["trackers"]["x"]["per_sequence"]["SEQ"], CASES[name][2])


def test_what_is_a_distractor_depends_on_the_benchmark(trackeval: None, tmp_path: Path) -> None:
    found = {}
    for category, benchmark in ((6, "mot17"), (6, "mot20"), (6, "mot15"), (2, "mot16")):
        root = tmp_path / f"{category}{benchmark}"
        write_sequence(root / "truth", "SEQ", truth_of(ONE) + truth_of(walk(5, 302), category=category))
        tracker = write_rows(root / "tracker" / "SEQ.txt", result_of(ONE + walk(5, 302))).parent
        found[category, benchmark] = score_mot(root / "truth", {"x": tracker}, benchmark)["trackers"]["x"]["combined"]
    assert found[6, "mot17"]["fp"] == 20 and found[6, "mot20"]["fp"] == found[2, "mot16"]["fp"] == 0
    assert found[6, "mot15"]["fp"] == 0 and found[6, "mot15"]["tp"] == 40  # no classes there: everybody counts


def test_a_named_benchmark_decides_what_the_columns_mean(trackeval: None, tmp_path: Path) -> None:
    ten = [(*row, 1, category, 1, 0) for walked, category in ((ONE, 1), (walk(5, 302), 7)) for row in walked]
    write_sequence(tmp_path / "ten", "SEQ", ten)
    write_sequence(tmp_path / "other classes", "SEQ", truth_of(ONE, category=99))
    write_rows(tmp_path / "x" / "SEQ.txt", result_of(ONE))

    def scores(folder: str, benchmark: str) -> dict[str, float]:
        return score_mot(tmp_path / folder, {"x": tmp_path / "x"}, benchmark)["trackers"]["x"]["combined"]

    assert scores("ten", "mot15")["fn"] == 20 and scores("ten", "mot17")["fn"] == 0
    with pytest.raises(InputError, match="class 1 \\(column 8\\)"):
        scores("ten", "auto")
    assert scores("other classes", "mot15")["hota"] == 1
    with pytest.raises(InputError, match=r"gt\.txt:1: class: got 99"):
        scores("other classes", "auto")


def test_the_benchmark_is_told_from_columns_and_names(trackeval: None, tmp_path: Path) -> None:
    world = [(*row, 1, 4.5, 5.5, 0) for row in ONE]
    for folder, name, truth in (("a", "S", world), ("b", "MOT20-01", truth_of(ONE)), ("c", "S", truth_of(ONE))):
        write_sequence(tmp_path / folder, name, truth)
        write_rows(tmp_path / "r" / f"{name}.txt", result_of(ONE))
    told = [score_mot(tmp_path / folder, {"x": tmp_path / "r"}) for folder in "abc"]
    assert [result["benchmark"] for result in told] == ["mot15", "mot20", "mot17"]
    assert all(result["trackers"]["x"]["combined"]["hota"] == 1 for result in told)
    write_sequence(tmp_path / "a", "T", truth_of(ONE))
    with pytest.raises(InputError, match="two kinds: S is mot15, T is mot16"):
        score_mot(tmp_path / "a", {"x": tmp_path / "r"})
    with pytest.raises(InputError, match="unknown MOT benchmark 'mot18'"):
        score_mot(tmp_path / "a", {"x": tmp_path / "r"}, "mot18")


def test_without_seqinfo_a_sequence_ends_with_its_truth_and_no_result_may_go_on(
    trackeval: None, tmp_path: Path
) -> None:
    truth, tracker = write_case(tmp_path, "a false track")
    known = score_mot(truth, {"x": tracker})
    (truth / "SEQ" / "seqinfo.ini").unlink()
    found = score_mot(truth, {"x": tracker})
    assert found["notes"] == [
        "no seqinfo.ini with a seqLength, so the last frame of the truth is taken for the end: SEQ"
    ]
    assert {**found, "notes": []} == known
    assert score_mot(truth / "SEQ", {"x": tracker}) == found  # the sequence alone
    with (tracker / "SEQ.txt").open("a") as file:
        file.write("21,1,10,20,30,40,1,-1,-1,-1\n")
    with pytest.raises(InputError, match=r"SEQ\.txt:41: frame: got 21, allowed are 1 to 20"):
        score_mot(truth, {"x": tracker})


def test_several_trackers_and_sequences_are_scored_apart_and_pooled(trackeval: None, tmp_path: Path) -> None:
    write_sequence(tmp_path / "truth", "a one", truth_of(ONE))
    write_sequence(tmp_path / "truth", "b", truth_of(ONE + TWO))
    write_rows(tmp_path / "x" / "data" / "a one.txt", result_of(ONE))  # trackeval's layout
    write_rows(tmp_path / "x" / "data" / "b.txt", [])
    for name, rows in (("a one", ONE), ("b", ONE + TWO)):
        write_rows(tmp_path / "y" / f"{name}.txt", result_of(rows))
    shutil.make_archive(str(tmp_path / "z"), "zip", tmp_path / "y")
    trackers = {"x": tmp_path / "x", "y": tmp_path / "y", "z, zipped": tmp_path / "z.zip"}
    result = score_mot(tmp_path / "truth", trackers)
    assert list(result["trackers"]) == list(trackers)
    assert (result["sequences"], result["frames"]) == (2, 40) and result["evaluator"].startswith("trackeval 1.")
    half = result["trackers"]["x"]
    check_scores(half["per_sequence"]["a one"], {"hota": 1, "mota": 1, "idf1": 1})
    check_scores(half["per_sequence"]["b"], {"hota": 0, "mota": 0, "idf1": 0, "fn": 40})
    check_scores(
        half["combined"], {"deta": 1 / 3, "assa": 1, "hota": sqrt(1 / 3), "mota": 1 / 3, "idf1": 2 * 20 / (20 + 60)}
    )
    assert half["intervals"] == {} and result["videos"] == 2  # too few
    assert result["trackers"]["y"] == result["trackers"]["z, zipped"]
    assert result["trackers"]["y"]["combined"]["hota"] == 1
    only = score_mot(tmp_path / "truth", {"x": tmp_path / "x"}, sequences=["a one"])
    assert only["sequences"] == 1 and only["trackers"]["x"]["combined"]["hota"] == 1
    json.dumps(result, allow_nan=False)


def test_a_result_is_quiet_and_leaves_nothing_behind(
    trackeval: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    truth, tracker = write_case(tmp_path, "a false track")
    (tmp_path / "temporary").mkdir()
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    score_mot(truth, {"x": tracker})
    assert capfd.readouterr() == ("", "")
    assert sorted(tmp_path.rglob("*")) == before


def test_rows_in_any_order_and_any_identities_score_as_stats_type(trackeval: None, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    truth = np.array([row for at in range(6) for row in walk(at, 100 + 15 * at)], float)
    result = truth.copy()
    result[:, 2:4] += generator.normal(0, 4, (len(result), 2)).round(3)
    result = result[generator.random(len(result)) > 0.2]
    result[:, 1] = (result[:, 1] + result[:, 0] // 7) % 6
    write_sequence(tmp_path / "truth", "SEQ", truth_of(truth))
    write_rows(tmp_path / "a" / "SEQ.txt", result_of(result))
    result[:, 1] = 10 ** (result[:, 1] + 9)  # the evaluator's memory would not do for these
    write_rows(tmp_path / "b" / "SEQ.txt", result_of(generator.permutation(result)))
    scores = score_mot(tmp_path / "truth", {name: tmp_path / name for name in "ab"})["trackers"]
    assert 0.2 < scores["a"]["combined"]["hota"] < 0.9
    assert scores["a"] == scores["b"]


def test_what_cannot_be_scored_is_named(trackeval: None, tmp_path: Path) -> None:
    truth, tracker = write_case(tmp_path, "a false track")
    write_sequence(truth, "OTHER", truth_of(ONE))
    with pytest.raises(InputError, match=r"tracker: 1 of 2 sequences have no result: OTHER\.txt"):
        score_mot(truth, {"x": tracker})
    (tracker / "OTHER.txt").write_text("1,1,10,20,30,40,1,-1,-1,-1\n21,1,10,20,30,40,1,-1,-1,-1\n")
    with pytest.raises(InputError, match=r"OTHER\.txt:2: frame: got 21, allowed are 1 to 20"):
        score_mot(truth, {"x": tracker})
    (tracker / "OTHER.txt").write_text("1,1,10,20,30,40,1,2,-1,-1\n")
    with pytest.raises(InputError, match=r"OTHER\.txt: got class 2 in frame 1 \(column 8\)"):
        score_mot(truth, {"x": tracker})
    write_rows(tracker / "more" / "OTHER.txt", [])
    with pytest.raises(InputError, match=r"OTHER: got OTHER\.txt, more/OTHER\.txt: one file a sequence"):
        score_mot(truth, {"x": tracker})
    (truth / "OTHER" / "gt" / "gt.txt").write_text("")
    with pytest.raises(InputError, match=r"OTHER/gt/gt\.txt: got no box"):
        shutil.rmtree(tracker / "more")
        score_mot(truth, {"x": tracker})
    with pytest.raises(InputError, match="got no tracker"):
        score_mot(truth, {})
    with pytest.raises(InputError, match="no such file or folder"):
        score_mot(truth, {"x": tmp_path / "none"})


def test_a_result_of_no_sequence_is_told_of_unless_sequences_were_chosen(trackeval: None, tmp_path: Path) -> None:
    truth, tracker = write_case(tmp_path, "a false track")
    known = score_mot(truth, {"x": tracker})
    write_rows(tracker / "SEQUENCE.txt", result_of(ONE))
    found = score_mot(truth, {"x": tracker})
    assert found == {**known, "notes": ["x: of no sequence here, so not scored: SEQUENCE.txt"]}
    assert score_mot(truth, {"x": tracker}, sequences=["SEQ"]) == known


def test_without_trackeval_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trackeval", None)
    with pytest.raises(InputError, match=r"'siou-tracking\[mot\]'"):
        score_mot(*write_case(tmp_path, "no output"))


rows = st.lists(
    st.tuples(
        st.tuples(st.integers(1, 6), st.integers(0, 5)),
        st.tuples(st.floats(-60, 60), st.floats(-60, 60), st.floats(0, 90), st.floats(0, 90)),
    ),
    unique_by=lambda row: row[0],
    max_size=25,
).map(lambda found: [(*key, *box) for key, box in found])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, rows.filter(bool))
def test_any_legal_files_are_scored_within_bounds(
    trackeval: None, tmp_path_factory: pytest.TempPathFactory, result: list, truth: list
) -> None:
    root = tmp_path_factory.mktemp("any")
    truth = [(*row[:2], 300 * row[1] + row[2], row[3], row[4] + 1, row[5] + 1) for row in truth]  # none on another
    write_sequence(root / "truth", "SEQ", truth_of(truth), length=6)
    write_rows(root / "x" / "SEQ.txt", result_of(result))
    write_rows(root / "itself" / "SEQ.txt", result_of(truth))
    scores = score_mot(root / "truth", {"x": root / "x", "itself": root / "itself"})["trackers"]
    found = scores["x"]["combined"]
    assert all(0 <= found[metric] <= 1 for metric in ("hota", "deta", "assa", "loca", "motp", "idf1"))
    assert found["mota"] <= 1 and found["tp"] + found["fn"] == len(truth) and found["tp"] + found["fp"] == len(result)
    check_scores(scores["itself"]["combined"], {"hota": 1, "mota": 1, "idf1": 1, "idsw": 0, "fp": 0, "fn": 0})
