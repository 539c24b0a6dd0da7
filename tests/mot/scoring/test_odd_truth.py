"""Truth that counts nothing, is another benchmark's, or whose boxes have another form is told, not scored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.mot.scoring.score import score_mot
from tests.mot.mot_files import result_of, truth_of, walk, write_rows, write_sequence


@pytest.fixture(autouse=True)
def trackeval() -> None:
    pytest.importorskip("trackeval")


def score(root: Path, truth: list, result: list, **options: Any) -> dict[str, Any]:
    write_sequence(root / "split", "SEQ", truth)
    write_rows(root / "x" / "SEQ.txt", result)
    return score_mot(root / "split", {"x": root / "x"}, **options)


@pytest.mark.parametrize(
    ("truth", "words"),
    [
        (truth_of(walk(1), flag=0), "all 20 boxes have a flag below 1 (column 7): write 1"),
        ([(*row, 0.9, -1, -1, -1) for row in walk(1)], "all 20 boxes have a flag below 1"),  # a result as truth
        (truth_of(walk(1), category=3), "its boxes are of class 3 (column 8) and only class 1 counts: write 1"),
        (truth_of(walk(1), category=3) + truth_of(walk(2, 202), category=7), "of class 3, 7 (column 8)"),
    ],
)
def test_truth_that_counts_no_box_is_nothing_to_score(tmp_path: Path, truth: list, words: str) -> None:
    with pytest.raises(InputError) as raised:
        score(tmp_path, truth, result_of(walk(1)))
    assert str(raised.value).startswith("MOT scores: nothing to score in SEQ: ") and words in str(raised.value)


def test_one_such_sequence_among_others_is_told_and_has_no_fractions(tmp_path: Path) -> None:
    write_sequence(tmp_path / "split", "EMPTY", truth_of(walk(1), flag=0))
    write_rows(tmp_path / "x" / "EMPTY.txt", result_of(walk(1)))
    result = score(tmp_path, truth_of(walk(1)), result_of(walk(1)))
    assert result["notes"] == [
        "nothing to score in EMPTY, so its boxes are all false: all 20 boxes have a flag below 1 (column 7): write 1 "
        "for those that count"
    ]
    found = result["trackers"]["x"]
    assert found["combined"]["mota"] == 0 and found["combined"]["fp"] == 20
    empty = found["per_sequence"]["EMPTY"]
    assert empty["mota"] is empty["hota"] is None and (empty["fp"], empty["truth_boxes"]) == (20, 0)


def test_columns_of_visdrone_are_named_with_the_mend(tmp_path: Path) -> None:
    """frame, target, left, top, width, height, score, category, truncation, occlusion"""
    truth = [(*row, 1, 4, 0, occlusion % 3) for occlusion, row in enumerate(walk(1))] + [(1, 0, 5, 5, 9, 9, 0, 0, 0, 0)]
    with pytest.raises(InputError, match=r"gt\.txt: columns 7 to 10 look like .*VisDrone.*nine columns with class 1"):
        score(tmp_path, truth, result_of(walk(1)))


@pytest.mark.parametrize("place", [(4.5, 5.5, 0), (-1, -1, -1), (4, 5, 0)])
def test_places_in_the_world_stay_mot15(tmp_path: Path, place: tuple[float, float, float]) -> None:
    result = score(tmp_path, [(*row, 1, *place) for row in walk(1)], result_of(walk(1)))
    assert result["benchmark"] == "mot15" and result["trackers"]["x"]["combined"]["hota"] == 1


def corners(rows: list) -> list:
    return [(frame, identity, x, y, x + w, y + h) for frame, identity, x, y, w, h in rows]


def test_boxes_that_look_like_corners_get_a_note(tmp_path: Path) -> None:
    people = walk(1, 302) + walk(2, 402)
    result = score(tmp_path / "a", truth_of(people), result_of(corners(people)))
    assert result["notes"] == [
        "x: boxes look like x1,y1,x2,y2 in 1 of 1 sequences (SEQ): columns 3 to 6 are read as left, top, width, height "
        "in pixels"
    ]
    truth = score(tmp_path / "b", truth_of(corners(people)), result_of(people))
    assert truth["notes"][0].startswith("truth: boxes look like x1,y1,x2,y2 in 1 of 1 (SEQ)")
    both = score(tmp_path / "c", truth_of(corners(people)), result_of(corners(people)))
    assert len(both["notes"]) == 1 and "x1,y1,x2,y2" in both["notes"][0]  # they leave the image of 640 pixels
    shares = result_of([(*row[:2], *(np.array(row[2:]) / 640)) for row in people])
    assert "look like fractions of the image size" in score(tmp_path / "d", truth_of(people), shares)["notes"][0]


def test_wide_boxes_that_are_right_get_none(tmp_path: Path) -> None:
    people = [(frame, 1, 5 + frame, 6, 200, 300) for frame in range(1, 21)]
    assert score(tmp_path, truth_of(people), result_of(people))["notes"] == []


@pytest.mark.parametrize("text", ["[Sequence]\nseqLength=20\n", "[Sequence]\nseqLength=20\nframeRate=x\nimWidth=0\n"])
def test_scoring_demands_neither_rate_nor_size_nor_pictures(tmp_path: Path, text: str) -> None:
    folder = write_sequence(tmp_path / "split", "SEQ", truth_of(walk(1)))
    (folder / "seqinfo.ini").write_text(text)
    (folder / "img1").mkdir()
    (folder / "img1" / "000001.jpg").write_bytes(b"")
    write_rows(tmp_path / "x" / "SEQ.txt", result_of(walk(1)))
    result = score_mot(tmp_path / "split", {"x": tmp_path / "x"})
    assert result["notes"] == [] and result["trackers"]["x"]["combined"]["hota"] == 1
    (folder / "seqinfo.ini").write_text("[Sequence]\nname=SEQ\n")
    (note,) = score_mot(tmp_path / "split", {"x": tmp_path / "x"})["notes"]
    assert note.startswith("no seqinfo.ini with a seqLength")


def test_a_tracker_that_cannot_be_scored_does_not_stop_the_others(tmp_path: Path) -> None:
    for name in ("A", "B"):
        write_sequence(tmp_path / "split", name, truth_of(walk(1)))
        write_rows(tmp_path / "whole" / f"{name}.txt", result_of(walk(1)))
    write_rows(tmp_path / "partial" / "A.txt", result_of(walk(1)))
    write_rows(tmp_path / "torn" / "A.txt", result_of(walk(1)))
    write_rows(tmp_path / "torn" / "b.txt", [(1, 1)])
    trackers = {name: tmp_path / name for name in ("partial", "torn", "whole")}
    result = score_mot(tmp_path / "split", trackers)
    assert list(result["trackers"]) == ["whole"] and result["trackers"]["whole"]["combined"]["hota"] == 1
    assert "1 of 2 sequences have no result: B.txt" in result["failed"]["partial"]
    del trackers["whole"]
    with pytest.raises(InputError, match=r"partial: 1 of 2 sequences have no result.*; and 1 more trackers cannot"):
        score_mot(tmp_path / "split", trackers)
