"""The first box, dragged with the mouse in a window on the first frame."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.media.pictures import quiet_opencv

_LARGEST = 1280, 720
"""Width and height in pixels above which the window shows the frame smaller."""
_TITLE = "Drag a box round the target, then press Enter (c: none)"
_OFF_SCREEN = ("offscreen", "minimal", "minimalegl", "vnc", "linuxfb")
_TRIAL = "import cv2; cv2.namedWindow('x'); cv2.destroyAllWindows()"


def check_display() -> None:
    """Whether a window can be opened, tried in another process: where it cannot, OpenCV may end its own.

    Raises:
        InputError: it cannot.
    """
    reason = ""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        reason = "there is no display"
    elif os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] in _OFF_SCREEN:
        reason = f"QT_QPA_PLATFORM={os.environ['QT_QPA_PLATFORM']} shows no window"
    elif not _opens_windows():
        reason = "this OpenCV opens no window here (opencv-python-headless never does)"
    if reason:
        raise InputError(f"--init: not given, and {reason} to drag a box in; allowed is --init x,y,w,h")


def _opens_windows() -> bool:
    try:
        tried = subprocess.run([sys.executable, "-c", _TRIAL], capture_output=True, timeout=30, check=False)
    except subprocess.TimeoutExpired:
        return False
    return tried.returncode == 0


def pick_box(picture: np.ndarray) -> list[float]:
    """The box that the user drags.

    Args:
        picture: (H, W, 3) uint8 RGB.

    Returns:
        [x, y, w, h] in its pixels.

    Raises:
        InputError: none was dragged, or the window cannot be opened.
    """
    import cv2

    height, width = picture.shape[:2]
    scale = min(1.0, _LARGEST[0] / width, _LARGEST[1] / height)
    shown = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    if scale < 1:
        shown = cv2.resize(shown, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    try:
        with quiet_opencv():
            box = cv2.selectROI(_TITLE, shown, showCrosshair=False, fromCenter=False, printNotice=False)
            cv2.destroyWindow(_TITLE)
            cv2.waitKey(1)  # some window systems close it only then
    except cv2.error as error:
        raise InputError(f"--init: no window ({' '.join(str(error).split())}); allowed is --init x,y,w,h") from error
    x, y, w, h = (round(float(value) / scale, 1) for value in box)
    if w <= 0 or h <= 0:
        raise InputError("--init: no box was dragged; allowed is one, or --init x,y,w,h")
    return [x, y, w, h]
