"""A run that is stopped within an epoch goes on with the very next step, and ends as one that nothing happened to."""

from __future__ import annotations

import json
import random
import signal
from pathlib import Path

import pytest
import torch

from siou_tracking.ltr.admin.active_request import request_active
from siou_tracking.ltr.admin.checkpoint_files import find_checkpoint
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.data.loader import LTRLoader
from siou_tracking.ltr.data.tensors import TensorDict
from siou_tracking.ltr.trainers.base_trainer import BaseTrainer
from siou_tracking.retrain import TrainRequest
from siou_tracking.running.stopping import Stopped
from tests.ltr.trainers.tiny_training import TinyLoader, make_batch

FOLDER = Path("checkpoints/ltr/tests/tiny")
NOTICES = [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT, signal.SIGHUP]


class Samples(torch.utils.data.Dataset):
    """Drawn from torch's generator, in this process or in a worker's, unless by their index."""

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int):
        batch = make_batch(1)
        return TensorDict((k, v[:, 0] if isinstance(v, torch.Tensor) else "made") for k, v in batch.items())


class ByIndex(Samples):
    drawn_by_index = True
    drawn = 0

    def __getitem__(self, index: int):
        type(self).drawn += 1
        with torch.random.fork_rng():
            torch.manual_seed(index)
            return super().__getitem__(index)


def loaders(kind: str) -> list:
    random.seed(3)  # what shuffles them
    if kind == "own":
        return [TinyLoader("train", True), TinyLoader("val", False, 2, epoch_interval=2)]
    dataset = ByIndex() if "by index" in kind else Samples()
    workers = 2 if "workers" in kind else 0
    return [
        LTRLoader(name, dataset, training, 4, shuffle=training, num_workers=workers, stack_dim=1, epoch_interval=every)
        for name, training, every in (("train", True, 1), ("val", False, 2))
    ]


class Signals:
    """Sends this process a signal after so many steps of any pass, counted over all."""

    def __init__(self, trainer, after: int, number: int) -> None:
        self.step, self.left, self.number = trainer._step, after, number
        trainer._step = self

    def __call__(self, *args):
        result = self.step(*args)
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(self.number)
        return result


def stop_after(trainer, steps: int, number: int = signal.SIGTERM, epochs: int = 2) -> None:
    Signals(trainer, steps, number)
    with pytest.raises(KeyboardInterrupt if number == signal.SIGINT else Stopped) as caught:
        trainer.train(epochs, load_latest=True)
    if number != signal.SIGINT:
        assert caught.value.code == 128 + number


def content(trainer) -> dict:
    return read_checkpoint(trainer.latest_checkpoint)


def assert_same(one, other) -> None:
    a, b = content(one), content(other)
    assert a["epoch"] == b["epoch"]
    for part in ("net", "rng_state"):
        for name, value in a[part].items():
            same = torch.equal if isinstance(value, torch.Tensor) else lambda x, y: str(x) == str(y)
            assert same(value, b[part][name]), name
    assert str(a["optimizer"]) == str(b["optimizer"])
    for loader, meters in a["stats"].items():
        for name, meter in (meters or {}).items():
            assert meter.history == b["stats"][loader][name].history, name
    records = [(t.checkpoint_folder / "stats.jsonl").read_text().splitlines() for t in (one, other)]
    for mine, theirs in zip(*(map(json.loads, lines) for lines in records), strict=True):
        assert [mine[key] for key in ("epoch", "loader", "stats")] == [theirs[k] for k in ("epoch", "loader", "stats")]


@pytest.fixture
def whole(make_trainer):
    def train(kind: str, epochs: int = 2):
        trainer = make_trainer(loaders=loaders(kind))
        trainer.settings.project_path = "ltr/tests/whole"
        trainer.train(epochs)
        return trainer

    return train


@pytest.mark.parametrize("kind", ["own", "torch", "torch, by index"])
@pytest.mark.parametrize("steps", range(1, 9))  # 3 of epoch 1, 3 of epoch 2, 2 or 3 of its validation
def test_stopped_after_any_step_and_continued_equals_the_uninterrupted_run(make_trainer, whole, steps: int, kind: str):
    reference = whole(kind)
    stop_after(make_trainer(loaders=loaders(kind)), steps)
    torch.manual_seed(99)
    again = make_trainer(loaders=loaders(kind))
    torch.manual_seed(99)
    again.train(2, load_latest=True)
    assert_same(again, reference)
    assert sorted(path.name for path in again.checkpoint_folder.iterdir()) == [
        "TinyNet_ep0001.pth.tar",
        "TinyNet_ep0002.pth.tar",
        "TinyNet_ep0002.safetensors",
        "stats.jsonl",
    ]


@pytest.mark.parametrize("kind", ["torch, workers", "torch, workers, by index"])
def test_so_it_does_with_workers(make_trainer, whole, kind: str):
    reference = whole(kind)
    stop_after(make_trainer(loaders=loaders(kind)), 4)
    again = make_trainer(loaders=loaders(kind))
    again.train(2, load_latest=True)
    assert_same(again, reference)


def test_stopped_again_and_again(make_trainer, whole):
    reference = whole("torch")
    for _ in range(8):
        stop_after(make_trainer(loaders=loaders("torch")), 1)
    again = make_trainer(loaders=loaders("torch"))
    again.train(2, load_latest=True)
    assert_same(again, reference)


@pytest.mark.parametrize("number", NOTICES)
def test_every_notice_leaves_one_file_and_says_where_the_run_goes_on(make_trainer, tmp_path, capsys, number):
    stop_after(make_trainer(), 2, number)
    file = tmp_path / FOLDER / "TinyNet_step000002_of_epoch0001.pth.tar"
    assert list((tmp_path / FOLDER).iterdir()) == [file]
    name = signal.Signals(number).name
    assert f"stopped by {name} in epoch 1, train step 2 of 3: {file}: --resume goes on" in capsys.readouterr().out
    stop_after(make_trainer(), 2, number)
    assert [path.name for path in (tmp_path / FOLDER).glob("*step*")] == ["TinyNet_step000001_of_epoch0002.pth.tar"]
    # Nothing that looks for a network takes it.
    assert find_checkpoint(tmp_path / FOLDER).name == "TinyNet_ep0001.pth.tar"
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_samples_that_are_drawn_by_index_are_not_drawn_again(make_trainer):
    stop_after(make_trainer(loaders=loaders("torch, by index")), 2)
    ByIndex.drawn = 0
    make_trainer(loaders=loaders("torch, by index")).train(1, load_latest=True)
    assert ByIndex.drawn == 4


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_step_of_several_batches_is_not_cut(make_trainer, tmp_path, steps):
    def make(folder: str):
        with request_active(TrainRequest("", accumulate=2)):
            trainer = make_trainer()
        trainer.settings.project_path = folder
        return trainer

    with request_active(TrainRequest("", accumulate=2)):
        reference = make("ltr/tests/whole")
        reference.train(2)
        stop_after(make("ltr/tests/tiny"), steps)
        file = tmp_path / FOLDER / f"TinyNet_step00000{3 if steps > 2 else 2}_of_epoch0001.pth.tar"
        assert list((tmp_path / FOLDER).iterdir()) == [file]
        again = make("ltr/tests/tiny")
        again.train(2, load_latest=True)
    assert_same(again, reference)


def test_a_stop_that_does_not_fit_this_run_is_told_and_its_epoch_begins_again(make_trainer, whole, caplog):
    reference = whole("own")
    stop_after(make_trainer(), 5)
    other = make_trainer(loaders=[TinyLoader("train", True, batches=5), TinyLoader("val", False, 2, epoch_interval=2)])
    other.train(2, load_latest=True)
    assert "not used: it was stopped within a pass of 3 batches, this run's have 5" in caplog.text
    assert other.epoch == reference.epoch and not list(other.checkpoint_folder.glob("*step*"))


def test_a_trainer_with_an_epoch_of_its_own_ends_at_once_as_ever(make_trainer):
    class Own(BaseTrainer):
        def train_epoch(self) -> None:
            signal.raise_signal(signal.SIGINT)
            raise AssertionError("went on")

    made = make_trainer()
    with pytest.raises(KeyboardInterrupt):
        Own(made.actor, made.loaders, made.optimizer, made.settings).train(1)


def test_a_run_without_a_workspace_says_that_nothing_is_kept(make_trainer, capsys):
    trainer = make_trainer()
    trainer.settings.env.workspace_dir = ""
    stop_after(trainer, 1)
    assert "no workspace is set, so nothing is kept" in capsys.readouterr().out


def test_a_signal_while_the_checkpoint_of_an_epoch_is_written_ends_the_run_behind_it(make_trainer, monkeypatch, capsys):
    trainer = make_trainer()
    save = trainer.save_checkpoint

    def signaled():
        signal.raise_signal(signal.SIGTERM)
        return save()

    monkeypatch.setattr(trainer, "save_checkpoint", signaled)
    with pytest.raises(Stopped):
        trainer.train(3)
    assert "stopped by SIGTERM after epoch 1: checkpoint" in capsys.readouterr().out
    assert [path.name for path in trainer.checkpoint_folder.glob("*.tar")] == ["TinyNet_ep0001.pth.tar"]
