"""VOT annotations as the field passes them round: pysot's JSON, which states no image sizes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from siou_tracking.benchmarks import load_sequences
from siou_tracking.errors import InputError
from tests.reference_data import reference_file


def stored(folder: Path, **entries: dict) -> Path:
    file = folder / "VOT2018.json"
    file.write_text(json.dumps(entries))
    return file


def entry(x: float = 1, **more: object) -> dict:
    return {"video_dir": "ants1", "gt_rect": [[x, 1, x + 8, 1, x + 8, 9, x, 9]] * 2, **more}


def test_sizes_that_the_file_does_not_state_are_built_in(tmp_path: Path) -> None:
    (sequence,) = load_sequences("vot2018", stored(tmp_path, ants1=entry()))
    assert (sequence.name, sequence.width, sequence.height, len(sequence)) == ("ants1", 1024, 1024, 2)


def test_a_folder_of_annotations_alone_needs_no_sizes_either(build) -> None:
    build.write("data/ants1/groundtruth.txt", "1,1,9,9\n" * 2)
    (sequence,) = load_sequences("vot2018", build.root / "data")
    assert (sequence.width, sequence.height) == (1024, 1024)
    build.write("data/mine/groundtruth.txt", "1,1,9,9\n" * 2)
    with pytest.raises(InputError, match="mine: 'width' and 'height' are missing, and none are built in for it"):
        load_sequences("vot2018", build.root / "data")


def test_a_stated_size_holds(tmp_path: Path) -> None:
    (sequence,) = load_sequences("vot2018", stored(tmp_path, ants1=entry(width=64, height=48)))
    assert (sequence.width, sequence.height) == (64, 48)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"mine": entry()}, "mine: 'width' and 'height' are missing, and none are built in for it"),
        ({"ants1": entry(1030)}, "ants1: 'width' and 'height' are missing, and a target lies outside the 1024x1024"),
        ({"ants1": entry(width=64)}, "ants1: 'height' is None, pixels are expected"),
        ({"ants1": entry(width=64, height="48")}, "ants1: 'height' is '48', pixels are expected"),
        ({"ants1": entry(width=0, height=48)}, "ants1: 'width' is 0, pixels are expected"),
    ],
)
def test_a_size_that_is_not_known_is_never_guessed(entries: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        load_sequences("vot2018", stored(tmp_path, **entries))


def test_the_real_annotations_are_read_alike_without_their_sizes(tmp_path: Path) -> None:
    path = reference_file("data/vot2018/vot2018_annotations.json")
    content = json.loads(path.read_bytes())
    without = {name: {k: v for k, v in one.items() if k not in ("width", "height")} for name, one in content.items()}
    found, expected = load_sequences("vot2018", stored(tmp_path, **without)), load_sequences("vot2018", path)
    assert [(one.name, one.width, one.height) for one in found] == [
        (one.name, one.width, one.height) for one in expected
    ]
