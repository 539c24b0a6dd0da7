"""The guard around a checkout's trainer looks at losses on a device only now and then, and before each checkpoint."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from siou_tracking.bridge.run import divergence
from siou_tracking.bridge.run.divergence import stop_when_diverged
from siou_tracking.ltr.trainers.divergence import LossGuard, TrainingDiverged


class Actor:
    """Returns the loss it is called with."""

    def __init__(self) -> None:
        self.net = torch.nn.Linear(1, 1)

    def __call__(self, loss):
        return torch.tensor(loss), {"Loss/total": loss}


@pytest.fixture
def trainer(tmp_path, monkeypatch):
    """A trainer with a print interval of 3, whose losses are as on a device that has to be waited for."""

    class OnDevice(LossGuard):
        def __init__(self, *args):
            super().__init__(*args)
            self.each_step = False

    monkeypatch.setattr(divergence, "LossGuard", OnDevice)
    loaders = [SimpleNamespace(name="train", training=True), SimpleNamespace(name="held out", training=False)]
    env = SimpleNamespace(workspace_dir=str(tmp_path))
    settings = SimpleNamespace(env=env, project_path="ltr/toy/mine", print_interval=3)
    saved = []
    made = SimpleNamespace(actor=Actor(), loaders=loaders, settings=settings, epoch=1, saved=saved)
    made.save_checkpoint = lambda: saved.append(made.epoch)
    stop_when_diverged(made)
    return made


def test_between_lines_nobody_waits_for_the_device(trainer):
    for loss in (1.0, float("nan")):
        trainer.actor(loss)
    with pytest.raises(
        TrainingDiverged, match=r"epoch 1, loader 'train', iteration 1 to 3: .*no checkpoint was written"
    ):
        trainer.actor(1.0)


def test_the_last_losses_are_looked_at_before_a_checkpoint(trainer):
    trainer.actor(1.0)
    trainer.save_checkpoint()
    trainer.actor(float("inf"))
    with pytest.raises(TrainingDiverged, match="iteration 2: the loss is inf, Loss/total is inf"):
        trainer.save_checkpoint()
    assert trainer.saved == [1]


def test_the_last_losses_are_looked_at_when_the_next_pass_begins(trainer):
    trainer.actor(float("nan"))
    with pytest.raises(TrainingDiverged, match="loader 'train'"), torch.no_grad():
        trainer.actor(1.0)


def test_a_validation_is_watched_too(trainer):
    with torch.no_grad():
        for loss in (1.0, float("nan")):
            trainer.actor(loss)
        with pytest.raises(TrainingDiverged, match="loader 'held out'"):
            trainer.actor(1.0)


def test_weights_are_looked_at_before_a_checkpoint(trainer):
    with torch.no_grad():
        trainer.actor.net.weight.fill_(float("nan"))
    with pytest.raises(TrainingDiverged, match="1 of 2 tensors of the network are not finite, first weight"):
        trainer.save_checkpoint()
    assert trainer.saved == []


def test_a_trainer_is_changed_once_and_an_actor_put_back_is_watched_again(trainer):
    save, actor = trainer.save_checkpoint, trainer.actor
    stop_when_diverged(trainer)
    assert (trainer.save_checkpoint, trainer.actor) == (save, actor)
    trainer.actor = Actor()
    stop_when_diverged(trainer)
    assert trainer.save_checkpoint is save and type(trainer.actor).__name__ == "Actor"
    trainer.actor(float("nan"))
    with pytest.raises(TrainingDiverged):
        trainer.save_checkpoint()
