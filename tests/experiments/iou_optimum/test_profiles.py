"""What the profiles say of known losses, and that gradients are those of the values drawn beside them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from experiments.iou_optimum import profiles, run
from experiments.iou_optimum.profiles import LINES, describe_loss, evaluate, gradient_error
from siou_tracking.losses import registered_box_losses

# ciou holds the weight of its aspect, wiou and wiou_v3 their hull and focus out of the gradient.
DETACHED = {"ciou", "wiou", "wiou_v3"}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.iou_optimum.optimum.ROUNDS", 6)


def test_iou_is_a_cone_with_a_flat_floor() -> None:
    found = evaluate("iou", "offset", torch.tensor([-0.5, 0.25, 1.5]))
    torch.testing.assert_close(found.loss, torch.tensor([2 / 3, 0.4, 1], dtype=torch.float64))
    torch.testing.assert_close(found.gradient, torch.tensor([-8 / 9, 1.28, 0], dtype=torch.float64))
    facts = describe_loss("iou")
    assert facts["jump of the gradient at the optimum, by offset"] == pytest.approx(4, rel=1e-4)
    assert facts["jump of the gradient at the optimum, by ln width"] == pytest.approx(2, rel=1e-4)
    assert facts["jump of the gradient at touching"] == pytest.approx(-0.5, rel=1e-4)
    assert facts["gradient one size beyond touching"] == facts["spread over the IoU-optimal heights"] == 0


def test_smooth_iou_has_no_jump_no_floor_and_no_tie() -> None:
    facts = describe_loss("smooth_iou")
    assert all(abs(value) < 1e-4 for name, value in facts.items() if name.startswith("jump"))
    # ln(1 + 256 d^2 / 2) at d = 2.
    assert facts["gradient one size beyond touching"] == pytest.approx(256 * 2 / (1 + 256 * 2), rel=1e-4)
    assert facts["spread over the IoU-optimal heights"] > 0.4


@pytest.mark.parametrize("name", registered_box_losses())
def test_gradients_are_those_of_the_values(name: str) -> None:
    errors = [gradient_error(name, line) for line in LINES]
    assert (max(errors) < 1e-4) == (name not in DETACHED)


def test_the_study_writes_what_it_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "registered_box_losses", lambda: ["smooth_iou", "iou"])
    monkeypatch.setattr(sys, "argv", ["run", "--quick", "--out", str(tmp_path)])
    run.main()
    result = json.loads((tmp_path / "results.json").read_text("utf-8"))
    path = result["path"]
    assert path["iou, least, width"][0] == path["smooth_iou, width"][0] == 1
    assert list(result["profiles"]["offset"]) == ["x", "smooth_iou", "iou"]
    assert 0 in result["profiles"]["size"]["x"]
    names = ("optimum.png", "profile_offset.png", "profile_size.png")
    assert all((tmp_path / name).stat().st_size > 10_000 for name in names)


def test_the_page_has_the_stored_table() -> None:
    folder = Path(run.__file__).parent
    stored = json.loads((folder / "results.json").read_text("utf-8"))
    assert not stored["quick"] and set(stored["profiles"]) == set(profiles.LINES)
    assert run.write_table(stored["losses"]) in (folder / "README.md").read_text("utf-8")
