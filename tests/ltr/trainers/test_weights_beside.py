"""What a training leaves beside its newest checkpoint is of that one, and goes with it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.active_request import request_active
from siou_tracking.ltr.admin.checkpoint_files import find_checkpoint, weights_path
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.admin.tensor_file import tensors
from siou_tracking.retrain import TrainRequest

FOLDER = "checkpoints/ltr/tests/tiny"


def weights_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.safetensors"))


def same_network(one: Path, other: Path) -> bool:
    nets = [read_checkpoint(path)["net"] for path in (one, other)]
    return list(nets[0]) == list(nets[1]) and all(torch.equal(nets[0][key], nets[1][key]) for key in nets[0])


def test_a_training_that_goes_on_writes_it_anew(make_trainer, tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    for epochs in (1, 3):
        trainer = make_trainer()
        trainer.train(epochs, load_latest=True)
        (name,) = weights_in(folder)
        assert name == f"TinyNet_ep{epochs:04d}.safetensors"
        assert same_network(folder / name, trainer.latest_checkpoint)
        assert read_checkpoint(folder / name)["epoch"] == epochs
    folder.joinpath(name).unlink()
    make_trainer().train(3, load_latest=True)  # has nothing left to train
    assert weights_in(folder) == [name]


def test_it_goes_with_its_checkpoint_and_with_the_folder(make_trainer, tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    make_trainer().train(1)
    with request_active(TrainRequest("", keep=1)):
        trainer = make_trainer()
        trainer.load_checkpoint()
        trainer.epoch = 2
        trainer.save_checkpoint()  # and is killed
    assert weights_in(folder) == []
    with request_active(TrainRequest("", resume=False)):
        make_trainer().train(1)
    assert weights_in(folder) == ["TinyNet_ep0001.safetensors"]
    assert weights_in(folder.with_name(folder.name + ".old-1")) == []


def test_that_of_an_epoch_trained_again_is_gone_before_its_checkpoint_is(make_trainer, monkeypatch, tmp_path) -> None:
    trainer = make_trainer()
    trainer.train(2)
    monkeypatch.setattr(torch, "save", lambda *args, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        trainer.save_checkpoint()
    assert weights_in(tmp_path / FOLDER) == []


def test_what_hinders_it_is_a_note_and_the_training_ends_well(make_trainer, monkeypatch, caplog, tmp_path) -> None:
    def no_room(tensor: torch.Tensor) -> memoryview:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tensors, "_memory", no_room)
    trainer = make_trainer()
    trainer.train(1)
    path = weights_path(trainer.latest_checkpoint)
    assert f"note: weights {path}: not written: No space left on device" in caplog.messages
    assert caplog.messages[-1] == f"trained to epoch 1: checkpoint {trainer.latest_checkpoint}"
    assert {one.name for one in path.parent.iterdir()} == {"TinyNet_ep0001.pth.tar", "stats.jsonl"}


def test_a_folder_of_weights_alone_is_tracked_with_and_not_trained_over(make_trainer, tmp_path: Path) -> None:
    trainer = make_trainer()
    trainer.train(1)
    trainer.latest_checkpoint.unlink()
    path = tmp_path / FOLDER / "TinyNet_ep0001.safetensors"
    assert find_checkpoint(path.parent) == path
    with pytest.raises(InputError, match=r"holds TinyNet_ep0001.safetensors of an earlier run .*: give --fresh$"):
        make_trainer().train(2, load_latest=True)
    assert path.is_file()
