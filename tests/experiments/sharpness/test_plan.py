"""A study is a star around today's loss."""

from __future__ import annotations

from pathlib import Path

from experiments.box_regression.runs import PAPER
from experiments.sharpness.forms import Member
from experiments.sharpness.plan import TODAY, star, today
from experiments.sharpness.simulation import SETTINGS, Simulation, run_members, tabulate
from siou_tracking.losses import describe


def test_the_star_changes_one_thing_at_a_time_and_holds_todays() -> None:
    members = star()
    assert len(members) == len(set(members)) == 9 * (7 + 5)
    assert all(member.form == "log" or member.divergence == "bhattacharyya" for member in members)
    assert {today(role) for role in TODAY} <= set(members)


def test_todays_defaults_are_the_products() -> None:
    entry = describe("smooth_iou")
    assert today("loss").sharpness == entry.loss_defaults["sharpness"]
    assert today("score").sharpness == today("density").sharpness == entry.score_defaults["sharpness"]
    assert today("loss").divergence == entry.loss_defaults["divergence"]


def test_a_member_runs_through_the_simulation(tmp_path: Path) -> None:
    size = Simulation(points=2, validation_points=3, iterations=5, search=False)
    member = Member("ratio", sharpness=8.0)
    run = run_members([member], size, tmp_path, 1)[member]
    assert tuple(run) == SETTINGS and run[PAPER]["step"] == 0.1
    assert (len(run[PAPER]["val"]), len(run[PAPER]["test"])) == (3, 2)
    table = tabulate({member: run}, PAPER)
    assert table.val[member].shape == (3,) and not table.decides
    assert run_members([member], size, tmp_path, 1)[member] == run
