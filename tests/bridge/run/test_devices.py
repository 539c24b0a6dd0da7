"""--device of a checkout whose code says `.cuda()` whatever it is told."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.bridge.layouts.lib import LibLayout
from siou_tracking.bridge.layouts.pytracking import PyTrackingLayout
from siou_tracking.bridge.run.devices import device_in_force
from siou_tracking.errors import InputError


@pytest.fixture
def gpu(monkeypatch):
    """A machine that has a GPU, which may not be used."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.Tensor, "cuda", lambda self: "on the GPU")


@pytest.mark.parametrize(
    ("layout", "name", "expected"),
    [
        (LibLayout(), "cpu", torch.ones(1)),
        (LibLayout(), None, "on the GPU"),
        (PyTrackingLayout(), "cpu", "on the GPU"),  # its settings name devices, and are told which
    ],
)
def test_what_is_said_goes_where_it_was_asked_for(gpu, layout, name, expected):
    with device_in_force(layout, name):
        assert torch.ones(1).cuda() == expected
    assert torch.ones(1).cuda() == "on the GPU"


def test_a_device_that_is_none_is_named(gpu):
    with pytest.raises(InputError, match="device 'gpu': not a device name"), device_in_force(LibLayout(), "gpu"):
        pass
