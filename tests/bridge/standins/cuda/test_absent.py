"""Without a GPU: what is sent to one stays on the CPU and is the same, and torch is as it was afterwards."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from siou_tracking.bridge.layouts.lib import LibLayout
from siou_tracking.bridge.layouts.pytracking import PyTrackingLayout
from siou_tracking.bridge.standins.cuda import absent
from siou_tracking.bridge.standins.cuda.names import replace_device
from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.patches import Patches

KIN = LibLayout()


@pytest.fixture
def no_gpu(tmp_path, monkeypatch):
    """The stand-in put on for the test."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    found, patches = absent.no_gpu(Sources(tmp_path, KIN, frozenset())), Patches()
    found.apply(patches)
    yield
    patches.undo()


def test_it_is_put_on_for_the_kin_alone_and_only_where_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert absent.no_gpu(Sources(tmp_path, KIN, frozenset())) is None
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert absent.no_gpu(Sources(tmp_path, PyTrackingLayout(), frozenset())) is None
    assert absent.no_gpu(Sources(tmp_path, KIN, frozenset())).state == "none on this machine"


def test_tensors_and_networks_stay_what_they_are(no_gpu):
    x, net = torch.randn(3), nn.Linear(2, 2)
    assert x.cuda() is x and x.cuda(0, non_blocking=True) is x and net.cuda() is net and net.cuda(1) is net


@pytest.mark.parametrize("device", ["cuda", "cuda:1", torch.device("cuda"), torch.device("cuda:0")])
def test_a_device_that_is_named_is_the_cpu(no_gpu, device):
    x = torch.arange(6.0).view(2, 3)
    made = [
        torch.zeros(2, 3, device=device),
        torch.tensor([1, 2], device=device),
        torch.full_like(x, 2, device=device),
        torch.arange(3, device=device),
        x.new_ones(2, device=device),
        torch.as_tensor(x, device=device),
        x.to(device),
        x.to(device=device, dtype=torch.float64),
        x.to(device, torch.float64, non_blocking=True),
        nn.Linear(3, 2).to(device).weight,
        torch.ByteTensor([1, 2]).to(device),
    ]
    assert {one.device.type for one in made} == {"cpu"}
    assert torch.equal(made[6], x) and made[7].dtype == made[8].dtype == torch.float64
    assert torch.equal(made[2], torch.full((2, 3), 2.0))


def test_other_devices_and_arguments_pass(no_gpu):
    assert torch.zeros(2, device="meta").device.type == "meta" and torch.zeros(2, device=None).device.type == "cpu"
    assert torch.zeros(3).to(torch.float64).dtype == torch.float64
    assert torch.zeros(3).to(torch.zeros(1, dtype=torch.int32)).dtype == torch.int32
    assert torch.full((2,), 7).tolist() == [7, 7] and torch.randint(0, 5, (4,)).shape == (4,)
    assert replace_device(1) == "cpu" and replace_device("mps") == "mps"


def test_the_numbers_drawn_are_those_of_the_cpu(no_gpu):
    torch.manual_seed(3)
    drawn = [torch.rand(4, device="cuda"), torch.randn(4, device="cuda"), torch.randperm(9, device="cuda")]
    torch.manual_seed(3)
    for one, other in zip(drawn, [torch.rand(4), torch.randn(4), torch.randperm(9)], strict=True):
        assert torch.equal(one, other)


def test_what_a_gpu_is_told_is_not_done(no_gpu):
    torch.cuda.set_device(0)
    torch.cuda.set_device("cuda:0")
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    with torch.cuda.device(1):
        assert torch.cuda.current_device() == 0
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    end.record()
    assert 0 <= begin.elapsed_time(end) < 1000
    assert torch.cuda.FloatTensor([1.5]).dtype == torch.float32 and not torch.cuda.is_available()


def test_gradients_flow_through_what_was_sent_to_a_gpu(no_gpu):
    x = torch.randn(3, requires_grad=True)
    (x.to("cuda").cuda() ** 2).sum().backward()
    assert torch.equal(x.grad, 2 * x.detach())


def test_files_saved_on_a_gpu_are_read(no_gpu, tmp_path, monkeypatch):
    torch.save({"x": torch.arange(3)}, tmp_path / "x.pth")
    for options in ({}, {"map_location": "cuda:0"}, {"map_location": torch.device("cuda")}, {"map_location": "cpu"}):
        assert torch.load(tmp_path / "x.pth", **options)["x"].tolist() == [0, 1, 2]
    assert torch.load(tmp_path / "x.pth", lambda storage, place: storage)["x"].device.type == "cpu"


def test_a_network_of_several_processes_is_told_of_no_device(no_gpu, tmp_path):
    torch.distributed.init_process_group("gloo", f"file://{tmp_path / 'store'}", rank=0, world_size=1)
    try:
        net = nn.Linear(2, 1)
        wrapped = DistributedDataParallel(net.cuda(), device_ids=[0], output_device=0, find_unused_parameters=True)
        assert isinstance(wrapped, DistributedDataParallel) and wrapped.device_ids is None
        wrapped(torch.ones(3, 2)).sum().backward()
        assert torch.equal(net.weight.grad, torch.full((1, 2), 3.0))
    finally:
        torch.distributed.destroy_process_group()


def test_torch_is_as_it_was_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    owners = (torch, torch.cuda, torch.Tensor, nn.Module, DistributedDataParallel)
    before, patches = [dict(vars(owner)) for owner in owners], Patches()
    absent.no_gpu(Sources(tmp_path, KIN, frozenset())).apply(patches)
    assert torch.zeros is not before[0]["zeros"]
    patches.undo()
    for owner, attributes in zip(owners, before, strict=True):
        changed = [name for name in {**vars(owner), **attributes} if vars(owner).get(name) is not attributes.get(name)]
        assert not changed


def test_optimizers_and_the_compiler_work_meanwhile_and_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    patches = Patches()
    absent.no_gpu(Sources(tmp_path, KIN, frozenset())).apply(patches)
    try:
        net = nn.Linear(2, 1)
        optimizer = torch.optim.AdamW(net.parameters())
        net(torch.ones(1, 2, device="cuda")).sum().backward()
        optimizer.step()
    finally:
        patches.undo()
    compiled = torch.compile(lambda x: x + torch.zeros(2), backend="eager", fullgraph=True)
    assert torch.equal(compiled(torch.ones(2)), torch.ones(2))
