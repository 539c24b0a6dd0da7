"""Compiled kernels descend as torch's own operations do."""

from __future__ import annotations

import shutil

import pytest
import torch

from experiments.box_regression.descent import OPTIMIZERS, SIZES, Setting, simulate
from experiments.box_regression.fused import fuse
from experiments.box_regression.protocol import anchor_points


def test_a_loss_with_a_state_is_not_compiled() -> None:
    assert fuse("wiou_v3") is None


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler, and there is no g++")
@pytest.mark.parametrize("name", ["smooth_iou", "giou"])
def test_compiled_and_plain_runs_agree(name: str) -> None:
    kernels, points = fuse(name), anchor_points(2)
    assert kernels is not None
    for optimizer in OPTIMIZERS:
        for sizes in SIZES:
            setting = Setting(optimizer, sizes, 0.03)
            fused, plain = (simulate(name, setting, points, 20, one) for one in (kernels, None))
            torch.testing.assert_close(fused.error_by_point, plain.error_by_point, rtol=1e-4, atol=1e-4)
            torch.testing.assert_close(fused.iou, plain.iou, rtol=1e-4, atol=0)
