"""track from the command line: what is written, and whose mistake is told."""

from __future__ import annotations

import signal
import subprocess
import sys

import numpy as np
import pytest

from tests.cli.calling import call


def test_track_writes_one_box_a_frame(capsys, tmp_path, picture_folder):
    boxes = tmp_path / "boxes.txt"
    code, _, err = call(
        capsys, "track", picture_folder, "--init", "10,12,20,24", "--tracker", "static", "--boxes", boxes
    )
    assert code == 0, err
    np.testing.assert_allclose(np.loadtxt(boxes, delimiter=","), [[10, 12, 20, 24]] * 3)


def test_a_truncated_picture_is_named_and_the_others_are_tracked(capsys, tmp_path, picture_folder):
    folder = tmp_path / "frames"
    folder.mkdir()
    for path in picture_folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    whole = (folder / "0001.jpg").read_bytes()
    (folder / "0001.jpg").write_bytes(whole[: len(whole) // 2])
    boxes = tmp_path / "boxes.txt"
    code, _, err = call(capsys, "track", folder, "--init", "1,2,30,30", "--tracker", "static", "--boxes", boxes)
    assert code == 0 and "note:" in err and "0001.jpg" in err
    assert boxes.read_text() == "1.000,2.000,30.000,30.000\nnan,nan,nan,nan\n1.000,2.000,30.000,30.000\n"


@pytest.mark.parametrize(
    ("words", "box"),
    [
        ("--init -5,1,9,9", [-5, 1, 9, 9]),
        ("--init 20 15 17 30", [20, 15, 17, 30]),
        ("--init -5 1 9 9", [-5, 1, 9, 9]),
        ("--init=-5,1,9,9", [-5, 1, 9, 9]),
        ("--init 20, 15, 17, 30", [20, 15, 17, 30]),
        ("--init [20,15,17,30]", [20, 15, 17, 30]),
        ("--init 2e1,15.5,17,30", [20, 15.5, 17, 30]),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_every_way_to_write_a_box(capsys, tmp_path, picture_folder, words, box, first):
    source, others = [picture_folder], ["--tracker", "static", "--boxes", tmp_path / "b.txt"]
    line = ["track", *source, words, *others] if first else ["track", *others, words, *source]
    code, _, err = call(capsys, *line)
    assert code == 0, err
    np.testing.assert_allclose(np.loadtxt(tmp_path / "b.txt", delimiter=",")[0], box)


@pytest.mark.parametrize("words", ["--init 1 2 3", "--init 1,2,3,4,5", "--init 1,2,x,4", "--init"])
def test_what_is_no_box_is_one_line(capsys, picture_folder, words):
    code, _, err = call(capsys, "track", picture_folder, "--tracker", "static", words)
    assert code == 2 and err.count("\n") == 1 and "--init" in err


def test_sigterm_leaves_what_was_tracked(tmp_path, picture_folder):
    (tmp_path / "slow.py").write_text(
        "import os, signal\n"
        "class Slow:\n"
        "    def initialize(self, image, info): self.box = info['init_bbox']\n"
        "    def track(self, image):\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "        return {'target_bbox': self.box}\n"
    )
    words = ["track", picture_folder, "--init", "1,2,30,30", "--tracker", "slow:Slow", "--boxes", "b.txt"]
    done = subprocess.run([sys.executable, "-m", "siou_tracking", *words], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == -signal.SIGTERM
    assert "stopped after frame 2 of 3" in done.stderr and "b.txt" in done.stderr
    assert (tmp_path / "b.txt").read_text() == "1.000,2.000,30.000,30.000\n" * 2


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
    code, _, err = call(capsys, "track", picture_folder, "--init", "1,2,30,30", "--tracker", name, "--boxes", "b.txt")
    assert code == 2 and err.count("\n") == 1 and words in err, err
    assert not (tmp_path / "b.txt").exists()


def test_an_unreadable_video_is_one_line_without_the_decoders_own(tmp_path):
    (tmp_path / "cut.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    words = ["track", "cut.mp4", "--init", "1,2,3,4", "--tracker", "static"]
    done = subprocess.run([sys.executable, "-m", "siou_tracking", *words], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "cut.mp4" in done.stderr


def test_a_readme_is_no_video(capsys, tmp_path):
    (tmp_path / "README.txt").write_text("What this is.\n" * 200)
    code, _, err = call(capsys, "track", tmp_path / "README.txt", "--init", "1,2,3,4", "--tracker", "static")
    assert code == 2 and err.count("\n") == 1 and "got a text file" in err
