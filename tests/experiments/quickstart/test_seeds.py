"""The table over seeds, by hand, and that a run which was stopped goes on."""

from __future__ import annotations

import dataclasses
import json

import pytest

from experiments.quickstart import seeds
from siou_tracking.quickstart.plan import BoxLossPlan

PLAN = BoxLossPlan(2, 2, frames=24, heldout_frames=20, epochs=1, samples_per_epoch=16)


def quickstart(iou: list[float], smooth: list[float], static: float = 0.1) -> dict:
    rows = {"iou": iou, "smooth_iou": smooth}
    return {
        "plan": json.loads(json.dumps(dataclasses.asdict(PLAN))),
        "metrics": {
            "got10k": {"static": {"ao": static}, **{loss: {"ao": sum(runs) / len(runs)} for loss, runs in rows.items()}}
        },
        "seeds": {"got10k": {loss: [{"ao": value} for value in runs] for loss, runs in rows.items()}},
        "verdict": {"got10k": ["a tie", "and more"]},
        "cpu_seconds": {"data": 1.0},
        "seconds": 2.0,
    }


def test_spread_means_and_order_by_hand():
    """Rows .4 and .5 (deviation .0707), .5 and .4; static .1, so that half the gain is (.45 - .1) / 2 = .175."""
    found = seeds.aggregate({0: quickstart([0.3, 0.5], [0.5, 0.5]), 1: quickstart([0.5, 0.5], [0.4, 0.4])})
    one = found["benchmarks"]["got10k"]
    assert one["mean"] == pytest.approx({"static": 0.1, "iou": 0.45, "smooth_iou": 0.45})
    assert one["deviation over quickstarts"] == pytest.approx({"iou": 0.05 * 2**0.5, "smooth_iou": 0.05 * 2**0.5})
    # .3 .5 .5 .5 about .45: sqrt((.0225 + 3 * .0025) / 3) = .1; .5 .5 .4 .4 about .45: sqrt(4 * .0025 / 3)
    assert one["deviation over trainings"] == pytest.approx({"iou": 0.1, "smooth_iou": (0.01 / 3) ** 0.5})
    assert one["half the gain over the static box"] == pytest.approx(0.175)
    assert one["spread is below half the gain"] is True
    assert one["ahead"] == {0: "smooth_iou", 1: "iou"}
    lines = seeds.format_markdown(found).splitlines()
    assert lines[0] == "| got10k ao | seed 0 | seed 1 | mean | deviation |"
    assert lines[2] == "| static | 0.100 | 0.100 | 0.100 |  |"
    assert lines[3] == "| iou | 0.400 | 0.500 | 0.450 | 0.071 |"


def test_a_spread_as_large_as_half_the_gain_is_said():
    found = seeds.aggregate({0: quickstart([0.1], [0.2]), 1: quickstart([0.5], [0.2])})
    assert found["benchmarks"]["got10k"]["spread is below half the gain"] is False


def test_a_quickstart_that_is_there_is_read_and_one_of_another_plan_is_made(tmp_path, monkeypatch):
    (tmp_path / "results.json").write_text(json.dumps(quickstart([0.1], [0.2])))
    monkeypatch.setattr(seeds, "run_quickstart", lambda out, **options: {"made": options["seed"]})
    assert seeds.load_or_run(tmp_path, PLAN, {})["seconds"] == 2.0
    assert seeds.load_or_run(tmp_path, dataclasses.replace(PLAN, epochs=2, seed=4), {}) == {"made": 4}
    assert seeds.load_or_run(tmp_path, PLAN, {"otb2015": "there"}) == {"made": 0}
    assert seeds.load_or_run(tmp_path / "new", PLAN, {}) == {"made": 0}
