"""Whole trainings on a painted split: what they leave, that they repeat, go on, and refuse."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import load_network, read_checkpoint
from siou_tracking.ltr.run_training import TrainResult, train
from siou_tracking.mot.training.margins import CALIBRATION_STEPS
from siou_tracking.mot.training.train import DIMRequest, train_mot
from siou_tracking.retrain import BoxLossChoice, TrainRequest
from tests.mot.painted_split import write_split
from tests.train_options import mot_request

TINY = {"samples_per_epoch": 4, "batch_size": 2, "workers": 0, "device": "cpu", "quiet": True, "seed": 5}


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    return write_split(tmp_path_factory.mktemp("painted"), sequences=2, persons=3)


def weights_of(result: TrainResult) -> dict[str, torch.Tensor]:
    return read_checkpoint(result.checkpoint)["net"]


def equal(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_a_training_leaves_a_network_that_knows_its_size_and_its_identities(split, tmp_path):
    result = train_mot(TrainRequest("mot", "mot_lite", data={"mot": split}, workspace=tmp_path, epochs=1, **TINY))
    net, content = load_network(result.checkpoint)
    assert content["actor_type"] == "OneStageMOTActor" and content["epoch"] == 1
    assert net.input_size == (256, 160) and net.classifier.identities == 6
    assert result.project_path == "ltr/mot/mot_lite"
    stats = result.stats["train"]
    assert all(len(stats[name]) == 1 for name in ("Loss/total", "Loss/heatmap", "Loss/size", "Loss/id", "IoU/mean"))
    trained = content["optimizer"]["param_groups"][0]["params"]
    assert len(trained) == len(list(net.parameters()))


def test_equal_seeds_give_equal_networks_and_others_others(split, tmp_path):
    seeds = {"a": 5, "b": 5, "c": 6}
    runs = {
        name: weights_of(
            train_mot(
                TrainRequest(
                    "mot",
                    "mot_lite",
                    data={"mot": split},
                    workspace=tmp_path / name,
                    epochs=1,
                    **{**TINY, "seed": seed},
                )
            )
        )
        for name, seed in seeds.items()
    }
    assert equal(runs["a"], runs["b"])
    assert not equal(runs["a"], runs["c"])


def test_an_interrupted_training_goes_on_as_if_it_had_not_been(split, tmp_path, monkeypatch):
    monkeypatch.setattr("siou_tracking.mot.training.margins.CALIBRATION_STEPS", 2)
    options, dim = {"data": {"mot": split}, **TINY}, DIMRequest("both")
    settings = tmp_path / "constant.py"
    settings.write_text(CONSTANT_RATE)
    whole = train_mot(TrainRequest(settings, workspace=tmp_path / "whole", epochs=4, **options), dim)
    train_mot(TrainRequest(settings, workspace=tmp_path / "parts", epochs=2, **options), dim)
    on = train_mot(TrainRequest(settings, workspace=tmp_path / "parts", epochs=4, resume=True, **options), dim)
    assert equal(weights_of(whole), weights_of(on))
    assert weights_of(on)["margins"].min() > 0


def test_dim_is_off_unless_asked_for_and_runs_with_it_have_their_own_folder(split, tmp_path):
    assert CALIBRATION_STEPS > 2
    off = train_mot(TrainRequest("mot", "mot_lite", data={"mot": split}, workspace=tmp_path, epochs=1, **TINY))
    on = train_mot(
        TrainRequest("mot", "mot_lite", data={"mot": split}, workspace=tmp_path, epochs=1, **TINY),
        DIMRequest(mode="both", margins=(0.9, 0.5)),
    )
    assert on.project_path == "ltr/mot/mot_lite_dim_both"
    assert "Loss/dim_det" in on.stats["train"] and "Loss/dim_det" not in off.stats["train"]
    assert weights_of(on)["margins"].tolist() == pytest.approx([0.9, 0.5])
    assert set(weights_of(on)) == set(weights_of(off))


def test_one_flag_trains_the_boxes_with_smooth_iou(split, tmp_path):
    result = train_mot(
        TrainRequest(
            "mot",
            "mot_lite",
            data={"mot": split},
            box_loss=BoxLossChoice("smooth_iou"),
            workspace=tmp_path,
            epochs=1,
            **TINY,
        )
    )
    assert "Loss/box" in result.stats["train"] and "Loss/size" not in result.stats["train"]
    assert result.project_path.endswith("_smooth_iou")
    assert read_checkpoint(result.checkpoint)["box_loss"]["name"] == "smooth_iou"


def test_the_settings_can_be_trained_by_their_name_as_any_other(split, tmp_path):
    result = train(TrainRequest("mot", "mot_lite", data={"mot": split}, workspace=tmp_path, epochs=1, **TINY))
    assert result.checkpoint.is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "mot_heavy"}, "settings 'mot mot_heavy': not found.*mot_lite"),
        ({"dim": "on"}, "unknown dim mode 'on'"),
        ({"dim": "both", "margins": (0.1, 0.9)}, "margin_id"),
        ({"box_loss": "siuo"}, "unknown box loss 'siuo'"),
        ({"data": "nowhere"}, "nowhere"),
        ({"batch_size": 9}, "4 samples per epoch"),
        ({"margins": (0.9, 0.5)}, "dim: got 'off' with margins"),
        ({"dim_weight": 3.0}, "dim: got 'off' with dim_weight"),
    ],
)
def test_what_cannot_be_trained_is_one_line(split, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        train_mot(*mot_request(**{"data": split, "workspace": tmp_path, "epochs": 1, **TINY, **options}))


def test_a_finished_run_is_not_taken_for_one_of_another_weight_or_of_other_persons(split, tmp_path):
    options = {"dim": "both", "data": split, "workspace": tmp_path, "epochs": 1, **TINY}
    train_mot(*mot_request(**options))
    with pytest.raises(InputError, match=r"dim_weight 10\.0, this run has 1\.0"):
        train_mot(*mot_request(**options, dim_weight=1.0))
    others = write_split(tmp_path / "others", sequences=1, persons=3)
    with pytest.raises(InputError, match="identities 6, this run has 3"):
        train_mot(*mot_request(**{**options, "data": others}))


def test_a_damaged_newest_checkpoint_and_wrong_weights_lose_nothing(split, tmp_path, capsys):
    options = {"data": split, "workspace": tmp_path / "w", **TINY}
    newest = train_mot(*mot_request(**options, epochs=2)).checkpoint
    before = sorted((tmp_path / "w").rglob("*"))
    torch.save({"net": torch.nn.Linear(2, 2).state_dict(), "net_type": "Linear"}, tmp_path / "wrong.pth.tar")
    with pytest.raises(InputError, match="got network Linear, expected MOTNet"):
        train_mot(*mot_request(**options, epochs=1, resume=False, weights=tmp_path / "wrong.pth.tar"))
    assert sorted((tmp_path / "w").rglob("*")) == before
    newest.write_bytes(newest.read_bytes()[:900])
    assert train_mot(*mot_request(**options, epochs=2, resume=True)).checkpoint == newest
    note = capsys.readouterr().err
    assert (
        "cut short" in note and "kept as MOTNet_ep0002.pth.tar.damaged, the one before is used: MOTNet_ep0001" in note
    )


def test_a_malformed_line_is_named_by_file_and_line(tmp_path):
    root = write_split(tmp_path / "data", sequences=1)
    path = root / "PAINT-01" / "gt" / "gt.txt"
    path.write_text(path.read_text() + "7,11,a,5,10,20,1,1,1\n")
    with pytest.raises(InputError, match=rf"gt.txt.*{len(path.read_text().splitlines())}"):
        train_mot(TrainRequest("mot", "mot_lite", data={"mot": root}, workspace=tmp_path, epochs=1, **TINY))


CONSTANT_RATE = """
from ltr.data import LTRLoader
from ltr.trainers import LTRTrainer
from torch import optim

from siou_tracking.mot.training.actor import OneStageMOTActor
from siou_tracking.mot.data.dataset import MOTFrames, collate_frames
from siou_tracking.mot.models import mot_net
from siou_tracking.mot.data.processing import Augmentation, MOTProcessing


def run(settings):
    frames = MOTFrames(settings.env.mot_dir, MOTProcessing(96, 64, Augmentation()))
    loader = LTRLoader("train", frames, batch_size=2, collate_fn=collate_frames)
    net = mot_net("small", 8, 8, 8, frames.identities, (96, 64))
    actor = OneStageMOTActor(net, dim=settings.dim, dim_warmup=1)
    trainer = LTRTrainer(actor, [loader], optim.Adam(net.parameters(), 1e-3), settings)
    trainer.train(2, load_latest=True)
"""


@pytest.mark.slow
def test_two_processes_train_one_network(split, tmp_path):
    settings = tmp_path / "constant.py"
    settings.write_text(CONSTANT_RATE)
    script = Path(__file__).with_name("train_two_shares.py")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*launcher, str(script), str(settings), str(split), str(tmp_path)], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    one, two = (torch.load(tmp_path / f"seen_by_{rank}.pt") for rank in (0, 1))
    trained = [name for name in one if "running" not in name and "num_batches" not in name]
    assert all(torch.equal(one[name], two[name]) for name in trained)
    assert one["margins"].min() > 0 and one["balance.s_id"] != -1.05
