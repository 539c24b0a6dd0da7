"""Folders of pictures: which files are frames, in which order, and how they are shown."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.media.frames import ImageFolder, list_pictures, numbering_notes
from siou_tracking.media.sources import open_frames


def picture(value=0, height=8, width=12):
    return np.full((height, width, 3), value, np.uint8)


def write_turned(path, image, orientation):
    """A JPEG with an EXIF orientation."""
    content = cv2.imencode(".jpg", image)[1].tobytes()
    tiff = b"II*\0\x08\0\0\0" + b"\x01\0" + b"\x12\x01\x03\0\x01\0\0\0" + bytes([orientation, 0, 0, 0]) + b"\0\0\0\0"
    exif = b"Exif\0\0" + tiff
    path.write_bytes(content[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + content[2:])


def test_every_format_is_a_frame_and_hidden_files_are_none(tmp_path):
    names = ["1.jpg", "2.webp", "3.jpg", "4.webp", "5.tiff", "6.PNG", "7.bmp", "10.ppm"]
    for value, name in enumerate(names, 1):
        cv2.imwrite(str(tmp_path / name), picture(value))
    cv2.imwrite(str(tmp_path / "x.png"), picture(200))
    (tmp_path / "x.png").rename(tmp_path / "11")  # known by its content
    for hidden in ("._1.jpg", ".DS_Store", ".2.png"):
        (tmp_path / hidden).write_bytes(b"\0\5\x16\7")
    (tmp_path / "12.jpg").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    pictures, others = list_pictures(tmp_path)
    assert [path.name for path in pictures] == [*names, "11"] and [path.name for path in others] == ["notes.txt"]
    folder = ImageFolder(tmp_path)
    assert [int(np.median(frame)) for frame in folder] == pytest.approx([*range(1, 9), 200], abs=2)
    assert any("passed by, as they are no pictures: notes.txt" in note for note in folder.notes())


def test_a_picture_that_is_not_decodable_keeps_its_place(tmp_path):
    for name in ("1.png", "4.png"):
        cv2.imwrite(str(tmp_path / name), picture(9))
    (tmp_path / "2.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (tmp_path / "3.png").symlink_to(tmp_path / "gone.png")
    frames = list(ImageFolder(tmp_path).read())
    assert [frame.name for frame in frames] == ["1.png", "2.heic", "3.png", "4.png"]
    assert [frame.picture is None for frame in frames] == [False, True, True, False]
    assert "2.heic" in frames[1].problem and "3.png" in frames[2].problem


@pytest.mark.parametrize(("orientation", "shape"), [(1, (8, 12)), (3, (8, 12)), (6, (12, 8))])
def test_exif_orientation_is_applied_and_said_and_benchmarks_do_not(tmp_path, orientation, shape):
    image = picture()
    image[:4, :6] = 255  # top left
    write_turned(tmp_path / "1.jpg", image, orientation)
    folder = open_frames(tmp_path)
    (shown,) = folder
    assert shown.shape[:2] == shape
    corner = {1: (0, 0), 3: (-1, -1), 6: (0, -1)}[orientation]
    assert shown[corner].min() > 200 and shown[tuple(-1 - at for at in corner)].max() < 50
    assert any("EXIF" in note and "benchmark" in note for note in folder.notes()) == (orientation != 1)
    assert default_image_loader(tmp_path / "1.jpg").shape[:2] == (8, 12)


def test_sixteen_bits_are_stretched_by_the_first_pictures_range(tmp_path):
    thermal = np.linspace(7000, 8000, 96).reshape(8, 12)
    cv2.imwrite(str(tmp_path / "1.png"), thermal.astype(np.uint16))
    cv2.imwrite(str(tmp_path / "2.png"), (thermal / 2 + 3500).astype(np.uint16))
    cv2.imwrite(str(tmp_path / "3.tiff"), thermal.astype(np.float32))
    folder = ImageFolder(tmp_path)
    first, second, third = (frame[..., 0] for frame in folder)
    assert first.min() == 0 and first.max() == 255
    assert int(second.max()) - int(second.min()) == pytest.approx(127, abs=2)
    assert np.abs(third.astype(int) - first).max() <= 1
    assert any("more than 8 bits: values 700" in note and "were stretched" in note for note in folder.notes())


def test_changing_sizes_are_said(tmp_path):
    for number, width in enumerate((12, 12, 10, 12), 1):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture(0, 8, width))
    folder = ImageFolder(tmp_path)
    for _ in range(2):  # told once, however often it is read
        assert len(list(folder)) == 4
    (note,) = folder.notes()
    assert "3.png: has 10 x 8 pixels, the one before 12 x 8 (1 more such changes)" in note


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["1.jpg", "2.jpg", "3.jpg"], []),
        (["1.jpg", "2.jpg", "5.jpg"], ["2.jpg and 5.jpg follow each other"]),
        (["f0000.png", "f0005.png", "f0010.png"], []),  # every fifth frame
        (["f0000.png", "f0005.png", "f0020.png", "f0025.png", "f0040.png"], ["f0020.png (and 1 other pairs)"]),
        (["1700000000.jpg", "1700000033.jpg", "1700000067.jpg"], []),  # time stamps
        (["1.jpg", "1.png", "2.jpg"], ["1.jpg and 1.png have the same number"]),
        (["a.jpg", "b.jpg"], []),
    ],
)
def test_odd_numbers_are_said(tmp_path, names, words):
    notes = numbering_notes([tmp_path / name for name in names])
    assert len(notes) == len(words) and all(word in note for word, note in zip(words, notes, strict=True))


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "img1").mkdir()
    with pytest.raises(InputError, match=r"got no image.*did you mean '.*img1'"):
        ImageFolder(tmp_path)


def test_pictures_are_read_where_opencv_has_its_log_level_elsewhere(tmp_path, monkeypatch):
    levels = [3]
    monkeypatch.delattr(cv2.utils, "logging", raising=False)
    monkeypatch.setattr(cv2, "setLogLevel", lambda level: levels.append(level) or levels[-2], raising=False)
    cv2.imwrite(str(tmp_path / "1.png"), picture(9))
    assert len(list(ImageFolder(tmp_path))) == 1
    assert levels[1] == 0 and levels[-1] == 3
