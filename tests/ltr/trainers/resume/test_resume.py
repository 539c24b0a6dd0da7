"""A run that is interrupted and continued is the run that was not interrupted; nothing of it is ever lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.active_request import request_active
from siou_tracking.ltr.admin.checkpoint_files import weights_path
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.admin.model_constructor import NetConstructor
from siou_tracking.ltr.trainers import distributed
from siou_tracking.retrain import TrainRequest
from tests.running.other_process import held_by_another

FOLDER = Path("checkpoints/ltr/tests/tiny")


def weights(trainer) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in trainer.net.state_dict().items()}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_continued_run_equals_the_uninterrupted_one_bit_for_bit(make_trainer, tmp_path: Path):
    whole = make_trainer()
    whole.settings.project_path = "ltr/tests/whole"
    whole.train(4, load_latest=True)
    make_trainer().train(2, load_latest=True)
    torch.manual_seed(99)  # the state must come from the checkpoint, not from here
    second = make_trainer()
    torch.manual_seed(99)
    second.train(4, load_latest=True)
    assert same(weights(second), weights(whole))
    assert second.optimizer.param_groups[0]["lr"] == whole.optimizer.param_groups[0]["lr"]
    for loader in ("train", "val"):
        for name, meter in whole.stats[loader].items():
            assert second.stats[loader][name].history == meter.history, name


def test_a_cosine_continued_to_more_epochs_goes_on_as_that_of_the_longer_run(make_trainer):
    def rate_after(epochs: int, length: int, folder: str) -> float:
        trainer = make_trainer()
        trainer.settings.project_path = folder
        trainer.lr_scheduler = CosineAnnealingLR(trainer.optimizer, length, eta_min=1e-4)
        trainer.train(epochs, load_latest=True)
        return trainer.optimizer.param_groups[0]["lr"]

    assert rate_after(2, 2, "short") == pytest.approx(1e-4)
    assert rate_after(3, 4, "short") == pytest.approx(rate_after(3, 4, "whole"))
    assert rate_after(4, 4, "short") == pytest.approx(1e-4)


def test_continuing_says_so_and_a_finished_run_says_that_it_is_finished(make_trainer, capsys, tmp_path: Path):
    make_trainer().train(1, load_latest=True)
    make_trainer().train(2, load_latest=True)
    latest = tmp_path / FOLDER / "TinyNet_ep0002.pth.tar"
    assert f"continuing from epoch 1: {tmp_path / FOLDER / 'TinyNet_ep0001.pth.tar'}" in capsys.readouterr().out
    before = latest.read_bytes()
    make_trainer().train(2, load_latest=True)
    assert (
        f"already trained to epoch 2: checkpoint {latest}, weights {weights_path(latest)}\n" in capsys.readouterr().out
    )
    assert latest.read_bytes() == before


def test_an_earlier_run_is_neither_continued_nor_overwritten_unasked(make_trainer):
    make_trainer().train(1)
    with pytest.raises(InputError, match="holds checkpoints of an earlier run: give --resume or --fresh"):
        make_trainer().train(1, load_latest=False)


def test_a_restart_before_the_run_began_takes_no_earlier_run_for_its_own(make_trainer, tmp_path, monkeypatch):
    make_trainer().train(2)
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    monkeypatch.setattr(distributed._Memory, "store", torch.distributed.HashStore())
    monkeypatch.setattr(distributed._Memory, "own", set())
    with pytest.raises(InputError, match="holds checkpoints of an earlier run: give --resume or --fresh"):
        make_trainer().train(3)
    with request_active(TrainRequest("", resume=False)):
        make_trainer().train(1)
        distributed._Memory.own.clear()  # as in the process of the next start
        make_trainer().train(2)
    kept, own = ((tmp_path / FOLDER).with_name(name).glob("*.tar") for name in ("tiny.old-1", "tiny"))
    assert len(list(kept)) == len(list(own)) == 2
    assert not (tmp_path / FOLDER).with_name("tiny.old-2").exists()


def test_fresh_keeps_earlier_runs_under_other_names(make_trainer, tmp_path: Path):
    for _ in range(3):
        with request_active(TrainRequest("", resume=False)):
            make_trainer().train(1, load_latest=True)
    for name in ("tiny", "tiny.old-1", "tiny.old-2"):
        assert (tmp_path / FOLDER).with_name(name).joinpath("TinyNet_ep0001.pth.tar").is_file()


def test_resume_without_a_checkpoint_is_refused(make_trainer):
    with (
        request_active(TrainRequest("", resume=True)),
        pytest.raises(InputError, match="no checkpoint to continue from"),
    ):
        make_trainer().train(1)


def test_checkpoints_of_another_network_are_refused(make_trainer, tiny, tmp_path: Path):
    make_trainer().train(1)
    with pytest.raises(InputError, match="holds checkpoints of TinyNet, this run trains OtherNet: give --fresh"):
        make_trainer(tiny.Other()).train(1, load_latest=True)
    other = make_trainer(tiny.Other())
    with pytest.raises(InputError, match="got network TinyNet, expected OtherNet"):
        other.load_checkpoint(tmp_path / FOLDER / "TinyNet_ep0001.pth.tar")


def test_a_run_of_another_box_loss_parameter_is_refused(make_trainer):
    make_trainer(box_loss="smooth_iou", box_loss_params={"sharpness": 4.0}).train(1, load_latest=True)
    with pytest.raises(InputError, match=r"was trained with box loss smooth_iou \(sharpness 4.0.*--fresh"):
        make_trainer(box_loss="smooth_iou", box_loss_params={"sharpness": 8.0}).train(2, load_latest=True)


def test_a_run_of_a_network_built_with_other_numbers_is_refused(make_trainer, tiny):
    def net(**values):
        made = tiny.Net()
        made.constructor = NetConstructor("tiny", "conftest", (), {"loss_scale": 10.0, "pretrained": True, **values})
        return made

    make_trainer(net()).train(1, load_latest=True)
    with pytest.raises(InputError, match=r"ep0001.*was trained with loss_scale 10\.0, this run has 1\.0: give --fresh"):
        make_trainer(net(loss_scale=1.0)).train(1, load_latest=True)
    make_trainer(net(pretrained=False)).train(2, load_latest=True)  # pretrained weights are not read again


def test_weights_start_a_run_and_may_lie_in_the_folder_set_aside(make_trainer, tmp_path: Path):
    first = make_trainer()
    first.train(1)
    file = tmp_path / FOLDER / "TinyNet_ep0001.pth.tar"
    second = make_trainer(lr=0.0)
    assert not same(weights(second), weights(first))
    with request_active(TrainRequest("", resume=False, weights=file)):
        second.train(1)
    for name, tensor in weights(first).items():
        if "running" not in name and "num_batches" not in name:
            assert torch.equal(second.net.state_dict()[name], tensor)
    assert not file.with_name("TinyNet_ep0002.pth.tar").exists()


@pytest.mark.parametrize("resume", [None, False])
def test_weights_of_another_network_are_refused_and_a_fresh_start_then_moves_nothing(make_trainer, tmp_path, resume):
    make_trainer().train(1)
    before = sorted((tmp_path / "checkpoints").rglob("*"))
    wrong = tmp_path / "wrong.pth.tar"
    torch.save({"net": torch.nn.Linear(3, 3).state_dict(), "net_type": "Linear"}, wrong)
    trainer = make_trainer()
    if resume is None:
        trainer.settings.project_path = "ltr/tests/another"
    with (
        request_active(TrainRequest("", resume=resume, weights=wrong)),
        pytest.raises(InputError, match="got network Linear, expected TinyNet"),
    ):
        trainer.train(1)
    assert sorted((tmp_path / "checkpoints").rglob("*")) == before


def test_weights_saved_from_a_wrapper_are_taken_and_that_is_said(make_trainer, tmp_path: Path, capsys):
    wrapped = torch.nn.DataParallel(make_trainer(lr=0.0).net)
    file = tmp_path / "wrapped.pth.tar"
    torch.save({"net": wrapped.state_dict(), "net_type": "DataParallel"}, file)
    trainer = make_trainer(lr=0.0)
    with request_active(TrainRequest("", weights=file)):
        trainer.train(1)
    assert torch.equal(trainer.net.head[0].weight, wrapped.module.head[0].weight)
    assert "'module.' before every name in it is left out" in capsys.readouterr().err


def test_a_damaged_newest_checkpoint_is_told_and_kept_and_the_one_before_is_used(make_trainer, tmp_path: Path, caplog):
    make_trainer().train(4)
    files = [tmp_path / FOLDER / f"TinyNet_ep000{epoch}.pth.tar" for epoch in (1, 2, 3, 4)]
    whole = {file: file.read_bytes() for file in files}
    for file in files[2:]:
        file.write_bytes(whole[file][:900])
    resumed = make_trainer()
    resumed.train(4, load_latest=True)
    notes = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len(notes) == 2
    for note, file in zip(notes, reversed(files[2:]), strict=True):
        assert note.startswith(f"note: checkpoint {file}: not a checkpoint, or cut short (")
        assert note.endswith(f"): kept as {file.name}.damaged, the one before is used: TinyNet_ep0002.pth.tar")
        assert file.with_name(file.name + ".damaged").read_bytes() == whole[file][:900]
    again = read_checkpoint(files[3])
    files[3].write_bytes(whole[files[3]])
    assert same(again["net"], read_checkpoint(files[3])["net"])


def test_where_none_is_whole_the_run_ends_and_nothing_is_renamed(make_trainer, tmp_path: Path):
    make_trainer().train(2)
    files = [tmp_path / FOLDER / f"TinyNet_ep000{epoch}.pth.tar" for epoch in (1, 2)]
    for file in files:
        file.write_bytes(b"")
    with pytest.raises(InputError, match=r"TinyNet_ep0002\.pth\.tar: not a checkpoint, or cut short"):
        make_trainer().train(3, load_latest=True)
    assert sorted((tmp_path / FOLDER).glob("*.tar*")) == files


def test_a_checkpoint_that_the_disk_does_not_give_is_not_taken_for_a_damaged_one(make_trainer, tmp_path, monkeypatch):
    make_trainer().train(2)

    def fails(*args, **options):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(torch, "load", fails)
    with pytest.raises(InputError, match="Input/output error"):
        make_trainer().train(3, load_latest=True)
    assert not list((tmp_path / FOLDER).glob("*.damaged"))


def test_what_a_killed_process_left_is_gone_after_the_next_start(make_trainer, tmp_path: Path):
    make_trainer().train(1)
    for name in (".TinyNet_ep0002.pth.7.0123abcd.tmp.tar", f".stats.{os.getpid()}.0123abcd.tmp.jsonl"):
        (tmp_path / FOLDER / name).write_bytes(b"half")  # one of another machine, and one whose number is ours
    make_trainer().train(1, load_latest=True)
    assert sorted(path.name for path in (tmp_path / FOLDER).iterdir()) == [
        "TinyNet_ep0001.pth.tar",
        "TinyNet_ep0001.safetensors",
        "stats.jsonl",
    ]


def test_a_second_process_is_refused_before_it_moves_anything(make_trainer, tmp_path: Path):
    make_trainer().train(1)
    with held_by_another(tmp_path / FOLDER) as process:
        for resume in (None, True, False):
            with (
                request_active(TrainRequest("", resume=resume)),
                pytest.raises(InputError, match=rf"^workspace: .*tiny: process {process} is writing there now: wait.*"),
            ):
                make_trainer().train(2, load_latest=True)
    assert not list((tmp_path / FOLDER).parent.glob("*old*"))
    make_trainer().train(2, load_latest=True)
    assert not list(tmp_path.rglob("*.lock"))


def test_training_on_in_the_same_process_goes_on_where_it_was(make_trainer):
    trainer = make_trainer()
    trainer.train(1)
    trainer.train(3)
    assert trainer.epoch == 3
    assert len(trainer.stats["train"]["Loss/total"].history) == 3
