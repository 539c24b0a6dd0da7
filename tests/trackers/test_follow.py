import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.trackers.adapters.static import StaticTracker
from siou_tracking.trackers.follow import follow, run_frames


class Broken(StaticTracker):
    answer: object = {"target_bbox": [1, 2, np.nan, 4]}

    def track(self, image, info=None):
        return self.answer


@pytest.mark.parametrize("answer", [{"target_bbox": [1, 2, np.nan, 4]}, {"target_bbox": [1, 2, 3]}, {}, None])
def test_an_answer_that_is_no_box_names_the_frame(square_sequence, answer):
    tracker = Broken()
    tracker.answer = answer
    with pytest.raises(InputError, match="frame 2"):
        run_frames(tracker, square_sequence[0], [40, 60, 32, 24])


def test_no_frames_are_refused():
    with pytest.raises(InputError, match="got none"):
        run_frames(StaticTracker(), [], [0, 0, 1, 1])


def test_a_frame_that_cannot_be_read_is_not_shown_to_the_tracker(square_sequence):
    frames = [None, *square_sequence[0][:2], None, square_sequence[0][2]]
    steps = [step for _, step in follow(StaticTracker(), frames, [40, 60, 32, 24])]
    assert [step is None for step in steps] == [True, False, False, True, False]
    assert steps[1].flag == "init" and steps[2].box == [40, 60, 32, 24]


class Telling(StaticTracker):
    def track(self, image, info=None):
        return {"target_bbox": [1, 2, 3, 4], **self.more}


@pytest.mark.parametrize(
    ("more", "flag", "score"),
    [
        ({"flag": "not_found", "score": 0.25}, "not_found", 0.25),
        ({}, "", None),
        ({"object_presence_score": np.float32(0.5)}, "", 0.5),
        ({"best_score": np.array([2.0])}, "", 2.0),
        ({"score": np.nan, "flag": None}, "", None),
        ({"score": "high", "flag": "a\nb"}, "a b", None),
    ],
)
def test_what_a_tracker_tells_of_itself_is_passed_on(square_sequence, more, flag, score):
    tracker = Telling()
    tracker.more = more
    _, (_, step) = follow(tracker, square_sequence[0][:2], [40, 60, 32, 24])
    assert (step.flag, step.score) == (flag, score)
