"""Box objectives of real checkouts are recognized, and the true IoU is to the bit what they answer.

Looked for in the folders of `$LTR_KIN_HOME`; each `box_ops.py` is run on its own, and nothing is written beside it.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

from siou_tracking.boxes import elementwise_iou
from siou_tracking.retrain.by_shape.probe import probe

HOME = os.environ.get("LTR_KIN_HOME", "")
FOUND = sorted(Path(HOME).rglob("lib/utils/box_ops.py")) if HOME else []
FILES = [path for path in FOUND if "boxes import box_area" in path.read_text()]  # ARTrack's has a twin for MindSpore
NAMES = ("giou_loss", "ciou_loss")

pytestmark = pytest.mark.skipif(not FILES, reason="LTR_KIN_HOME: no folder of checkouts with lib/utils/box_ops.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(HOME).parts[0])
def test_objectives_are_recognized_and_their_iou_is_the_true_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = ModuleType("torchvision.ops.boxes")
    boxes.box_area = lambda b: (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    for name in ("torchvision", "torchvision.ops"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, boxes.__name__, boxes)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    objectives = {name: value for name, value in runpy.run_path(str(path)).items() if name in NAMES}
    assert objectives
    generator = torch.Generator().manual_seed(0)
    pred, target = (torch.rand(2, 64, 4, generator=generator).cumsum(2)).unbind()
    for objective in objectives.values():
        assert probe(objective, None) in (("mean", "xyxy"), ("none", "xyxy"))
        theirs, ours = pred.clone().requires_grad_(), pred.clone().requires_grad_()
        iou = objective(theirs, target)[1]
        true = elementwise_iou(ours, target)
        assert torch.allclose(iou, true, atol=1e-6)
        iou.sum().backward()
        true.sum().backward()
        assert torch.allclose(theirs.grad, ours.grad, atol=1e-5)
