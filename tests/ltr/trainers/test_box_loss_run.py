"""A run says, stores and files which box loss it trains with."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import torch

from siou_tracking import use_box_loss
from siou_tracking.ltr.actors import AtomBBKLActor
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.models.loss.kl_regression import KLRegression
from siou_tracking.ltr.trainers import LTRTrainer

CHECKPOINTS = Path("checkpoints/ltr/tests")


def test_chosen_loss_is_printed_once_with_every_parameter_and_stored(make_trainer, tmp_path: Path, capsys):
    trainer = make_trainer(box_loss="smooth_iou")
    trainer.train(2)
    lines = [line for line in capsys.readouterr().out.splitlines() if "box loss" in line]
    assert lines == [
        "box loss: smooth_iou (sharpness 32.0, divergence bhattacharyya) as the score that the head of AtomActor, "
        "the settings file's weight"
    ]
    state = read_checkpoint(tmp_path / CHECKPOINTS / "tiny_smooth_iou" / "TinyNet_ep0002.pth.tar")
    assert state["actor_type"] == "AtomActor"
    assert state["box_loss"] == {
        "name": "smooth_iou",
        "role": "score",
        "params": {"sharpness": 32.0, "divergence": "bhattacharyya"},
        "weight": None,
    }


def test_losses_of_one_settings_file_train_side_by_side_and_differ(make_trainer, tmp_path: Path):
    weights = []
    for name in (None, "iou", "smooth_iou"):
        trainer = make_trainer(box_loss=name)
        trainer.train(1)
        weights.append(trainer.net.head[0].weight)
    assert sorted(p.name for p in (tmp_path / CHECKPOINTS).iterdir()) == ["tiny", "tiny_iou", "tiny_smooth_iou"]
    assert not torch.equal(weights[1], weights[2])


def test_run_without_a_box_loss_is_a_plain_loop_over_the_same_batches(make_trainer, tiny, tmp_path: Path):
    """The trainer adds nothing: a hand-written loop gives the same weights, bit for bit."""
    trainer = make_trainer(loaders=[tiny.Loader("train", True)])
    trainer.train(2)
    torch.manual_seed(5)
    net = tiny.Net()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    for _ in range(2):
        for _ in range(3):
            data = tiny.batch(4)
            scores = net(data["train_images"], data["test_images"], data["train_anno"], data["test_proposals"])
            loss = torch.nn.functional.mse_loss(scores, data["proposal_iou"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    for name, tensor in net.state_dict().items():
        assert torch.equal(tensor, trainer.net.state_dict()[name]), name


def test_density_is_as_wide_as_the_loaders_of_the_run_make_it(tiny, tmp_path: Path):
    settings = Settings(build_environment(tmp_path), use_gpu=False)
    settings.project_path = "ltr/tests/density"
    use_box_loss(settings, "smooth_iou")
    loader, net = tiny.Loader("train", True), tiny.Net()
    loader.dataset = SimpleNamespace(processing=SimpleNamespace(proposal_params={"gt_sigma": (0.1, 0.1)}))
    optimizer = torch.optim.Adam(net.parameters())
    trainer = LTRTrainer(AtomBBKLActor(net, KLRegression()), [loader], optimizer, settings)
    assert trainer.box_loss["role"] == "density"
    assert (trainer.box_loss["params"]["sigma"], trainer.box_loss["params"]["exponent"]) == (0.1, 25.0)
