"""What says `.cuda()` runs on the CPU where that is wanted, also on a machine with a GPU."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.bridge.standins.cuda.on_device import on_device


def refuse(self: object, *args: object, **options: object) -> None:
    raise AssertionError("sent to a GPU")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has a GPU, which may not be used."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for owner in (torch.Tensor, torch.nn.Module):
        monkeypatch.setattr(owner, "cuda", refuse)


def test_nothing_goes_to_a_gpu_that_is_there(gpu) -> None:
    before = torch.Tensor.to, torch.zeros, torch.cuda.is_available
    with on_device(torch.device("cpu")):
        tensors = [torch.ones(1).cuda(), torch.ones(1).to("cuda"), torch.zeros(1, device="cuda:0")]
        assert {one.device.type for one in tensors} == {"cpu"}
        assert next(torch.nn.Linear(1, 1).cuda().parameters()).device.type == "cpu"
        assert not torch.cuda.is_available()
    assert (torch.Tensor.to, torch.zeros, torch.cuda.is_available) == before
    with pytest.raises(AssertionError, match="sent to a GPU"):
        torch.ones(1).cuda()


def test_without_a_gpu_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    before = torch.Tensor.cuda
    with on_device(torch.device("cpu")):
        assert torch.Tensor.cuda is before
