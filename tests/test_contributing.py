"""Each example of CONTRIBUTING.md is short and does what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from siou_tracking.benchmarks import registry as benchmark_registry
from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.boxes import elementwise_iou
from siou_tracking.bridge import checkout
from siou_tracking.cli.main import main
from siou_tracking.trackers import build_tracker

TEXT = (Path(__file__).resolve().parents[1] / "CONTRIBUTING.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"<!-- example: (\w+) -->\n```python\n(.*?)```", TEXT, re.DOTALL))


def run(name: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": f"example_{name}"}
    exec(compile(EXAMPLES[name], f"CONTRIBUTING.md, {name}", "exec", dont_inherit=True), names)
    return names


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The registries are as they were afterwards."""
    monkeypatch.setattr(benchmark_registry, "_MAKERS", dict(benchmark_registry._MAKERS))
    monkeypatch.setattr(checkout, "LAYOUTS", list(checkout.LAYOUTS))


def test_there_are_four_and_each_is_short() -> None:
    assert set(EXAMPLES) == {"loss", "benchmark", "tracker", "layout"}
    assert all(len(code.splitlines()) < 40 for code in EXAMPLES.values())


def test_the_loss_is_its_formula() -> None:
    entry = run("loss")["ENTRY"]
    pred = torch.tensor([[0.0, 0.0, 2.0, 1.0], [5.0, 5.0, 6.0, 6.0]])
    target = torch.tensor([[1.0, 0.0, 3.0, 1.0]]).expand_as(pred)
    loss = entry.build({"box_format": "xyxy", "reduction": "none"})
    torch.testing.assert_close(loss(pred, target), 1 - elementwise_iou(pred, target, "xyxy") ** 2)
    similarity = entry.build_similarity({"box_format": "xyxy"})
    assert similarity(target, target).tolist() == [1.0, 1.0]


def write_street(root: Path) -> None:
    for name in ("a", "b"):
        (root / name).mkdir(parents=True)
        (root / name / "boxes.txt").write_text("".join(f"{2 + frame},3,8,6\n" for frame in range(3)))
        for frame in range(3):
            cv2.imwrite(str(root / name / f"{frame + 1:05d}.jpg"), np.zeros((24, 32, 3), np.uint8))


@pytest.mark.usefixtures("kept")
def test_the_benchmark_is_run_and_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("benchmark")
    assert get_benchmark("street").title == "Street"
    write_street(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "street_trackers.py").write_text(EXAMPLES["tracker"])
    words = ["--benchmark", "street", "--data", "data", "--results", "results"]
    assert main(["run", "street_trackers:Drift", *words]) == 0
    assert main(["score", *words]) == 0
    out = capsys.readouterr().out
    assert "Street" in out and "95.24" in out  # it moves as the target does, and 20/21 is the most


@pytest.mark.usefixtures("kept")
def test_the_layout_is_recognized(tmp_path: Path) -> None:
    for name in ("lib/train/run_training.py", "lib/train/trainers/base_trainer.py", "configs/walk/base.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    run("layout")
    found = checkout.find_checkout(tmp_path)
    assert found.layout.title == "PyTracking's kin with configs/"
    assert found.layout.settings(found.root) == ["walk base"]
    settings = found.layout.find_settings(found.root, "walk", "base")
    assert settings is not None and settings.path.name == "base.yaml"


def test_the_tracker_is_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drift_tracker.py").write_text(EXAMPLES["tracker"])
    tracker = build_tracker("drift_tracker:Drift", seed=1)
    image = np.zeros((24, 32, 3), np.uint8)
    tracker.initialize(image, {"init_bbox": [1.0, 2.0, 3.0, 4.0]})
    assert tracker.track(image)["target_bbox"] == [2.0, 2.0, 3.0, 4.0]
