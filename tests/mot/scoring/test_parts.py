"""A part of a split scores as trackeval scores it, and what was not asked for is never scored by accident."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.mot.scoring.evaluator import numbers
from siou_tracking.mot.scoring.score import score_mot
from siou_tracking.mot.scoring.truths import frame_span
from tests.mot.mot_files import result_of, truth_of, walk, write_rows, write_sequence

LENGTH = 21


@pytest.fixture(autouse=True)
def trackeval() -> None:
    pytest.importorskip("trackeval")


def crowd(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Truth and a result with misses, noise and switches: frame, identity, left, top, width, height."""
    generator = np.random.default_rng(seed)
    truth = np.array([row for at in range(5) for row in walk(at + 1, 100 + 40 * at, range(1, LENGTH + 1))], float)
    result = truth.copy()
    result[:, 2:4] += generator.normal(0, 2, (len(result), 2)).round(2)
    result[:, 1] = (result[:, 1] + result[:, 0] // 8) % 5 + 1
    return truth, result[generator.random(len(result)) > 0.2]


@pytest.fixture
def split(tmp_path: Path) -> Iterator[Path]:
    """One sequence with gt.txt, CenterTrack's gt_val_half.txt (frames from 1) and StrongSORT's (frames as they are)."""
    truth, result = crowd()
    folder = write_sequence(tmp_path / "split", "SEQ", truth_of(truth), LENGTH)
    half = truth[truth[:, 0] >= 12]
    write_rows(folder / "gt" / "gt_val_half_v2.txt", truth_of(half))
    write_rows(folder / "gt" / "gt_val_half.txt", truth_of(half - [11, 0, 0, 0, 0, 0]))
    late = result[result[:, 0] >= 12]
    write_rows(tmp_path / "whole" / "SEQ.txt", result_of(result))
    write_rows(tmp_path / "late" / "SEQ.txt", result_of(late))
    write_rows(tmp_path / "from 1" / "SEQ.txt", result_of(late - [11, 0, 0, 0, 0, 0]))
    yield tmp_path / "split"


def by_trackeval(split: Path, truth: str) -> dict[str, float]:
    """What trackeval itself says of the half, with the truth file that the field gives it."""
    import trackeval

    quiet = {"PRINT_CONFIG": False}
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = trackeval.datasets.MotChallenge2DBox(
            {
                **quiet,
                "GT_FOLDER": str(split),
                "TRACKERS_FOLDER": str(split.parent),
                "TRACKER_SUB_FOLDER": "",
                "TRACKERS_TO_EVAL": ["from 1"],
                "BENCHMARK": "MOT17",
                "SEQ_INFO": {"SEQ": LENGTH},
                "SKIP_SPLIT_FOL": True,
                "GT_LOC_FORMAT": "{gt_folder}/{seq}/gt/" + truth,
            }
        )
        metrics = trackeval.metrics
        measures = [metrics.HOTA(), metrics.CLEAR(quiet), metrics.Identity(quiet), metrics.Count()]
        data = dataset.get_preprocessed_seq_data(dataset.get_raw_seq_data("from 1", "SEQ"), "pedestrian")
        return numbers({measure.get_name(): measure.eval_sequence(data) for measure in measures})


def combined(split: Path, tracker: str, **options: Any) -> dict[str, float]:
    return score_mot(split, {"x": split.parent / tracker}, **options)["trackers"]["x"]["combined"]


def test_a_half_scores_as_trackeval_scores_it_whichever_file_tells_of_it(split: Path) -> None:
    expected = by_trackeval(split, "gt_val_half.txt")
    assert 0.2 < expected["hota"] < 0.95 and expected["idsw"] > 0
    found = [
        combined(split, "from 1", truth_file="gt_val_half.txt"),
        combined(split, "late", truth_file="gt_val_half_v2.txt"),
        combined(split, "late", frames="val_half"),
        combined(split, "whole", frames="val_half"),
        combined(split, "whole", frames="12-21"),
        combined(split, "whole", frames="12-9999"),
        combined(split, "whole", truth_file="gt_val_half_v2.txt", frames="12-21"),
    ]
    for one in found:
        assert one == pytest.approx(expected, abs=1e-12)
    assert combined(split, "whole")["hota"] != pytest.approx(expected["hota"], abs=1e-3)


def test_what_was_scored_is_told(split: Path) -> None:
    result = score_mot(split, {"x": split.parent / "whole"}, frames="val_half")
    assert (result["part"], result["frames"]) == ("frames of val_half", 10)
    result = score_mot(split, {"x": split.parent / "from 1"}, truth_file="gt_val_half.txt")
    assert (result["part"], result["frames"]) == ("truth of gt_val_half.txt", 10)


@pytest.mark.parametrize(
    ("tracker", "options", "words"),
    [
        ("whole", {"truth_file": "gt_val_half.txt"}, "has 1 to 10; if both count from the same frame"),
        ("whole", {"truth_file": "gt_val_half_v2.txt"}, "--frames 12-21 leaves the others out"),
        ("from 1", {"frames": "val_half"}, "got frames 1 to 10, and 12 to 21 are scored: number them as"),
        ("whole", {"truth_file": "gt_half.txt"}, "the folder has gt.txt, gt_val_half.txt, gt_val_half_v2.txt"),
        ("whole", {"truth_file": "../gt/gt.txt"}, "ground truth: got '../gt/gt.txt', allowed is the name of a file"),
        ("whole", {"frames": "22-30"}, "frames: SEQ: got 22-30, allowed are 1 to 21"),
        ("whole", {"frames": "half"}, "frames: got 'half', allowed are FIRST-LAST such as 302-600, train_half and"),
        ("whole", {"frames": "9-3"}, "frames: got '9-3'"),
        ("whole", {"sequences": ["SEK*"]}, "unknown sequence in"),
    ],
)
def test_a_part_that_cannot_be_is_refused(split: Path, tracker: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as raised:
        combined(split, tracker, **options)
    assert words in str(raised.value) and "\n" not in str(raised.value)


def test_halves_are_those_of_the_field() -> None:
    assert [frame_span(name, 600, "S") for name in ("train_half", "val_half")] == [(1, 301), (302, 600)]
    assert [frame_span(name, 525, "S") for name in ("train_half", "val_half")] == [(1, 263), (264, 525)]


def test_one_detector_of_a_split_is_scored_by_a_pattern(tmp_path: Path) -> None:
    for video in ("MOT17-02", "MOT17-04"):
        for detector in ("DPM", "FRCNN", "SDP"):
            write_sequence(tmp_path / "split", f"{video}-{detector}", truth_of(walk(1)))
        write_rows(tmp_path / "x" / f"{video}-SDP.txt", result_of(walk(1)))
    with pytest.raises(InputError, match=r"4 of 6 sequences have no result: .*--sequences '\*-SDP'"):
        score_mot(tmp_path / "split", {"x": tmp_path / "x"})
    result = score_mot(tmp_path / "split", {"x": tmp_path / "x"}, sequences=["*-SDP"])
    assert list(result["trackers"]["x"]["per_sequence"]) == ["MOT17-02-SDP", "MOT17-04-SDP"]
    assert result["trackers"]["x"]["combined"]["hota"] == 1


def test_three_copies_of_a_video_are_one_unit_of_the_interval(tmp_path: Path) -> None:
    for seed in range(5):
        truth, result = crowd(seed)
        for detector in ("DPM", "FRCNN", "SDP"):
            name = f"MOT17-0{seed}-{detector}"
            write_sequence(tmp_path / "split", name, truth_of(truth), LENGTH)
            write_rows(tmp_path / "x" / f"{name}.txt", result_of(result))
    copies, once, few = (
        score_mot(tmp_path / "split", {"x": tmp_path / "x"}, sequences=names)
        for names in (None, ["*-SDP"], ["*-0[1-4]-*"])
    )
    assert (copies["sequences"], copies["videos"], once["videos"]) == (15, 5, 5)
    intervals = [result["trackers"]["x"]["intervals"] for result in (copies, once, few)]
    assert set(intervals[0]) == set(intervals[1]) == {"hota", "deta", "assa", "mota", "idf1"} and intervals[2] == {}
    for metric, bounds in intervals[0].items():
        assert bounds == pytest.approx(intervals[1][metric], abs=1e-12) and bounds[0] < bounds[1]
