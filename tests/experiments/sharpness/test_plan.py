"""A study is a star around the old default."""

from __future__ import annotations

import json
from pathlib import Path

from experiments.box_regression.runs import PAPER
from experiments.sharpness import plan
from experiments.sharpness.forms import Member
from experiments.sharpness.plan import OLD, old, star
from experiments.sharpness.simulation import SETTINGS, Simulation, run_members, tabulate
from siou_tracking.losses import describe

HERE = Path(plan.__file__).parent


def test_the_star_changes_one_thing_at_a_time_and_holds_the_old_defaults() -> None:
    members = star()
    assert len(members) == len(set(members)) == 9 * (7 + 5)
    assert all(member.form == "log" or member.divergence == "bhattacharyya" for member in members)
    assert {old(role) for role in OLD} <= set(members)


def test_the_products_defaults_are_what_the_rule_chose() -> None:
    entry = describe("smooth_iou")
    chosen = {role: old(role) for role in OLD}
    verdicts = json.loads((HERE / "results.json").read_text("utf-8"))["verdicts"]
    for role, tables in verdicts.items():
        for answer in (one for answers in tables.values() for one in answers if one["changes"]):
            chosen[role] = next(member for member in star() if member.name == answer["best"])
    assert set(verdicts) == set(OLD) and {member.form for member in chosen.values()} == {"log"}
    assert {member.divergence for member in chosen.values()} == {entry.loss_defaults["divergence"]}
    assert {role: member.sharpness for role, member in chosen.items()} == {
        "loss": entry.loss_defaults["sharpness"],
        "score": entry.score_defaults["sharpness"],
        "density": entry.density_defaults["sharpness"],
    }


def test_a_member_runs_through_the_simulation(tmp_path: Path) -> None:
    size = Simulation(points=2, validation_points=3, iterations=5, search=False)
    member = Member("ratio", sharpness=8.0)
    run = run_members([member], size, tmp_path, 1)[member]
    assert tuple(run) == SETTINGS and run[PAPER]["step"] == 0.1
    assert (len(run[PAPER]["val"]), len(run[PAPER]["test"])) == (3, 2)
    table = tabulate({member: run}, PAPER)
    assert table.val[member].shape == (3,) and not table.decides
    assert run_members([member], size, tmp_path, 1)[member] == run
