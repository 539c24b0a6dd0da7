"""What is chosen is chosen on validation targets, and what is not finite is not taken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from experiments.head_ablation import training
from experiments.head_ablation.head import Schedule
from experiments.head_ablation.losses import LossSpec
from experiments.head_ablation.pairs import Split
from experiments.head_ablation.training import HEADS, RATE_SEEDS, Run, Training, choose_rate, train_head
from tests.experiments.head_ablation.made_stores import make_stores

SHORTEST = Schedule(iterations=4, looks=2, center_iterations=3)


class Closed(Split):
    """A split that must not be read."""

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("__"):
            raise AssertionError(f"test.{name} was read")
        return super().__getattribute__(name)


@pytest.mark.parametrize("head", ["score", "density"])
def test_step_and_weights_are_chosen_without_the_test_targets(head: str) -> None:
    stores = make_stores(16, 4, 4)
    closed = replace(stores, test=object.__new__(Closed))
    made = Training(head, LossSpec("smooth_iou"), 0, closed, 0.003, SHORTEST)
    made.run()
    rung, iou = made.look(float("inf"))
    run = train_head(head, LossSpec("smooth_iou"), 0, stores, 0.003, SHORTEST)
    assert run.step == training.rung_step(rung) and run.val_iou == pytest.approx(iou, abs=1e-5)
    other = replace(stores, test=replace(stores.test, box=stores.test.box.flip(0)))
    again = train_head(head, LossSpec("smooth_iou"), 0, other, 0.003, SHORTEST)
    assert (again.step, again.curve, again.best) == (run.step, run.curve, run.best)
    assert again.test != run.test


def test_a_rate_is_chosen_on_seeds_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = dict(zip(HEADS["ltrb"].rates, (0.3, 0.5, 0.4), strict=True))
    asked: list[tuple[int, float]] = []

    def pretend(head: str, loss: LossSpec, seed: int, stores: object, rate: float, schedule: object) -> Run:
        asked.append((seed, rate))
        nothing: dict[str, Any] = {"curve": [], "best": 0, "step": 0.0, "not_finite": 0.0, "test": {}, "seconds": 0.0}
        return Run(head, loss.label, seed, rate, iterations=1, val_iou=reached[rate], **nothing)

    monkeypatch.setattr(training, "train_head", pretend)
    assert choose_rate("ltrb", LossSpec("giou"), make_stores(8), SHORTEST) == HEADS["ltrb"].rates[1]
    assert asked == [(seed, rate) for rate in HEADS["ltrb"].rates for seed in RATE_SEEDS]
    assert min(RATE_SEEDS) >= 1000


def test_the_best_look_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Training("ltrb", LossSpec("giou"), 0, make_stores(), 0.003, Schedule(4, looks=2, center_iterations=3))
    seen = []
    values = iter([0.9, 0.1])

    def look(most: float) -> tuple[int, float]:
        seen.append({key: value.clone() for key, value in made.head.network.state_dict().items()})
        return 0, next(values)

    monkeypatch.setattr(made, "look", look)
    made.run()
    assert made.best == 1 and made.curve == [(1, 0.9), (4, 0.1)]
    now = made.head.network.state_dict()
    assert all(torch.equal(now[key], value) for key, value in seen[0].items())
    assert any(not torch.equal(now[key], value) for key, value in seen[1].items())


@pytest.mark.filterwarnings("ignore:Detected call of")  # the first step is the one that is not taken
def test_a_step_that_is_not_finite_is_not_taken_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Training("ltrb", LossSpec("giou"), 0, make_stores(), 0.003, SHORTEST)
    objective = made.head.objective
    before = [parameter.clone() for parameter in made.head.network.parameters()]
    monkeypatch.setattr(made.head, "objective", lambda rows, draw: objective(rows, draw) * float("nan"))
    made.make_step()
    assert made.lost == 1
    assert all(torch.equal(a, b) for a, b in zip(before, made.head.network.parameters(), strict=True))
    monkeypatch.setattr(made.head, "objective", objective)
    made.make_step()
    assert made.lost == 1
    assert not all(torch.equal(a, b) for a, b in zip(before, made.head.network.parameters(), strict=True))


def test_a_run_is_read_as_it_was_written() -> None:
    run = train_head("ltrb", LossSpec("giou"), 0, make_stores(), 0.003, SHORTEST)
    assert Run.from_json(run.to_json()) == run
    assert run.curve[-1][0] == 4 and set(run.test["iou"]) == {"target0", "target1", "target2"}
    assert run.mean("iou") == pytest.approx(sum(run.test["iou"].values()) / 3)
