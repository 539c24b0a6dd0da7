"""track from the command line: what is written, and whose mistake is told."""

from __future__ import annotations

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


def test_a_truncated_picture_is_named_and_an_earlier_result_is_kept(capsys, tmp_path, picture_folder):
    folder = tmp_path / "frames"
    folder.mkdir()
    for path in picture_folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    whole = (folder / "0001.jpg").read_bytes()
    (folder / "0001.jpg").write_bytes(whole[: len(whole) // 2])
    boxes = tmp_path / "boxes.txt"
    boxes.write_text("earlier\n")
    code, _, err = call(capsys, "track", folder, "--init", "1,2,30,30", "--tracker", "static", "--boxes", boxes)
    assert code == 2
    assert "0001.jpg" in err and err.count("\n") == 1
    assert boxes.read_text() == "earlier\n"


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
