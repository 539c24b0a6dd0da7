"""Tracks are drawn where they are, in a color of their own, and pictures appear only when whole."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.media.bars import status_bar
from siou_tracking.media.sources import open_frames
from siou_tracking.mot.data.motchallenge import make_tracks, read_sequence, read_truth
from siou_tracking.mot.tracking.overlay import draw_tracks, identity_color, write_tracks_strip, write_tracks_video
from tests.mot.tracking.tracked import HEIGHT, WIDTH, write_sequence


def test_the_colors_of_identities_that_follow_each_other_are_far_apart() -> None:
    colors = np.array([identity_color(number) for number in range(1, 200)], dtype=float)
    far = [np.abs(colors[i] - colors[i + 1 : i + 5]).sum(axis=1).min() for i in range(len(colors) - 5)]
    assert min(far) > 100
    assert len(set(map(tuple, colors[:24].tolist()))) == 24
    assert identity_color(17) == identity_color(17)


def test_a_box_has_its_color_on_its_border_and_the_frame_stays_as_it_was() -> None:
    frame = np.zeros((360, 480, 3), np.uint8)
    tracks = make_tracks([3], [7], [[100, 120, 60, 90]])
    picture = draw_tracks(frame, tracks, 3)
    assert not frame.any()
    color = identity_color(7)
    for x, y in ((100, 150), (159, 150), (130, 209)):
        assert tuple(picture[y, x]) == color
    assert not picture[150, 130].any()
    assert not draw_tracks(frame, tracks, 2).any()


def test_a_trail_reaches_back_as_far_as_asked_and_no_further() -> None:
    frame = np.zeros((360, 480, 3), np.uint8)
    tracks = make_tracks(np.arange(1, 11), np.ones(10), [[20 + 30 * t, 100, 40, 80] for t in range(10)])
    for trail, oldest in ((1, 10), (4, 7), (100, 1)):
        picture = draw_tracks(frame, tracks, 10, trail)
        line = np.flatnonzero(picture[176:185].any(axis=(0, 2)))
        assert abs(int(line.min()) - min(40 + 30 * (oldest - 1), 290)) <= 2


def test_small_frames_are_enlarged_by_a_whole_number_with_their_boxes() -> None:
    picture = draw_tracks(np.zeros((90, 120, 3), np.uint8), make_tracks([1], [1], [[30, 40, 20, 30]]), 1)
    assert picture.shape == (360, 480, 3)
    assert tuple(picture[220, 120]) == identity_color(1)


def test_boxes_of_absurd_size_outside_the_frame_do_no_harm() -> None:
    tracks = make_tracks([1, 1, 1], [1, 2, 3], [[-1e8, -1e8, 2e8, 2e8], [5e8, 0, 10, 10], [-50, -50, 20, 20]])
    assert draw_tracks(np.zeros((90, 120, 3), np.uint8), tracks, 1, 5).shape == (360, 480, 3)


def test_the_video_has_every_frame_at_the_rate_of_the_sequence(tmp_path: Path) -> None:
    sequence = read_sequence(write_sequence(tmp_path, "A", 5, rate=12))
    video = open_frames(write_tracks_video(tmp_path / "a.mp4", sequence, read_truth(sequence)))
    frames = list(video)
    assert len(frames) == 5
    assert video.fps == pytest.approx(12)
    assert frames[0].shape == (HEIGHT * 6, WIDTH * 6, 3)


def test_a_broken_image_leaves_no_video(tmp_path: Path) -> None:
    sequence = read_sequence(write_sequence(tmp_path, "A", 5))
    sequence.image_path(4).write_bytes(b"")
    with pytest.raises(InputError, match=r"000004\.jpg"):
        write_tracks_video(tmp_path / "a.mp4", sequence, read_truth(sequence))
    assert not list(tmp_path.glob("*.mp4"))


def test_the_strip_holds_the_frames_asked_for_in_rows(tmp_path: Path) -> None:
    sequence = read_sequence(write_sequence(tmp_path, "A", 5))
    path = write_tracks_strip(tmp_path / "strip.png", sequence, read_truth(sequence), count=4, columns=2, width=192)
    bar = status_bar("frame 1", 128, 192).shape[0]
    assert cv2.imread(str(path)).shape == (2 * (128 + bar), 2 * 192, 3)
    one = write_tracks_strip(tmp_path / "one.png", sequence, read_truth(sequence), frames=[5], width=192)
    assert cv2.imread(str(one)).shape == (128 + bar, 192, 3)
    for wrong in ([0], [6], []):
        with pytest.raises(InputError, match="allowed are 1 to 5"):
            write_tracks_strip(tmp_path / "no.png", sequence, read_truth(sequence), frames=wrong)
