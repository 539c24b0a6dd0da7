"""Files that are frames by their names."""

from __future__ import annotations

from pathlib import Path

from siou_tracking.benchmarks.sequence import image_count
from siou_tracking.media.file_names import image_files, natural_key


def test_numbers_in_names_are_ordered_as_numbers() -> None:
    assert natural_key("img9b") < natural_key("img10a")


def test_hidden_files_and_other_files_are_no_frames(tmp_path: Path) -> None:
    for name in ("10.jpg", "2.JPG", "._2.JPG", ".3.png", "boxes.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in image_files(tmp_path)] == ["2.JPG", "10.jpg"]
    assert image_count(tmp_path) == 2
    assert image_files(tmp_path / "absent") == []
