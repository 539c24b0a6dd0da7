"""Training with a checkout of the kin: its own numbers without options, every option from outside, one-line errors."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from pathlib import Path

import pytest
import torch

from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.training import train_checkout
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.loading import read_checkpoint
from tests.bridge.fake_checkout import files_of
from tests.bridge.own_kin_run import run_own_training
from tests.train_options import train_request

BOXES = [
    ("ostrack", "vitb_256"),
    ("stark_st1", "baseline"),
    ("mixformer_vit", "baseline"),
    ("artrack", "artrack_256"),
    ("artrack_seq", "artrack_seq_256"),
    ("odtrack", "baseline"),
]


@pytest.fixture
def train(fake_kin, tiny_got10k, tmp_path):
    """`train_checkout` on the fake checkout with data, a workspace and no download."""

    def run(script="ostrack", config: str | None = "vitb_256", **options):
        options = {"data": {"got10k": tiny_got10k}, "workspace": tmp_path / "w", "quiet": True, **options}
        return train_checkout(fake_kin, train_request(script, config, **{"pretrained": False, **options}))

    return run


def checkpoints(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*.pth.tar"))


def own_run(checkout, data, workspace, script, config, seed) -> dict:
    """Statistics and weights of the checkout's own `run_training`, to which nothing of ours was done but the device."""
    with checkout_session(checkout, build_environment(workspace, {"got10k": data}), pretrained=False, announce=False):
        last = sorted(run_own_training(script, config, workspace, seed).iterdir())[-1]
        content = torch.load(last, map_location="cpu")
    stats = {
        loader: {key: value.history for key, value in (values or {}).items()}
        for loader, values in content["stats"].items()
    }
    return {"stats": stats, "net": content["net"]}


@pytest.mark.parametrize(("script", "config"), [*BOXES, ("mixformer_vit_online", "baseline")])
def test_without_options_losses_and_weights_are_the_checkouts_own_to_the_last_bit(
    train, fake_kin, tiny_got10k, tmp_path, script, config
):
    own = own_run(fake_kin, tiny_got10k, tmp_path / "own", script, config, seed=3)
    result = train(script, config, seed=3)
    assert result.stats == own["stats"]
    assert result.project_path == f"train/{script}/{config}"
    assert result.checkpoint == tmp_path / "w/checkpoints" / result.project_path / result.checkpoint.name
    net = read_checkpoint(result.checkpoint)["net"]
    assert net.keys() == own["net"].keys() and all(torch.equal(net[key], own["net"][key]) for key in net)


def test_nothing_of_the_run_stays_in_the_process_or_in_the_checkout(train, fake_kin):
    before, path, variables = files_of(fake_kin.root), list(sys.path), dict(os.environ)
    train(box_loss="smooth_iou", epochs=1)
    assert files_of(fake_kin.root) == before
    assert not [name for name in sys.modules if name.partition(".")[0] in ("lib", "_init_paths")]
    assert sys.path == path
    assert dict(os.environ) == variables


@pytest.mark.parametrize(("script", "config"), BOXES)
def test_a_box_loss_gets_folders_and_a_log_of_its_own(train, tmp_path, script, config):
    plain = train(script, config, epochs=1)
    ours = train(script, config, epochs=1, box_loss="smooth_iou")
    assert ours.project_path == f"train/{script}/{config}_smooth_iou"
    assert ours.checkpoint.parent != plain.checkpoint.parent
    total = next(name for name in plain.stats["train"] if name.endswith("Loss/total"))
    assert ours.stats["train"][total] != plain.stats["train"][total]
    if script == "artrack_seq":  # its trainer writes no log
        return
    logs = {path.name: path.read_text().count("[train") for path in (tmp_path / "w/logs").iterdir()}
    assert logs == {f"{script}-{config}.log": 1, f"{script}-{config}_smooth_iou.log": 1}


@pytest.mark.parametrize(("script", "config"), [("stark_st2", "baseline"), ("mixformer_vit_online", "baseline")])
def test_scripts_that_train_no_box_are_refused_before_anything_is_written(train, tmp_path, script, config):
    with pytest.raises(InputError, match="box loss smooth_iou: "):
        train(script, config, box_loss="smooth_iou")
    assert not checkpoints(tmp_path)


def test_epochs_samples_batches_and_workers_win_over_the_yaml(train, tmp_path):
    few = train(epochs=1, samples_per_epoch=6, batch_size=3, workers=1)
    assert few.checkpoint.name == "OSTrack_ep0001.pth.tar"
    assert "[train: 1, 2 / 2]" in (tmp_path / "w/logs/ostrack-vitb_256.log").read_text()
    with pytest.raises(
        InputError, match=r"loader 'train': not one full batch: 2 samples, batches of 4: .*--batch-size"
    ):
        train(samples_per_epoch=2, batch_size=4, resume=False)


def test_a_validation_set_takes_a_quarter_and_at_least_a_batch(train, tmp_path):
    train(epochs=2, samples_per_epoch=12)
    assert "[val: 2, 1 / 1]" in (tmp_path / "w/logs/ostrack-vitb_256.log").read_text()


def test_what_a_configuration_has_no_name_for_is_refused(train, fake_kin):
    config = fake_kin.root / "lib/config/ostrack/config.py"
    config.write_text(config.read_text().replace("NUM_WORKER", "NUM_WORKERS"))
    functions = fake_kin.root / "lib/train/base_functions.py"
    functions.write_text(functions.read_text().replace("NUM_WORKER", "NUM_WORKERS"))
    train(epochs=1)
    with pytest.raises(
        InputError, match=r"--workers: .*ostrack vitb_256 has no TRAIN\.NUM_WORKER: .*'TRAIN\.NUM_WORKERS'"
    ):
        train(workers=1)


def test_a_script_that_reads_its_configuration_otherwise_cannot_be_told(train, fake_kin):
    for file in ("lib/config/ostrack/config.py", "lib/train/train_script.py"):
        path = fake_kin.root / file
        path.write_text(path.read_text().replace("update_config_from_file", "load_yaml"))
    train(epochs=1)
    with pytest.raises(
        InputError, match=r"--batch-size: ostrack vitb_256 reads its configuration without update_config"
    ):
        train(batch_size=4, resume=False)


def test_the_configuration_of_one_run_is_not_the_next_ones(train, fake_kin):
    with checkout_session(fake_kin, pretrained=False, announce=False):
        config = importlib.import_module("lib.config.ostrack.config").cfg
        part = config.TRAIN
        train(epochs=1, batch_size=4, values={"TRAIN.GIOU_WEIGHT": 7, "DATA.TRAIN.DATASETS_RATIO": [3]})
        assert config.TRAIN is part
        assert (config.TRAIN.BATCH_SIZE, config["TRAIN"]["BATCH_SIZE"]) == (2, 2)
        assert (config.TRAIN.GIOU_WEIGHT, config.DATA.TRAIN.DATASETS_RATIO) == (2.0, [1])


def test_names_of_the_yaml_are_set(train):
    plain = train(epochs=1)
    heavier = train(epochs=1, resume=False, values={"TRAIN.GIOU_WEIGHT": 4})
    first, second = (run.stats["train"] for run in (plain, heavier))
    assert first["Loss/giou"] != second["Loss/giou"] or first["Loss/total"] != second["Loss/total"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"TRAIN.GIOU_WIEGHT": 1}, r"--set TRAIN\.GIOU_WIEGHT: .*did you mean 'TRAIN\.GIOU_WEIGHT'"),
        ({"TRAIN.GIOU_WEIGHT": "much"}, r"--set TRAIN\.GIOU_WEIGHT: .*got 'much', allowed is a float such as 2\.0"),
        ({"TRAIN.SCHEDULER": 1}, r"--set TRAIN\.SCHEDULER: .*allowed is one of the names in it"),
        ({"save_dir": "/x"}, "--set save_dir: is said by"),
        ({"nothing_reads_this": 1}, "--set nothing_reads_this: nothing in .* allowed are .*script_name_prv"),
    ],
)
def test_values_that_nothing_takes_are_refused(train, tmp_path, values, message):
    with pytest.raises(InputError, match=message):
        train(values=values)
    assert not checkpoints(tmp_path)


def test_a_value_of_the_settings_own_is_taken(train):
    assert checkpoints(train(values={"save_every_epoch": True}).checkpoint.parent) == [
        "OSTrack_ep0001.pth.tar",
        "OSTrack_ep0002.pth.tar",
    ]


def test_a_run_continues_and_a_fresh_one_keeps_what_was_there(train, tmp_path):
    first = train(epochs=1)
    assert train(epochs=2).checkpoint.name == "OSTrack_ep0002.pth.tar"
    again = train(epochs=1, resume=False)
    assert checkpoints(again.checkpoint.parent) == ["OSTrack_ep0001.pth.tar"]
    kept = first.checkpoint.parent.with_name("vitb_256.old-1")
    assert checkpoints(kept) == ["OSTrack_ep0001.pth.tar", "OSTrack_ep0002.pth.tar"]
    assert (tmp_path / "w/tensorboard/train/ostrack/vitb_256.old-1").is_dir()
    assert "[train: 2" in (tmp_path / "w/logs/ostrack-vitb_256.old-1.log").read_text()
    assert "[train: 2" not in (tmp_path / "w/logs/ostrack-vitb_256.log").read_text()


def test_a_run_continues_only_with_its_own_box_loss(train, fake_kin):
    train(epochs=1, box_loss="smooth_iou")
    with pytest.raises(InputError, match=r"was trained with box loss smooth_iou \(sharpness 256.*sharpness 9.*--fresh"):
        train(epochs=2, box_loss="smooth_iou", sharpness=9.0)
    assert train(epochs=2, box_loss="smooth_iou").checkpoint.name == "OSTrack_ep0002.pth.tar"


def test_a_run_that_ended_before_a_checkpoint_says_when_there_are_any(train):
    with pytest.raises(
        InputError,
        match=r"--resume: \S+: no checkpoint to continue from: this checkout saves one where .*epoch % 5 == 0",
    ):
        train(resume=True)


def test_a_run_after_one_that_left_no_checkpoint_says_so(train, fake_kin, tmp_path, caplog):
    path = fake_kin.root / "lib/train/actors/ostrack.py"
    text = path.read_text()
    path.write_text(
        text.replace("        out = self.net(", "        assert data['epoch'] < 2\n        out = self.net(")
    )
    with pytest.raises(InputError, match="AssertionError"):
        train()
    path.write_text(text)
    assert not checkpoints(tmp_path)
    assert train(quiet=False).checkpoint.name == "OSTrack_ep0002.pth.tar"
    assert "an earlier run left no checkpoint: this checkout saves one where epoch > max_epochs - 1" in caplog.text


@pytest.mark.gpu
def test_a_gpu_is_used_by_default_and_left_alone_when_told(train, tmp_path):
    def allocations() -> int:
        return torch.cuda.memory_stats().get("allocation.all.allocated", 0)

    for device, used in ((None, True), ("cuda:0", True), ("cpu", False)):
        for script, config in (("ostrack", "vitb_256"), ("odtrack", "baseline")):
            before = allocations()
            train(script, config, epochs=1, device=device, workspace=tmp_path / str(device), box_loss="smooth_iou")
            assert (allocations() > before) == used


def test_the_last_epoch_is_saved_whatever_the_trainer_does(train, fake_kin):
    trainer = fake_kin.root / "lib/train/trainers/base_trainer.py"
    trainer.write_text(trainer.read_text().replace("epoch > max_epochs - 1 or ", ""))
    assert train(epochs=3).checkpoint.name == "OSTrack_ep0003.pth.tar"


def test_a_stage_begins_with_the_one_before_it(train, tmp_path):
    before = train("stark_st1", "baseline", box_loss="smooth_iou")
    previous = {"script_name_prv": "stark_st1", "config_name_prv": "baseline"}
    found = train("stark_st2", "baseline", epochs=1, values=previous)
    given = train("stark_st2", "baseline", epochs=1, weights=before.checkpoint, workspace=tmp_path / "given")
    named = {**previous, "config_name_prv": "baseline_smooth_iou"}
    named_run = train("stark_st2", "baseline", epochs=1, values=named, resume=False)
    assert found.stats == given.stats == named_run.stats
    assert train("stark_st2", "baseline", epochs=2).checkpoint.name == "STARK_ep0002.pth.tar"


def test_a_stage_without_the_one_before_it_says_how_to_give_it(train):
    with pytest.raises(
        InputError, match=r"begins with the network of an earlier stage: give --weights FILE.*--set script"
    ):
        train("stark_st2", "baseline")
    with pytest.raises(
        InputError, match=r"stage train/stark_st1/baseline: \S+: no checkpoint there; or give --weights"
    ):
        train("stark_st2", "baseline", values={"script_name_prv": "stark_st1", "config_name_prv": "baseline"})


def test_a_stages_checkpoint_without_its_head_is_enough(train, tmp_path, caplog):
    net = read_checkpoint(train("stark_st1", "baseline").checkpoint)["net"]
    headless = {name: value for name, value in net.items() if not name.startswith("cls_head")}
    torch.save({"net": headless, "net_type": "STARK"}, tmp_path / "stage1.pth.tar")
    train("stark_st2", "baseline", epochs=1, weights=tmp_path / "stage1.pth.tar", quiet=False, resume=False)
    assert "begin as they are: cls_head" in caplog.text


def test_an_error_in_the_middle_ends_the_run(train, fake_kin, capsys):
    actor = fake_kin.root / "lib/train/actors/ostrack.py"
    actor.write_text(actor.read_text().replace("out = self.net(", "out = self.missing(", 1))
    with pytest.raises(InputError, match=r"checkout: .*ostrack\.py: line \d+: AttributeError"):
        train()
    assert "Finished training!" not in capsys.readouterr().out


def test_an_assertion_without_words_is_told_by_its_line(train):
    with pytest.raises(InputError, match=r"base_functions\.py: line \d+: AssertionError: assert name in \[\"LASOT\""):
        train(values={"DATA.TRAIN.DATASETS_NAME": ["NOPE"]})


def test_an_error_that_left_out_weights_may_be_behind_names_them(train, fake_kin):
    network = fake_kin.root / "lib/models/ostrack/__init__.py"
    load = '        net.backbone.load_state_dict(content["model"], strict=False)'
    assert load in network.read_text()
    network.write_text(network.read_text().replace(load, f"        list(content)[0]\n{load}"))
    left_out = (
        r"IndexError: list index out of range: --no-pretrained left out \S*mae_tiny\.pth there: .*--pretrained FILE"
    )
    with pytest.raises(InputError, match=left_out):
        train(values={"MODEL.PRETRAIN_FILE": "mae_tiny.pth"})


def test_a_setting_that_nothing_sets_is_told_with_the_option_that_does(train, fake_kin):
    script = fake_kin.root / "lib/train/train_script.py"
    text = script.read_text()
    script.write_text(text.replace("trainer = ", "print(settings.stage_of); trainer = "))
    assert script.read_text() != text
    with pytest.raises(InputError, match=r"no attribute 'stage_of': nothing sets it: --set stage_of=VALUE does$"):
        train()
    train(values={"stage_of": "none"})


def test_weights_that_are_not_finite_are_not_filed(train, fake_kin, tmp_path):
    for file in ("actors/artrack_seq.py", "actors/ostrack.py"):
        path = fake_kin.root / "lib/train" / file
        text = path.read_text()
        path.write_text(
            text.replace("        return loss, {", "        loss = loss * float('nan')\n        return loss, {", 1)
        )
    for script, config in (("ostrack", "vitb_256"), ("artrack_seq", "artrack_seq_256")):
        with pytest.raises(InputError, match=r"training diverged: epoch 1, loader 'train', iteration 1"):
            train(script, config)
    assert not checkpoints(tmp_path)


def test_data_sets_that_are_asked_for_are_named(train, tiny_got10k, tmp_path):
    with pytest.raises(InputError, match="give --data lasot=DIR"):
        train("ostrack", "vitb_384")
    with pytest.raises(InputError, match=r"mae_tiny\.pth"):
        (tmp_path / "lasot/cat/cat-1").mkdir(parents=True)
        (tmp_path / "lasot/cat-1").mkdir()
        train("ostrack", "vitb_384", data={"got10k": tiny_got10k, "lasot": tmp_path / "lasot"}, pretrained=True)


@pytest.mark.parametrize("whole", [0, 1])
def test_a_full_disk_names_the_checkpoint_that_is_whole_and_leaves_no_half_one(train, tmp_path, monkeypatch, whole):
    if whole:
        train(epochs=whole)

    def no_room(content, file, *args, **options):
        file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(torch, "save", no_room)
    folder = tmp_path / "w/checkpoints/train/ostrack/vitb_256"
    kept = f"checkpoint of epoch 1 is whole: {folder}/OSTrack_ep0001" if whole else "no checkpoint was written"
    with pytest.raises(InputError, match=f"^no space left on {folder}, {kept}"):
        train(epochs=2)
    written = {"OSTrack_ep0001.pth.tar", "OSTrack_ep0001.safetensors"} if whole else set()
    assert {path.name for path in folder.iterdir()} == written
