"""A checkout whose actors call their network's wrapper trains in one process all the same, with the same numbers."""

from __future__ import annotations

import copy
import types

import pytest
import torch
from torch import nn

from siou_tracking.bridge.layouts.lib import LibLayout
from siou_tracking.bridge.standins.one_process import one_process
from siou_tracking.bridge.standins.sources import read_sources
from siou_tracking.bridge.supply.patches import Patches

KIN = LibLayout()


class BaseActor:
    def __init__(self, net, objective=None):
        self.net, self.objective = net, objective


@pytest.fixture
def supplied(tmp_path):
    """The stand-in of a checkout whose one actor has this line."""

    def find(line):
        folder = tmp_path / "lib" / "train" / "actors"
        folder.mkdir(parents=True)
        (folder / "tracker.py").write_text(line + "\n")
        return one_process(read_sources(tmp_path, KIN))

    return find


@pytest.mark.parametrize("line", ["out = self.net(data)", "print(net.modules())", "self.net_teacher.module"])
def test_other_checkouts_are_left_alone(supplied, line):
    assert supplied(line) is None


def test_the_network_is_its_own_wrapper_and_has_no_parameter_twice(supplied):
    stand_in, patches = supplied("out = self.net.module.forward_stage1(data)"), Patches()
    module, net = types.SimpleNamespace(BaseActor=BaseActor), nn.Linear(2, 1)
    (change,) = stand_in.after_import.values()
    assert list(stand_in.after_import) == ["lib.train.actors.base_actor"]
    before, state = BaseActor.__init__, list(net.state_dict())
    change(module, patches)
    assert BaseActor(net).net.module is net
    assert list(net.state_dict()) == state and list(dict(net.named_modules())) == [""]
    twin = copy.deepcopy(net)
    assert twin.module is twin
    wrapped = nn.DataParallel(nn.Linear(2, 1))
    inner = wrapped.module
    assert BaseActor(wrapped).net.module is inner
    assert BaseActor(None).net is None
    patches.undo()
    assert BaseActor.__init__ is before and not hasattr(BaseActor(nn.Linear(2, 1)).net, "module")


def test_nobody_is_waited_for_where_there_is_nobody(supplied, monkeypatch):
    calls = []
    monkeypatch.setattr(torch.distributed, "barrier", lambda *args, **options: calls.append(args))
    patches = Patches()
    supplied("self.net.module").apply(patches)
    torch.distributed.barrier("alone")
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    torch.distributed.barrier("with others")
    patches.undo()
    assert calls == [("with others",)]
