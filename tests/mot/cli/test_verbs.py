"""The mot verbs from the command line: they follow each other, and a mistake is one line and exit code 2."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.mot.scenes import write_motchallenge
from tests.cli.calling import call


@pytest.fixture(scope="module")
def crowds(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("crowds")
    return write_motchallenge(root, "train", sequences=2, frames=6, seed=2, workers=1, progress=False)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crowds: Path) -> Path:
    """The current folder: two sequences in `data`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(crowds)
    return tmp_path


def test_train_track_and_pack_follow_each_other(here, capsys):
    code, out, err = call(
        capsys, "mot train --data data --dim det --margin-det 0.5 --epochs 1 --samples-per-epoch 8 --workspace ws"
    )
    assert code == 0, err
    assert "margin_det 0.5000" in out + err
    trained = out
    (weights,) = here.glob("ws/checkpoints/ltr/mot/mot_lite_dim_det/*.pth.tar")
    code, out, err = call(
        capsys, f"mot track --weights {weights} --data data --out found/net --sequences crowd-train-002"
    )
    assert code == 0, err
    assert "sequences tracked: 1" in out
    assert [path.name for path in (here / "found/net").glob("*.txt")] == ["crowd-train-002.txt"]
    (alone,) = weights.parent.glob("*.safetensors")
    assert f"trained to epoch 1: checkpoint {weights}, weights {alone}" in trained
    call(capsys, f"mot track --weights {alone} --data data --out found/alone --sequences crowd-train-002")
    found = [(here / f"found/{name}/crowd-train-002.txt").read_text() for name in ("net", "alone")]
    assert found[0] == found[1]
    code, out, err = call(capsys, "mot track --detections gt --data data --out found/gt")
    assert code == 0, err
    code, out, err = call(capsys, "mot pack --results found/gt --data data --out gt.zip --benchmark MOT17")
    assert (code, err) == (0, "")
    assert "packed 2 sequences: gt.zip" in out
    assert zipfile.ZipFile("gt.zip").namelist() == ["crowd-train-001.txt", "crowd-train-002.txt"]


def test_score_prints_and_writes_the_same_numbers(here, capsys):
    pytest.importorskip("trackeval", reason="extra 'mot' is not installed")
    for detections in ("gt", "det"):
        assert call(capsys, f"mot track --detections {detections} --data data --out found/{detections}")[0] == 0
    code, out, err = call(capsys, "mot score --data data --results found/gt found/det --json s.json --csv s.csv")
    assert code == 0, err
    result = json.loads((here / "s.json").read_text())
    assert list(result["trackers"]) == ["gt", "det"]
    hota = result["trackers"]["gt"]["combined"]["hota"]
    assert f"{100 * hota:.2f}" in out and "2 sequences, 12 frames" in out
    rows = list(csv.DictReader((here / "s.csv").open()))
    assert [row["tracker"] for row in rows] == ["gt", "det"]
    assert float(rows[0]["hota"]) == hota and float(rows[1]["idf1"]) < float(rows[0]["idf1"])


def test_a_tracker_given_again_is_told_once_and_one_that_lacks_a_sequence_is_named(here, capsys):
    pytest.importorskip("trackeval", reason="extra 'mot' is not installed")
    assert call(capsys, "mot track --detections gt --data data --out found/gt")[0] == 0
    code, out, err = call(capsys, "mot score --data data --results found/gt found/../found/gt found/gt")
    assert code == 0 and out.count("\ngt ") == 1
    assert [line for line in err.splitlines() if line.startswith("note")] == [
        "note: given more than once, scored once: found/../found/gt, found/gt"
    ]
    (here / "part").mkdir()
    (here / "part/crowd-train-001.txt").write_bytes((here / "found/gt/crowd-train-001.txt").read_bytes())
    code, out, err = call(capsys, "mot score --data data --results found/gt part --json s.json")
    assert code == 1 and "\ngt " in out
    assert "NOT SCORED part: part: 1 of 2 sequences have no result: crowd-train-002.txt" in err
    code, out, err = call(capsys, "mot score --data data --results found/gt part --sequences *-001 --json s.json")
    assert code == 0 and "\npart " in out
    assert call(capsys, "report s.json --out page.html")[0] == 0


# Each row: what is typed wrong, and the words that tell.
MISTAKES = [
    ("mot trian", ["unknown command 'trian'", "did you mean 'train'?"]),
    ("mot train", ["--data"]),
    ("mot train --data nowhere", ["nowhere"]),
    ("mot train mot_light --data data", ["mot_light", "mot_lite"]),
    ("mot train --data data --dim all", ["--dim", "'all'"]),
    ("mot train --data data --dim bot", ["--dim", "did you mean 'both'?"]),
    ("mot train --data data --dim off --margin-id 0.5", ["--margin-id", "--dim off"]),
    ("mot train --data data --dim both --margin-id 0.5", ["--margin-id without --margin-det"]),
    ("mot train --data data --dim both --margin-id 0.9 --margin-det 0.5", ["0.9", "0.5"]),
    ("mot train --data data --dim both --dim-weight -1", ["--dim-weight", "'-1'"]),
    ("mot train --data data --dim both --dim-weight nan", ["--dim-weight", "'nan'"]),
    ("mot train --data data --box-loss smoth_iou", ["'smoth_iou'", "did you mean 'smooth_iou'?"]),
    ("mot track --data data --out o", ["weights", "detections"]),
    ("mot track --data data --out o --weights none.pth", ["none.pth"]),
    ("mot track --data data --out o --detections none", ["'none'", "'det'"]),
    ("mot track --data data --out o --detections det --association embedding", ["embedding", "iou"]),
    ("mot track --data nowhere --out o --detections det", ["nowhere"]),
    ("mot track --data data --out o --detections det --association io", ["--association", "did you mean 'iou'?"]),
    ("mot track --data data --out o --detections det --min-score high", ["--min-score", "'high'"]),
    ("mot track --data data --out o --detections det --sequences crowd-train-1", ["did you mean 'crowd-train-001'?"]),
    ("mot score --data data --results nowhere", ["nowhere"]),
    ("mot score --data data --results data --benchmark mot71", ["--benchmark", "did you mean 'mot17'?"]),
    ("mot score --data data --results data --frames 5", ["frames", "'5'", "val_half"]),
    ("mot pack --results data --out x.zip --benchmark mot2o", ["--benchmark", "did you mean 'mot20'?"]),
    ("mot score --data data --results data --json data", ["--json", "folder"]),
    ("mot pack --results nowhere --out x.zip", ["nowhere"]),
    ("mot quickstart --seed one", ["--seed", "'one'"]),
    ("mot quickstart --out mine", ["mine", "got a file"]),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_one_line_and_exit_code_2(here, capsys, text, words):
    (here / "mine").write_text("kept")
    code, _, err = call(capsys, text)
    assert code == 2, err
    assert err.count("\n") == 1, err
    for word in words:
        assert word in err
    assert {path.name for path in here.iterdir()} <= {"data", "mine"}
    assert (here / "mine").read_text() == "kept"


def test_a_malformed_line_is_named_and_an_earlier_score_is_kept(here, capsys):
    pytest.importorskip("trackeval", reason="extra 'mot' is not installed")
    (here / "found").mkdir()
    for name in ("crowd-train-001", "crowd-train-002"):
        np.savetxt(here / f"found/{name}.txt", [[1, 1, 5, 5, 10, 20, 1, -1, -1, -1]], fmt="%g", delimiter=",")
    with (here / "found/crowd-train-002.txt").open("a") as file:
        file.write("2,1,five,5,10,20,1,-1,-1,-1\n")
    (here / "s.json").write_text("earlier")
    code, _, err = call(capsys, "mot score --data data --results found --json s.json")
    assert code == 2 and err.count("\n") == 1
    assert "crowd-train-002.txt" in err and "2" in err
    assert (here / "s.json").read_text() == "earlier"
