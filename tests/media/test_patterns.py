"""Pictures by a pattern."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.media.sources import open_source, source_places


@pytest.fixture
def frames(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("a2", "a10"):
        (tmp_path / folder).mkdir()
        for number in (1, 2, 10):
            cv2.imwrite(str(tmp_path / folder / f"left{number}.png"), np.full((8, 9, 3), number, np.uint8))
            cv2.imwrite(str(tmp_path / folder / f"right{number}.jpg"), np.full((8, 9, 3), 90, np.uint8))
    (tmp_path / "a2" / "left.txt").write_text("mine")
    (tmp_path / "clip.mp4").write_bytes(b"")
    return tmp_path


def test_pictures_come_in_natural_order_and_others_are_named(frames):
    found = open_source("a2/left*")
    assert [frame.name for frame in found.read()] == ["left1.png", "left2.png", "left10.png"]
    assert [int(picture[0, 0, 0]) for picture in found] == [1, 2, 10]
    assert any("a2/left*: files passed by, as they are no pictures: left.txt" in note for note in found.notes())
    assert [str(place) for place in source_places("a2/left*")] == ["a2"]


def test_names_tell_folders_apart(frames):
    names = [frame.name for frame in open_source(str(frames / "a*" / "left?.png")).read()]
    assert names == ["a2/left1.png", "a2/left2.png", "a10/left1.png", "a10/left2.png"]
    assert len(open_source("**/left*.png")) == 6


def test_a_folder_with_brackets_is_no_pattern(frames):
    (frames / "a2").rename(frames / "a[2]")
    assert len(open_source("a[2]")) == 6


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("a2/*.jpeg", "matches no picture: 'a2' has 3 .jpg, 3 .png"),
        ("a2/*.txt", "matches no picture"),
        ("a*", r"but folders; did you mean 'a\*/\*'"),
        ("no/*.png", "there is no folder 'no'"),
        ("*.mp4", "matches videos, clip.mp4; allowed is one video by its name"),
        ("no*", "'.' has no picture"),
    ],
)
def test_what_matches_no_picture_is_told(frames, pattern, words):
    with pytest.raises(InputError, match=words):
        open_source(pattern)
