"""`train` puts the command line's values in force and says where the result is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.run_training import TrainResult, train
from siou_tracking.retrain import BoxLossChoice, TrainRequest
from siou_tracking.running.stopping import Stopped
from tests.train_options import train_request

TINY_SETTINGS = '''
"""Learn the mean of noise: a settings file without images."""
import random
import numpy, torch
from ltr.actors import BaseActor
from ltr.trainers import LTRTrainer
from pytracking import TensorDict

class Loader:
    name, training, epoch_interval, stack_dim, batch_size = "train", True, 1, 1, 2
    dataset = range(4)
    def __len__(self): return 2
    def __iter__(self):
        for _ in range(2):
            noise = torch.randn(1, 2) + random.random() + numpy.random.rand()
            yield TensorDict(train_images=noise)

class Actor(BaseActor):
    def __call__(self, data):
        loss = (self.net(data["train_images"]) ** 2).mean()
        return loss, {"Loss/total": loss.detach()}

def run(settings):
    net = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    LTRTrainer(Actor(net, None), [Loader()], optimizer, settings).train(2, load_latest=True, fail_safe=True)
'''


@pytest.fixture
def tiny_settings(tmp_path: Path) -> Path:
    path = tmp_path / "toy" / "noise.py"
    path.parent.mkdir()
    path.write_text(TINY_SETTINGS)
    return path


def test_result_names_the_checkpoint_the_curves_and_the_folder(tiny_settings: Path, tmp_path: Path):
    result = train(TrainRequest(tiny_settings, workspace=tmp_path / "w", quiet=True))
    assert isinstance(result, TrainResult)
    assert result.project_path == "ltr/toy/noise"
    assert result.checkpoint == tmp_path / "w/checkpoints/ltr/toy/noise/Linear_ep0002.pth.tar"
    assert len(result.stats["train"]["Loss/total"]) == 2
    assert (tmp_path / "w/tensorboard/ltr/toy/noise/train").is_dir()


def test_seed_decides_every_number(tiny_settings: Path, tmp_path: Path):
    losses = [
        train(TrainRequest(tiny_settings, workspace=tmp_path / str(run), seed=seed, quiet=True)).stats["train"][
            "Loss/total"
        ]
        for run, seed in enumerate((7, 7, 8))
    ]
    assert losses[0] == losses[1] != losses[2]


def test_epochs_and_a_second_call_continue(tiny_settings: Path, tmp_path: Path):
    train(TrainRequest(tiny_settings, workspace=tmp_path, epochs=1, quiet=True))
    whole = train(TrainRequest(tiny_settings, workspace=tmp_path / "whole", epochs=3, quiet=True))
    parts = train(TrainRequest(tiny_settings, workspace=tmp_path, epochs=3, quiet=True))
    assert parts.stats == whole.stats


def test_a_box_loss_this_settings_file_cannot_use_is_refused_before_training(tiny_settings: Path, tmp_path: Path):
    with pytest.raises(InputError, match="box loss smooth_iou: Actor: its box loss cannot be changed"):
        train(TrainRequest(tiny_settings, box_loss=BoxLossChoice("smooth_iou"), workspace=tmp_path, quiet=True))
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"box_loss": "smoth_iou"}, "did you mean 'smooth_iou'"),
        ({"sharpness": 4.0}, "has no meaning without --box-loss"),
        ({"device": "cuda:99"}, "device 'cuda:99': not here"),
        ({"data": {"lasot": "/no/such"}}, "--data lasot: /no/such: no such folder"),
        ({"weights": "/no/such.pth.tar"}, r"/no/such\.pth\.tar"),
        ({"resume": True}, "no checkpoint to continue from"),
    ],
)
def test_unusable_options_are_refused(tiny_settings: Path, tmp_path: Path, options: dict, message: str):
    with pytest.raises(InputError, match=message):
        train(train_request(tiny_settings, workspace=tmp_path, quiet=True, **options))
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize("trained", [1, 0], ids=["trained", "not trained"])
def test_a_value_that_the_file_does_not_read_is_refused_before_the_first_step(tiny_settings, tmp_path, trained):
    text = tiny_settings.read_text() if trained else TINY_SETTINGS.replace("train(2", "train(0")
    tiny_settings.write_text(text)
    with pytest.raises(InputError, match=r"noise\.py: does not read settings\.dim: what was given would do nothing"):
        train(TrainRequest(tiny_settings, workspace=tmp_path, values={"dim": "both"}, quiet=True))
    assert not list(tmp_path.rglob("*.pth.tar"))


def test_a_value_that_the_file_reads_is_filed_with_the_run(tiny_settings: Path, tmp_path: Path):
    tiny_settings.write_text(TINY_SETTINGS.replace("def run(settings):", "def run(settings):\n    print(settings.dim)"))
    result = train(TrainRequest(tiny_settings, workspace=tmp_path, values={"dim": "both"}, quiet=True))
    assert read_checkpoint(result.checkpoint)["settings"].dim == "both"


def test_a_file_that_makes_no_trainer_is_refused(tmp_path: Path):
    file = tmp_path / "idle.py"
    file.write_text("def run(settings): pass\n")
    with pytest.raises(InputError, match=r"run\(settings\) made no trainer"):
        train(TrainRequest(file, workspace=tmp_path, quiet=True))


def test_the_process_is_left_as_it_was(tiny_settings: Path, tmp_path: Path):
    import cv2

    cv2.setNumThreads(1)
    train(TrainRequest(tiny_settings, workspace=tmp_path, quiet=True))
    assert cv2.getNumThreads() == 1
    assert not [name for name in sys.modules if name.split(".")[0] == "ltr"]
    assert not torch.backends.cudnn.benchmark


SECOND = """
def run(settings):
    from siou_tracking.ltr.admin.settings import Settings
    for own in (settings, Settings(settings.env)):
        own.project_path = f"{settings.project_path}_again" if own is not settings else own.project_path
        net = torch.nn.Linear(2, 1)
        AtomActor = type("AtomActor", (Actor,), {})
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        LTRTrainer(AtomActor(net, torch.nn.MSELoss()), [Loader()], optimizer, own)
"""


def test_the_flag_reaches_a_second_trainer_with_settings_of_its_own(tiny_settings: Path, tmp_path: Path, capsys):
    tiny_settings.write_text(TINY_SETTINGS.partition("def run")[0] + SECOND)
    with pytest.raises(InputError, match="trained nothing"):
        train(TrainRequest(tiny_settings, box_loss=BoxLossChoice("giou"), workspace=tmp_path))
    assert capsys.readouterr().out.count("box loss: giou as the score") == 2


OWN_LOOP = """
class Own(LTRTrainer):
    def train_epoch(self):
        for data in self.loaders[0]:
            loss, stats = self.actor(data)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()

def run(settings):
    torch.manual_seed(1)
    net = torch.nn.Linear(2, 1)
    trainer = Own(Actor(net, None), [Loader()], torch.optim.SGD(net.parameters(), lr=0.1), settings)
    trainer.train(2)
"""


def write_loop(tmp_path: Path, change: tuple[str, str] = ("", "")) -> Path:
    path = tmp_path / "own" / "loop.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(TINY_SETTINGS[: TINY_SETTINGS.index("def run")] + OWN_LOOP.replace(*change))
    return path


def test_a_loop_of_the_users_own_accumulates_and_computes_in_half_precision(tmp_path: Path):
    path, steps = write_loop(tmp_path), []
    remove = register_optimizer_step_pre_hook(lambda *_: steps.append(1)).remove
    try:
        train(TrainRequest(path, workspace=tmp_path / "a", accumulate=2, amp="bf16", quiet=True))
        assert len(steps) == 2
        train(TrainRequest(path, workspace=tmp_path / "b", accumulate=1, quiet=True))
        assert len(steps) == 2 + 4
    finally:
        remove()


@pytest.mark.parametrize("options", [{"amp": "bf16"}, {"accumulate": 2}, {"compile": True}])
def test_steps_of_another_actor_than_the_trainers_own_are_refused(tmp_path: Path, options: dict):
    path = write_loop(tmp_path, ("    trainer.train(2)", "    trainer.actor = Actor(net, None)\n    trainer.train(2)"))
    with pytest.raises(InputError, match=r"--(amp bf16|accumulate 2|compile): .*(Own makes|the training loop makes a)"):
        train(TrainRequest(path, workspace=tmp_path, quiet=True, **options))
    assert not list(tmp_path.rglob("*.pth.tar"))


def test_a_run_that_goes_on_behind_its_last_step_files_its_settings(tiny_settings: Path, tmp_path: Path):
    text = TINY_SETTINGS.replace("def run(settings):", "def run(settings):\n    settings.env, settings.dim")
    stops = "signal.raise_signal(signal.SIGTERM)\n        loss = "
    tiny_settings.write_text(
        "import signal\n" + text.replace("loss = ", stops, 1).replace("(2):", "(1):").replace("n 2", "n 1")
    )
    tiny_settings.write_text(
        tiny_settings.read_text().replace("def __len__(self): return 2", "def __len__(self): return 1")
    )
    options = {"workspace": tmp_path, "quiet": True, "epochs": 1, "values": {"dim": "both"}}
    with pytest.raises(Stopped):
        train(TrainRequest(tiny_settings, **options))
    assert list((tmp_path / "checkpoints/ltr/toy/noise").glob("*_step000001_of_epoch0001*"))
    assert read_checkpoint(train(TrainRequest(tiny_settings, **options)).checkpoint)["settings"].dim == "both"
