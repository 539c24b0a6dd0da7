"""Trackers of the kin on benchmarks, from the command line too: alike however the work is divided."""

from __future__ import annotations

import importlib
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from siou_tracking.benchmarks.running.run import run_benchmark
from siou_tracking.bridge.session import checkout_session
from siou_tracking.cli.main import main

TRACKER = """
import random
from pathlib import Path
import torch
from lib.models.ostrack import build_ostrack
from .basetracker import BaseTracker

class Noisy(BaseTracker):
    def __init__(self, params, dataset_name):
        super().__init__(params)
        with open(Path(__file__).parents[3] / "told", "a") as file:
            file.write(dataset_name + " ")
        self.load(build_ostrack(params.cfg, training=False))

    def track(self, image, info=None):
        answer = super().track(image)
        for weight in self.network.parameters():
            weight.data *= 0.9
        return {"target_bbox": [answer["target_bbox"][0] + random.random() + float(torch.rand(())), *self.state[1:]]}

def get_tracker_class():
    return Noisy
"""


@pytest.fixture
def lab(fake_kin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: `otb` with three sequences, `net_ep0001.pth.tar`; the checkout has `noisy`, which draws."""
    monkeypatch.chdir(tmp_path)
    for name in ("RANK", "WORLD_SIZE", "PYTRACKING_HOME"):
        monkeypatch.delenv(name, raising=False)
    (fake_kin.root / "lib/test/tracker/noisy.py").write_text(TRACKER)
    shutil.copy(fake_kin.root / "lib/test/parameter/ostrack.py", fake_kin.root / "lib/test/parameter/noisy.py")
    with checkout_session(fake_kin, announce=False):
        torch.manual_seed(0)
        torch.save({"net": importlib.import_module("lib.models.ostrack").OSTrack().state_dict()}, "net_ep0001.pth.tar")
    rng = np.random.default_rng(0)
    for name, length in (("A", 4), ("B", 3), ("C", 5)):
        (tmp_path / f"otb/{name}/img").mkdir(parents=True)
        for frame in range(1, length + 1):
            cv2.imwrite(f"otb/{name}/img/{frame:04d}.png", rng.integers(0, 256, (40, 60, 3), dtype=np.uint8))
        (tmp_path / f"otb/{name}/groundtruth_rect.txt").write_text("6,11,10,10\n" * length)
    return tmp_path


def boxes(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.glob("?.txt")}


def run(checkout, out: str, **options):
    options = {"weights": "net_ep0001.pth.tar", "device": "cpu", **options}
    return run_benchmark("noisy:vitb_256", "otb2015", "otb", out, pytracking=checkout.root, **options)


def test_boxes_do_not_depend_on_how_the_work_is_divided(lab, fake_kin):
    whole = run(fake_kin, "whole")
    assert whole.folder == Path("whole/noisy_vitb_256") and sorted(whole.run) == ["A", "B", "C"]
    for shard in ((2, 2), (1, 2)):
        run(fake_kin, "parts", shard=shard)
    again = run(fake_kin, "again")
    (again.folder / "C.txt").unlink()
    assert run(fake_kin, "again").run == ["C"]
    expected = boxes(whole.folder)
    assert len(set(expected.values())) == 3
    for out in ("parts", "again"):
        assert boxes(lab / out / "noisy_vitb_256") == expected
    assert boxes(run(fake_kin, "seed", seed=1).folder) != expected
    record = json.loads((whole.folder / "run.json").read_text())
    assert (record["pytracking"], record["weights"]) == (fake_kin.commit, "net_ep0001.pth.tar")


@pytest.mark.parametrize(("benchmark", "told"), [("otb2015", "video"), ("custom:otb2015", "video")])
def test_own_data_are_no_benchmark_to_a_tracker(lab, fake_kin, benchmark, told):
    run_benchmark(
        "noisy:vitb_256", benchmark, "otb", "out", weights="net_ep0001.pth.tar", device="cpu", pytracking=fake_kin.root
    )
    assert set((fake_kin.root / "told").read_text().split()) == {told}


def test_a_tracker_is_told_the_benchmark_and_is_made_twice_at_most(lab, fake_kin):
    for name, length, official in (("A", 140, "Couple"), ("B", 120, "Crossing"), ("C", 81, "Football1")):
        shutil.copytree(f"otb/{name}", f"real/{official}")
        for frame in range(1, length + 1):
            shutil.copy(f"otb/{name}/img/0001.png", f"real/{official}/img/{frame:04d}.png")
        rows = 74 if official == "Football1" else length
        Path(f"real/{official}/groundtruth_rect.txt").write_text("6,11,10,10\n" * rows)
    report = run_benchmark(
        "noisy:vitb_256", "otb2015", "real", "out", weights="net_ep0001.pth.tar", device="cpu", pytracking=fake_kin.root
    )
    assert len(report.run) == 3 and not report.failed
    assert (fake_kin.root / "told").read_text() == "otb otb "


def call(capsys, words: str, checkout) -> tuple[int, str, str]:
    code = main([*words.split(), "--checkout", str(checkout.root)])
    out, err = capsys.readouterr()
    return code, out, err


def test_run_score_and_track_from_the_command_line(lab, fake_kin, capsys):
    words = "--weights net_ep0001.pth.tar --device cpu"
    code, out, err = call(capsys, f"run odtrack --benchmark otb2015 --data otb --results out {words}", fake_kin)
    assert code == 2 and "another network" in err
    code, out, err = call(
        capsys, f"run ostrack:vitb_256 --benchmark otb2015 --data otb --results out {words}", fake_kin
    )
    assert code == 0 and out == "out/ostrack_vitb_256: sequences run: 3, already there: 0\n"
    assert main(["score", "--benchmark", "otb2015", "--data", "otb", "--results", "out"]) == 0
    assert "ostrack_vitb_256" in capsys.readouterr().out
    code, out, _ = call(capsys, f"track otb/A/img --init 5,10,10,10 --tracker ostrack:vitb_256 {words}", fake_kin)
    assert code == 0 and out.startswith("5.000,10.000,10.000,10.000\n") and len(out.splitlines()) == 4


RUN = "--benchmark otb2015 --data otb --results out"
MISTAKES = {
    f"run ostrak:vitb_256 {RUN}": ["did you mean 'ostrack'"],
    f"run ostrack:vitb_265 {RUN}": ["did you mean 'ostrack:vitb_256'"],
    f"run ostrack {RUN}": ["got no parameter file, allowed are ostrack:vitb_256, ostrack:vitb_384"],
    f"run vitb_256 {RUN}": ["a parameter file: did you mean '", ":vitb_256'"],
    f"run ostrack:vitb_256 {RUN}": ["OSTrack_ep0002.pth.tar was not found in", "--weights FILE or FOLDER"],
    f"run ostrack:vitb_256 {RUN} --weights nowhere.pth": ["weights: nowhere.pth: not found"],
    f"run ostrack:vitb_256 {RUN} --weights otb": ["checkpoint folder otb: no file called <network>_ep<epoch>.pth.tar"],
    f"run ostrack:vitb_256 {RUN} --weights half.pth": ["half.pth: not a checkpoint, or cut short"],
    f"run ostrack:vitb_256 {RUN} --weights nan.pth": ["nan.pth: 1 of 9 tensors hold NaN or infinity"],
    f"run ostrack:vitb_256 {RUN} --weights other.pth": ["other.pth", "is of another network: lacks"],
    f"run ostrack:vitb_256 {RUN} --device cuda:9": ["device 'cuda:9': not here"],
    f"run ostrack:vitb_256 {RUN} --device mps": ["mps"],
    "track otb/A/img --init 1,2,3,4 --tracker ostrack:vitb_512": ["did you mean"],
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_one_line_and_exit_code_2_and_leaves_nothing(words, lab, fake_kin, capsys):
    raw = Path("net_ep0001.pth.tar").read_bytes()
    net = torch.load("net_ep0001.pth.tar")["net"]
    Path("half.pth").write_bytes(raw[: len(raw) // 2])
    torch.save({"net": {**net, "box_head.bias": torch.full((5,), torch.nan)}}, "nan.pth")
    torch.save({"net": {f"x.{key}": value for key, value in net.items()}}, "other.pth")
    code, _, err = call(capsys, words, fake_kin)
    assert code == 2, err
    said = [line for line in err.splitlines() if not line.startswith((fake_kin.layout.title, "supplied for this run"))]
    assert len(said) == 1, err
    assert all(part in said[0] for part in MISTAKES[words]), err
    assert not (lab / "out").exists()
