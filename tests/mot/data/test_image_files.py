"""Images are the frames in natural order, whatever a tool calls them; a number that is left out is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from siou_tracking.errors import InputError
from siou_tracking.mot.data.image_files import match_images


def names(
    folder: Path, files: list[str], suffix: str = ".jpg", length: int | None = None
) -> tuple[int, tuple[str, ...]]:
    for file in files:
        (folder / file).write_bytes(b"")
    return match_images(folder, suffix, len(files) if length is None else length, Path("seqinfo.ini"))


def test_plain_numbers_need_no_list(tmp_path: Path) -> None:
    assert names(tmp_path, ["00000001.jpg", "00000002.jpg"]) == (8, ())
    assert match_images(tmp_path / "absent", ".jpg", 7, tmp_path) == (6, ())


@pytest.mark.parametrize(
    ("files", "suffix"),
    [
        (["1.jpg", "2.jpg", "10.jpg", *(f"{number}.jpg" for number in range(3, 10))], ".jpg"),
        ([f"frame_{number:06d}.PNG" for number in range(12)], ".png"),
        ([f"img{number}.jpg" for number in range(1, 13)], ".jpg"),
        ([f"{number:06d}.jpg" for number in range(3)], ".jpg"),  # from 0
        ([f"frame_{number:04d}.jpg" for number in range(0, 60, 5)], ".jpg"),  # every fifth
        (["a.jpg", "b.jpg", "take2.jpg"], ".jpg"),  # no numbers of frames
    ],
)
def test_other_names_are_in_natural_order(tmp_path: Path, files: list[str], suffix: str) -> None:
    found = names(tmp_path, files, suffix)[1]
    assert sorted(found) == sorted(files)
    numbers = [int("".join(filter(str.isdecimal, file)) or 0) for file in found]
    assert numbers == sorted(numbers)


def test_hidden_files_and_strangers_are_passed_by(tmp_path: Path) -> None:
    (tmp_path / ".1.jpg").write_bytes(b"")
    (tmp_path / "cover.jpg").write_bytes(b"")
    assert names(tmp_path, ["1.jpg", "2.jpg"])[1] == ("1.jpg", "2.jpg")


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        (["1.jpg", "2.jpg", "4.jpg"], "3.jpg"),
        (["000002.jpg", "000003.jpg"], "000001.jpg"),
        (["frame_000000.jpg", "frame_000002.jpg", "frame_000003.jpg"], "frame_000001.jpg"),
    ],
)
def test_a_number_that_is_left_out_is_named(tmp_path: Path, files: list[str], missing: str) -> None:
    with pytest.raises(InputError, match=rf"/{missing}: no such image, frames 1 to {len(files)}"):
        names(tmp_path, files)


def test_another_number_of_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"seqinfo\.ini: seqLength is 3, but .* has 2 images \*\.jpg"):
        names(tmp_path, ["1.jpg", "2.jpg"], length=3)
