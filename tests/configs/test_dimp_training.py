"""Actors of DiMP's family under every option of `train`, on a settings file that is small in every number."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import load_network, read_checkpoint
from siou_tracking.ltr.run_training import TrainResult, train
from siou_tracking.retrain import BoxLossChoice, TrainRequest

FILE = """
import ltr.actors.tracking as actors
import ltr.data.transforms as tfm
import ltr.models.loss as losses
from ltr import MultiGPU
from ltr.data import LTRLoader, processing, sampler
from ltr.dataset import Got10k
from ltr.models.tracking import dimpnet
from ltr.trainers import LTRTrainer
from torch import nn, optim

def run(settings):
    label = {"feature_sz": 3, "sigma_factor": 0.05, "kernel_sz": 4}
    jitter = {"train": 3, "test": 4.5}, {"train": 0.25, "test": 0.5}
    options = {"mode": "sequence", "crop_type": "inside_major", "label_function_params": label,
               "transform": tfm.Transform(tfm.ToTensorAndJitter(0.2))}
    density = {"boxes_per_frame": 16, "gt_sigma": (0.05, 0.05), "proposal_sigma": [(0.05, 0.05), (0.5, 0.5)]}
    PREPARE
    data = sampler.DiMPSampler([Got10k(settings.env.got10k_dir)], [1], samples_per_epoch=4, max_gap=30,
                               num_test_frames=2, num_train_frames=2, processing=prepare)
    loader = LTRLoader("train", data, batch_size=2, shuffle=True, drop_last=True, stack_dim=1)
    NETWORK
    net = MultiGPU(net, dim=1)
    ACTOR
    optimizer = optim.Adam(net.parameters(), lr=1e-4)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=15, gamma=0.2)
    LTRTrainer(actor, [loader], optimizer, settings, scheduler).train(1, load_latest=True, fail_safe=True)
"""
DENSITY_DATA = "prepare = processing.KLDiMPProcessing(5.0, 48, *jitter, proposal_params=density, **options)"
NET = "net = dimpnet.{}(filter_size=4, backbone_pretrained=True, optim_iter=2{})"
PARTS = {
    "dimp": (
        "prepare = processing.DiMPProcessing(5.0, 48, *jitter, proposal_params={'min_iou': 0.1, 'boxes_per_frame': 8, "
        "'sigma_factor': [0.05, 0.3]}, **options)",
        NET.format("dimpnet18", ", target_mask_act='sigmoid'"),
        "actor = actors.DiMPActor(net, {'iou': nn.MSELoss(), 'test_clf': losses.LBHinge(threshold=0.05)}, "
        "{'iou': 1, 'test_clf': 100, 'test_init_clf': 100, 'test_iter_clf': 400})",
    ),
    "prdimp": (
        "options['label_density_params'] = {**label, 'normalize': True}\n    " + DENSITY_DATA,
        NET.format("klcedimpnet18", ", gauss_sigma=0.9, init_initializer='zero', optim_min_reg=0.05"),
        "actor = actors.KLDiMPActor(net, {'bb_ce': losses.KLRegression(), 'clf_ce': losses.KLRegressionGrid()}, "
        "{'bb_ce': 0.0025, 'clf_ce': 0.25, 'clf_ce_init': 0.25, 'clf_ce_iter': 1.0})",
    ),
    "super_dimp_simple": (
        DENSITY_DATA,
        NET.format("dimpnet50_simple", ", frozen_backbone_layers=['conv1', 'bn1', 'layer1', 'layer2']"),
        "actor = actors.DiMPSimpleActor(net, {'bb_ce': losses.KLRegression(), 'test_clf': losses.LBHinge()}, "
        "{'bb_ce': 0.01, 'test_clf': 100})",
    ),
}
BOX_TERM = {"dimp": "Loss/iou", "prdimp": "Loss/bb_ce", "super_dimp_simple": "Loss/bb_ce"}
OPTIONS = {"epochs": 1, "workers": 0, "device": "cpu", "quiet": True, "pretrained": False}


def run(family: str, got10k_root: Path, folder: Path, **options) -> TrainResult:
    """Train the family's settings file in `folder`."""
    text = FILE
    for place, line in zip(("PREPARE", "NETWORK", "ACTOR"), PARTS[family], strict=True):
        text = text.replace(place, line)
    file = folder / "mine" / f"{family}.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return train(TrainRequest(file, data={"got10k": got10k_root}, workspace=folder, **{**OPTIONS, **options}))


@pytest.mark.parametrize("family", PARTS)
def test_the_flag_changes_the_box_term_alone_and_files_the_run_apart(family: str, got10k_root: Path, tmp_path: Path):
    few = {"samples_per_epoch": 2}
    plain = run(family, got10k_root, tmp_path, **few)
    smooth = run(family, got10k_root, tmp_path, box_loss=BoxLossChoice("smooth_iou"), **few)
    assert [r.project_path for r in (plain, smooth)] == [f"ltr/mine/{family}", f"ltr/mine/{family}_smooth_iou"]
    changed = {name for name, values in plain.stats["train"].items() if smooth.stats["train"][name] != values}
    assert changed == {"Loss/total", BOX_TERM[family]} | ({"Loss/loss_bb_ce"} if family != "dimp" else set())
    state = read_checkpoint(smooth.checkpoint)
    role = {"role": "score"} if family == "dimp" else {"role": "density"}
    assert {**state["box_loss"], **role} == state["box_loss"]
    if family != "dimp":
        assert state["box_loss"]["params"]["exponent"] == 100  # 1 / (4 * 0.05^2)
    net, _ = load_network(smooth.checkpoint)
    assert type(net).__name__ == "DiMPnet" == state["net_type"]


def test_with_the_plain_iou_a_run_is_the_settings_files_own(got10k_root: Path, tmp_path: Path):
    plain = run("dimp", got10k_root, tmp_path, samples_per_epoch=2)
    asked = run("dimp", got10k_root, tmp_path, samples_per_epoch=2, box_loss=BoxLossChoice("iou"))
    for name, values in plain.stats["train"].items():
        assert asked.stats["train"][name] == pytest.approx(values, rel=1e-5), name


@pytest.mark.parametrize("family", ["dimp", "prdimp"])
def test_half_precision_keeps_to_float32_in_losses(family: str, got10k_root: Path, tmp_path: Path):
    plain = run(family, got10k_root, tmp_path / "plain", samples_per_epoch=2)
    half = run(family, got10k_root, tmp_path / "half", samples_per_epoch=2, amp="bf16")
    for name, (value,) in plain.stats["train"].items():
        if name.startswith("Loss/"):
            assert half.stats["train"][name][0] == pytest.approx(value, rel=0.15), name
    assert all(
        v.dtype == torch.float32 for v in read_checkpoint(half.checkpoint)["net"].values() if v.is_floating_point()
    )


def test_steps_of_two_batches_and_a_run_in_two_parts(got10k_root: Path, tmp_path: Path):
    whole = run("prdimp", got10k_root, tmp_path / "whole", epochs=2, accumulate=2)
    for epochs in (1, 2):
        parts = run("prdimp", got10k_root, tmp_path / "parts", epochs=epochs, accumulate=2)
    assert parts.stats == whole.stats
    nets = [read_checkpoint(result.checkpoint)["net"] for result in (whole, parts)]
    assert all(torch.equal(tensor, nets[1][name]) for name, tensor in nets[0].items())


def test_a_batch_of_one_ends_in_one_line(got10k_root: Path, tmp_path: Path):
    with pytest.raises(InputError, match="batch"):
        run("dimp", got10k_root, tmp_path, batch_size=1)
