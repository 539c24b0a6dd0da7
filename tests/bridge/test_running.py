"""A checkout's trackers on benchmarks: the same bytes however the work is divided, and a record of what made them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from siou_tracking.benchmarks.running.run import run_benchmark
from siou_tracking.bridge.diagnosis import diagnose_checkout
from siou_tracking.bridge.standins.weights.pretrained import random_weights
from siou_tracking.cli.main import main
from siou_tracking.errors import InputError
from siou_tracking.trackers import build_tracker
from siou_tracking.trackers.adapters.got10k import Got10kTracker
from siou_tracking.trackers.adapters.vot import VOTTracker

NOISY = """
import random
import numpy, torch
from pytracking.tracker.base import BaseTracker

class Noisy(BaseTracker):
    def track(self, image, info=None):
        if image[0, 0, 0] == 200:
            raise RuntimeError("lost its mind")
        x, y, w, h = self.box
        draw = random.random() + numpy.random.rand() + float(torch.rand(()))
        return {"target_bbox": [x + draw, y, w, h]}

def get_tracker_class():
    return Noisy
"""


@pytest.fixture
def lab(fake_checkout, fake_networks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: `otb` with three sequences, `net.pth`, and a checkout with a tracker that draws numbers."""
    monkeypatch.chdir(tmp_path)
    for name in ("RANK", "WORLD_SIZE", "PYTRACKING_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("siou_tracking.bridge.standins.weights.pretrained.weights.find_weights", lambda name: None)
    monkeypatch.setattr("torch.utils.model_zoo.load_url", random_weights)
    root = fake_checkout.root / "pytracking"
    (root / "tracker/dimp/__init__.py").write_text(NOISY)
    shutil.copy(fake_networks / "dimp18.pth", tmp_path / "net.pth")
    for name, length in (("A", 4), ("B", 3), ("C", 5)):
        (tmp_path / f"otb/{name}/img").mkdir(parents=True)
        for frame in range(1, length + 1):
            cv2.imwrite(str(tmp_path / f"otb/{name}/img/{frame:04d}.png"), np.full((40, 60, 3), 90, np.uint8))
        (tmp_path / f"otb/{name}/groundtruth_rect.txt").write_text("6,11,10,10\n" * length)
    return tmp_path


def boxes(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.glob("?.txt")}


def run(checkout, out: str, **options):
    options = {"weights": "net.pth", "device": "cpu", **options}
    return run_benchmark("dimp:dimp18", "otb2015", "otb", out, pytracking=checkout.root, **options)


def test_boxes_do_not_depend_on_how_the_work_is_divided(lab, fake_checkout):
    whole = run(fake_checkout, "whole")
    assert sorted(whole.run) == ["A", "B", "C"]
    for shard in ((2, 2), (1, 2)):
        run(fake_checkout, "parts", shard=shard)
    run(fake_checkout, "workers", workers=2)
    (lab / "again/dimp_dimp18").parent.mkdir()
    again = run(fake_checkout, "again")
    (again.folder / "A.txt").unlink()
    assert run(fake_checkout, "again").run == ["A"]
    expected = boxes(whole.folder)
    assert len(set(expected.values())) == 3
    for out in ("parts", "workers", "again"):
        assert boxes(lab / out / "dimp_dimp18") == expected


def test_the_record_names_the_commit_and_the_network(lab, fake_checkout):
    folder = run(fake_checkout, "out").folder
    record = json.loads((folder / "run.json").read_text())
    assert (record["tracker"], record["param"], record["pytracking"]) == ("dimp", "dimp18", fake_checkout.commit)
    assert (record["weights"], len(record["weights_sha256"])) == ("net.pth", 64)
    (fake_checkout.root / ".git/refs/heads/master").write_text("f" * 40 + "\n")
    with pytest.raises(InputError, match="the checkout of commit 0123456789ab, this run has ffffffffffff"):
        run(fake_checkout, "out")


def test_results_of_an_edited_checkout_are_not_mixed_with_others(lab, fake_checkout, monkeypatch):
    assert not run(fake_checkout, "r", shard=(1, 3)).failed
    monkeypatch.setattr("siou_tracking.bridge.checkout.uncommitted_edits", lambda root: "1a2b3c4d")
    with pytest.raises(InputError, match=r"made with the checkout of commit (\w{12}), this run has \1\+1a2b"):
        run(fake_checkout, "r")
    assert any("with uncommitted edits)" in text for row in diagnose_checkout(fake_checkout.root) for text in row)


def test_the_network_that_the_parameter_file_names_is_in_the_record_too(lab, fake_checkout):
    networks = fake_checkout.root / "pytracking/networks"
    networks.mkdir()
    (lab / "net.pth").rename(networks / "dimp18.pth")
    folder = run(fake_checkout, "out", weights=None).folder
    assert json.loads((folder / "run.json").read_text())["weights"] == "dimp18.pth"


def test_a_failing_sequence_is_named_and_the_rest_goes_on(lab, fake_checkout):
    cv2.imwrite("otb/B/img/0002.png", np.full((40, 60, 3), 200, np.uint8))
    report = run(fake_checkout, "out")
    assert sorted(report.run) == ["A", "C"]
    assert report.failed == {"B": "RuntimeError: lost its mind"}


def call(capsys, words: str, checkout=None) -> tuple[int, str, str]:
    arguments = words.split()
    if checkout is not None:
        arguments += ["--checkout", str(checkout.root)]
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def test_run_and_score_from_the_command_line(lab, fake_checkout, capsys):
    words = "run dimp:dimp18 --benchmark otb2015 --data otb --results out --weights net.pth --device cpu"
    code, out, err = call(capsys, words, fake_checkout)
    assert code == 0
    assert err.count("supplied for this run only: ") == 1 and f"PyTracking: {fake_checkout.root}" in err
    assert out == "out/dimp_dimp18: sequences run: 3, already there: 0\n"
    code, out, _ = call(capsys, "score --benchmark otb2015 --data otb --results out")
    assert code == 0 and "dimp_dimp18" in out


def test_track_prints_boxes_and_nothing_else(lab, fake_checkout, capsys):
    words = "track otb/A/img --init 5,10,10,10 --tracker atom --weights net.pth --device cpu"
    code, out, _ = call(capsys, words, fake_checkout)
    assert code == 0
    assert out == "5.000,10.000,10.000,10.000\n" * 4


def test_the_checkout_at_pytracking_home_is_used_where_the_flag_has_no_folder(lab, fake_checkout, capsys, monkeypatch):
    words = "track otb/A/img --init 5,10,10,10 --tracker atom --weights net.pth --boxes b.txt --checkout"
    monkeypatch.setenv("PYTRACKING_HOME", str(fake_checkout.root))
    assert call(capsys, words)[0] == 0
    monkeypatch.setenv("PYTRACKING_HOME", str(lab / "otb"))
    code, _, err = call(capsys, words)
    assert code == 2 and "PYTRACKING_HOME" in err and err.count("\n") == 1


def test_doctor_looks_at_the_checkout(lab, fake_checkout, capsys):
    code, out, _ = call(capsys, "doctor", fake_checkout)
    assert code == 0 and str(fake_checkout.root) in " ".join(out.split())
    code, _, err = call(capsys, "doctor --checkout otb")
    assert code == 2 and "checkout: --checkout otb" in err and err.count("\n") == 1


MISTAKES = [
    ("run dmip:dimp18 --benchmark otb2015 --data otb --results out", ["did you mean 'dimp'"]),
    ("run dimp:dimp18 --benchmark otb2015 --data otb --results out", ["dimp18.pth was not found in", "--weights FILE"]),
    ("track otb/A/img --init 1,2,3,4 --tracker dimp:dimp19", ["did you mean 'dimp:dimp18'"]),
    ("train dimp dimp19", ["settings 'dimp dimp19': not found", "did you mean 'dimp dimp18'"]),
    ("train dimp dimp18", ["give --data got10k=DIR"]),
    ("train dimp dimp18 --data youtubevos=nowhere", ["youtubevos", "nowhere"]),
    ("train kys kys --box-loss smooth_iou --data got10k=DATA", ["KYS"]),
]


@pytest.mark.parametrize(("words", "expected"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_one_line_and_exit_code_2_and_leaves_nothing(
    words, expected, lab, fake_checkout, tiny_got10k, capsys
):
    code, _, err = call(capsys, words.replace("DATA", str(tiny_got10k)), fake_checkout)
    assert code == 2, err
    said = [line for line in err.splitlines() if not line.startswith(("PyTracking: ", "supplied for this run"))]
    assert len(said) == 1, err
    assert all(part in said[0] for part in expected), err
    assert not (lab / "out").exists() and not list(lab.rglob("*.pth.tar"))


def test_train_with_a_checkout_from_the_command_line(lab, fake_checkout, tiny_got10k, capsys, monkeypatch):
    words = f"train tomp tomp50 --box-loss smooth_iou --epochs 1 --data got10k={tiny_got10k} --workspace ws"
    code, out, err = call(capsys, words, fake_checkout)
    assert (code, err) == (0, "")
    assert f"PyTracking: {fake_checkout.root} (commit 0123456789ab)" in out
    assert "box loss: smooth_iou (sharpness 256" in out
    assert out.endswith(
        f"trained to epoch 1: checkpoint {lab}/ws/checkpoints/ltr/tomp/tomp50_smooth_iou/ToMPnet_ep0001.pth.tar, "
        f"weights {lab}/ws/checkpoints/ltr/tomp/tomp50_smooth_iou/ToMPnet_ep0001.safetensors\n"
    )


def test_what_was_trained_with_a_box_loss_is_tracked_with(lab, fake_checkout, tiny_got10k, capsys):
    data = f"--data got10k={tiny_got10k} --workspace ws"
    assert call(capsys, f"train dimp dimp18 --box-loss smooth_iou --epochs 1 {data}", fake_checkout)[0] == 0
    weights = "ws/checkpoints/ltr/dimp/dimp18_smooth_iou"
    words = f"run dimp:dimp18 --benchmark otb2015 --data otb --results out --weights {weights} --device cpu"
    assert call(capsys, words, fake_checkout)[0] == 0
    assert json.loads((lab / "out/dimp_dimp18/run.json").read_text())["weights"] == "DiMPnet_ep0001.pth.tar"


def test_both_toolkits_adapters_take_a_checkouts_tracker(lab, fake_checkout):
    frame = np.full((40, 60, 3), 90, np.uint8)
    options = {"weights": "net.pth", "device": "cpu", "pytracking": str(fake_checkout.root)}
    vot = VOTTracker("atom", "default", **options)
    assert vot.init({"color": frame}, ((5.0, 10.0, 10.0, 10.0), {})) == (5, 10, 10, 10)
    assert vot.update({"color": frame}) == (5, 10, 10, 10)
    got10k = Got10kTracker(build_tracker("atom:default", **options), "ATOM")
    got10k.init(frame, np.array([5, 10, 10, 10]))
    assert got10k.update(frame).tolist() == [5, 10, 10, 10]


def test_a_download_that_fails_is_one_line_with_the_mend(lab, fake_checkout, tiny_got10k, capsys, monkeypatch):
    def no_network(url: str, *args: object, **options: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("torch.utils.model_zoo.load_url", no_network)
    code, _, err = call(capsys, f"train dimp dimp18 --data got10k={tiny_got10k}", fake_checkout)
    assert code == 2 and err.count("\n") == 1, err
    assert "ImageNet weights: resnet18" in err and "no network" in err
    assert not list(lab.rglob("*.pth.tar"))
