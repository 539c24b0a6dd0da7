"""A source tracked into files: what is written, what is said, and what is kept when it ends early."""

from __future__ import annotations

import csv
import json
import os
import signal

import numpy as np
import pytest
from PIL import Image

from siou_tracking.errors import InputError
from siou_tracking.media.sources import open_frames
from siou_tracking.trackers.adapters.static import StaticTracker
from siou_tracking.trackers.boxes_file import format_boxes
from siou_tracking.trackers.track_file import track_file


@pytest.fixture()
def folder(tmp_path, square_sequence):
    place = tmp_path / "frames"
    place.mkdir()
    for index, frame in enumerate(square_sequence[0][:6]):
        Image.fromarray(frame).save(place / f"{index}.png")
    return place


def test_a_folder_is_tracked_into_boxes_and_a_video(folder, tmp_path, capsys):
    video, text = tmp_path / "out" / "o.webm", tmp_path / "out" / "o.txt"
    track_file(folder, [40, 60, 32, 24], StaticTracker(), save=video, boxes_out=text)
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
    track_file(video, [40, 60, 32, 24], StaticTracker(), quiet=True, boxes_out=tmp_path / "b.txt")
    assert (tmp_path / "b.txt").read_text() == "40.000,60.000,32.000,24.000\n" * 6


def test_a_frame_that_cannot_be_read_keeps_its_line_and_is_named(folder, tmp_path, caplog, capsys):
    video, text = tmp_path / "o.mp4", tmp_path / "o.csv"
    (folder / "3.png").write_bytes(b"not an image")
    track_file(folder, [40, 60, 32, 24], StaticTracker(), save=video, boxes_out=text)
    rows = list(csv.DictReader(text.open()))
    assert [row["name"] for row in rows] == [f"{number}.png" for number in range(6)]
    assert [row["flag"] for row in rows] == ["init", "normal", "normal", "unreadable", "normal", "normal"]
    assert [row["state"] for row in rows] == ["given", "found", "found", "unreadable", "found", "found"]
    assert rows[3]["x"] == "nan" and rows[2]["x"] == "40.000"
    assert len(list(open_frames(video))) == 6
    assert "1 of 6 frames cannot be read and have no box: 4 (image:" in caplog.text and "3.png" in caplog.text
    assert "tracked 5 of 6 frames" in capsys.readouterr().err


def test_the_first_box_is_taken_in_the_first_frame_that_can_be_read(folder, tmp_path, caplog):
    (folder / "0.png").write_bytes(b"not an image")
    track_file(folder, [40, 60, 32, 24], StaticTracker(), boxes_out=tmp_path / "o.txt", save=tmp_path / "o.webm")
    assert (tmp_path / "o.txt").read_text() == "nan,nan,nan,nan\n" + "40.000,60.000,32.000,24.000\n" * 5
    assert "the first box was taken in frame 2, the first that can be read" in caplog.text


def test_without_any_readable_frame_nothing_is_written(folder, tmp_path):
    for path in folder.iterdir():
        path.write_bytes(b"not an image")
    with pytest.raises(InputError, match=r"none of 6 can be read: image: .*0\.png"):
        track_file(folder, [40, 60, 32, 24], StaticTracker(), boxes_out=tmp_path / "o.txt", save=tmp_path / "o.webm")
    assert list(tmp_path.iterdir()) == [folder]


class Failing(StaticTracker):
    """Breaks in its fifth frame, or asks there to be stopped."""

    def __init__(self, stop=None):
        super().__init__()
        self.stop, self.frame = stop, 1

    def track(self, image, info=None):
        self.frame += 1
        if self.frame == 5 and self.stop is None:
            raise RuntimeError("out of memory")
        if self.frame == 5:
            signal.raise_signal(self.stop)
        return super().track(image, info)


def test_a_failing_tracker_leaves_what_was_tracked(folder, tmp_path, caplog):
    with pytest.raises(InputError, match="Failing: RuntimeError: out of memory"):
        track_file(folder, [40, 60, 32, 24], Failing(), boxes_out=tmp_path / "o.json", save=tmp_path / "o.webm")
    kept = json.loads((tmp_path / "o.json").read_text())
    assert not kept["complete"] and [row["frame"] for row in kept["frames"]] == [1, 2, 3, 4]
    assert len(list(open_frames(tmp_path / "o.webm"))) == 4
    assert "stopped after frame 4 of 6; what was tracked until then is kept" in caplog.text


def test_control_c_leaves_what_was_tracked_beside_an_earlier_whole_result(folder, tmp_path):
    (tmp_path / "o.txt").write_text("earlier")
    with pytest.raises(KeyboardInterrupt):
        track_file(
            folder, [40, 60, 32, 24], Failing(signal.SIGINT), boxes_out=tmp_path / "o.txt", save=tmp_path / "o.mp4"
        )
    assert (tmp_path / "o.txt").read_text() == "earlier"
    assert (tmp_path / "o_partial.txt").read_text() == "40.000,60.000,32.000,24.000\n" * 5
    assert len(list(open_frames(tmp_path / "o.mp4"))) == 5
    assert {path.name for path in tmp_path.iterdir()} == {"frames", "o.txt", "o_partial.txt", "o.mp4"}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_part_replaces_neither_an_earlier_part_nor_the_source(folder, tmp_path):
    source = tmp_path / "v_partial.mp4"
    track_file(folder, [40, 60, 32, 24], StaticTracker(), save=source, quiet=True)
    content = source.read_bytes()
    (tmp_path / "v.mp4").write_text("earlier")
    with pytest.raises(KeyboardInterrupt):
        track_file(source, [40, 60, 32, 24], Failing(signal.SIGINT), save=tmp_path / "v.mp4", quiet=True)
    assert source.read_bytes() == content and (tmp_path / "v.mp4").read_text() == "earlier"
    assert len(list(open_frames(tmp_path / "v_partial2.mp4"))) == 5


class Losing(StaticTracker):
    """Loses the target in frames 3, 4 and 6."""

    frame = 1

    def track(self, image, info=None):
        self.frame += 1
        lost = self.frame in (3, 4, 6)
        return {**super().track(image), "flag": "not_found" if lost else "normal", "score": 0.1 if lost else 0.9}


def test_lost_frames_are_told_in_the_file_the_overlay_and_the_closing_line(folder, tmp_path, capsys):
    def tracked(tracker, name):
        track_file(folder, [40, 60, 32, 24], tracker, boxes_out=tmp_path / f"{name}.csv", save=tmp_path / f"{name}.mp4")
        err = capsys.readouterr().err
        return list(csv.DictReader((tmp_path / f"{name}.csv").open())), list(open_frames(tmp_path / f"{name}.mp4")), err

    rows, frames, err = tracked(Losing(), "lost")
    assert [row["flag"] for row in rows] == ["init", "normal", "not_found", "not_found", "normal", "not_found"]
    assert [row["state"] for row in rows] == ["given", "found", "lost", "lost", "found", "lost"]
    assert [row["score"] for row in rows[1:3]] == ["0.9", "0.1"]
    assert "target lost in 3 frames: 3-4, 6" in err
    _, calm, err = tracked(StaticTracker(), "calm")
    assert "target never lost" in err
    height = calm[2].shape[0]  # without a plot, for it tells no score
    change = np.abs(frames[2][:height].astype(int) - calm[2])  # the picture is 400 x 320, enlarged twice
    assert change[320:].max() > 40  # another text in another color
    assert change[100:200, 60:160].max() > 40  # a dashed box
    change[100:200, 60:160] = 0
    assert change[:316].max() < 40  # and nothing else of it on the picture
    assert len({frame.shape for frame in frames}) == len({frame.shape for frame in calm}) == 1
    assert frames[0].shape[0] > height + 40 > 320


class Silent(StaticTracker):
    """Tells no score and no flag."""

    def initialize(self, image, info):
        super().initialize(image, info)

    def track(self, image, info=None):
        return {"target_bbox": super().track(image)["target_bbox"]}


def test_of_a_tracker_that_tells_nothing_nothing_is_invented(folder, tmp_path, capsys):
    for name, tracker in (("silent", Silent()), ("telling", Losing())):
        outputs = {
            kind: tmp_path / f"{name}{suffix}"
            for kind, suffix in (("boxes_out", ".json"), ("save", ".webm"), ("strip", ".png"))
        }
        track_file(folder, [40, 60, 32, 24], tracker, **outputs)
    rows = json.loads((tmp_path / "silent.json").read_text())["frames"]
    assert all(row["score"] is None and row["state"] is None and row["flag"] is None for row in rows)
    assert "lost" not in capsys.readouterr().err.splitlines()[0]
    for suffix in (".webm", ".png"):  # without a plot both are lower
        heights = [len(first_picture(tmp_path / f"{name}{suffix}")) for name in ("silent", "telling")]
        assert heights[0] < heights[1] - 20


def first_picture(path):
    return np.array(Image.open(path)) if path.suffix == ".png" else next(iter(open_frames(path)))


def test_two_trackers_stand_side_by_side_on_the_same_frames(folder, tmp_path, capsys):
    (folder / "2.png").write_bytes(b"not an image")
    trackers = {"still": StaticTracker(), "atom:lite": Losing()}
    outputs = {"save": tmp_path / "o.webm", "boxes_out": tmp_path / "o.csv", "strip": tmp_path / "o.jpg"}
    track_file(folder, [40, 60, 32, 24], trackers, **outputs)
    tables = [list(csv.DictReader((tmp_path / f"o_{name}.csv").open())) for name in ("still", "atom_lite")]
    assert [row["state"] for row in tables[0]] == ["given", "found", "unreadable", *["found"] * 3]
    assert [row["state"] for row in tables[1]] == ["given", "found", "unreadable", "lost", "lost", "found"]
    video = list(open_frames(tmp_path / "o.webm"))
    assert len(video) == 6 and video[0].shape[1] == 2 * 400
    left, right = video[1][:, :400], video[1][:, 400:]
    place = slice(60, 300), slice(60, 200)
    assert np.abs(left[place].astype(int) - right[place]).max() > 60  # each in its own color
    err = capsys.readouterr().err.splitlines()[-2:]
    assert err[0].startswith("still: tracked 5 of 6 frames") and "o_still.csv" in err[0] and "o.webm" not in err[0]
    assert err[1].startswith("atom:lite: tracked 5 of 6") and "o.webm" in err[1] and "o.jpg" in err[1]


def test_the_strip_shows_frames_from_the_whole_source(folder, tmp_path):
    track_file(folder, [40, 60, 32, 24], StaticTracker(), strip=tmp_path / "o.png", quiet=True)
    picture = np.array(Image.open(tmp_path / "o.png"))
    assert picture.shape[1] == 6 * 320 + 5 * 6
    assert len({picture[:256, at : at + 320].tobytes() for at in range(0, 6 * 326, 326)}) == 6
    with pytest.raises(InputError, match=r"strip: o\.gif: got suffix '\.gif', allowed are \.png"):
        track_file(folder, [40, 60, 32, 24], StaticTracker(), strip="o.gif")


def test_the_box_may_be_chosen_in_the_first_frame_that_can_be_read(folder, tmp_path, caplog):
    (folder / "0.png").write_bytes(b"not an image")
    seen = []

    def choose(picture):
        seen.append(picture.shape)
        return [1.0, 2.0, 30.5, 40.0]

    track_file(folder, choose, StaticTracker(), boxes_out=tmp_path / "o.txt")
    assert seen == [(160, 200, 3)] and "the target: --init 1,2,30.5,40" in caplog.text
    assert (tmp_path / "o.txt").read_text() == "nan,nan,nan,nan\n" + "1.000,2.000,30.500,40.000\n" * 5


def test_the_overlay_of_a_live_source_repeats_no_picture(tmp_path):
    from siou_tracking.media.frames import Frame
    from siou_tracking.trackers.boxes_file import TrackedFrame
    from siou_tracking.trackers.pictures.overlay import write_tracked_video

    steps = [
        (Frame(np.full((40, 60, 3), 9 * number, np.uint8), time), [TrackedFrame((9, 9, 9, 9), 0.1)])
        for number, time in enumerate((0.0, 0.1, 0.2, 0.3, 30.0, 90.0))
    ]
    write_tracked_video(tmp_path / "o.mp4", steps, [""], None)
    video = open_frames(tmp_path / "o.mp4")
    assert len(list(video)) == 6 and video.fps == pytest.approx(10, rel=0.01)


def test_a_full_disk_leaves_no_part_of_the_boxes_and_keeps_the_video(folder, tmp_path, monkeypatch):
    from siou_tracking.trackers import boxes_file

    def fill(number, row):
        if number == 4:
            raise OSError(28, "No space left on device")
        return "1,2,3,4\n"

    monkeypatch.setattr(boxes_file, "_format_line", fill)
    outputs = {"save": tmp_path / "o.webm", "boxes_out": tmp_path / "o.txt"}
    with pytest.raises(OSError, match="No space left"):
        track_file(folder, [40, 60, 32, 24], StaticTracker(), quiet=True, **outputs)
    assert {path.name for path in tmp_path.iterdir()} == {"frames", "o.webm"}


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


@pytest.mark.parametrize("how", ["same", "link", "hard link", "spelling", "picture", "hidden link", "truth"])
def test_an_input_is_never_written_over(folder, tmp_path, monkeypatch, how):
    monkeypatch.chdir(tmp_path)
    video = tmp_path / "v.mp4"
    track_file(folder, [40, 60, 32, 24], StaticTracker(), save=video, quiet=True)
    (folder / "groundtruth.txt").write_text("mine")
    source, target = video, tmp_path / "other.mp4"
    if how == "same":
        target = video
    elif how == "link":
        target.symlink_to(video)
    elif how == "hard link":
        os.link(video, target)
    elif how == "spelling":
        target = tmp_path / "frames" / ".." / "v.mp4"
    elif how == "picture":
        source, target = folder, folder / "1.png"
    elif how == "hidden link":
        source, target = folder, tmp_path / "boxes.txt"
        os.link(folder / "1.png", target)
    else:
        source, target = folder, folder / "groundtruth.txt"
    before = {path: path.read_bytes() for path in (video, *folder.iterdir())}
    for arguments in ({"save": target}, {"boxes_out": target}):
        with pytest.raises(InputError, match="would be lost; allowed is"):
            track_file(source, [40, 60, 32, 24], StaticTracker(), quiet=True, **arguments)
    assert {path: path.read_bytes() for path in before} == before


def test_a_name_of_a_picture_or_a_slip_is_none_for_boxes_and_weights_are_an_input(folder, tmp_path):
    weights = tmp_path / "net.pth"
    weights.write_bytes(b"mine")
    for suffix in (".jpg", ".cvs"):
        with pytest.raises(InputError, match=rf"got suffix '{suffix}', allowed are .txt, .csv, .json"):
            track_file(folder, [40, 60, 32, 24], StaticTracker(), boxes_out=tmp_path / f"new{suffix}")
    with pytest.raises(InputError, match=r"is the input .*net.pth"):
        track_file(folder, [40, 60, 32, 24], StaticTracker(), boxes_out=weights, inputs=[None, weights])


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ([100, 80, 132, 104], "looks like corners x1,y1,x2,y2; as x,y,w,h these would be 100,80,32,24"),
        (
            [0.2, 0.375, 0.16, 0.15],
            "like fractions of the image size; in pixels these would be 40.0,60.0,32.0,24.0",
        ),
        ([40, 60, 32, 24], ""),
        ([-5, 1, 9, 9], ""),
        ([10, 10, 50, 60], ""),
        ([0, 0, 200, 160], ""),
    ],
)
def test_a_doubtful_first_box_gets_a_note(folder, tmp_path, caplog, box, words):
    track_file(folder, box, StaticTracker(), boxes_out=tmp_path / "o.txt")
    assert words in caplog.text if words else "looks like" not in caplog.text


def test_boxes_are_written_with_three_decimals():
    assert format_boxes(np.array([[1, 2.00049, -3, 4.5]])) == "1.000,2.000,-3.000,4.500\n"
