"""Trials of a preset are run with the values they name, and scored by the mean overlap of sequences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from experiments.lite_presets import run
from siou_tracking.benchmarks import load_sequences
from siou_tracking.errors import InputError
from siou_tracking.ltr.models.tracking.dimpnet_lite import dimpnet_efficientnet_lite0
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.scenes import write_got10k
from siou_tracking.trackers import build_tracker


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("real")
    (root / "train" / "coco").mkdir(parents=True)
    for split in ("train", "val"):
        write_got10k(root / "train" / "got10k", split, 1, length=4, size=(96, 72), progress=False)
    return root


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    net = dimpnet_efficientnet_lite0(
        backbone_pretrained=False, iou_input_dim=(8, 8), iou_inter_dim=(8, 8), iou_hidden_dim=(8, 8)
    )
    path = tmp_path_factory.mktemp("weights") / "d.pth.tar"
    write_checkpoint(path, {"net": net.state_dict(), "net_type": "DiMPnet", "constructor": net.constructor})
    return path


def test_a_box_that_stands_still_overlaps_as_much_as_it_does(real: Path) -> None:
    (sequence,) = load_sequences("got10k", real / "train" / "got10k", "val")
    first, truth = sequence.ground_truth[0], sequence.ground_truth[1:]
    low = np.maximum(first[:2], truth[:, :2])
    high = np.minimum(first[:2] + first[2:], truth[:, :2] + truth[:, 2:])
    common = np.clip(high - low, 0, None).prod(1)
    expected = (common / (first[2:].prod() + truth[:, 2:].prod(1) - common)).mean()
    assert run.overlaps(build_tracker("static"), [sequence])[0] == pytest.approx(expected)


def test_a_trial_is_the_preset_with_its_values(weights: Path) -> None:
    tracker = run.build("dimp", weights, {"train_skipping": 7, "target_not_found_threshold": 0.125})
    assert (tracker.params.train_skipping, tracker.params.target_not_found_threshold) == (7, 0.125)
    assert tracker.params.patch_size == 224


def test_every_trial_has_the_mean_of_its_networks(real: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "GENERATED", 1)
    monkeypatch.setattr(run, "FRAMES", 3)
    trials = [{"train_skipping": 20}, {"target_not_found_threshold": 100.0}]
    monkeypatch.setitem(run.TRIALS, "dimp", trials)
    rows = run.run_trials("dimp", [weights, weights], real, 1)
    assert [row["changes"] for row in rows] == trials
    for row in rows:
        assert row["each"]["real"][0] == row["each"]["real"][1] == row["ao"]["real"]
        assert row["ao"]["mean"] == pytest.approx((row["ao"]["real"] + row["ao"]["generated"]) / 2, abs=0.1)
    (sequence,) = load_sequences("got10k", real / "train" / "got10k", "val")
    still = 100 * run.overlaps(build_tracker("static"), [sequence])[0]
    assert rows[1]["ao"]["real"] == pytest.approx(still, abs=0.1)  # never found, so the box stands still


def test_another_tracker_is_refused(real: Path, weights: Path) -> None:
    with pytest.raises(InputError, match="unknown tracker 'kys'"):
        run.run_trials("kys", [weights], real, 1)
