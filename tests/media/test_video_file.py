"""A hole in a video is not its end: every readable frame is read, and every frame keeps its place."""

from __future__ import annotations

import os
import shutil
import subprocess

import cv2
import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.media.avi_index import read_avi_chunks
from siou_tracking.media.sources import open_frames
from tests.media.videos import number_of, scramble, write_numbered_video

FFMPEG = shutil.which("ffmpeg")
needs_ffmpeg = pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed (apt-get install ffmpeg)")


def make(path, *options, size="160x120", seconds=2, rate=25):
    """A test picture with a running clock, encoded by ffmpeg."""
    source = f"testsrc=d={seconds}:r={rate}:s={size}"
    words = [FFMPEG, "-loglevel", "error", "-y", "-f", "lavfi", "-i", source, *options, str(path)]
    subprocess.run(words, check=True)
    return path


def places(video):
    """Which of its frames are readable, one bool a frame."""
    return [frame.picture is not None for frame in video.read()]


@pytest.mark.parametrize(
    ("name", "fourcc"), [("v.mp4", "mp4v"), ("v.avi", "MJPG"), ("v.avi", "XVID"), ("v.webm", "VP80")]
)
@pytest.mark.parametrize(("start", "end"), [(0.3, 0.4), (0.62, 0.7)])
def test_frames_around_a_hole_keep_their_numbers(tmp_path, name, fourcc, start, end):
    video = open_frames(scramble(write_numbered_video(tmp_path / name, fourcc), start, end))
    frames = list(video.read())
    assert len(frames) == len(video) == 50
    right = [abs(number_of(frame.picture) - at) <= 1 for at, frame in enumerate(frames) if frame.picture is not None]
    # a damaged picture that decodes may look like anything
    assert len(right) >= 25 and sum(right) >= len(right) - 4
    holes = [at for at, frame in enumerate(frames) if frame.picture is None]
    assert holes and all(f"frame {at + 1}" in frames[at].problem for at in holes)
    assert min(holes) >= start * 50 - 6 and max(holes) < end * 50 + 14
    assert frames[-1].picture is not None and len(list(video)) == 50 - len(holes)


@pytest.mark.parametrize(("name", "fourcc"), [("v.mp4", "mp4v"), ("v.avi", "MJPG"), ("v.webm", "VP80")])
def test_a_whole_video_has_no_hole(tmp_path, name, fourcc):
    video = open_frames(write_numbered_video(tmp_path / name, fourcc))
    assert places(video) == [True] * 50 and video.notes() == [] and video.fps == pytest.approx(25)


def test_a_damaged_end_keeps_its_lines(tmp_path):
    path = scramble(write_numbered_video(tmp_path / "v.mp4", "mp4v"), 0.85, 1.0)
    readable = places(open_frames(path))
    assert len(readable) == 50 and all(readable[:40]) and not readable[-1]


def test_a_damaged_beginning_does_not_make_the_first_readable_frame_the_first(tmp_path):
    path = scramble(write_numbered_video(tmp_path / "v.mp4", "mp4v"), 0.0, 0.1)
    frames = list(open_frames(path).read())
    assert len(frames) == 50 and frames[0].picture is None
    first = next(at for at, frame in enumerate(frames) if frame.picture is not None)
    assert frames[first].time == pytest.approx(first / 25)


def test_the_index_of_an_avi_names_the_lost_frames(tmp_path):
    path = write_numbered_video(tmp_path / "v.avi", "MJPG")
    assert read_avi_chunks(path).tolist() == [True] * 50
    content = bytearray(path.read_bytes())
    start = content.find(b"movi")
    at = [index for index in range(start, len(content)) if content[index : index + 4] == b"00dc"][7]
    content[at : at + 8] = b"????????"
    path.write_bytes(content)
    assert np.flatnonzero(~read_avi_chunks(path)).tolist() == [7]
    readable = places(open_frames(path))
    assert [at for at, there in enumerate(readable) if not there] == [7] and len(readable) == 50


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("v.mp4", ["-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p"]),
        ("v.mkv", ["-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p"]),
        ("v.ts", ["-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p"]),
        ("v.mpg", ["-c:v", "mpeg2video", "-g", "10"]),
    ],
)
def test_h264_and_mpeg2_with_a_hole_keep_one_line_a_frame(tmp_path, name, options):
    path = make(tmp_path / name, *options)
    whole = [frame.picture for frame in open_frames(path).read()]
    assert len(whole) == 50 and all(picture is not None for picture in whole)
    frames = list(open_frames(scramble(path, 0.3, 0.4)).read())
    assert len(frames) == 50 and frames[-1].picture is not None
    holes = [at for at, frame in enumerate(frames) if frame.picture is None]
    assert holes and min(holes) >= 5 and max(holes) < 32
    for at in (*range(5), *range(35, 50)):  # every whole frame behind the hole is the one of its number
        difference = [np.abs(frames[at].picture.astype(int) - picture).mean() for picture in whole]
        assert int(np.argmin(difference)) == at


@needs_ffmpeg
def test_frames_that_an_edit_list_hides_are_no_holes(tmp_path):
    whole = make(tmp_path / "whole.mp4", "-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p")
    cut = tmp_path / "cut.mp4"
    subprocess.run([FFMPEG, "-loglevel", "error", "-ss", "0.7", "-i", whole, "-c", "copy", cut], check=True)
    readable = places(open_frames(cut))
    assert all(readable) and 30 <= len(readable) <= 33


@needs_ffmpeg
@pytest.mark.parametrize(("name", "quick"), [("v.mp4", 20), ("v.mkv", 20), ("v.mp4", 8)])
def test_a_variable_frame_rate_has_no_holes_and_keeps_its_times(tmp_path, name, quick):
    rates = ["-vf", f"select='not(mod(n\\,3))+lt(n\\,{quick})'", "-fps_mode", "vfr"]
    video = open_frames(make(tmp_path / name, *rates, "-c:v", "libx264", "-pix_fmt", "yuv420p"))
    frames = list(video.read())
    expected = [n / 25 for n in range(50) if n < quick or n % 3 == 0]
    assert len(frames) == len(expected) and all(frame.picture is not None for frame in frames)
    assert [frame.time for frame in frames] == pytest.approx(expected, abs=0.002)
    assert "frame rate varies" in video.notes()[0] and video.fps == pytest.approx(25, rel=0.02)


@pytest.mark.parametrize(
    "text", ["ffconcat version 1.0\nfile pipe\n", "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n"]
)
def test_a_play_list_opens_no_other_file(text, tmp_path):
    os.mkfifo(tmp_path / "pipe")  # which the decoder would wait for
    for name in ("a.mp4", "a.avi", "a.m3u8"):
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=rf"{name}: got a play list, allowed are videos that it names"):
            open_frames(tmp_path / name)


@pytest.mark.parametrize("name", ["README.txt", "notes.nfo", "video.mp4"])
def test_a_text_is_no_video(tmp_path, name):
    (tmp_path / name).write_text("".join(f"line {number}\n" for number in range(400)))
    with pytest.raises(InputError, match=r"got a text file, allowed are videos"):
        open_frames(tmp_path / name)


def test_a_picture_is_no_video_and_its_folder_is_named(tmp_path):
    cv2.imwrite(str(tmp_path / "a.jpg"), np.zeros((20, 20, 3), np.uint8))
    with pytest.raises(InputError, match=rf"got a picture.*did you mean '{tmp_path}'"):
        open_frames(tmp_path / "a.jpg")


def test_a_lost_end_is_said_where_the_file_does_not_count_its_frames(tmp_path):
    path = write_numbered_video(tmp_path / "v.webm", "VP80")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    video = open_frames(path)
    assert places(video) == [True] * len(video) and 15 < len(video) < 35
    assert f"announces 50 frames and holds {len(video)}" in video.notes()[0]
