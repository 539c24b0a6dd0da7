"""No verb writes over what it reads: refused before the work, and every input stays as it was."""

from __future__ import annotations

import pytest

from tests.cli.calling import call


@pytest.mark.parametrize(
    "line",
    [
        "score --benchmark otb2015 --data otb --results found/exact --json found/exact/One.txt",
        "score --benchmark otb2015 --data otb --results found/exact --csv otb/One/groundtruth_rect.txt",
        "score --benchmark otb2015 --data otb --results found/exact --latex otb/../otb/One/img/0001.png",
        "score --benchmark otb2015 --data otb --results found/exact --json a.json --csv a.json",
        "run static --benchmark otb2015 --data otb --results otb",
        "run static --benchmark otb2015 --data otb --results otb/new",
        "report one.json --out one.json",
        "pack --benchmark got10k --results found.zip --out found.zip",
        "pack --benchmark vot2018 --results found/exact --data otb --out otb/mine.zip",
        "mot pack --results found.zip --out found.zip",
        "mot score --data otb --results found/exact --json found/exact/One.txt",
        "mot track --data otb --out otb/tracked",
        "mot track --data otb --out tracked --video otb",
        "mot track --data otb --out found/exact --detections found/exact",
        "mot track --data clip.mp4 --out tracked --video .",
        "mot train --data otb --workspace otb/ws",
        "train bbreg atom_lite --data got10k=otb --workspace otb",
        "train bbreg atom_lite --data all=. --workspace got10k/ws",
        "track otb/One/img --init 1,2,3,4 --tracker static --boxes otb/One/img/0002.png",
        "track otb/One/img --init 1,2,3,4 --tracker static --boxes otb/One/groundtruth_rect.txt",
        "track clip.mp4 --init 1,2,3,4 --tracker static --save clip.mp4",
    ],
)
def test_an_input_stays(capsys, here, line):
    for name in ("one.json", "found.zip", "clip.mp4", "otb/mine.zip"):
        (here / name).write_bytes(b"\0mine")
    (here / "got10k").mkdir()
    before = {path: path.is_file() and path.read_bytes() for path in here.rglob("*")}
    code, _, err = call(capsys, line)
    assert code == 2 and err.count("\n") == 1, err
    assert any(words in err for words in ("would be lost", "that is read", "got the name of")), err
    assert {path: path.is_file() and path.read_bytes() for path in here.rglob("*")} == before


def test_an_earlier_score_beside_results_is_replaced(capsys, here):
    line = (
        "score --benchmark otb2015 --data otb --results found/exact --json found/exact/s.json --csv found/exact/s.csv"
    )
    assert [call(capsys, line)[0] for _ in range(2)] == [0, 0]
