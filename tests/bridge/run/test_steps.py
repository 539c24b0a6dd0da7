"""--amp, --accumulate and --compile with a checkout: what its own loop then does, and what is refused."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.bridge.run import steps as steps_module
from siou_tracking.bridge.training import train_checkout
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.trainers.step import options as step_options
from tests.train_options import train_request


@pytest.fixture(params=["ltr", "lib"])
def train(request, fake_checkout, fake_kin, tiny_got10k, tmp_path):
    """`train_checkout` on the fake checkout of either layout."""
    kin = request.param == "lib"
    checkout, names = (fake_kin, ("ostrack", "vitb_256")) if kin else (fake_checkout, ("dimp", "dimp18"))

    def run(workspace="w", **options):
        options = {"data": {"got10k": tiny_got10k}, "workspace": tmp_path / workspace, "quiet": True, **options}
        options = {"pretrained": False, "device": "cpu", "workers": 0, "samples_per_epoch": 8, "epochs": 1, **options}
        return train_checkout(checkout, train_request(*names, **options))

    return run


def weights(result) -> dict[str, torch.Tensor]:
    return read_checkpoint(result.checkpoint)["net"]


def test_accumulated_batches_make_one_step(train):
    """That it is the step of the joined batch is shown with PyTracking's loop in the tests of the engine's steps."""
    made = []
    for workspace, batches in (("parts", 2), ("plain", None)):
        result = train(workspace, samples_per_epoch=4, batch_size=2, accumulate=batches, box_loss="smooth_iou")
        made.append({int(one["step"]) for one in read_checkpoint(result.checkpoint)["optimizer"]["state"].values()})
    assert made == [{1}, {2}]


def test_half_precision_trains_and_leaves_an_ordinary_checkpoint(train):
    half, full = train("half", amp="bf16", box_loss="smooth_iou"), train("full", box_loss="smooth_iou")
    assert {name: value.dtype for name, value in weights(half).items()} == {
        name: value.dtype for name, value in weights(full).items()
    }
    ours, own = (result.stats["train"]["Loss/total"][0] for result in (half, full))
    assert ours != own and ours == pytest.approx(own, rel=0.1)


def test_a_scaler_goes_on_where_it_was(train, monkeypatch):
    monkeypatch.setattr(step_options, "check_precision", lambda *_: None)  # a CPU scales too, but slowly
    first = train(amp="fp16")
    state = read_checkpoint(first.checkpoint)["settings"].grad_scaler_state
    seen = []
    monkeypatch.setattr(steps_module, "restore_scaler", lambda actor, content: seen.append(content["epoch"]))
    train(amp="fp16", epochs=2)
    assert state["scale"] > 0 and seen == [1]


def test_half_precision_that_the_device_lacks_is_refused(train, tmp_path):
    with pytest.raises(InputError, match="fp16"):
        train(amp="fp16")
    assert not list(tmp_path.rglob("*.pth.tar"))


def test_a_trainer_that_scales_by_itself_keeps_doing_so(fake_kin, tiny_got10k, tmp_path):
    script = fake_kin.root / "lib/train/train_script.py"
    text = script.read_text()
    assert text.count("LTRTrainer(") == 1
    lines = [
        line + "\n    trainer.use_amp = True" if "LTRTrainer(" in line and line.endswith(")") else line
        for line in text.splitlines()
    ]
    script.write_text("\n".join(lines) + "\n")
    request = train_request(
        "ostrack", "vitb_256", data={"got10k": tiny_got10k}, workspace=tmp_path / "w", quiet=True, amp="bf16"
    )
    with pytest.raises(InputError, match=r"--amp.*: LTRTrainer has use_amp from its configuration"):
        train_checkout(fake_kin, request)
