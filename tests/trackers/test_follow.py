import numpy as np
import pytest
from PIL import Image

from siou_tracking.errors import InputError
from siou_tracking.media.frames import open_frames
from siou_tracking.trackers.adapters.static import StaticTracker
from siou_tracking.trackers.follow import format_boxes, run_frames, track_file


@pytest.fixture()
def folder(tmp_path, square_sequence):
    place = tmp_path / "frames"
    place.mkdir()
    for index, frame in enumerate(square_sequence[0][:6]):
        Image.fromarray(frame).save(place / f"{index}.png")
    return place


def test_a_folder_is_tracked_into_boxes_and_a_video(folder, tmp_path, capsys):
    video, text = tmp_path / "out" / "o.webm", tmp_path / "out" / "o.txt"
    boxes, seconds = track_file(folder, [40, 60, 32, 24], StaticTracker(), save=video, boxes_out=text)
    assert boxes.shape == (6, 4) and seconds.shape == (6,)
    assert text.read_text() == "40.000,60.000,32.000,24.000\n" * 6
    assert len(list(open_frames(video))) == 6
    output = capsys.readouterr()
    assert output.out == "" and "tracked 6 frames" in output.err and "o.webm (VP8)" in output.err


def test_without_a_file_the_boxes_are_printed(folder, capsys):
    track_file(folder, [40, 60, 32, 24], StaticTracker())
    assert capsys.readouterr().out == "40.000,60.000,32.000,24.000\n" * 6


def test_a_video_is_tracked_like_its_frames(folder, tmp_path):
    video = tmp_path / "v.mp4"
    track_file(folder, [40, 60, 32, 24], StaticTracker(), save=video, quiet=True)
    boxes, _ = track_file(video, [40, 60, 32, 24], StaticTracker(), quiet=True, boxes_out=tmp_path / "b.txt")
    assert len(boxes) == 6


def test_a_broken_frame_leaves_earlier_results(folder, tmp_path):
    video, text = tmp_path / "o.mp4", tmp_path / "o.txt"
    video.write_bytes(b"earlier")
    text.write_text("earlier")
    (folder / "3.png").write_bytes(b"not an image")
    with pytest.raises(InputError, match=r"3\.png"):
        track_file(folder, [40, 60, 32, 24], StaticTracker(), save=video, boxes_out=text, quiet=True)
    assert video.read_bytes() == b"earlier" and text.read_text() == "earlier"
    assert {path.name for path in tmp_path.iterdir()} == {"frames", "o.mp4", "o.txt"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"init_box": [500, 60, 32, 24]}, "outside the image of 200 x 160"),
        ({"init_box": [40, 60, 32]}, "four finite numbers"),
        ({"save": "out.gif"}, "allowed are .mp4, .webm"),
        ({"save": "same.mp4", "boxes_out": "same.mp4"}, "another file name"),
        ({"boxes_out": "."}, "got a folder"),
    ],
)
def test_arguments_that_cannot_be_used_are_refused(folder, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        track_file(folder, **{"init_box": [40, 60, 32, 24], "tracker": StaticTracker(), "quiet": True, **arguments})


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


def test_boxes_are_written_with_three_decimals():
    assert format_boxes(np.array([[1, 2.00049, -3, 4.5]])) == "1.000,2.000,-3.000,4.500\n"
