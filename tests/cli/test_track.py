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


def test_without_init_and_display_one_line_names_it(capsys, monkeypatch, picture_folder):
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    code, out, err = call(capsys, "track", picture_folder, "--tracker", "static")
    assert (code, out, err.count("\n")) == (2, "", 1) and "there is no display" in err and "--init x,y,w,h" in err


def test_without_init_the_box_is_dragged(capsys, tmp_path, monkeypatch, picture_folder):
    from siou_tracking.trackers import pick_box

    monkeypatch.setattr(pick_box, "check_display", lambda: None)
    monkeypatch.setattr(pick_box, "pick_box", lambda picture: [3.0, 4.0, 20.0, 10.0])
    code, _, err = call(capsys, "track", picture_folder, "--tracker static --boxes", tmp_path / "b.txt")
    assert code == 0 and "--init 3,4,20,10" in err
    assert (tmp_path / "b.txt").read_text() == "3.000,4.000,20.000,10.000\n" * 3


def test_a_pattern_is_tracked_and_one_that_the_shell_has_read_is_told(capsys, tmp_path, picture_folder):
    words = ["--init 1,2,30,30 --tracker static --boxes", tmp_path / "b.csv"]
    code, _, err = call(capsys, "track", f"{picture_folder}/*1.jpg", *words)
    assert code == 0 and "tracked 1 frames" in err
    assert (tmp_path / "b.csv").read_text().splitlines()[1].startswith("1,0001.jpg,")
    code, _, err = call(capsys, "track", *sorted(picture_folder.iterdir()), *words)
    assert code == 2 and err.count("\n") == 1 and f"'{picture_folder}/*.jpg'" in err
    code, _, err = call(capsys, "track", f"{picture_folder}/*.png", *words)
    assert code == 2 and err.count("\n") == 1 and "has 3 .jpg" in err
    for target in ("0001.jpg", "../x/0001.jpg"):
        code, _, err = call(capsys, "track", f"{picture_folder}/*.jpg --init 1,2,9,9 --save", picture_folder / target)
        assert code == 2 and err.count("\n") == 1


def test_an_absent_camera_is_one_line(capsys, tmp_path):
    code, out, err = call(capsys, "track 93 --init 1,2,3,4 --tracker static --boxes", tmp_path / "b.txt")
    assert (code, out, err.count("\n")) == (2, "", 1) and "camera 93: cannot be opened" in err
    assert list(tmp_path.iterdir()) == []


OWN_PAIR = """
class Still:
    def initialize(self, image, info): self.box = info["init_bbox"]
    def track(self, image): return {"target_bbox": self.box, "score": 0.5}
class Moves(Still):
    def track(self, image):
        self.box = [self.box[0] + 1, *self.box[1:]]
        return {"target_bbox": self.box}
"""


def test_two_trackers_side_by_side(capsys, tmp_path, monkeypatch, picture_folder):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (tmp_path / "own_pair.py").write_text(OWN_PAIR)
    line = f"track {picture_folder} --init 1,2,30,30 --side-by-side own_pair:Still own_pair:Moves"
    code, _, err = call(capsys, line, "--save o.webm --boxes b.txt")
    assert code == 0, err
    assert (tmp_path / "b_own_pair_Still.txt").read_text() == "1.000,2.000,30.000,30.000\n" * 3
    assert np.loadtxt("b_own_pair_Moves.txt", delimiter=",")[:, 0].tolist() == [1, 2, 3]
    assert (tmp_path / "o.webm").exists() and "own_pair:Still: tracked 3 frames" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("static static --save o.mp4", "'static' and 'static', which are the same"),
        ("net.pth ./net.pth --save o.mp4", "which are the same"),
        ("static atom:lite", "nothing to write, allowed are --save, --boxes, --strip"),
        ("static nobody --save o.mp4", "unknown tracker 'nobody'"),
        ("static gone.pth.tar --save o.mp4", "gone.pth.tar: not found"),
        ("static --save o.mp4", "--side-by-side: expected 2 arguments"),
        ("static net.pth --weights net.pth --save o.mp4", "is weights, and --weights net.pth is given"),
        ("static net.pth --tracker atom --save o.mp4", "beside --tracker atom no tracker is allowed"),
        ("static atom --onnx net.onnx --save o.mp4", "allowed is it as A or B"),
        ("static atom:lite --save o.gif", "atom"),
    ],
)
def test_a_pair_that_cannot_be_compared_is_one_line(capsys, tmp_path, monkeypatch, picture_folder, words, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.pth").write_bytes(b"mine")
    code, out, err = call(capsys, f"track {picture_folder} --init 1,2,30,30 --side-by-side", words)
    assert (code, out, err.count("\n")) == (2, "", 1) and told in err, err
    assert [path.name for path in tmp_path.iterdir()] == ["net.pth"]


def test_weights_of_one_name_are_told_apart_by_their_folders(tmp_path):
    from siou_tracking.cli.side_by_side import _names

    files = [tmp_path / folder / "net.pth.tar" for folder in ("one", "two")]
    assert _names(["a", "b"], files) == ["one/net", "two/net"]
    assert _names(["a", "static"], [files[0], None]) == ["net", "static"]


def test_a_source_that_is_not_there_is_told_before_what_else_is_missing(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (["nothere.mp4"], ["nothere.mp4", "--init", "1,1,9,9"], ["frames/*.png", "--tracker", "nothing"]):
        code, _, told = call(capsys, "track", *words)
        assert code == 2 and told.count("\n") == 1 and words[0] in told


def test_a_newcomer_without_weights_is_told_what_needs_none(capsys, picture_folder):
    code, _, told = call(capsys, "track", picture_folder, "--init", "1,1,9,9")
    assert code == 2 and told.endswith("train or quickstart; tracker opencv-mil needs none\n")
