"""Boxes in their colors on a copy of the frame, and names where they cover nothing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from siou_tracking.media.bars import status_bar
from siou_tracking.media.drawing import CYCLE, NAMED_COLORS, colors_of, draw_boxes, parse_color, rgb_of
from siou_tracking.media.strip import enlarged_target, frame_strip


def decoded(encoded: bytes) -> np.ndarray:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def test_boxes_are_drawn_in_their_colors_on_a_copy():
    frame = np.full((120, 160, 3), 90, np.uint8)
    boxes = {"ours": [40, 60, 50, 30], "theirs": [100, 70, 20, 20], "lost": [np.nan, 0, 0, 0], "far": [1e9, 0, 1e9, 5]}
    picture = draw_boxes(frame, boxes)
    assert (frame == 90).all()
    for place, name in enumerate(["ours", "theirs"]):
        x, y, w, h = boxes[name]
        for row, column in ((y, x + w // 2), (y + h - 1, x + w // 2), (y + h // 2, x), (y + h // 2, x + w - 1)):
            assert tuple(picture[row, column]) == rgb_of(name, place)


@pytest.mark.parametrize("width", [60, 160, 900])
def test_the_legend_lies_below_the_frame_and_covers_none_of_it(width):
    frame = np.full((120, width, 3), 90, np.uint8)
    boxes = {name: [0, 0, 30, 20] for name in ("ground truth", "iou", "smooth_iou")}
    picture = draw_boxes(frame, boxes)
    assert picture.shape[0] > 120 and picture.shape[1] == width
    assert (picture[:120] == draw_boxes(frame, boxes, legend=False)).all()
    bar = picture[120:].reshape(-1, 3).astype(int)
    assert all((np.abs(bar - np.array(rgb_of(name, 0)) // 2 - 128).sum(1) < 30).any() for name in boxes)
    # A name that is empty, and a target in the corner, have nothing written beside or over them.
    assert draw_boxes(frame, {"": [10, 10, 20, 20]}).shape == frame.shape


def test_every_frame_of_a_video_gets_a_bar_of_the_same_height():
    frame = np.zeros((90, 120, 3), np.uint8)
    boxes = ([1, 2, 3, 4], [np.nan] * 4, [0, 0, 0, 0])
    assert len({draw_boxes(frame, {"smooth_iou": box, "iou": box}).shape for box in boxes}) == 1
    texts = ("frame 1", "frame 1000   lost (not_found)   score 0.12", "g" * 300)
    assert len({status_bar(text, 90, 120).shape for text in texts}) == 1


@pytest.mark.parametrize("width", [80, 640])
def test_a_long_line_ends_inside_its_bar(width):
    bar = status_bar("frame 1000   " + "flag " * 40, 480, width, alarm=True)
    background = bar[0, 0]
    assert (bar != background).any() and (bar[:, -2:] == background).all()


def test_a_crop_enlarges_the_target_and_shows_boxes_a_pixel_apart():
    frame = np.zeros((200, 300, 3), np.uint8)
    frame[100:120, 200:230] = 255
    boxes = {"ground truth": [200, 100, 30, 20], "iou": [197, 98, 30, 24], "smooth_iou": [202, 101, 30, 20]}
    picture = decoded(enlarged_target(frame, boxes["ground truth"], boxes, side=330))
    assert picture.shape == (330, 330, 3)
    white = (picture.min(2) > 200).mean()
    assert white == pytest.approx(30 * 20 / 66**2, rel=0.35)  # the square shows 2.2 of the longer side
    for place, name in enumerate(boxes):
        off = np.abs(picture.astype(int) - np.array(rgb_of(name, place))).sum(2) < 90
        assert off.sum() > 100, name


@pytest.mark.parametrize("target", [[0, 0, 30, 20], [290, 190, 10, 10], [0, 0, 0, 0], [np.nan] * 4, [50, 50, 900, 900]])
def test_a_crop_at_the_border_or_without_a_target_is_a_whole_square(target):
    frame = np.full((200, 300, 3), 120, np.uint8)
    picture = decoded(enlarged_target(frame, target, {"iou": target}))
    assert picture.shape == (320, 320, 3)
    if np.isfinite(target[0]) and 0 < target[2] < 200:
        assert (np.abs(picture.astype(int) - 120).max(2) < 8).mean() > 0.5  # no blank beyond the frame


def test_equal_boxes_show_all_of_their_colors():
    frame, box = np.zeros((100, 100, 3), np.uint8), [30, 30, 40, 40]
    names = {"ground truth": box, "iou": box, "smooth_iou": box}
    picture = decoded(enlarged_target(frame, box, names)).astype(int)
    for place, name in enumerate(names):
        assert (np.abs(picture - np.array(rgb_of(name, place))).sum(2) < 120).sum() > 200, name


def test_a_strip_has_its_frames_in_rows():
    frames = [np.full((40, 60, 3), 40 * index, np.uint8) for index in range(5)]
    picture = decoded(frame_strip(frames, width=30, columns=4))
    assert picture.shape == (40, 120, 3)
    assert [round(float(picture[10, 15 + 30 * column].mean()) / 40) for column in range(4)] == [0, 1, 2, 3]
    assert picture[30, 15].mean() == pytest.approx(160, abs=4) and picture[30, 45].mean() == pytest.approx(255, abs=4)


def test_weights_have_the_color_of_their_loss_and_no_two_names_one():
    blue, orange = rgb_of("smooth_iou", 0), rgb_of("iou", 0)
    assert colors_of(["atom_lite_iou", "atom_lite_smooth_iou"]) == [orange, blue]
    assert colors_of(["", "b"]) == [parse_color(color) for color in CYCLE[:2]]
    assert colors_of(["a_iou", "b_iou"])[0] == orange != colors_of(["a_iou", "b_iou"])[1]
    assert colors_of(["opencv-mil", "atom_smooth_iou"]) == [parse_color(CYCLE[1]), blue]
    names = [*NAMED_COLORS, *"abcdef"]
    assert len(set(colors_of(names))) == len(names)
