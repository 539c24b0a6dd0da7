"""Steps are chosen on other anchors than those reported, and the whole study goes on where it stopped."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from experiments import parts
from experiments.box_regression import run, runs
from experiments.box_regression.descent import Outcome, Setting
from experiments.box_regression.runs import MAIN, PAPER, Plan, choose_step, run_loss

PLAN = Plan(points=2, validation_points=3, iterations=2, seed=0, search=False)


def outcome(iou: float, points: int = 1) -> Outcome:
    curve = torch.full((3,), iou * 343 * points, dtype=torch.float64)
    return Outcome(343 * points, curve, curve, 0, 0, torch.zeros(points), curve[:, None].expand(-1, points), 1.0)


@pytest.mark.parametrize(("best", "tried"), [(0.1, 6), (100.0, 10), (0.001, 9)])
def test_the_ladder_goes_on_while_its_end_is_best(best: float, tried: int) -> None:
    def reach(setting: Setting) -> Outcome:
        return outcome(1 / (1 + abs(torch.tensor(setting.step / best).log10().item())))

    setting, reached = choose_step(reach, "gd", "cxcywh", search=True)
    assert setting == Setting("gd", "cxcywh", best) and len(reached) == tried
    assert max(reached, key=lambda step: reached[step]) == f"{best:g}"


def test_no_step_is_chosen_on_the_anchors_that_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[torch.Tensor] = []

    def simulate(name: str, setting: Setting, points: torch.Tensor, iterations: int, kernels: None) -> Outcome:
        seen.append(points)
        return outcome(0.5, points.shape[1])

    monkeypatch.setattr(runs, "simulate", simulate)
    found = run_loss("iou", PLAN)
    reported = [points for points in seen if points.shape[1] == PLAN.points]
    assert len(reported) == len(found) == 5
    assert not any(
        torch.isin(points, reported[0]).any() for points in seen if points.shape[1] == PLAN.validation_points
    )


def test_the_study_writes_curves_pictures_and_a_table_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = ["--points", "2", "--validation-points", "1", "--iterations", "3", "--workers", "1", "--quick"]
    monkeypatch.setattr(sys, "argv", ["run", "--losses", "siou", "iou", *sizes, "--out", str(tmp_path)])
    run.main()
    result = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert list(result["losses"]) == ["smooth_iou", "iou"] and result["cases"] == 686
    found = result["losses"]["smooth_iou"]
    assert found[PAPER]["step"] == 0.1 and len(found[MAIN]["iou"]) == 4 and "error_by_point" not in found[MAIN]
    assert all((tmp_path / name).stat().st_size > 10_000 for name in ("curves.png", "heat.png", "heat_paper.png"))
    assert "| smooth_iou |" in (tmp_path / "table.md").read_text("utf-8")
    monkeypatch.setattr(
        parts, "run_jobs", lambda function, jobs, workers: iter(()) if not jobs else pytest.fail("again")
    )
    monkeypatch.setattr(run, "save_figure", lambda figure, path: None)
    run.main()
    assert json.loads((tmp_path / "results.json").read_text("utf-8"))["losses"] == result["losses"]


@pytest.mark.parametrize(("curve", "words"), [([0.1, 0.95, 1.0], "50"), ([0.1, 0.2, 0.9], "100"), ([0.1], "-")])
def test_the_table_says_when_a_level_is_reached(curve: list[float], words: str) -> None:
    assert run.reach({"iou": curve}, 100) == words


def test_the_page_has_the_stored_table() -> None:
    folder = Path(run.__file__).parent
    stored = json.loads((folder / "results.json").read_text("utf-8"))
    assert not stored["quick"]
    assert run.write_table(stored["losses"], stored["plan"]["iterations"]) in (folder / "README.md").read_text("utf-8")
