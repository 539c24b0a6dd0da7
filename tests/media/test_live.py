"""Cameras and streams: frames as they come, and no waiting for a dead one."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.media.live import LiveFrames, live_source, without_password
from siou_tracking.media.sources import open_source


class Stream(http.server.BaseHTTPRequestHandler):
    """Twelve JPEGs of rising gray; then /ends ends, /hangs stays silent. /mute sends nothing at all."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
        self.end_headers()
        for value in range(0 if self.path == "/mute" else 12):
            content = cv2.imencode(".jpg", np.full((48, 64, 3), 20 * value, np.uint8))[1].tobytes()
            self.wfile.write(b"--next\r\nContent-Type: image/jpeg\r\n")
            self.wfile.write(b"Content-Length: %d\r\n\r\n" % len(content) + content + b"\r\n")
            time.sleep(0.02)
        if self.path != "/ends":
            time.sleep(5)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stream) as one:
        one.daemon_threads = True
        one.block_on_close = False
        threading.Thread(target=one.serve_forever, daemon=True).start()
        yield f"http://user:secret@127.0.0.1:{one.server_port}"
        one.shutdown()


def test_a_stream_is_read_to_its_end_and_frames_in_between_are_counted(server):
    stream = open_source(f"{server}/ends")
    values, times = [], []
    for frame in stream.read():
        values.append(round(float(frame.picture.mean()) / 20))
        times.append(frame.time)
        time.sleep(0.04)
    assert values == sorted(set(values)) and values[-1] == 11
    assert times[0] == 0 and all(np.diff(times) > 0)
    assert any(f"{12 - len(values)} frames came" in note for note in stream.notes()) or len(values) == 12
    assert all("secret" not in note for note in stream.notes())


@pytest.mark.parametrize(("path", "frames"), [("/hangs", 1), ("/mute", 0)])
def test_a_dead_stream_is_an_error_after_its_time(server, path, frames):
    began, read = time.monotonic(), 0
    with pytest.raises(InputError, match=r"http://127.*: no frame for 0.8 s, the source is taken for dead"):
        for _ in LiveFrames(f"{server}{path}", patience=0.8).read():
            read += 1
    assert read >= frames and time.monotonic() - began < 4


class Camera:
    """In the place of OpenCV's: frames of rising gray, then what `end` says."""

    end = "gone"
    frames = 5

    def __init__(self, index: object, *more: object) -> None:
        self.count = 0

    def isOpened(self) -> bool:
        return self.frames > 0

    def get(self, of: int) -> float:
        return {cv2.CAP_PROP_FPS: 30.0, cv2.CAP_PROP_FRAME_COUNT: -1.0}.get(of, 8.0)

    def read(self) -> tuple[bool, np.ndarray | None]:
        time.sleep(0.01)
        self.count += 1
        if self.count > self.frames:
            time.sleep(1 if self.end == "silent" else 0)
            return False, None
        return True, np.full((8, 8, 3), self.count, np.uint8)

    def release(self) -> None:
        type(self).end = "released"


@pytest.mark.parametrize("source", ["0", "/dev/video0"])
def test_a_camera_is_read_until_it_is_gone_and_given_back(monkeypatch, source):
    monkeypatch.setattr(cv2, "VideoCapture", Camera)
    monkeypatch.setattr(Camera, "end", "gone")
    camera = open_source(source)
    found = [int(frame.picture[0, 0, 0]) for frame in camera.read()]
    assert found == sorted(set(found)) and found[-1] == 5 and len(found) == 5 - camera._passed_by
    assert camera.fps == 30 and len(camera) == 0 and Camera.end == "released"


def test_a_camera_that_goes_silent_is_an_error(monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", Camera)
    monkeypatch.setattr(Camera, "end", "silent")
    with pytest.raises(InputError, match=r"camera 0: no frame for 0\.3 s"):
        list(LiveFrames(0, patience=0.3).read())


def test_an_absent_camera_says_which_there_are(monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", Camera)
    monkeypatch.setattr(Camera, "frames", 0)
    with pytest.raises(InputError, match="camera 7: cannot be opened"):
        open_source("7")


def test_a_recording_at_an_address_loses_no_frame(monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", Camera)
    monkeypatch.setattr(Camera, "get", lambda self, of: 5.0)
    found = []
    for frame in open_source("https://host/video.mp4").read():
        found.append((int(frame.picture[0, 0, 0]), frame.time))
        time.sleep(0.03)
    assert found == [(1, 0.0), (2, 0.2), (3, 0.4), (4, 0.6), (5, 0.8)]


def test_a_file_of_that_name_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "0").mkdir()
    cv2.imwrite(str(tmp_path / "0" / "1.png"), np.zeros((8, 8, 3), np.uint8))
    assert len(open_source("0")) == 1


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("0", 0),
        ("12", 12),
        ("/dev/video2", 2),
        ("rtsp://u:p@h/x", "rtsp://u:p@h/x"),
        ("007", None),
        ("1.mp4", None),
        ("a/b", None),
    ],
)
def test_what_is_live(text, meant):
    assert live_source(text) == meant


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://me:p@ss@10.0.0.2:554/a", "rtsp://10.0.0.2:554/a"),
        ("http://host/a@b", "http://host/a@b"),
        ("http://host?q=a@b", "http://host?q=a@b"),
    ],
)
def test_a_password_is_not_shown(address, shown):
    assert without_password(address) == shown
