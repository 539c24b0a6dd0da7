"""Training with a checkout: its own numbers without options, every option from outside, errors in one line."""

from __future__ import annotations

import contextlib
import errno
import importlib
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from siou_tracking.bridge.process.random_state import seed_everything
from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.training import train_checkout
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.models.backbone.resnet import resnet18
from siou_tracking.ltr.trainers.divergence import LossGuard
from siou_tracking.retrain import BoxLossChoice, TrainRequest
from siou_tracking.running.stopping import Stopped
from tests.bridge.fake_checkout import files_of
from tests.running.other_process import held_by_another
from tests.train_options import train_request

ALL = [("bbreg", "atom"), ("bbreg", "atom_prob_ml"), ("dimp", "dimp18"), ("dimp", "prdimp18"), ("tomp", "tomp50")]


@pytest.fixture
def train(fake_checkout, tiny_got10k, tmp_path):
    """`train_checkout` on the fake checkout with data, a workspace and no download."""

    def run(target="bbreg", name: str | None = "atom", **options):
        options = {"data": {"got10k": tiny_got10k}, "workspace": tmp_path / "w", "quiet": True, **options}
        return train_checkout(fake_checkout, train_request(target, name, **{"pretrained": False, **options}))

    return run


def checkpoints(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*.pth.tar"))


def own_losses(checkout, data, workspace, module, name, seed) -> dict:
    """The statistics of the checkout's own `run_training`, from its last checkpoint."""
    with checkout_session(checkout, build_environment(workspace, {"got10k": data}), pretrained=False, announce=False):
        run_training = importlib.import_module("ltr.run_training").run_training
        seed_everything(seed)
        run_training(module, name)
        last = sorted((workspace / "checkpoints" / "ltr" / module / name).iterdir())[-1]
        content = importlib.import_module("ltr.admin.loading").torch_load_legacy(str(last))
    stats = {
        loader: {key: value.history for key, value in values.items()} for loader, values in content["stats"].items()
    }
    return {"stats": stats, "net": content["net"]}


@pytest.mark.parametrize(("module", "name"), ALL)
def test_without_options_losses_and_weights_are_the_checkouts_own_to_the_last_bit(
    train, fake_checkout, tiny_got10k, tmp_path, module, name
):
    own = own_losses(fake_checkout, tiny_got10k, tmp_path / "own", module, name, seed=3)
    result = train(module, name, seed=3)
    assert result.stats == own["stats"]
    assert result.project_path == f"ltr/{module}/{name}"
    net = read_checkpoint(result.checkpoint)["net"]
    assert net.keys() == own["net"].keys() and all(torch.equal(net[key], own["net"][key]) for key in net)


def test_nothing_of_the_run_stays_in_the_process_or_in_the_checkout(train, fake_checkout):
    before, path = files_of(fake_checkout.root), list(sys.path)
    train(box_loss="smooth_iou", epochs=1)
    assert files_of(fake_checkout.root) == before
    assert not [name for name in sys.modules if name.partition(".")[0] in ("ltr", "pytracking")]
    assert sys.path == path


@pytest.mark.parametrize(("module", "name"), [pair for pair in ALL if pair[1] != "atom_prob_ml"])
def test_a_box_loss_gets_a_folder_of_its_own_and_changes_the_box_statistic(train, tmp_path, module, name):
    plain = train(module, name, epochs=1)
    ours = train(module, name, epochs=1, box_loss="smooth_iou")
    assert ours.project_path == f"ltr/{module}/{name}_smooth_iou"
    assert ours.checkpoint.parent != plain.checkpoint.parent
    assert ours.stats["train"]["Loss/total"] != plain.stats["train"]["Loss/total"]
    assert "IoU/mean" in ours.stats["train"]
    assert set(plain.stats["train"]) <= set(ours.stats["train"])


def test_an_unsuitable_box_loss_is_refused_before_anything_is_written(train, tmp_path):
    with pytest.raises(InputError, match="maximum likelihood"):
        train("bbreg", "atom_prob_ml", box_loss="smooth_iou")
    with pytest.raises(InputError, match="did you mean 'smooth_iou'"):
        train(box_loss="smoth_iou")
    assert not checkpoints(tmp_path)


def test_epochs_samples_batches_and_device_win_over_the_file(train):
    few = train(epochs=1, samples_per_epoch=2, batch_size=1, device="cpu")
    assert few.checkpoint.name == "ATOMnet_ep0001.pth.tar"
    assert len(few.stats["train"]["Loss/total"]) == 1
    assert few.stats["train"]["Loss/total"] != train(epochs=1, resume=False).stats["train"]["Loss/total"]
    with pytest.raises(InputError, match=r"not one full batch: 2 samples, batches of 4: .*--samples-per-epoch"):
        train(samples_per_epoch=2, batch_size=4, resume=False)


@pytest.mark.gpu
def test_a_gpu_is_used_by_default_and_left_alone_when_told(train, tmp_path):
    def allocations() -> int:
        return torch.cuda.memory_stats().get("allocation.all.allocated", 0)

    for device, used in ((None, True), ("cuda:0", True), ("cpu", False)):
        before = allocations()
        result = train(epochs=1, device=device, workspace=tmp_path / str(device))
        assert np.isfinite(result.stats["train"]["Loss/total"]).all()
        assert (allocations() > before) == used


def test_workers_change_no_number_between_equal_runs(train):
    losses = [train(epochs=1, workers=1, resume=False).stats["train"]["Loss/total"] for _ in range(2)]
    assert losses[0] == losses[1]


def test_seed_decides_every_number(train):
    losses = [train(epochs=1, seed=seed, resume=False).stats["train"]["Loss/total"] for seed in (7, 7, 8)]
    assert losses[0] == losses[1] != losses[2]


def test_a_run_continues_and_a_fresh_one_keeps_what_was_there(train, tmp_path):
    first = train(epochs=1)
    assert train(epochs=2).checkpoint.name == "ATOMnet_ep0002.pth.tar"
    again = train(epochs=1, resume=False)
    assert checkpoints(again.checkpoint.parent) == ["ATOMnet_ep0001.pth.tar"]
    kept = first.checkpoint.parent.with_name("atom.old-1")
    assert checkpoints(kept) == ["ATOMnet_ep0001.pth.tar", "ATOMnet_ep0002.pth.tar"]
    assert (tmp_path / "w/tensorboard/ltr/bbreg/atom.old-1").is_dir()


def test_an_epoch_after_a_pause_draws_other_samples_than_the_first_and_always_the_same(train, fake_checkout, tmp_path):
    common = fake_checkout.root / "ltr/train_settings/common.py"
    common.write_text(common.read_text().replace("lr=1e-3", "lr=0.0"))  # then the loss tells which samples were drawn
    paused = []
    for place in ("one", "two"):
        train(epochs=1, workspace=tmp_path / place)
        paused.append(train(epochs=2, workspace=tmp_path / place).stats["train"]["Loss/total"])
    assert paused[0] == paused[1]
    assert paused[0][0] != paused[0][1]


def test_a_finished_run_is_not_trained_again(train):
    first = train()
    stamp = first.checkpoint.stat().st_mtime_ns
    again = train()
    assert (again.checkpoint, again.stats) == (first.checkpoint, first.stats)
    assert again.checkpoint.stat().st_mtime_ns == stamp


def test_a_run_continues_only_with_its_own_box_loss(train):
    train(epochs=1, box_loss="smooth_iou")
    with pytest.raises(InputError, match=r"was trained with box loss smooth_iou \(sharpness 32.*sharpness 9.*--fresh"):
        train(epochs=2, box_loss="smooth_iou", sharpness=9.0)
    assert train(epochs=2, box_loss="smooth_iou").checkpoint.name == "ATOMnet_ep0002.pth.tar"


def test_without_the_flag_a_run_never_continues_one_of_a_box_loss(train, tmp_path):
    file = tmp_path / "atom_smooth_iou.py"  # named after the loss, so the flag leaves its folder as it is
    file.write_text("from ltr.train_settings.bbreg.atom import run")
    train(file, None, epochs=1, box_loss="smooth_iou")
    with pytest.raises(InputError, match=r"with box loss smooth_iou .*asks for the settings file's own box loss"):
        train(file, None, epochs=2)


def test_weights_of_another_run_are_the_start(train, tmp_path):
    first = train()
    started = train(epochs=1, weights=first.checkpoint, workspace=tmp_path / "started", seed=5)
    alone = train(epochs=1, workspace=tmp_path / "alone", seed=5)
    assert started.stats["train"]["Loss/total"] != alone.stats["train"]["Loss/total"]
    with pytest.raises(InputError, match="got network ATOMnet"):
        train("dimp", "dimp18", weights=first.checkpoint)


def test_the_backbones_weights_may_be_given(train, tmp_path):
    source = resnet18()
    torch.save(source.state_dict(), tmp_path / "resnet18.pth")
    torch.save({"other": torch.zeros(1)}, tmp_path / "wrong.pth")
    (tmp_path / "empty").mkdir()
    for given in (tmp_path, tmp_path / "resnet18.pth"):
        result = train(epochs=1, pretrained=given, resume=False)
        stem = read_checkpoint(result.checkpoint)["net"]["feature_extractor.conv1.weight"]
        assert torch.equal(stem, source.conv1.weight)
    with pytest.raises(InputError, match=r"wrong\.pth: got a file that is not resnet18's state_dict"):
        train(pretrained=tmp_path / "wrong.pth", workspace=tmp_path / "other")
    with pytest.raises(InputError, match=r"--pretrained: .*empty: no file for resnet18"):
        train(pretrained=tmp_path / "empty", workspace=tmp_path / "other")
    with pytest.raises(InputError, match=r"--pretrained: .*nowhere: no such file or folder"):
        train(pretrained=tmp_path / "nowhere", workspace=tmp_path / "other")
    random = tmp_path / "random.py"
    random.write_text(
        "from ltr.models.bbreg import atom as nets\nfrom ltr.train_settings.bbreg import atom\n"
        "def run(settings):\n    build = nets.atom_resnet18\n"
        "    nets.atom_resnet18 = lambda backbone_pretrained: build(backbone_pretrained=False)\n"
        "    atom.run(settings)\n"
    )
    with pytest.raises(InputError, match="not used: the settings ask for no ImageNet weights"):
        train(random, None, pretrained=tmp_path / "resnet18.pth", workspace=tmp_path / "other")
    assert not checkpoints(tmp_path / "other")


def test_a_fresh_start_with_weights_that_do_not_fit_moves_nothing(train, tmp_path):
    train(epochs=1)
    before = sorted((tmp_path / "w").rglob("*"))
    torch.save({"net": torch.nn.Linear(2, 2).state_dict(), "net_type": "Linear"}, tmp_path / "wrong.pth.tar")
    (tmp_path / "cut.pth.tar").write_bytes(b"PK")
    for file, message in (
        ("wrong.pth.tar", "got network Linear, expected ATOMnet"),
        ("cut.pth.tar", "not a checkpoint, or cut short"),
        ("none.pth.tar", "no such file"),
    ):
        with pytest.raises(InputError, match=message):
            train(epochs=1, resume=False, weights=tmp_path / file)
        assert sorted((tmp_path / "w").rglob("*")) == before


def test_weights_saved_from_a_wrapper_are_taken_and_that_is_said(train, tmp_path, capsys):
    content = read_checkpoint(train(epochs=1).checkpoint)
    wrapped = {f"module.{name}": value for name, value in content["net"].items()}
    torch.save({"net": wrapped, "net_type": "DataParallel"}, tmp_path / "wrapped.pth.tar")
    train(epochs=1, weights=tmp_path / "wrapped.pth.tar", workspace=tmp_path / "started", quiet=False)
    told = capsys.readouterr()
    assert "'module.' before every name in it is left out (nn.DataParallel saved it)" in told.err
    assert "starting from the weights in" in told.out


def test_a_damaged_newest_checkpoint_is_told_and_the_one_before_is_used(train, caplog):
    newest = train(epochs=2).checkpoint
    newest.write_bytes(newest.read_bytes()[:700])
    assert train(epochs=2).checkpoint == newest
    assert f"{newest}: not a checkpoint, or cut short" in caplog.text
    assert "kept as ATOMnet_ep0002.pth.tar.damaged, the one before is used: ATOMnet_ep0001.pth.tar" in caplog.text


class Signals(LossGuard):
    """Sends this process a signal with the loss of a step, counted over all."""

    left = 0

    def add(self, *args, **options):
        super().add(*args, **options)
        Signals.left -= 1
        if Signals.left == 0:
            signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("workers", [0, 2])
def test_stopped_within_an_epoch_and_continued_equals_the_uninterrupted_run(train, tmp_path, monkeypatch, workers):
    options = {"epochs": 3, "workers": workers, "seed": 5}
    whole = train(**options, workspace=tmp_path / "whole")
    monkeypatch.setattr("siou_tracking.bridge.run.divergence.LossGuard", Signals)
    for steps in (2, 4, 5, 7, 1):
        Signals.left = steps
        with contextlib.suppress(Stopped):
            train(**options)
    again = train(**options)
    assert again.stats == whole.stats
    one, other = (read_checkpoint(result.checkpoint) for result in (whole, again))
    assert all(torch.equal(one["net"][key], other["net"][key]) for key in one["net"])
    assert str(one["optimizer"]) == str(other["optimizer"])
    files = [sorted(path.name for path in result.checkpoint.parent.iterdir()) for result in (whole, again)]
    assert files[0] == files[1]


def test_the_last_few_and_the_best_checkpoints_stay(train):
    result = train(epochs=3, keep=1, keep_best="train/Loss/total:max")
    best = json.loads((result.checkpoint.parent / "best.json").read_text())
    assert list(best["values"].values()) == result.stats["train"]["Loss/total"]
    assert checkpoints(result.checkpoint.parent) == sorted(
        f"ATOMnet_ep{epoch:04d}.pth.tar" for epoch in {3, best["epoch"]}
    )


def test_a_second_process_is_refused_and_what_a_killed_one_left_is_removed(train, tmp_path):
    folder = tmp_path / "w/checkpoints/ltr/bbreg/atom"
    folder.mkdir(parents=True)
    (folder / "ATOMnet_ep0001.tmp").write_bytes(b"half")
    with held_by_another(folder) as process:
        for resume in (None, False):
            with pytest.raises(InputError, match=rf"^workspace: {folder}: process {process} is writing there now"):
                train(epochs=1, resume=resume)
    assert [path.name for path in folder.iterdir()] == ["ATOMnet_ep0001.tmp"]
    train(epochs=1)
    assert {path.name for path in folder.iterdir()} == {"ATOMnet_ep0001.pth.tar", "ATOMnet_ep0001.safetensors"}
    assert not list(tmp_path.rglob("*.lock"))


@pytest.mark.parametrize("whole", [0, 1])
def test_a_full_disk_names_the_checkpoint_that_is_whole_and_leaves_no_half_one(train, tmp_path, monkeypatch, whole):
    if whole:
        train(epochs=whole)

    def no_room(content, file, *args, **options):
        file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(torch, "save", no_room)
    folder = tmp_path / "w/checkpoints/ltr/bbreg/atom"
    kept = f"checkpoint of epoch 1 is whole: {folder}/ATOMnet_ep0001" if whole else "no checkpoint was written"
    with pytest.raises(InputError, match=f"^no space left on {folder}, {kept}"):
        train(epochs=2)
    assert torch.save is no_room
    written = {"ATOMnet_ep0001.pth.tar", "ATOMnet_ep0001.safetensors"} if whole else set()
    assert {path.name for path in folder.iterdir()} == written


@pytest.mark.parametrize("module", ["kys", "lwl"])
def test_trackers_without_a_box_term_are_refused_before_data_and_weights_are_asked_for(train, module):
    name = {"kys": "kys", "lwl": "lwl_stage1"}[module]
    with pytest.raises(InputError, match=r"box loss smooth_iou: (KYSActor: trains no box term|LWLActor: learns masks)"):
        train(module, name, box_loss="smooth_iou", data={"got10k": "/no/such"}, weights="/no/such.pth.tar")


def test_a_data_set_of_a_forks_own_is_given_by_its_name(train, fake_checkout, tiny_got10k):
    common = fake_checkout.root / "ltr/train_settings/common.py"
    common.write_text(common.read_text().replace("settings.env.got10k_dir", "settings.env.mydata_dir"))
    with pytest.raises(InputError, match="the data set 'mydata', which was not given: give --data mydata=DIR"):
        train(epochs=1)
    train(epochs=1, data={"mydata": tiny_got10k / "train"})


FILES = {
    "own": "from ltr.train_settings.bbreg import atom\ndef run(settings):\n    atom.run(settings)\n",
    "line": (
        "from siou_tracking import use_box_loss\nfrom ltr.train_settings.bbreg import atom\n"
        "def run(settings):\n    use_box_loss(settings, 'smooth_iou')\n    atom.run(settings)\n"
    ),
}


def test_a_settings_file_of_the_users_own_may_use_the_checkout_and_choose_a_box_loss(train, tmp_path):
    (tmp_path / "mine").mkdir()
    for name, text in FILES.items():
        (tmp_path / "mine" / f"{name}.py").write_text(text)
    assert train(tmp_path / "mine/own.py", None, epochs=1).project_path == "ltr/mine/own"
    assert train(tmp_path / "mine/line.py", None, epochs=1).project_path == "ltr/mine/line_smooth_iou"


@pytest.mark.parametrize(("module", "name"), [("bbreg", "atom"), ("dimp", "prdimp18"), ("tomp", "tomp50")])
def test_the_packages_settings_of_a_checkouts_tracker_are_the_flag(train, tmp_path, module, name):
    ours = train(module, f"{name}_smooth_iou", epochs=1)
    flagged = train(module, name, epochs=1, box_loss="smooth_iou", workspace=tmp_path / "flagged")
    assert ours.stats == flagged.stats


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def run(settings):\n    1 / 0\n", r"bad\.py: line 2: ZeroDivisionError: division by zero"),
        ("def run(settings:\n", r"bad\.py: line 1: "),
        ("x = 1\n", r"has no function run\(settings\)"),
        ("def run(settings): pass\n", r"run\(settings\) made no trainer"),
        ("import no_such_package_anywhere\n", "needs the Python package 'no_such_package_anywhere'"),
        ("import ltr.no_such_part\n", r"needs ltr\.no_such_part, which checkout .* does not have"),
        (
            "from ltr.admin import loading\ndef run(s):\n    loading.load_network(None)\n",
            r"loading\.py: line \d+",
        ),
        ("def run(settings):\n    settings.env.lasot_dir\n", "give --data lasot=DIR"),
        ("def run(settings):\n    open(settings.env.got10k_dir + '/x')\n", r"data set 'got10k': .*/x: No such file"),
    ],
)
def test_what_goes_wrong_is_told_in_one_line(train, tmp_path, text, message):
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        train(tmp_path / "bad.py", None)
    assert "\n" not in str(caught.value)


def test_errors_in_the_middle_of_training_are_not_swallowed(train, fake_checkout):
    actor = fake_checkout.root / "ltr/actors/bbreg.py"
    actor.write_text(actor.read_text().replace("scores = self.net(", "scores = self.missing(", 1))
    with pytest.raises(InputError, match=r"checkout: .*bbreg\.py: line \d+: AttributeError"):
        train()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sharpness": 4.0}, "has no meaning without --box-loss"),
        ({"device": "cuda:99"}, "device 'cuda:99': not here"),
        ({"data": {"lasot": "/no/such"}}, "--data lasot: /no/such: no such folder"),
        ({"data": {}}, "give --data got10k=DIR"),
        ({"weights": "/no/such.pth.tar"}, r"/no/such\.pth\.tar"),
        ({"resume": True}, "no checkpoint to continue from"),
        ({"target": "bbreg", "name": "atmo"}, "settings 'bbreg atmo': not found: .*did you mean 'bbreg atom'"),
        ({"target": "nowhere.py", "name": None}, "no such file"),
    ],
)
def test_unusable_options_are_refused(train, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        train(**options)
    assert not checkpoints(tmp_path)


def test_a_batch_size_taken_from_the_number_of_gpus_is_asked_for(train, fake_checkout):
    settings = fake_checkout.root / "ltr/train_settings/bbreg/atom.py"
    settings.write_text(settings.read_text().replace("settings.batch_size = 2", "settings.batch_size = 0"))
    with pytest.raises(InputError, match=r"batch size 0 from the settings file, .*give --batch-size N"):
        train()
    assert train(batch_size=2, epochs=1).checkpoint.name == "ATOMnet_ep0001.pth.tar"


def test_what_a_worker_raises_is_its_last_line(train, tiny_got10k, tmp_path):
    shutil.copytree(tiny_got10k, tmp_path / "got10k")
    for image in (tmp_path / "got10k").rglob("*.jpg"):
        image.write_bytes(b"")
    with pytest.raises(InputError) as caught:
        train(data={"got10k": tmp_path / "got10k"}, workers=1)
    assert "Traceback" not in str(caught.value) and "\n" not in str(caught.value)


def test_the_users_own_folders_count_where_none_are_given(fake_checkout, tiny_got10k, tmp_path):
    (fake_checkout.root / "ltr/admin/local.py").write_text(
        f"class EnvironmentSettings:\n    workspace_dir = {str(tmp_path / 'own')!r}\n"
        f"    got10k_dir = {str(tiny_got10k / 'train')!r}\n    lasot_dir = ''\n"
    )
    result = train_checkout(fake_checkout, TrainRequest("bbreg", "atom", epochs=1, pretrained=False, quiet=True))
    assert result.checkpoint == tmp_path / "own/checkpoints/ltr/bbreg/atom/ATOMnet_ep0001.pth.tar"


def test_a_mistyped_box_loss_is_told_before_the_data_are_looked_for(fake_checkout, tmp_path):
    with pytest.raises(InputError, match="did you mean 'smooth_iou'"):
        train_checkout(
            fake_checkout,
            TrainRequest("bbreg", "atom", box_loss=BoxLossChoice("smoth_iou"), workspace=tmp_path / "w", quiet=True),
        )


def test_a_run_started_in_the_checkout_does_not_put_its_workspace_there(fake_checkout, tiny_got10k, monkeypatch):
    monkeypatch.chdir(fake_checkout.root)
    before = files_of(fake_checkout.root)
    with pytest.raises(InputError, match="lies in the checkout: give --workspace DIR"):
        train_checkout(
            fake_checkout, TrainRequest("bbreg", "atom", data={"got10k": tiny_got10k}, pretrained=False, quiet=True)
        )
    assert files_of(fake_checkout.root) == before


def test_a_checkout_that_was_published_without_a_file_is_refused_before_it_begins(fake_kin, tmp_path):
    (fake_kin.root / "lib" / "train" / "actors" / "odtrack.py").unlink()
    with pytest.raises(InputError, match="incomplete: no lib/train/actors/odtrack"):
        train_checkout(fake_kin, train_request("ostrack", "vitb_256", workspace=tmp_path / "w"))
    assert not (tmp_path / "w").exists()
