"""The settings that come with the package run as they are, and have the numbers they claim."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.models.bbreg import atom as atom_models
from siou_tracking.ltr.run_training import TrainResult, train
from siou_tracking.ltr.settings_files import find_settings
from siou_tracking.ltr.trainers.history import read_history
from siou_tracking.retrain import BoxLossChoice, TrainRequest
from siou_tracking.trackers import load_tracker
from tests.reference_data import reference_checkout
from tests.train_options import TINY


def run_full(path: Path, stand_ins: dict, workspace: Path) -> tuple[TrainResult, dict]:
    """Train for two steps; the result, and what the run was set to."""
    result = train(TrainRequest(path, data=stand_ins["data"], workspace=workspace, **TINY))
    state = read_checkpoint(result.checkpoint)
    described = {k: v for k, v in vars(state["settings"]).items() if k not in ("env", "description")}
    described["optimizer"] = state["optimizer"]["param_groups"]
    described["schedule"] = {k: state["lr_scheduler_state"][k] for k in ("step_size", "gamma")}
    described["data sets"] = {name: asked for name, asked in stand_ins.items() if name != "data"}
    return result, described


@pytest.fixture(scope="module")
def lite_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `lite_run` trained; tests copy it before they go on from there."""
    return tmp_path_factory.mktemp("lite")


@pytest.fixture(scope="module")
def lite_run(lite_workspace: Path, got10k_root: Path) -> TrainResult:
    """An epoch of the lite setting with its own loss."""
    return train(TrainRequest("bbreg", "atom_lite", data={"got10k": got10k_root}, workspace=lite_workspace, **TINY))


def test_lite_setting_trains_on_both_losses_with_the_same_data(
    got10k_root: Path, lite_run: TrainResult, tmp_path: Path
):
    options = {"data": {"got10k": got10k_root}, "workspace": tmp_path, **TINY}
    results = [lite_run, train(TrainRequest("bbreg", "atom_lite", box_loss=BoxLossChoice("smooth_iou"), **options))]
    assert [r.project_path for r in results] == ["ltr/bbreg/atom_lite", "ltr/bbreg/atom_lite_smooth_iou"]
    plain, smooth = (r.stats["train"] for r in results)
    assert plain["IoU/mean"] == smooth["IoU/mean"]  # the same proposals
    assert plain["Loss/iou"] != smooth["Loss/iou"]  # scored otherwise
    records = read_history(results[1].checkpoint.parent)
    assert [record["loader"] for record in records] == ["train"]
    state = read_checkpoint(results[1].checkpoint)
    assert (state["net_type"], state["epoch"]) == ("ATOMnet", 1)
    assert state["constructor"].fun_name == "atom_efficientnet_lite0"


def test_what_lies_beside_the_checkpoint_is_enough_to_track_with(lite_run: TrainResult):
    library = pytest.importorskip("safetensors.torch", reason="pip install safetensors")
    assert lite_run.weights is not None and lite_run.weights.parent == lite_run.checkpoint.parent
    theirs, net = library.load_file(lite_run.weights), read_checkpoint(lite_run.checkpoint)["net"]
    assert set(theirs) == set(net) and all(torch.equal(theirs[name], net[name]) for name in net)
    tracker = load_tracker(lite_run.weights, device="cpu")
    assert tracker.params == load_tracker(lite_run.checkpoint, device="cpu").params


def test_lite_setting_leaves_the_backbone_untouched(lite_run: TrainResult):
    net = read_checkpoint(lite_run.checkpoint)["net"]
    for name, tensor in atom_models.atom_efficientnet_lite0().feature_extractor.state_dict().items():
        assert torch.equal(tensor, net[f"feature_extractor.{name}"]), name


def test_lite_run_in_two_parts_equals_the_run_in_one(
    got10k_root: Path, lite_run: TrainResult, lite_workspace: Path, tmp_path: Path
):
    shutil.copytree(lite_workspace, tmp_path / "parts")
    options = {"data": {"got10k": got10k_root}, **TINY, "epochs": 2}
    whole, parts = (
        train(TrainRequest("bbreg", "atom_lite", workspace=tmp_path / name, **options)) for name in ("whole", "parts")
    )
    assert read_history(parts.checkpoint.parent)[0] == read_history(lite_run.checkpoint.parent)[0]  # it went on
    assert parts.stats == whole.stats
    nets = [read_checkpoint(result.checkpoint)["net"] for result in (whole, parts)]
    assert all(torch.equal(tensor, nets[1][name]) for name, tensor in nets[0].items())


def test_lite_setting_on_stored_features_goes_on_where_it_was_and_shares_them(got10k_root: Path, tmp_path: Path):
    options = {"data": {"got10k": got10k_root}, **TINY, "values": {"stored_pairs": 6}}
    for name, epochs in (("whole", [2]), ("parts", [1, 2])):
        for last in epochs:
            result = train(TrainRequest("bbreg", "atom_lite", workspace=tmp_path / name, **{**options, "epochs": last}))
        assert result.project_path == "ltr/bbreg/atom_lite"
    nets = [
        read_checkpoint(tmp_path / f"{name}/checkpoints/ltr/bbreg/atom_lite/ATOMnet_ep0002.pth.tar")["net"]
        for name in ("whole", "parts")
    ]
    assert all(torch.equal(tensor, nets[1][name]) for name, tensor in nets[0].items())
    stores = sorted((tmp_path / "whole/stored_features").iterdir())
    assert len(stores) == 2  # of training and of validation
    request = TrainRequest(
        "bbreg",
        "atom_lite",
        box_loss=BoxLossChoice("smooth_iou"),
        workspace=tmp_path / "whole",
        **{**options, "epochs": 2},
    )
    smooth, plain = train(request), result
    assert sorted((tmp_path / "whole/stored_features").iterdir()) == stores
    assert smooth.stats["train"]["IoU/mean"] == plain.stats["train"]["IoU/mean"]
    assert smooth.stats["train"]["Loss/iou"] != plain.stats["train"]["Loss/iou"]


def test_lite_setting_refuses_a_number_of_stored_pairs_that_is_none(got10k_root: Path, tmp_path: Path):
    with pytest.raises(InputError, match="stored_pairs: got -3, allowed are whole numbers from 1"):
        train(
            TrainRequest(
                "bbreg",
                "atom_lite",
                data={"got10k": got10k_root},
                workspace=tmp_path,
                values={"stored_pairs": -3},
                **TINY,
            )
        )


def test_lite_setting_without_data_names_the_option(tmp_path: Path):
    with pytest.raises(InputError, match="give --data got10k=DIR"):
        train(TrainRequest("bbreg", "atom_lite", workspace=tmp_path, **TINY))


def test_lite_setting_holds_sequences_out_when_there_is_no_val_folder(got10k_root: Path, tmp_path: Path):
    options = {**TINY, "epochs": 4}
    result = train(
        TrainRequest("bbreg", "atom_lite", data={"got10k": got10k_root / "train"}, workspace=tmp_path, **options)
    )
    records = read_history(result.checkpoint.parent)
    assert [(record["loader"], record["epoch"]) for record in records[-2:]] == [("train", 4), ("val", 4)]


def test_full_setting_has_the_numbers_of_its_docstring(stand_ins: dict, tmp_path: Path):
    _, run = run_full(find_settings("bbreg", "atom").path, stand_ins, tmp_path)
    assert run["batch_size"] == 64
    assert run["output_sz"] == 288
    assert run["schedule"] == {"step_size": 15, "gamma": 0.2}
    assert run["optimizer"][0]["lr"] == 1e-3
    assert run["data sets"]["Got10k"] == [{"split": "vottrain"}, {"split": "votval"}]


def test_unmodified_upstream_setting_runs_here_and_ours_equals_it(stand_ins: dict, tmp_path: Path):
    theirs, their_run = run_full(
        reference_checkout() / "ltr/train_settings/bbreg/atom.py", stand_ins, tmp_path / "theirs"
    )
    for name in ("Got10k", "Lasot", "TrackingNet", "MSCOCOSeq"):
        stand_ins.pop(name)
    ours, our_run = run_full(find_settings("bbreg", "atom").path, stand_ins, tmp_path / "ours")
    assert {name: value for name, value in our_run.items() if name in their_run} == their_run
    # The same seed, the same samples, the same network: equal to the last bit.
    assert ours.stats == theirs.stats
    assert ours.project_path == theirs.project_path == "ltr/bbreg/atom"
