"""A full disk: one line with the folder and the checkpoint that is whole, and no half file."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.trainers import full_disk, history
from siou_tracking.ltr.trainers.full_disk import full_disk_explained, saving_whole


def no_room(*args, **options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def save_without_room(state, file):
    """As torch does it: the archive's own error covers that of the write."""
    file.write(b"half")
    try:
        no_room()
    except OSError as error:
        raise RuntimeError("unexpected pos 576 vs 534") from error


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("part", ["checkpoint", "record", "curves"])
def test_the_checkpoint_that_is_whole_is_named_and_nothing_half_stays(make_trainer, tmp_path, monkeypatch, after, part):
    trainer = make_trainer()
    folder = tmp_path / "checkpoints/ltr/tests/tiny"
    if after:
        trainer.train(after)
    if part == "checkpoint":
        monkeypatch.setattr(torch, "save", save_without_room)
    elif part == "record":
        monkeypatch.setattr(history, "write_text", no_room)
    else:
        monkeypatch.setattr("siou_tracking.ltr.admin.tensorboard.TensorboardWriter.write_epoch", no_room)
        monkeypatch.setattr("siou_tracking.ltr.admin.tensorboard.TensorboardWriter.close", no_room)
    whole = f"checkpoint of epoch 1 is whole: {folder}/TinyNet_ep0001.pth.tar" if after else "no checkpoint was written"
    with pytest.raises(InputError) as caught:
        trainer.train(after + 1, load_latest=True)
    assert str(caught.value).startswith(f"no space left on {folder}, {whole}")
    assert {path.name for path in folder.glob("*")} <= {
        "stats.jsonl",
        "TinyNet_ep0001.pth.tar",
        "TinyNet_ep0001.safetensors",
    }


def test_another_error_is_left_as_it_is(tmp_path: Path):
    for error in (OSError(errno.EACCES, "no"), RuntimeError("x"), InputError("y")):
        with pytest.raises(type(error)) as caught, full_disk_explained(tmp_path, lambda: None):
            raise error
        assert caught.value is error


def test_the_folder_of_the_file_that_did_not_fit_is_named(tmp_path: Path):
    message = r"no space left on /curves, no checkpoint was written"
    with pytest.raises(InputError, match=message), full_disk_explained(tmp_path, lambda: None):
        raise OSError(errno.EDQUOT, "quota", "/curves/events.out")


def test_a_file_saved_by_path_is_whole_or_not_there(tmp_path: Path):
    saving_whole(torch.save)({"a": torch.ones(3)}, tmp_path / "good.pth")
    assert torch.load(tmp_path / "good.pth", weights_only=True)["a"].tolist() == [1, 1, 1]
    with pytest.raises(RuntimeError) as caught:
        saving_whole(save_without_room)({}, str(tmp_path / "bad.tmp"))
    assert full_disk._find_cause(caught.value).errno == errno.ENOSPC
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.pth"]
