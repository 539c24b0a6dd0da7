"""The reset-based experiment with trackers that do as they are told: known failures give known bytes."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.benchmarks.vot2018.data import VotSequence
from siou_tracking.benchmarks.vot2018.polygons import Regions
from siou_tracking.benchmarks.vot2018.protocol import TAGS
from siou_tracking.benchmarks.vot2018.run import run_experiment
from siou_tracking.benchmarks.vot2018.score import load_results, score
from siou_tracking.errors import InputError
from siou_tracking.submission.vot2018 import check

HIT, MISS = [20.0, 20.0, 10.0, 10.0], [80.0, 80.0, 9.0, 9.0]
HIT_ROW, MISS_ROW = "20.0000,20.0000,10.0000,10.0000", "80.0000,80.0000,9.0000,9.0000"


def sequence(name: str, length: int) -> VotSequence:
    """A diamond around (25, 25) that stands still."""
    regions = Regions.from_rows([[25, 20, 30, 25, 25, 30, 20, 25]] * length)
    tags = {tag: np.zeros(length, bool) for tag in (*TAGS, "empty")}
    return VotSequence(name, 100, 100, regions, tags, tuple(Path(f"{name}/{frame}") for frame in range(length)), 20.0)


def read(file: Path) -> np.ndarray:
    """An image that only says which frame it is."""
    return np.full((1, 1, 3), int(file.name), np.uint8)


class Clock:
    """Seconds that pass only when a tracker says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Scripted:
    """Misses in the frames it is told to, and takes the time it is told to in a frame."""

    def __init__(self, misses: set[int] = frozenset(), seconds: dict[int, float] | None = None) -> None:
        self.misses, self.seconds, self.clock = set(misses), seconds or {}, Clock()
        self.starts: list[tuple[int, list[float]]] = []
        self.asked: list[int] = []

    def _spend(self, image: np.ndarray) -> int:
        frame = int(image[0, 0, 0])
        self.clock.now += self.seconds.get(frame, 0.01)
        return frame

    def initialize(self, image: np.ndarray, info: dict) -> None:
        self.starts.append((self._spend(image), info["init_bbox"]))

    def track(self, image: np.ndarray) -> dict:
        frame = self._spend(image)
        self.asked.append(frame)
        return {"target_bbox": MISS if frame in self.misses else HIT}


def run(tracker: Scripted, sequences: list[VotSequence], root: Path, **options) -> Path:
    return run_experiment(
        tracker, sequences, root, "mine", clock=tracker.clock, read=read, progress=False, **{"repetitions": 1} | options
    )


def rows(root: Path, name: str = "one", repetition: int = 1, experiment: str = "baseline") -> list[str]:
    return (root / "mine" / experiment / name / f"{name}_{repetition:03d}.txt").read_text().splitlines()


def test_failures_in_known_frames_give_known_bytes(tmp_path: Path) -> None:
    tracker = Scripted(misses={2, 9})
    run(tracker, [sequence("one", 12)], tmp_path)
    expected = f"1\n{HIT_ROW}\n2\n0\n0\n0\n0\n1\n{HIT_ROW}\n2\n0\n0\n"
    folder = tmp_path / "mine/baseline/one"
    assert (folder / "one_001.txt").read_bytes() == expected.encode()
    assert [frame for frame, _ in tracker.starts] == [0, 7]  # frame 14 lies past the end
    assert tracker.asked == [1, 2, 8, 9]
    seconds = (folder / "one_001_time.value").read_text().split("\n")
    assert seconds == ["0.010000"] * 3 + [""] * 4 + ["0.010000"] * 3 + [""] * 2 + [""]


def test_no_miss_is_one_start_and_scores_what_it_says(tmp_path: Path) -> None:
    sequences = [sequence("one", 30), sequence("two", 20)]
    run(Scripted(), sequences, tmp_path)
    results = load_results(tmp_path)["mine"]
    metrics = score(results, sequences, "exact", interval=(10, 20)).metrics
    assert metrics == pytest.approx({"accuracy": 0.5, "robustness": 0.0, "eao": 0.5})  # the diamond is half its box


def test_the_start_box_encloses_the_polygon_or_keeps_its_area(tmp_path: Path) -> None:
    for option, box in (("enclosing", [20, 20, 10, 10]), ("area", [25 - 50**0.5 / 2] * 2 + [50**0.5] * 2)):
        tracker = Scripted()
        run(tracker, [sequence("one", 3)], tmp_path / option, start_box=option)
        assert tracker.starts[0][1] == pytest.approx(box)
    with pytest.raises(InputError, match="unknown start box 'tight': allowed are area, enclosing"):
        run(Scripted(), [sequence("one", 3)], tmp_path, start_box="tight")


def test_three_equal_runs_end_the_repetitions(tmp_path: Path) -> None:
    run(Scripted(misses={3}), [sequence("one", 10)], tmp_path, repetitions=15)
    assert len(load_results(tmp_path)["mine"]["one"]) == 3
    assert check(tmp_path / "mine", {"one": 10}) == []


def test_unequal_runs_are_repeated_fifteen_times(tmp_path: Path) -> None:
    class Wavering(Scripted):
        def track(self, image: np.ndarray) -> dict:
            return {"target_bbox": [20 + np.random.rand(), 20, 10, 10]}

    run(Wavering(), [sequence("one", 6)], tmp_path, repetitions=None)
    assert len(load_results(tmp_path)["mine"]["one"]) == 15


class Stopped(Exception):
    """The power went off."""


class Fragile(Scripted):
    """Random boxes from the global generator; stops after a number of frames."""

    def __init__(self, life: int) -> None:
        super().__init__()
        self.life = itertools.count(life, -1)

    def track(self, image: np.ndarray) -> dict:
        self._spend(image)
        if next(self.life) == 0:
            raise Stopped
        return {"target_bbox": [*np.random.uniform(14, 29, 2).tolist(), 8, 8]}


def files(root: Path) -> dict[str, bytes]:
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()}


@pytest.mark.parametrize("life", [3, 31, 77])
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(tmp_path: Path, life: int) -> None:
    sequences = [sequence("one", 20), sequence("two", 15)]
    run(Fragile(10**6), sequences, tmp_path / "whole", repetitions=4)
    with pytest.raises(Stopped):
        run(Fragile(life), sequences, tmp_path / "broken", repetitions=4)
    left = files(tmp_path / "broken")
    assert left.items() <= files(tmp_path / "whole").items()  # nothing half written
    run(Fragile(10**6), sequences, tmp_path / "broken", repetitions=4)
    assert files(tmp_path / "broken") == files(tmp_path / "whole")


def test_what_is_there_is_not_run_again(tmp_path: Path) -> None:
    run(Scripted(), [sequence("one", 5)], tmp_path)
    tracker = Scripted(misses={1})
    run(tracker, [sequence("one", 5)], tmp_path)
    assert tracker.asked == [] and rows(tmp_path)[1] == HIT_ROW


def test_an_earlier_result_of_other_data_is_refused_and_kept(tmp_path: Path) -> None:
    run(Scripted(), [sequence("one", 5)], tmp_path)
    before = files(tmp_path)
    with pytest.raises(InputError, match=r"one_001\.txt: an earlier result of 5 rows, the sequence has 6 frames"):
        run(Scripted(), [sequence("one", 6)], tmp_path)
    assert files(tmp_path) == before


@pytest.mark.parametrize("box", [[1, 2, 3], [float("nan"), 0, 1, 1], None])
def test_a_box_that_is_none_is_refused_with_its_frame(tmp_path: Path, box) -> None:
    tracker = Scripted()
    tracker.track = lambda image: {"target_bbox": box}
    with pytest.raises(InputError, match="frame 2 of one: returned"):
        run(tracker, [sequence("one", 5)], tmp_path)
    assert files(tmp_path) == {}


def test_annotations_without_images_and_unknown_experiments_are_refused(tmp_path: Path) -> None:
    bare = VotSequence("bare", 9, 9, Regions.from_rows([[1, 1, 2, 2]]), {})
    with pytest.raises(InputError, match="bare: no images"):
        run(Scripted(), [bare], tmp_path)
    with pytest.raises(InputError, match="did you mean 'baseline'"):
        run(Scripted(), [sequence("one", 3)], tmp_path, experiment="basline")


def test_a_fast_tracker_is_given_every_frame_in_real_time(tmp_path: Path) -> None:
    tracker = Scripted(misses={4})
    run(tracker, [sequence("one", 11)], tmp_path, experiment="realtime", repetitions=None)
    assert rows(tmp_path, experiment="realtime") == ["1", *[HIT_ROW] * 3, "2", *"0000", "1", HIT_ROW]


def test_a_slow_tracker_misses_frames_and_its_last_answer_stands(tmp_path: Path) -> None:
    # one call takes 3 periods of 50 ms: the calls on frames 1 and 2 are in the grace period, then every third counts
    tracker = Scripted(seconds=dict.fromkeys(range(20), 0.150))
    run(tracker, [sequence("one", 12)], tmp_path, experiment="realtime")
    assert tracker.asked == [1, 2, 3, 6, 9]
    assert rows(tmp_path, experiment="realtime") == ["1", *[HIT_ROW] * 11]


def test_an_answer_that_arrives_late_fails_in_the_frame_it_arrives(tmp_path: Path) -> None:
    tracker = Scripted(misses={3}, seconds=dict.fromkeys(range(20), 0.150))
    run(tracker, [sequence("one", 14)], tmp_path, experiment="realtime")
    # asked in frame 3, answered in frame 5: frames 3 and 4 keep the answer of frame 2, restart in frame 10
    expected = ["1", *[HIT_ROW] * 4, "2", *"0000", "1", *[HIT_ROW] * 3]
    assert rows(tmp_path, experiment="realtime") == expected
    assert check(tmp_path / "mine", {"one": 14}, "realtime") == []


def test_an_answer_that_no_longer_holds_fails_while_the_next_is_awaited(tmp_path: Path) -> None:
    gone = sequence("one", 12)
    corners = gone.regions.corners.copy()
    corners[4] += 50  # the target jumps away for frame 4 and comes back
    moved = dataclasses.replace(gone, regions=Regions(corners, gone.regions.rectangle))
    run(Scripted(seconds=dict.fromkeys(range(20), 0.150)), [moved], tmp_path, experiment="realtime")
    # asked in frame 3, answered in frame 5: the answer of frame 2 is lost in frame 4; restart in frame 5 + 5
    assert rows(tmp_path, experiment="realtime") == ["1", *[HIT_ROW] * 3, "2", *"00000", "1", HIT_ROW]
    assert check(tmp_path / "mine", {"one": 12}, "realtime") == []


def test_a_delay_below_half_a_period_is_in_time(tmp_path: Path) -> None:
    tracker = Scripted(seconds={3: 0.070})
    run(tracker, [sequence("one", 6)], tmp_path, experiment="realtime")
    assert tracker.asked == [1, 2, 3, 4, 5]
    late = Scripted(seconds={3: 0.080})
    run(late, [sequence("one", 6)], tmp_path / "late", experiment="realtime")
    assert late.asked == [1, 2, 3, 5]
