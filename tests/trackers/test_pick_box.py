"""A first box dragged with the mouse, with stand-ins for OpenCV's windows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.trackers import pick_box as module
from siou_tracking.trackers.pick_box import check_display, pick_box


@pytest.fixture
def windows(monkeypatch):
    """What the user drags, and what was shown."""
    shown = []

    def drag(box):
        def select(title, picture, **options):
            shown.append(picture)
            if isinstance(box, Exception):
                raise box
            return box

        monkeypatch.setattr(cv2, "selectROI", select)
        monkeypatch.setattr(cv2, "destroyWindow", lambda title: None)
        monkeypatch.setattr(cv2, "waitKey", lambda time: -1)
        return shown

    return drag


def test_the_box_is_in_pixels_of_the_frame(windows):
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[..., 0] = 255
    shown = windows((10, 20, 30, 40))
    assert pick_box(picture) == [10, 20, 30, 40]
    assert shown[0].shape == (100, 200, 3) and shown[0][0, 0].tolist() == [0, 0, 255]  # as OpenCV has colors


def test_a_large_frame_is_shown_smaller(windows):
    shown = windows((10, 20, 30, 40))
    assert pick_box(np.zeros((1440, 2560, 3), np.uint8)) == [20, 40, 60, 80]
    assert shown[0].shape == (720, 1280, 3)


@pytest.mark.parametrize(
    ("answer", "words"), [((0, 0, 0, 0), "no box was dragged"), (cv2.error("not implemented"), "no window")]
)
def test_without_a_box_the_option_is_named(windows, answer, words):
    windows(answer)
    with pytest.raises(InputError, match=f"{words}.*--init x,y,w,h"):
        pick_box(np.zeros((9, 9, 3), np.uint8))


@pytest.mark.parametrize(
    ("display", "platform", "opens", "words"),
    [
        ("", "", True, "there is no display"),
        (":0", "offscreen", True, "QT_QPA_PLATFORM=offscreen shows no window"),
        (":0", "", False, "this OpenCV opens no window"),
    ],
)
def test_where_no_window_opens_the_option_is_named(monkeypatch, display, platform, opens, words):
    monkeypatch.setattr(module.sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("WAYLAND_DISPLAY", "")
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    monkeypatch.setattr(module, "_opens_windows", lambda: opens)
    with pytest.raises(InputError, match=f"--init: not given, and {words}.*allowed is --init x,y,w,h"):
        check_display()


def test_with_a_display_all_is_well(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.setattr(module, "_opens_windows", lambda: True)
    check_display()


def test_a_display_that_does_not_answer_is_found_out_in_another_process(monkeypatch):
    monkeypatch.setattr(module, "_TRIAL", "import os; os.abort()")
    assert not module._opens_windows()
