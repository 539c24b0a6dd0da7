import numpy as np
import pytest
from PIL import Image

from siou_tracking.errors import InputError
from siou_tracking.media.frames import ImageFolder
from siou_tracking.media.sources import open_frames
from siou_tracking.media.video import keep_times, overlay_codec, write_overlay_video


def gray_frames(count, height=48, width=64):
    return [np.full((height, width, 3), 20 * index, np.uint8) for index in range(count)]


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_written_video_is_read_back_frame_by_frame(tmp_path, suffix):
    path = write_overlay_video(tmp_path / f"out{suffix}", ((f, {}) for f in gray_frames(10)), fps=10)
    frames = open_frames(path)
    assert len(frames) == 10 and frames.fps == pytest.approx(10)
    for _ in range(2):  # it can be read again
        seen = [float(frame.mean()) for frame in frames]
        assert seen == pytest.approx([20 * index for index in range(10)], abs=4)


def test_odd_sides_and_changing_sizes_are_written(tmp_path):
    pictures = [(np.zeros((41, 63, 3), np.uint8), {}), (np.zeros((90, 30, 3), np.uint8), {})]
    frames = list(open_frames(write_overlay_video(tmp_path / "out.mp4", pictures)))
    assert [frame.shape for frame in frames] == [(42, 64, 3)] * 2


def test_a_failure_while_writing_leaves_what_was_there(tmp_path):
    path = tmp_path / "out.mp4"
    path.write_bytes(b"earlier")

    def pictures():
        yield gray_frames(1)[0], {}
        raise RuntimeError("the tracker broke")

    with pytest.raises(RuntimeError):
        write_overlay_video(path, pictures())
    with pytest.raises(InputError, match="no frame to write"):
        write_overlay_video(path, [])
    assert path.read_bytes() == b"earlier" and list(tmp_path.iterdir()) == [path]


def test_folders_are_read_in_natural_order(tmp_path):
    for index in (10, 2, 1):
        Image.fromarray(np.full((8, 8, 3), index, np.uint8)).save(tmp_path / f"f{index}.png")
    (tmp_path / "notes.txt").write_text("not a frame")
    frames = open_frames(tmp_path)
    assert isinstance(frames, ImageFolder) and [int(frame[0, 0, 0]) for frame in frames] == [1, 2, 10]


def test_a_broken_image_is_named_when_its_turn_comes(tmp_path):
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(tmp_path / "1.jpg")
    (tmp_path / "2.jpg").write_bytes((tmp_path / "1.jpg").read_bytes()[:200])
    frames = iter(open_frames(tmp_path))
    next(frames)
    with pytest.raises(InputError, match=r"2\.jpg"):
        next(frames)


def test_sources_without_frames_are_refused(tmp_path):
    with pytest.raises(InputError, match="not found"):
        open_frames(tmp_path / "missing.mp4")
    (tmp_path / "img").mkdir()
    with pytest.raises(InputError, match=r"no image.*did you mean '.*img'"):
        open_frames(tmp_path)
    (tmp_path / "text.mp4").write_text("not a video")
    with pytest.raises(InputError, match=r"text\.mp4"):
        open_frames(tmp_path / "text.mp4")


def test_only_suffixes_with_an_encoder_are_accepted(tmp_path):
    assert overlay_codec()[0] and isinstance(overlay_codec()[1], bool)
    with pytest.raises(InputError, match=r"allowed are \.mp4, \.webm"):
        write_overlay_video(tmp_path / "out.gif", [])


@pytest.mark.parametrize(
    ("times", "start", "shown"),
    [
        ([0.0, 0.1, 0.2], None, [0, 1, 2]),
        ([0.0, 0.3, 0.4], None, [0, 0, 0, 1, 2]),  # a slow frame is repeated
        ([0.0, 0.01, 0.02, 0.1], None, [0, 1, 2, 3]),  # quick ones are shown once each, the rest later
        ([0.2, 0.3], None, [0, 1]),
        ([0.2, 0.3], 0.0, [0, 0, 0, 1]),  # from the start on, by the first picture that there is
        ([], 0.0, []),
    ],
)
def test_pictures_keep_their_times_at_a_steady_rate(times, start, shown):
    pictures = [np.full((1, 1), index) for index in range(len(times))]
    found = keep_times(zip(times, pictures, strict=True), 10, start)
    assert [int(picture[0, 0]) for picture in found] == shown
