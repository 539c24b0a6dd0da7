"""A run goes on from a checkpoint whatever is in it, or says in one line why not."""

from __future__ import annotations

import copy
import functools
import tempfile
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siou_tracking.ltr.actors import AtomActor
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.trainers import LTRTrainer
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.running.stopping import Stopped
from tests.ltr.trainers.tiny_training import TinyLoader, TinyNet
from tests.untrusted.fuzzing import GONE, JSON, fuzz, places, refuses, replaced
from tests.untrusted.test_fuzz_checkpoints import PARTS

WEIGHTS = ("net",)
"""Fuzzed as checkpoints are."""


def make_trainer(folder: Path) -> LTRTrainer:
    torch.manual_seed(5)
    settings = Settings(build_environment(folder), use_gpu=False)
    settings.project_path = "tiny"
    net = TinyNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    loaders = [TinyLoader("train", True, 2, 2), TinyLoader("val", False, 1, 2)]
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.2)
    return LTRTrainer(AtomActor(net, torch.nn.MSELoss()), loaders, optimizer, settings, schedule)


@functools.cache
def checkpoint(within_epoch: bool) -> dict[str, Any]:
    """Of a run that is at the end of an epoch, or was stopped within one."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(Path(folder))
        trainer.train(1)
        if within_epoch:
            loader = trainer.loaders[0]
            loader.poison = lambda step, data: setattr(trainer.stop_request, "signal", 15) if step == 1 else None
            with pytest.raises(Stopped):
                trainer.train(2)
        content: dict[str, Any] = read_checkpoint(trainer.latest_checkpoint)
        path = next(Path(folder).rglob("*step*.pth.tar"), trainer.latest_checkpoint)
        content = read_checkpoint(path)
    return {key: value for key, value in content.items() if key != "settings"}


def go_on(content: dict[str, Any], within_epoch: bool) -> None:
    """Train on from a checkpoint, or be refused."""
    with tempfile.TemporaryDirectory() as folder:
        name = "TinyNet_step000001_of_epoch0002" if within_epoch else "TinyNet_ep0001"
        write_checkpoint(Path(folder) / f"checkpoints/tiny/{name}.pth.tar", content)
        trainer = make_trainer(Path(folder))
        refuses(lambda: trainer.train(2, load_latest=True))


@pytest.mark.parametrize("within_epoch", [False, True])
@given(data=st.data())
@fuzz
def test_fuzz_runs_that_go_on(within_epoch: bool, data: st.DataObject) -> None:
    content = checkpoint(within_epoch)
    place = data.draw(st.sampled_from(list(places(content, WEIGHTS))))
    go_on(replaced(copy.deepcopy(content), place, data.draw(st.just(GONE) | JSON | PARTS)), within_epoch)


OTHERS = [GONE, None, True, -1, 3, 1.5, float("nan"), float("inf"), 2**63, 10**400, "x", [], [1, 2], {}, {"a": 1}]
TENSORS = [torch.ones(2, 2), torch.tensor(float("nan")), torch.ones(2, 2).to_sparse(), torch.ones(2, device="meta")]


@pytest.mark.slow
@pytest.mark.parametrize("other", OTHERS + TENSORS, ids=lambda other: str(other)[:20].replace("\n", ""))
@pytest.mark.parametrize("within_epoch", [False, True])
def test_each_entry_as_something_else(within_epoch: bool, other: object) -> None:
    content = checkpoint(within_epoch)
    for place in places(content, WEIGHTS):
        go_on(replaced(copy.deepcopy(content), place, other), within_epoch)


@pytest.mark.parametrize("stranger", [{1: 2, "": True}, {"a": torch.ones(2)}, {"other": {"Loss/total": 5}}])
def test_statistics_of_no_loader_are_passed_over(stranger: dict[Any, Any]) -> None:
    content = copy.deepcopy(checkpoint(False))
    content["stats"].update(stranger)
    with tempfile.TemporaryDirectory() as folder:
        write_checkpoint(Path(folder) / "checkpoints/tiny/TinyNet_ep0001.pth.tar", content)
        trainer = make_trainer(Path(folder))
        trainer.train(2, load_latest=True)
        assert trainer.epoch == 2
