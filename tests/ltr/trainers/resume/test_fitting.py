"""What a checkpoint says of its run is looked at before it is taken over, and named where nothing can go on with it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.admin.stats import AverageMeter
from siou_tracking.ltr.trainers.checkpoints import is_rng_state, rng_state, write_checkpoint
from siou_tracking.ltr.trainers.resume.fitting import are_statistics


def put(content: Any, place: str, value: object) -> None:
    *above, last = place.split("/")
    for key in above:
        content = content[int(key) if key.isdigit() else key]
    content[int(last) if last.isdigit() else last] = value


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("epoch", True, "epoch: got True, allowed is int"),
        ("epoch", -1, "epoch: got -1, allowed are numbers from 0"),
        ("stats", [], "stats: got something else than statistics by loader and name"),
        ("optimizer", 3, "optimizer: got something else than its state and its groups of parameters"),
        ("optimizer/param_groups/0/lr", "fast", "optimizer: got lr 'fast', this run's has 0.05"),
        ("optimizer/param_groups/0/betas", (0.9, 7.0), "optimizer: got betas (0.9, 7.0), this run's has (0.9, 0.999)"),
        ("optimizer/state/0/step", -1, "optimizer: got step of parameter 0 as -1"),
        ("optimizer/state/0/exp_avg", 0.5, "optimizer: got exp_avg of parameter 0 as 0.5"),
        ("optimizer/state/0/exp_avg", torch.ones(2), "optimizer: got exp_avg of parameter 0 as (2,) torch.float32"),
        ("optimizer/state/x", {}, "optimizer: got the state of a parameter 'x', allowed are 0 to 9"),
        ("lr_scheduler_state/step_size", 0, "lr_scheduler_state: got other values than this run's schedule has"),
        ("rng_state", {"python": 1}, "a run cannot go on from it: TypeError: cannot unpack non-iterable int object"),
        ("box_loss", {"name": "giou"}, "a run cannot go on from it: KeyError: 'params'"),
    ],
)
def test_what_no_run_can_go_on_with_is_named(make_trainer, tmp_path, place: str, value: object, said: str) -> None:
    make_trainer().train(1)
    path = next(tmp_path.rglob("*_ep0001.pth.tar"))
    content = read_checkpoint(path)
    put(content, place, value)
    write_checkpoint(path, content)
    with pytest.raises(InputError) as caught:
        make_trainer().train(2, load_latest=True)
    assert f"checkpoint {path}: {said}" in str(caught.value)


def test_switches_of_the_optimizer_stay_this_runs_own(make_trainer, tmp_path) -> None:
    make_trainer().train(1)
    path = next(tmp_path.rglob("*_ep0001.pth.tar"))
    content = read_checkpoint(path)
    content["optimizer"]["param_groups"][0].update(capturable=True, amsgrad=True, lr=0.01)
    del content["optimizer"]["param_groups"][0]["foreach"]  # as an older torch wrote it
    write_checkpoint(path, content)
    trainer = make_trainer()
    trainer.train(2, load_latest=True)
    group = trainer.optimizer.param_groups[0]
    assert (group["capturable"], group["amsgrad"], group["foreach"]) == (False, False, None)
    assert group["lr"] == pytest.approx(0.01 * 0.2)  # the schedule's step is behind epoch 2


def test_random_numbers_are_tried_without_being_changed() -> None:
    state = rng_state()
    before = torch.get_rng_state()
    assert is_rng_state(state)
    for broken in (None, {}, {**state, "torch": torch.ones(3)}, {**state, "numpy": state["numpy"][:4]}):
        assert not is_rng_state(broken)
    assert torch.equal(before, torch.get_rng_state())


def test_statistics_of_loaders_are_meters_by_name_and_others_are_the_trainers_own() -> None:
    meter, loaders = AverageMeter(), [SimpleNamespace(name="train"), SimpleNamespace(name="val")]
    meter.update(1.0)
    assert are_statistics({"train": {"Loss/total": meter}, "val": None, "notes": "whatever"}, loaders)
    for broken in ([], {"train": 1}, {"train": {"a": 1.0}}, {"val": {1: meter}}):
        assert not are_statistics(broken, loaders)
    meter.history = ["x"]
    assert not are_statistics({"train": {"Loss/total": meter}}, loaders)
