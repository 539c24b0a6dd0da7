"""Heads train with the family, and a run is a seed of a table."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.head_ablation.jobs import Job
from experiments.head_ablation.losses import LossSpec
from experiments.head_ablation.training import Run, Schedule, train_head
from experiments.sharpness.forms import Member
from experiments.sharpness.heads import ROLES, HeadPlan, MemberSpec, tabulate
from experiments.sharpness.plan import SHARPNESSES, old
from siou_tracking.losses import describe
from tests.experiments.head_ablation.made_stores import make_stores


@pytest.mark.parametrize("head", ROLES)
def test_every_head_trains_with_the_family(head: str) -> None:
    members = HeadPlan().members(head)
    default = old(ROLES[head])
    assert members[0] == default and len(members) > 7
    assert {member.sharpness for member in members} <= set(SHARPNESSES)
    schedule = Schedule(iterations=2, looks=1, regions=4, center_iterations=2)
    run = train_head(head, MemberSpec(member=members[-1]), 0, make_stores(16, 6, 6), 0.001, schedule)
    assert run.loss == members[-1].name and run.not_finite == 0


@pytest.mark.parametrize("head", ["score", "density", "ltrb"])
def test_the_products_member_trains_as_smooth_iou_does(head: str) -> None:
    entry = describe("smooth_iou")
    defaults = entry.own_params(ROLES[head])
    schedule, stores = Schedule(iterations=3, looks=1, regions=4, center_iterations=2), make_stores(16, 6, 6)
    specs = (MemberSpec(member=Member(sharpness=defaults["sharpness"])), LossSpec("smooth_iou"))
    ours, theirs = (train_head(head, spec, 0, stores, 0.001, schedule) for spec in specs)
    assert (ours.val_iou, ours.test) == (theirs.val_iou, theirs.test)


def test_a_density_without_a_peak_is_left_out() -> None:
    assert max(member.sharpness for member in HeadPlan().members("density")) == 128


def test_runs_of_a_head_become_a_table_seed_by_seed() -> None:
    def run(seed: int, value: float) -> Run:
        test = {"iou": {"one": value, "other": value + 0.2}, "far_iou": {"one": value / 2, "other": value / 2}}
        return Run("ltrb", "x", seed, 0.1, 1, [], 1, 0.0, 0.0, value, test, 0.0)

    first, second = Member(sharpness=1.0), Member(sharpness=2.0)
    jobs = [
        (Job("ltrb", MemberSpec(member=member), seed, 0.1), run(seed, value + seed))
        for seed in range(2)
        for member, value in ((first, 0.1), (second, 0.2))
    ]
    table = tabulate("ltrb", jobs)
    np.testing.assert_allclose(table.val[second], [0.2, 1.2])
    np.testing.assert_allclose(table.test[first], [0.2, 1.2])
    np.testing.assert_allclose(table.far[second], [0.1, 0.6])
    assert table.role == "loss" and not table.decides and tabulate("score", []).decides
