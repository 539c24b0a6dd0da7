"""The command line: a mistake is one line and exit code 2, help shows an example, nothing is half-written."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import cv2
import numpy as np
import pytest

from siou_tracking import __version__
from siou_tracking.cli.main import VERBS, build_parser, main


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture(scope="module")
def picture_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frames")
    rng = np.random.default_rng(0)
    for number in range(3):
        cv2.imwrite(str(folder / f"{number:04d}.jpg"), rng.integers(0, 255, (60, 80, 3), dtype=np.uint8))
    return folder


# Each row: what a newcomer types wrong, and the words that tell them.
MISTAKES = [
    (["trak"], ["unknown command 'trak'", "did you mean 'track'?"]),
    (["data", "exmaple"], ["unknown command 'exmaple'", "did you mean 'example'?"]),
    (["train"], ["train:", "MODULE | FILE.py"]),
    (["train", "bbreg", "atom_light"], ["atom_light", "atom_lite"]),
    (["train", "bbreg", "atom_lite", "--box-loss", "smoth_iou"], ["'smoth_iou'", "did you mean 'smooth_iou'?"]),
    (["train", "bbreg", "atom_lite", "--data", "got10k=nowhere"], ["got10k", "nowhere"]),
    (["train", "bbreg", "atom_lite", "--data", "got1ok=x"], ["'got1ok'", "did you mean 'got10k'?"]),
    (["train", "bbreg", "atom_lite", "--data", "got10k"], ["NAME=DIR"]),
    (["train", "bbreg", "atom_lite"], ["got10k", "--data got10k=DIR"]),
    (["train", "bbreg", "atom_lite", "--epochs", "0"], ["--epochs", "'0'"]),
    (["train", "bbreg", "atom_lite", "--box-loss", "smooth_iou", "--sharpness", "-1"], ["sharpness", "-1"]),
    (["train", "no_such_file.py"], ["no_such_file.py"]),
    (["track", "nowhere.mp4", "--init", "1,2,3,4", "--tracker", "static"], ["nowhere.mp4"]),
    (["track", "x", "--init", "1,2,3"], ["--init", "'1,2,3'", "x,y,w,h"]),
    (["track", "x", "--init", "1,2,nan,4", "--tracker", "static"], ["x"]),
    (["track", "x", "--init", "1,2,3,4", "--tracker", "atmo"], ["'atmo'", "did you mean 'atom'?"]),
    (["track", "x", "--init", "1,2,3,4", "--tracker", "atom:lite", "--weights", "no.pth"], ["no.pth"]),
    (["quickstart", "--data", "lasot=x"], ["lasot", "otb2015"]),
    (["quickstart", "--data", "otb2015=nowhere"], ["nowhere"]),
]


@pytest.mark.parametrize(("arguments", "words"), MISTAKES, ids=[" ".join(row[0]) for row in MISTAKES])
def test_a_mistake_is_one_line_and_exit_code_2(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, *arguments)
    assert code == 2, err
    assert err.count("\n") == 1, err
    for word in words:
        assert word in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_every_verb_shows_an_example_that_parses(verb, capsys):
    with pytest.raises(SystemExit) as stop:
        build_parser().parse_args([*verb.split(), "--help"])
    out, _ = capsys.readouterr()
    example = VERBS[verb].example
    assert stop.value.code == 0
    assert " ".join(example.split()) in " ".join(out.split())
    build_parser().parse_args(example.split()[1:])


def test_the_module_runs_as_a_program():
    done = subprocess.run([sys.executable, "-m", "siou_tracking", "--version"], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.strip() == f"siou-tracking {__version__}"


def test_losses_lists_every_registered_name(capsys):
    from siou_tracking import available_box_losses

    code, out, _ = run(capsys, "losses")
    assert code == 0
    assert all(name in out for name in available_box_losses())


def test_track_writes_one_box_a_frame(capsys, tmp_path, picture_folder):
    boxes = tmp_path / "boxes.txt"
    code, _, err = run(
        capsys, "track", picture_folder, "--init", "10,12,20,24", "--tracker", "static", "--boxes", boxes
    )
    assert code == 0, err
    np.testing.assert_allclose(np.loadtxt(boxes, delimiter=","), [[10, 12, 20, 24]] * 3)


def test_a_truncated_picture_is_named_and_an_earlier_result_is_kept(capsys, tmp_path, picture_folder):
    folder = tmp_path / "frames"
    folder.mkdir()
    for path in picture_folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    whole = (folder / "0001.jpg").read_bytes()
    (folder / "0001.jpg").write_bytes(whole[: len(whole) // 2])
    boxes = tmp_path / "boxes.txt"
    boxes.write_text("earlier\n")
    code, _, err = run(capsys, "track", folder, "--init", "1,2,30,30", "--tracker", "static", "--boxes", boxes)
    assert code == 2
    assert "0001.jpg" in err and err.count("\n") == 1
    assert boxes.read_text() == "earlier\n"


UNWRITABLE = [
    "train mine.py --workspace file/ws",
    "track frames --init 1,2,30,30 --tracker static --boxes file/b.txt",
    "track frames --init 1,2,30,30 --tracker static --save file/o.mp4",
    "losses --save file/map.png",
    "data example --out file/ex",
    "quickstart --out file/q",
]


@pytest.mark.parametrize("text", UNWRITABLE)
def test_an_output_that_cannot_be_written_is_one_line(text, capsys, tmp_path, monkeypatch, picture_folder):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "frames").symlink_to(picture_folder)
    (tmp_path / "mine.py").write_text("def run(settings):\n    open(f'{settings.env.workspace_dir}/a', 'w')\n")
    code, _, err = run(capsys, *text.split())
    assert code == 2 and err.count("\n") == 1, err
    assert "file" in err and ("Not a directory" in err or "File exists" in err), err
    assert {path.name for path in tmp_path.iterdir()} == {"file", "frames", "mine.py"}


OWN = """
class Raises:
    def initialize(self, image, info): pass
    def track(self, image): raise RuntimeError("bad\\nnews")
class Unmade(Raises):
    def __init__(self): raise KeyError("model")
"""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("own_raising:Raises", "tracker: Raises: RuntimeError: bad news"),
        ("own_raising:Unmade", "own_raising:Unmade: the constructor raises KeyError: 'model'"),
        ("own_unreadable:Any", "own_unreadable:Any: the module raises SyntaxError"),
    ],
)
def test_what_someone_elses_tracker_raises_is_not_a_fault_of_ours(
    name, words, capsys, tmp_path, monkeypatch, picture_folder
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (tmp_path / "own_raising.py").write_text(OWN)
    (tmp_path / "own_unreadable.py").write_text("class Any\n")
    code, _, err = run(capsys, "track", picture_folder, "--init", "1,2,30,30", "--tracker", name, "--boxes", "b.txt")
    assert code == 2 and err.count("\n") == 1 and words in err, err
    assert not (tmp_path / "b.txt").exists()


def test_an_unreadable_video_is_one_line_without_the_decoders_own(tmp_path):
    (tmp_path / "cut.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    words = ["track", "cut.mp4", "--init", "1,2,3,4", "--tracker", "static"]
    done = subprocess.run([sys.executable, "-m", "siou_tracking", *words], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "cut.mp4" in done.stderr


def test_a_fault_of_ours_exits_with_1_and_no_traceback(capsys, monkeypatch):
    def broken(options):
        raise RuntimeError("went\nwrong")

    monkeypatch.setitem(VERBS, "losses", dataclasses.replace(VERBS["losses"], run=broken))
    code, _, err = run(capsys, "losses")
    assert code == 1
    assert "RuntimeError: went wrong" in err and "Traceback" not in err


def test_debug_shows_the_traceback(monkeypatch):
    from siou_tracking.errors import InputError

    with pytest.raises(InputError):
        main(["--debug", "track", "nowhere", "--init", "1,2,3,4", "--tracker", "static"])
