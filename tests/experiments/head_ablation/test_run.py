"""The whole study in small: it goes on where it stopped, and wrong input is one line."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from experiments.head_ablation import jobs, run
from experiments.head_ablation.head import Schedule
from experiments.head_ablation.jobs import MARGIN, Job, Plan, best_rate, run_plan, settle_rate
from experiments.head_ablation.losses import GAUSSIAN, LossSpec
from experiments.head_ablation.pairs import SPLITS, Stores, read_stores, write_about, write_split
from experiments.head_ablation.score_heads import DensityHead
from experiments.head_ablation.summary import describe_loss, format_table, steps_to, summarize_head
from experiments.head_ablation.training import HEADS, Run
from siou_tracking.losses import registered_box_losses
from tests.experiments.head_ablation.made_stores import make_stores

SHORTEST = Schedule(iterations=2, looks=1, regions=4, center_iterations=2)


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    made = make_stores(16, 6, 8)
    for name in SPLITS:
        write_split(tmp_path / "stores" / name, made.split(name))
    write_about(tmp_path / "stores", made.about)
    found = read_stores(tmp_path / "stores")
    assert found is not None
    return found


def made_run(loss: str, seed: int, iou: float, rate: float = 0.003) -> Run:
    metrics = {name: {"a": iou, "b": iou / 2} for name in ("iou", "sr50", "sr75", "far_iou", "far_error")}
    curve: list[tuple[int, float | None]] = [(1, 0.1), (10, iou)]
    return Run("ltrb", loss, seed, rate, 10, curve, best=10, step=0, not_finite=0, val_iou=iou, test=metrics, seconds=1)


def test_what_is_done_is_not_done_again(stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(("ltrb",), (LossSpec("smooth_iou"),), (0, 1), SHORTEST)
    parts = tmp_path / "parts"
    first = run_plan(plan, stores, parts, 1)
    assert list(first["ltrb"]) == ["giou", "smooth_iou"] and [one.seed for one in first["ltrb"]["giou"]] == [0, 1]
    assert len(list(parts.rglob("*.json"))) == 2 * (2 + len(HEADS["ltrb"].rates))
    assert sorted(path.name for path in stores.folder.glob("centers/*")) if stores.folder else False
    trained: list[object] = []
    monkeypatch.setattr(jobs, "_run_job", lambda *job: trained.append(job))
    assert run_plan(plan, stores, parts, 1) == first and trained == []
    monkeypatch.undo()
    (parts / "ltrb" / "giou" / "seed1.json").unlink()
    again = run_plan(plan, stores, parts, 1)
    assert again["ltrb"]["giou"][1].test == first["ltrb"]["giou"][1].test
    assert again["ltrb"]["smooth_iou"] == first["ltrb"]["smooth_iou"]


def test_a_part_of_another_schedule_or_of_other_stores_is_made_anew(stores: Stores, tmp_path: Path) -> None:
    plan = Plan(("ltrb",), (), (0,), SHORTEST, choose_rates=False)
    first = run_plan(plan, stores, tmp_path / "parts", 1)["ltrb"]["giou"][0]
    longer = Plan(("ltrb",), (), (0,), Schedule(3, 1, 4, 2), choose_rates=False)
    second = run_plan(longer, stores, tmp_path / "parts", 1)["ltrb"]["giou"][0]
    assert (first.iterations, second.iterations) == (2, 3)


def test_every_head_begins_with_its_baseline_and_takes_what_it_can() -> None:
    specs = tuple(map(LossSpec, registered_box_losses()))
    found = Plan(tuple(HEADS), specs, (0,), SHORTEST).pairs()
    labels = {head: [spec.label for name, spec in found if name == head] for head in HEADS}
    assert {head: names[0] for head, names in labels.items()} == {
        "score": "iou",
        "density": GAUSSIAN,
        "ltrb": "giou",
        "center": "giou",
    }
    assert set(labels["ltrb"]) == set(labels["center"]) == set(registered_box_losses())
    assert {"wiou_v3", "piou"}.isdisjoint(labels["score"]) and "nwd" in labels["score"]
    assert {"nwd", "l1", "mpdiou"}.isdisjoint(labels["density"]) and "smooth_iou" in labels["density"]
    assert all(len(names) == len(set(names)) for names in labels.values())


def test_a_head_of_long_runs_takes_a_few_losses_unless_they_are_named() -> None:
    specs = tuple(map(LossSpec, registered_box_losses()))
    few = [spec.label for _, spec in Plan(("density",), specs, (0,), SHORTEST, named=False).pairs()]
    assert set(few) == {GAUSSIAN, *(DensityHead.few or ())} and few[0] == GAUSSIAN
    assert len(Plan(("density",), specs, (0,), SHORTEST).pairs()) > len(few)
    assert len(Plan(("ltrb",), specs, (0,), SHORTEST, named=False).pairs()) == len(specs)


def test_a_loss_leaves_its_heads_rate_only_for_a_clearly_better_one() -> None:
    reached = {  # at the rates 0.003 and 0.01; all together 0.01 is the best
        "giou": (0.5, 0.6),
        "iou": (0.6 + 1.5 * MARGIN, 0.6),
        "l1": (0.6 + 0.5 * MARGIN, 0.6),
    }
    tried = [
        (Job("ltrb", LossSpec(loss), 1000, rate, trial=True), made_run(loss, 1000, iou, rate))
        for loss, ious in reached.items()
        for rate, iou in zip((0.003, 0.01), ious, strict=True)
    ]
    tried.append((Job("center", LossSpec("l1"), 1000, 0.03, trial=True), made_run("l1", 1000, 0.9, 0.03)))
    assert [settle_rate("ltrb", LossSpec(loss), tried) for loss in reached] == [0.01, 0.003, 0.01]
    assert settle_rate("ltrb", LossSpec("l1"), []) == HEADS["ltrb"].rates[1]


def test_the_best_rate_has_the_best_validation() -> None:
    tried = [made_run("giou", 1000, iou, rate) for rate, iou in ((0.001, 0.3), (0.01, 0.5), (0.003, 0.4))]
    assert best_rate("ltrb", tried) == 0.01
    assert best_rate("ltrb", []) == 0.01


def test_a_summary_tests_every_loss_against_the_baseline() -> None:
    seeds = range(10)
    losses = {
        "giou": [made_run("giou", seed, 0.5 + 0.001 * (seed % 3)) for seed in seeds],
        "better": [made_run("better", seed, 0.6 + 0.001 * (seed % 2)) for seed in seeds],
        "same": [made_run("same", seed, 0.5 + 0.001 * ((seed + 1) % 3)) for seed in seeds],
    }
    rows = summarize_head("ltrb", losses)
    assert next(iter(rows)) == "better" and "over_seeds" not in rows["giou"]
    assert rows["better"]["iou"]["mean"] == pytest.approx(0.6005 * 0.75, abs=1e-5)
    assert rows["better"]["over_seeds"]["p"] == pytest.approx(2 / 2**10, rel=1e-3)
    assert rows["better"]["over_seeds"]["p_holm"] == pytest.approx(4 / 2**10, rel=1e-3)
    assert rows["same"]["over_seeds"]["p_holm"] > 0.5
    assert rows["better"]["iterations_to_level"] == 10 and rows["better"]["reached_by"] == 10
    table = format_table("ltrb", rows).splitlines()
    assert len(table) == 5 and len({line.count("|") for line in table}) == 1


def test_a_level_that_is_not_reached_is_none() -> None:
    run = made_run("giou", 0, 0.5)
    assert steps_to(run, 0.6) is None and steps_to(run, 0.05) == 1
    assert describe_loss([run], 0.6)["iterations_to_level"] is None
    assert describe_loss([run], 0.6)["iou"] == {"mean": pytest.approx(0.375), "low": None, "high": None}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--losses", "smoth_iou"), "unknown box loss 'smoth_iou'.*smooth_iou"),
        (("--heads", "corner"), "unknown head 'corner': allowed are center, density, ltrb, score"),
        (("--heads", "score", "--losses", "piou"), "--losses: piou: none of the heads score can train with it"),
        (("--seeds", "0"), "--seeds: got 0, allowed"),
        (("--workers", "-1"), "--workers: got -1, allowed"),
        (("--otb", "."), "--real: not given"),
        (("--real", "nowhere"), "--real: nowhere"),
        (("--out", __file__), "--out: .*got a file"),
        (("--stores", f"{__file__}/below"), "--stores: .*got a file"),
    ],
)
def test_wrong_input_is_one_line(
    arguments: tuple[str, ...],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    places = ("--out", str(tmp_path / "out"), "--stores", str(tmp_path / "stores"))
    monkeypatch.setattr(sys, "argv", ["run", *places, *arguments])
    assert run.main() == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1 and captured.err.startswith("head_ablation: ")
    assert re.search(words, captured.err)
    assert list(tmp_path.iterdir()) == []


def test_the_study_writes_what_it_says(stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "build_stores", lambda *_: stores)
    monkeypatch.setattr(run, "QUICK_SCHEDULE", SHORTEST)
    out = tmp_path / "out"
    monkeypatch.setattr(sys, "argv", ["run", "--quick", "--out", str(out), "--workers", "1", "--losses", "smooth_iou"])
    assert run.main() == 0
    written = {"results.json", "table.md", "forest_score.png", "forest_loss.png", "curves.png", "parts"}
    assert {path.name for path in out.iterdir()} == written
    content = json.loads((out / "results.json").read_text())
    assert content["quick"] and not content["real"] and content["seeds"] == [0, 1]
    assert list(content["heads"]) == list(HEADS)
    for head, losses in content["test_iou"].items():
        for loss, lines in losses.items():
            values = [[float(word) for word in line.split()] for line in lines]
            assert [len(one) for one in values] == [len(content["targets"])] * 2
            mean = sum(map(sum, values)) / 2 / len(content["targets"])
            assert content["heads"][head][loss]["iou"]["mean"] == pytest.approx(mean, abs=1e-4)


def test_heads_that_are_not_asked_for_keep_their_results_of_the_same_data_and_seeds(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "build_stores", lambda *_: stores)
    monkeypatch.setattr(run, "QUICK_SCHEDULE", SHORTEST)

    def results(*arguments: str) -> dict[str, Any]:
        common = ["run", "--quick", "--out", str(tmp_path / "out"), "--workers", "1"]
        monkeypatch.setattr(sys, "argv", [*common, *arguments])
        assert run.main() == 0
        found: dict[str, Any] = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
        return found

    first = results("--heads", "ltrb", "center", "--losses", "giou")
    second = results("--heads", "score", "ltrb", "--losses", "iou")
    assert list(second["heads"]) == list(second["test_iou"]) == list(second["machines"]) == ["score", "ltrb", "center"]
    assert second["heads"]["center"] == first["heads"]["center"]
    assert set(second["heads"]["ltrb"]) == {"giou", "iou"}
    assert list(results("--heads", "score", "--losses", "iou", "--seeds", "1")["heads"]) == ["score"]
