"""What a run writes and prints, and how it fails."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.log import quiet
from siou_tracking.ltr.admin.active_request import request_active
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.trainers.history import read_history
from siou_tracking.retrain import TrainRequest

FOLDER = Path("checkpoints/ltr/tests/tiny")
UPSTREAM_KEYS = {
    "epoch", "actor_type", "net_type", "net", "net_info", "constructor", "optimizer", "stats", "settings",
}  # fmt: skip


def test_each_epoch_leaves_a_checkpoint_with_upstreams_entries_readable_in_safe_mode(make_trainer, tmp_path: Path):
    trainer = make_trainer(note=[1, "two"])
    trainer.train(2)
    assert sorted(p.name for p in (tmp_path / FOLDER).glob("*.tar")) == [
        "TinyNet_ep0001.pth.tar",
        "TinyNet_ep0002.pth.tar",
    ]
    state = read_checkpoint(tmp_path / FOLDER / "TinyNet_ep0002.pth.tar")
    assert state.keys() >= UPSTREAM_KEYS
    assert (state["epoch"], state["actor_type"], state["net_type"]) == (2, "AtomActor", "TinyNet")
    assert state["settings"].note == [1, "two"]
    assert state["box_loss"] is None
    assert all(torch.equal(state["net"][k], v) for k, v in trainer.net.state_dict().items())


def test_extra_entries_never_replace_an_attribute_of_upstreams_trainer(make_trainer, tmp_path: Path):
    # Upstream's load assigns every entry it does not know to its trainer as an attribute.
    make_trainer().train(1)
    extra = set(read_checkpoint(tmp_path / FOLDER / "TinyNet_ep0001.pth.tar")) - UPSTREAM_KEYS
    assert not extra & {"actor", "optimizer", "lr_scheduler", "loaders", "device", "settings"}


def test_learning_rate_in_force_is_recorded_for_training_loaders(make_trainer):
    trainer = make_trainer()
    trainer.train(5)
    assert trainer.stats["train"]["LearningRate/group0"].history == pytest.approx([0.05, 0.05, 0.01, 0.01, 0.002])
    assert "LearningRate/group0" not in trainer.stats["val"]


def test_loader_runs_only_in_epochs_its_interval_divides(make_trainer):
    trainer = make_trainer()
    trainer.train(5)
    assert len(trainer.stats["train"]["Loss/total"].history) == 5
    assert len(trainer.stats["val"]["Loss/total"].history) == 2


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")  # the optimizer has nothing to do here
def test_validation_changes_no_weight(make_trainer, tiny):
    trainer = make_trainer(loaders=[tiny.Loader("val", False)])
    before = {k: v.clone() for k, v in trainer.net.state_dict().items()}
    trainer.train(1)
    assert all(torch.equal(v, before[k]) for k, v in trainer.net.state_dict().items())


def test_step_line_has_upstreams_format_and_print_stats_chooses(make_trainer, capsys):
    make_trainer(print_interval=2, print_stats=["Loss/total", "Loss/iou"]).train(1)
    lines = [line for line in capsys.readouterr().out.splitlines() if " / 3]" in line]
    assert [re.sub(r"\d+\.\d+", "#", line) for line in lines] == [
        f"[train: 1, {step} / 3] FPS: # (#)  ,  Loss/total: #  ,  Loss/iou: #" for step in (2, 3)
    ]


def test_quiet_run_prints_nothing(make_trainer, capsys):
    with quiet():
        make_trainer().train(1)
    assert capsys.readouterr().out == ""


def test_printed_mean_is_the_sample_weighted_mean_of_the_steps(make_trainer):
    trainer = make_trainer()
    seen = []
    inner = trainer.actor.__class__.__call__

    class Watched(trainer.actor.__class__):
        def __call__(self, data):
            loss, stats = inner(self, data)
            seen.append(loss.item())
            return loss, stats

    trainer.actor.__class__ = Watched
    trainer.train(1)
    assert trainer.stats["train"]["Loss/total"].history[0] == pytest.approx(sum(seen) / len(seen), rel=1e-6)


def test_record_has_a_line_per_pass_and_splits_the_time(make_trainer, tmp_path: Path):
    make_trainer().train(2)
    records = read_history(tmp_path / FOLDER)
    assert [(r["epoch"], r["loader"]) for r in records] == [(1, "train"), (2, "train"), (2, "val")]
    for record in records:
        assert 0 <= record["data_seconds"] <= record["seconds"]
        assert {"Loss/total", "Loss/iou", "IoU/top_scored"} <= record["stats"].keys()
    assert records[0]["learning_rate"] == [0.05]
    json.loads((tmp_path / FOLDER / "stats.jsonl").read_text().splitlines()[0])


def test_without_tensorboard_one_line_says_where_the_curves_are(make_trainer, tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setattr("siou_tracking.ltr.admin.tensorboard.is_available", lambda: False)
    make_trainer().train(3)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("tensorboard")]
    assert lines == [f"tensorboard is not installed: curves are only in {tmp_path / FOLDER}/stats.jsonl"]
    assert len(read_history(tmp_path / FOLDER)) == 4
    assert not (tmp_path / "tensorboard").exists()


def test_epochs_given_on_the_command_line_win(make_trainer):
    trainer = make_trainer()
    with request_active(TrainRequest("", epochs=1)):
        trainer.train(50)
    assert trainer.epoch == 1


def test_gradient_is_clipped_when_the_settings_say_so(make_trainer):
    trainer = make_trainer(grad_clip_max_norm=1e-3)
    trainer.train(1)
    norm = torch.stack([p.grad.norm() for p in trainer.net.parameters() if p.grad is not None]).norm()
    assert norm <= 1.001e-3


def test_backbone_batch_norm_can_be_held_while_the_rest_trains(make_trainer):
    trainer = make_trainer()
    trainer.freeze_backbone_bn_layers = True
    before = trainer.net.feature_extractor[1].running_mean.clone()
    trainer.train(1)
    assert torch.equal(trainer.net.feature_extractor[1].running_mean, before)
    assert trainer.net.head[2].training


def test_a_step_without_a_full_batch_is_refused_for_training(make_trainer, tiny):
    with pytest.raises(InputError, match="not one full batch"):
        make_trainer(loaders=[tiny.Loader("train", True, batches=0)]).train(1)


def test_nan_stops_the_run_names_the_step_and_keeps_the_last_checkpoint(make_trainer, tmp_path: Path):
    trainer = make_trainer()

    def poison(step, data):
        if trainer.epoch == 2 and step == 2:
            data["proposal_iou"][...] = float("nan")

    trainer.loaders[0].poison = poison
    with pytest.raises(InputError, match=r"epoch 2, loader 'train', iteration 2: .*Loss/total is nan") as caught:
        trainer.train(3)
    assert str(tmp_path / FOLDER / "TinyNet_ep0001.pth.tar") in str(caught.value)
    assert [p.name for p in (tmp_path / FOLDER).glob("*.tar")] == ["TinyNet_ep0001.pth.tar"]


def test_weights_that_became_infinite_in_the_last_step_are_not_saved(make_trainer, tiny, tmp_path: Path):
    trainer = make_trainer(loaders=[tiny.Loader("train", True, batches=1)])
    trainer.net.head[3].bias.register_hook(lambda gradient: gradient * float("nan"))
    with pytest.raises(InputError, match=r"tensors of the network are not finite, first head\.3\.bias"):
        trainer.train(1)
    assert not (tmp_path / FOLDER).exists()


def test_an_error_ends_the_run_even_when_fail_safe_is_asked_for(make_trainer, tmp_path: Path):
    trainer = make_trainer()

    def break_down(step, data):
        if trainer.epoch == 2:
            raise OSError("disk gone")

    trainer.loaders[0].poison = break_down
    with pytest.raises(OSError, match="disk gone"):
        trainer.train(3, load_latest=True, fail_safe=True)
    assert trainer.epoch == 2
    assert [p.name for p in (tmp_path / FOLDER).glob("*.tar")] == ["TinyNet_ep0001.pth.tar"]


def test_a_write_that_fails_leaves_the_checkpoint_that_was_there(make_trainer, tmp_path: Path, monkeypatch):
    trainer = make_trainer()
    trainer.train(1)
    file = tmp_path / FOLDER / "TinyNet_ep0001.pth.tar"
    before = file.read_bytes()

    def half(state, file):
        file.write(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(OSError, match="no space left"):
        trainer.save_checkpoint()
    assert file.read_bytes() == before
    assert {p.name for p in file.parent.iterdir()} == {file.name, "stats.jsonl"}


def test_a_device_that_is_not_here_is_refused(make_trainer):
    with pytest.raises(InputError, match=r"device 'cuda:77': not here"):
        TrainRequest("", device="cuda:77")
    with pytest.raises(InputError, match="not a device name"):
        TrainRequest("", device="gpu")
    with pytest.raises(InputError, match=r"device 'cuda:77': not here"):
        make_trainer(device="cuda:77")  # as a settings file names one


def test_statistics_may_be_numbers_or_tensors(make_trainer):
    trainer = make_trainer()
    trainer.actor.objective = nn.L1Loss()
    first = trainer.actor.__class__.__call__

    class Mixed(trainer.actor.__class__):
        def __call__(self, data):
            loss, stats = first(self, data)
            return loss, {"Loss/total": loss.item(), "count": 3, "Loss/iou": stats["Loss/iou"]}

    trainer.actor.__class__ = Mixed
    trainer.train(1)
    assert trainer.stats["train"]["count"].history == [3.0]
    assert trainer.stats["train"]["Loss/total"].history[0] == pytest.approx(
        trainer.stats["train"]["Loss/iou"].history[0]
    )
