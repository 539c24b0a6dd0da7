"""Identities over constructed scenes: what must be kept, what is lost without appearance, and what must not matter."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.mot.tracking.detections import Detections
from siou_tracking.mot.tracking.params import FAIRMOT, MOTParams
from siou_tracking.mot.tracking.tracker import OnlineTracker
from tests.mot.tracking.textbook import TextbookTracker

IOU = MOTParams(association="iou")
LOOKS = np.eye(8, dtype=np.float32)
NONE = Detections.of(np.zeros((0, 4)), np.zeros(0))


def boxes_at(centers: np.ndarray, width: float = 20.0, height: float = 50.0) -> np.ndarray:
    half = np.array([width, height]) / 2
    return np.hstack([centers - half, centers + half])


def scene(paths: np.ndarray, seen: np.ndarray | None = None) -> list[Detections]:
    """Detections of objects with paths (objects, frames, 2), each with a look of its own, in the frames it is seen."""
    objects, frames = paths.shape[:2]
    seen = np.ones((objects, frames), bool) if seen is None else seen
    looks = LOOKS[:objects]
    return [
        Detections.of(boxes_at(paths[seen[:, t], t]), np.full(seen[:, t].sum(), 0.9), looks[seen[:, t]])
        for t in range(frames)
    ]


def identities(frames: list[Detections], params: MOTParams | None = None, rate: float = 30.0) -> list[dict[int, int]]:
    """Per frame: object (by its look) -> identity of the reported track whose box is nearest to its detection."""
    tracker, rows = OnlineTracker(params, rate), []
    for found in frames:
        shown = tracker.update(found)
        row = {}
        for box, look in zip(found.boxes, found.embeddings, strict=True):
            far = np.abs(shown.boxes - box).sum(axis=1)
            if far.size and far.min() < 40:
                row[int(look.argmax())] = int(shown.identities[far.argmin()])
        rows.append(row)
    return rows


def bounce(frames: int = 41) -> tuple[np.ndarray, np.ndarray]:
    """Two objects that meet, hide each other for six frames and go back where they came from."""
    t = np.arange(frames)
    way = np.abs(t - frames // 2) * 4.0
    paths = np.stack([np.stack([200 - way, 0 * t + 100], 1), np.stack([200 + way, 0 * t + 100], 1)])
    return paths, np.tile(np.abs(t - frames // 2) > 3, (2, 1))


def test_two_that_meet_and_turn_back_keep_their_identities_by_appearance_and_swap_them_by_overlap() -> None:
    frames = scene(*bounce())
    first, *_, last = identities(frames, MOTParams(gate=1e3))
    assert last == first
    assert len(set(first.values())) == 2
    first, *_, last = identities(frames, IOU)
    assert last == {0: first[1], 1: first[0]}


def test_two_that_cross_at_constant_speed_keep_their_identities_either_way() -> None:
    t = np.arange(60)
    paths = np.stack([np.stack([20 + 5.0 * t, 0 * t + 100], 1), np.stack([320 - 5.0 * t, 0.2 * t + 98], 1)])
    for params in (MOTParams(), FAIRMOT, IOU):
        first, *_, last = identities(scene(paths), params)
        assert last == first


@pytest.mark.parametrize("params", [MOTParams(), IOU])
@pytest.mark.parametrize("rate", [30.0, 15.0])
def test_a_track_returns_within_its_buffer_and_is_a_new_one_after_it(params: MOTParams, rate: float) -> None:
    buffer = int(rate)  # 30 frames at 30 a second
    for gap, same in ((1, True), (buffer, True), (buffer + 1, False), (buffer + 9, False)):
        length = 10 + gap + 5
        seen = np.ones((1, length), bool)
        seen[:, 10 : 10 + gap] = False
        paths = np.full((1, length, 2), 150.0)
        rows = identities(scene(paths, seen), params, rate)
        assert (rows[-1][0] == rows[9][0]) is same, gap


def crowded(seed: int, objects: int = 12, frames: int = 60) -> list[Detections]:
    """People who walk, turn and hide each other in a small place, some alike; false and missed detections."""
    rng = np.random.default_rng(seed)
    center, speed = rng.uniform(20, 260, (objects, 2)), rng.normal(0, 3, (objects, 2))
    looks = rng.normal(size=(objects, 6))
    looks[objects // 2 :] = looks[: objects - objects // 2] + rng.normal(0, 0.3, (objects - objects // 2, 6))
    found = []
    for _ in range(frames):
        speed += rng.normal(0, 0.7, speed.shape)
        center += speed
        seen, false = rng.random(objects) < 0.8, rng.integers(0, 3)
        places = np.vstack([center[seen] + rng.normal(0, 2, (seen.sum(), 2)), rng.uniform(20, 260, (false, 2))])
        vectors = np.vstack([looks[seen] + rng.normal(0, 0.25, (seen.sum(), 6)), rng.normal(size=(false, 6))])
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        boxes = boxes_at(places) + rng.normal(0, 1.5, (len(places), 4))
        found.append(Detections.of(boxes, rng.uniform(0.2, 1, len(places)), vectors))
    return found


@pytest.mark.parametrize(
    "params",
    [
        MOTParams(lost_buffer=8, duplicate_iou=0.6),
        MOTParams("iou", lost_buffer=8, duplicate_iou=0.6),
        dataclasses.replace(FAIRMOT, boxes="detected", min_area=0, lost_buffer=8, duplicate_iou=0.6),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_all_tracks_at_once_give_what_a_loop_over_tracks_gives(params: MOTParams, seed: int) -> None:
    ours, theirs = OnlineTracker(params), TextbookTracker(params, 8)
    reported = 0
    for found in crowded(seed):
        shown, expected = ours.update(found), theirs.update(found)
        assert shown.identities.tolist() == sorted(expected)
        for identity, box in zip(shown.identities.tolist(), shown.boxes.tolist(), strict=True):
            assert box == expected[identity]
        reported += len(expected)
    assert reported > 200


def test_the_order_of_detections_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    paths = rng.uniform(50, 400, (8, 1, 2)) + rng.normal(0, 3, (8, 1, 2)) * np.arange(40)[None, :, None]
    seen = rng.random((8, 40)) < 0.85
    frames = scene(paths, seen)
    for params in (MOTParams(), IOU):
        one, other = OnlineTracker(params), OnlineTracker(params)
        for found in frames:
            shuffled = found.rows(rng.permutation(len(found)))
            for got, expected in zip(one.update(shuffled), other.update(found), strict=True):
                np.testing.assert_array_equal(got, expected)


def test_the_same_detections_give_the_same_bytes_twice() -> None:
    frames = scene(*bounce())
    runs = [[one.update(found) for found in frames] for one in (OnlineTracker(), OnlineTracker())]
    for first, second in zip(*runs, strict=True):
        assert all(a.tobytes() == b.tobytes() for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("params", [MOTParams(), IOU])
def test_empty_frames_at_the_start_in_the_middle_and_only_empty_ones(params: MOTParams) -> None:
    found = scene(np.full((1, 1, 2), 80.0))[0]
    only = OnlineTracker(params)
    assert [len(only.update(NONE).identities) for _ in range(3)] == [0, 0, 0]
    late = OnlineTracker(params)
    shown = [late.update(one).identities.tolist() for one in (NONE, found, found, NONE, found)]
    assert shown == [[], [], [1], [], [1]]  # after the first frame a track is reported from its second match on


def test_one_frame_reports_every_detection_where_it_is() -> None:
    found = scene(np.array([[[50.0, 60.0]], [[150.0, 60.0]]]))[0]
    shown = OnlineTracker().update(found)
    assert shown.identities.tolist() == [1, 2]
    np.testing.assert_allclose(np.sort(shown.boxes, axis=0), np.sort(found.boxes, axis=0), rtol=1e-6)


def test_a_detection_seen_once_after_the_first_frame_is_never_reported() -> None:
    paths = np.full((2, 12, 2), 80.0)
    paths[1] = [300.0, 200.0]
    seen = np.ones((2, 12), bool)
    seen[1] = np.arange(12) == 5
    assert all(set(row) <= {0} for row in identities(scene(paths, seen)))


def test_detections_below_the_thresholds_neither_continue_nor_begin_a_track() -> None:
    found = scene(np.full((1, 1, 2), 80.0))[0]
    weak = Detections(found.boxes, found.scores * 0 + 0.3, found.embeddings)
    tracker = OnlineTracker()
    assert tracker.update(weak).identities.size == 0
    tracker = OnlineTracker(MOTParams(detection_threshold=0.2, birth_threshold=0.5))
    assert tracker.update(weak).identities.size == 0
    assert tracker.update(found).identities.size == 0
    assert tracker.update(weak).identities.tolist() == [1]


def test_scores_may_be_of_any_sign_as_in_some_detection_files() -> None:
    found = scene(np.full((1, 1, 2), 80.0))[0]
    margins = Detections(found.boxes, found.scores * 0 - 0.3, found.embeddings)
    tracker = OnlineTracker(MOTParams(detection_threshold=-0.5, birth_threshold=-0.5))
    assert tracker.update(margins).identities.tolist() == [1]


def test_appearance_changes_slowly_and_follows_a_slow_change() -> None:
    angles = np.linspace(0, np.pi / 2, 120)
    looks = np.stack([np.cos(angles), np.sin(angles)], 1)
    box = boxes_at(np.array([[80.0, 80.0]]))
    tracker = OnlineTracker(MOTParams(iou_limit=0.0))
    slow = [tracker.update(Detections.of(box, [0.9], look[None])).identities.tolist() for look in looks]
    assert slow == [[1]] * 120
    tracker = OnlineTracker(MOTParams(iou_limit=0.0, duplicate_iou=1.0))
    sudden = [tracker.update(Detections.of(box, [0.9], looks[[end]])).identities.tolist() for end in (0, 0, -1, -1)]
    assert sudden == [[1], [1], [], [2]]


def test_of_a_tracked_and_a_lost_track_at_one_place_the_younger_is_dropped() -> None:
    paths = np.full((2, 30, 2), 80.0)
    seen = np.zeros((2, 30), bool)
    seen[0, :10] = seen[1, 10:20] = seen[0, 20:] = True
    # one object whose look changes at frame 10 and back at 20; no match by overlap
    rows = identities(scene(paths, seen), MOTParams(iou_limit=0.0))
    assert rows[9] == {0: 1}
    # each time the look changes a track is begun, but the older one stays and the new one goes
    assert rows[25] == {0: 1}
    kept = identities(scene(paths, seen), MOTParams(iou_limit=0.0, duplicate_iou=1.0))
    assert kept[19] == {1: 2}


def test_the_buffer_is_scaled_by_the_frame_rate() -> None:
    assert [OnlineTracker(None, rate).buffer for rate in (30.0, 15.0, 10.0, 60.0)] == [30, 15, 10, 60]


def test_reported_boxes_can_be_filtered_without_changing_identities() -> None:
    boxes = np.array([[70.0, 55.0, 90.0, 105.0], [230.0, 55.0, 370.0, 105.0]])
    wide = [Detections.of(boxes, [0.9, 0.8], LOOKS[:2])] * 5
    plain, filtered = OnlineTracker(), OnlineTracker(MOTParams(max_aspect=1.6))
    small = OnlineTracker(MOTParams(min_area=3000))
    for one in wide:
        every, tall, large = plain.update(one), filtered.update(one), small.update(one)
        aspect = (every.boxes[:, 2] - every.boxes[:, 0]) / (every.boxes[:, 3] - every.boxes[:, 1])
        assert every.identities[aspect <= 1.6].tolist() == tall.identities.tolist()
        assert every.identities[aspect > 1.6].tolist() == large.identities.tolist()
        assert len(tall.identities) == len(large.identities) == 1


def test_nan_scores_boxes_and_embeddings_are_refused_by_name_and_leave_the_tracker_as_it_was() -> None:
    found = scene(np.full((1, 1, 2), 80.0))[0]
    tracker, untouched = OnlineTracker(), OnlineTracker()
    tracker.update(found)
    untouched.update(found)
    for broken, message in (
        (Detections(found.boxes, found.scores * np.nan, found.embeddings), "frame 2: score 0 of 1: got nan"),
        (Detections(found.boxes * np.nan, found.scores, found.embeddings), "frame 2: box 0 of 1: got"),
        (Detections(found.boxes[:, [2, 1, 0, 3]], found.scores, found.embeddings), "frame 2: box 0 of 1: got"),
        (Detections(found.boxes, found.scores, found.embeddings * np.nan), "frame 2: embedding 0 of 1: got length nan"),
        (Detections(found.boxes, found.scores, found.embeddings * 2), "frame 2: embedding 0 of 1: got length 2"),
        (Detections(found.boxes, found.scores, found.embeddings[:, :0]), "frame 2: detections: got no embeddings"),
        (Detections(found.boxes, found.scores, np.ones((1, 1), np.float32)), "frame 2: embeddings: got 1 dimensions"),
        (Detections(found.boxes, np.ones(2, np.float32), found.embeddings), "frame 2: got boxes, scores, embeddings"),
    ):
        with pytest.raises(InputError, match=message):
            tracker.update(broken)
    for got, expected in zip(tracker.update(found), untouched.update(found), strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_frame_rates_that_are_none_are_refused(rate: float) -> None:
    with pytest.raises(InputError, match="frame rate"):
        OnlineTracker(None, rate)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"association": "embeding"}, "did you mean 'embedding'"),
        ({"top_k": 0}, "top_k: got 0"),
        ({"lost_buffer": 1.5}, "lost_buffer: got 1.5, allowed are whole"),
        ({"gate": float("nan")}, "gate: got nan"),
        ({"gate": -1}, "gate: got -1"),
        ({"detection_threshold": float("nan")}, "detection_threshold: got nan"),
        ({"feature_momentum": 1.1}, "feature_momentum: got 1.1, allowed are numbers from 0 to 1"),
        ({"iou_limit": "0.5"}, "iou_limit: got '0.5'"),
        ({"max_aspect": float("inf")}, "max_aspect: got inf"),
        ({"overlap_weight": 0.6, "motion_weight": 0.5}, r"got 0\.6 \+ 0\.5, allowed is up to 1"),
        ({"boxes": "kalman"}, "allowed are detected, filtered"),
    ],
)
def test_parameters_out_of_range_are_refused_by_name(wrong: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        MOTParams(**wrong)
