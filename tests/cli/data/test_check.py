"""data check: every sequence is looked at, what is wrong is named with frame and file, the exit code tells the kind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from siou_tracking.cli.data.example import write_example
from tests.cli.calling import call, check_refused


def picture(path: Path, width: int = 60, height: int = 50) -> None:
    cv2.imwrite(str(path), np.full((height, width, 3), 80, np.uint8))


def rows(box: str, count: int = 4) -> str:
    return f"{box}\n" * count


def test_good_data_has_no_note(here, capsys):
    assert call(capsys, "data check otb") == (
        0,
        "otb: own data in OTB2015's layout: 2 sequences, 8 frames: 0 with faults, 0 with notes\n",
        "",
    )
    assert call(capsys, "data check otb --benchmark otb2015")[0] == 0


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "an image fewer": (lambda one: (one / "img/0002.png").unlink(), "3 images, 4 boxes of One: expected equally many"),
    "a box fewer": (
        lambda one: (one / "groundtruth_rect.txt").write_text(rows("11,11,20,20", 3)), "4 images, 3 boxes of One"
    ),
    "first image damaged": (lambda one: (one / "img/0001.png").write_bytes(b"x"), "frame 1: image: "),
    "last image damaged": (lambda one: (one / "img/0004.png").write_bytes(b"x"), "frame 4: image: "),
    "no images": (lambda one: shutil.rmtree(one / "img"), "no images at otb/One"),
    "NaN": (
        lambda one: (one / "groundtruth_rect.txt").write_text("11,11,20,20\nnan,11,20,20\n"), "One/groundtruth_rect.txt"
    ),
    "a word": (lambda one: (one / "groundtruth_rect.txt").write_text("11,11,x,20\n"), "_rect.txt:1: got 'x'"),
    "no first box": (
        lambda one: (one / "groundtruth_rect.txt").write_text("0,0,0,0\n" + rows("11,11,20,20", 3)),
        "the first box has no size",
    ),
    "counted from 0": (
        lambda one: (one / "groundtruth_rect.txt").write_text(rows("0,11,20,20")),
        "no frame counts as annotated: every result scores 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_sequence_that_cannot_be_used_is_named_and_the_others_are_looked_at(fault: str, here, capsys):
    spoil, words = FAULTS[fault]
    spoil(here / "otb/One")
    (here / "otb/Two/groundtruth_rect.txt").write_text("11,11,20,20\n0,11,20,20\n" + rows("11,11,20,20", 2))
    code, out, err = call(capsys, "data check otb")
    assert code == 2
    assert err == "siou-tracking: error: data check: otb: 1 sequences with faults: One\n"
    (line,) = [line for line in out.splitlines() if line.startswith("FAULT ")]
    assert line.startswith("FAULT One: ") and words in line
    assert "note: Two: frames that count as not annotated: 1 whose x or y is not positive (Two 2); where pixels" in out
    assert "otb: own data in OTB2015's layout: 2 sequences" in out


NOTES: dict[str, tuple[Callable[[Path], object], str]] = {
    "two sizes": (
        lambda one: picture(one / "img/0003.png", 30, 20),
        "the size of the images changes: 60 x 50 (0001.png), 30 x 20 (0003.png)",
    ),
    "corners": (
        lambda one: (one / "groundtruth_rect.txt").write_text(rows("30,20,50,45")),
        "4 boxes reach beyond the image of 60 x 50: are they x1,y1,x2,y2?",
    ),
    "fractions": (
        lambda one: (one / "groundtruth_rect.txt").write_text(rows("0.1,0.2,0.3,0.4")),
        "all boxes lie between 0 and 1: fractions of the image size?",
    ),
    "outside": (
        lambda one: (one / "groundtruth_rect.txt").write_text(rows("11,11,20,20", 3) + "80,11,20,20\n"),
        "1 boxes lie outside of the image of 60 x 50 (frames 4)",
    ),
    "without a size": (
        lambda one: (one / "groundtruth_rect.txt").write_text(rows("11,11,20,20", 2) + rows("11,11,0,0", 2)),
        "frames that count as not annotated: 2 whose w or h is not positive (One 3-4)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("note", NOTES)
def test_what_is_unusual_is_a_note(note: str, here, capsys):
    change, words = NOTES[note]
    change(here / "otb/One")
    code, out, err = call(capsys, "data check otb")
    assert (code, err) == (0, "")
    assert sum(words in line for line in out.splitlines()) == 1


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("left", [0, 200])
def test_an_image_that_ends_too_early_is_found_wherever_it_lies(left: int, suffix: str, here, capsys):
    shutil.rmtree(here / "otb/One/img")
    (here / "otb/One/img").mkdir()
    (here / "otb/One/groundtruth_rect.txt").write_text(rows("11,11,20,20", 20))
    noise = np.random.default_rng(0).integers(0, 255, (50, 60, 3), np.uint8)
    for number in range(1, 21):
        cv2.imwrite(str(here / f"otb/One/img/{number:04d}.{suffix}"), noise)
    assert call(capsys, "data check otb")[0] == 0
    with (here / f"otb/One/img/0002.{suffix}").open("rb+") as file:
        file.truncate(left)
    code, out, _ = call(capsys, "data check otb")
    assert (code, out.count("FAULT One: frame 2: image: ")) == (2, 1)


def test_annotations_alone_are_a_note(here, capsys):
    for name in ("One", "Two"):
        shutil.rmtree(here / f"otb/{name}/img")
    code, out, _ = call(capsys, "data check otb")
    assert code == 0 and "note: no images, such as otb/One: to be scored, not to be run" in out


def test_what_several_sequences_have_is_said_once(here, capsys):
    for name in ("One", "Two"):
        (here / f"otb/{name}/groundtruth_rect.txt").write_text(rows("0.1,0.2,0.3,0.4"))
    assert "note: One, Two: all boxes lie between 0 and 1" in call(capsys, "data check otb")[1]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("siou_tracking.cli.data.example._COCO_PICTURES", 1)
        patch.setattr("siou_tracking.cli.data.example._TRACKINGNET_TRAIN", ("Nf1aqv5Fg5o_0",))
        root = tmp_path_factory.mktemp("data") / "example"
        write_example(root, frames=3, progress=False)
    return root


def test_every_layout_is_recognized(example: Path, capsys):
    for name, title in {
        "lasot": "LaSOT", "got10k": "GOT-10k", "trackingnet": "TrackingNet", "otb2015": "OTB2015", "vot2018": "VOT2018"
    }.items():  # fmt: skip
        code, out, err = call(capsys, f"data check {example / name}")
        assert code == 0, err
        assert title in out.splitlines()[-1] and ": 0 with faults" in out.splitlines()[-1]
    code, out, _ = call(capsys, f"data check {example}")
    assert code == 0 and out.count(": 0 with faults") == 5
    code, out, _ = call(capsys, f"data check {example / 'got10k'} --split test")
    assert "note: GOT-10k_Test_000001, GOT-10k_Test_000002: only the first frame is annotated" in out


def test_faults_of_the_other_layouts_are_named(example: Path, tmp_path: Path, capsys):
    root = tmp_path / "d"
    shutil.copytree(example, root)
    for label in ("full_occlusion", "out_of_view"):
        (root / f"lasot/car/car-2/{label}.txt").unlink()
    (root / "got10k/val/GOT-10k_Val_000001/cover.label").unlink()
    meta = root / "got10k/val/GOT-10k_Val_000002/meta_info.ini"
    meta.write_text("[METAINFO]\nresolution: (99, 98)\n")
    (root / "lasot/airplane/airplane-1/out_of_view.txt").write_text("0,0")
    (root / "vot2018/bag/sequence").write_text("width=nan\nheight=5\n")
    (root / "vot2018/ants1/sequence").write_text("width=9\nheight=5\n")
    code, out, err = call(capsys, f"data check {root}")
    assert code == 2 and "6 sequences with faults" in err
    for words in (
        "FAULT GOT-10k_Val_000001: got10k: ",
        "no cover.label",
        "FAULT GOT-10k_Val_000002: meta_info.ini: resolution: 99 x 98, but the images are ",
        "FAULT airplane-1: ",
        "2 labels, 3 expected",
        "FAULT car-2: ",
        "full_occlusion.txt: cannot be read: No such file",
        "FAULT bag: VOT2018: ",
        "width: got 'nan', a positive number is expected",
        "FAULT ants1: 'sequence' states 9 x 5, but the images are ",
    ):
        assert words in out


MISTAKES = [
    ("data check nowhere", ["nowhere", "no such folder"]),
    ("data check found", ["found", "no benchmark's layout", "--benchmark"]),
    ("data check found/exact/One.txt", ["found/exact/One.txt", "got a file, expected a folder"]),
    ("data check empty", ["empty", "got an empty folder"]),
    ("data check own", ["no benchmark's layout", "by siou-tracking data convert"]),
    ("data check otb/One", ["otb/One", "no benchmark's layout", "give the folder around it"]),
    ("data check otb --benchmark lasot", ["lasot", "otb"]),
    ("data check otb --benchmark otb", ["'otb'", "did you mean 'otb2015'"]),
    ("data check otb --split val", ["split", "otb2015 has none"]),
    ("data check", ["DIR"]),
    ("data chek otb", ["'chek'", "did you mean 'check'"]),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_one_line_and_exit_code_2(text, words, here, capsys):
    (here / "empty").mkdir()
    (here / "own").mkdir()
    (here / "own" / "clip.MP4").touch()
    check_refused(capsys, here, text, words)
