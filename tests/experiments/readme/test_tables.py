"""What the blocks show: the order of the numbers, who beats ours, and studies that are not there yet."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.readme import quickstarts, tables
from experiments.readme.quickstarts import quickstart_others, quickstart_seeds
from experiments.readme.ranking import ahead, rank
from experiments.readme.tables import (
    TABLES,
    head_ablation,
    loss_ablation,
    loss_speed,
    loss_speed_sizes,
    of_study,
    shorten,
)


def losses_of(table: str) -> list[str]:
    return [line.split("|")[1].strip() for line in table.splitlines() if line.startswith(("| `", "| **"))]


def test_losses_stand_in_the_order_of_their_numbers_and_those_ahead_of_ours_are_named() -> None:
    scores = {"smooth_iou": 0.5, "iou": 0.4, "giou": 0.9, "l1": 0.6, "2*smooth_iou+l1": 0.7}
    table = rank(["IoU"], {name: [f"{score:.1f}"] for name, score in scores.items()}, scores)
    assert losses_of(table) == ["`giou`", "**`2*smooth_iou+l1`**", "`l1`", "**`smooth_iou`**", "`iou`"]
    assert table.startswith(
        "By IoU, 3 of the 4 others are better than `smooth_iou`: `giou`, `2*smooth_iou+l1`, `l1`.\n"
    )


def test_where_less_is_better_the_least_leads() -> None:
    scores = {"smooth_iou": 1.0, "iou": 0.5, "giou": 2.0}
    table = rank(["time"], {name: [""] for name in scores}, scores, higher_is_better=False)
    assert losses_of(table) == ["`iou`", "**`smooth_iou`**", "`giou`"]
    assert "1 of the 2 others is better than `smooth_iou`: `iou`." in table


def test_equal_is_not_better_and_an_absent_ours_is_said() -> None:
    assert (
        ahead({"smooth_iou": 1.0, "iou": 1.0}, True, "IoU")
        == "By IoU, none of the 1 other is better than `smooth_iou`."
    )
    assert ahead({"iou": 1.0}, True, "IoU") == "IoU: `smooth_iou` was not among these."


def test_a_study_that_was_not_run_says_how_to_run_it() -> None:
    assert of_study("no_such_study", str)().startswith(
        "Not measured yet: no `results.json` there; `python -m experiments"
    )


def test_a_quick_look_is_not_shown_as_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "read_file", lambda file: {"quick": True, "file": file})
    assert "which is no result" in of_study("head_ablation", head_ablation)()


def test_quickstarts_of_several_seeds_stand_side_by_side_the_best_mean_first() -> None:
    rows = {"static": {"0": {"ao": 0.1}, "1": {"ao": 0.3}}, "iou": {"0": {"ao": 0.5}, "1": {"ao": 0.7}}}
    one = {
        "metric": "ao",
        "rows": rows,
        "mean": {"static": 0.2, "iou": 0.6},
        "deviation over quickstarts": {"iou": 0.1},
        "half the gain over the static box": 0.2,
        "spread is below half the gain": True,
    }
    said = {"0": "a tie: iou - smooth_iou is 0.01", "1": "iou is ahead of smooth_iou by 0.2 AO"}
    table = quickstart_seeds({"benchmarks": {"got10k": {**one, "verdict": said}}})
    assert table.splitlines() == [
        "| trained with | held-out AO, seeds 0, 1 | mean, deviation |",
        "| --- | --- | --- |",
        "| `iou` | 0.500 0.700 | 0.600, 0.100 |",
        "| nothing: a static box | 0.100 0.300 | 0.200 |",
        "",
        "* held-out AO: the pages say a tie (1 of 2), iou is ahead of smooth_iou (1 of 2). Quickstarts spread by up to "
        "0.100, less than half of what training gains over the static box (0.200).",
    ]


def test_every_block_can_be_made() -> None:
    for name, make in TABLES.items():
        assert make().endswith("\n"), name


def speeds(memory: bool) -> dict[str, Any]:
    times = {
        "smooth_iou": 1.0,
        "giou": 4.0,
        "kld compiled": 0.8,
        **({"read 8, write 4 floats": 0.25} if memory else {}),
    }
    rows = [
        {"loss": name, "boxes": size, "median_over_smooth_iou": time, "median_over_memory": time / 0.25}
        for size in (10, 1000)
        for name, time in times.items()
    ]
    return {"rows": rows, "machine": {"threads": 1, "torch": "2"}}


def test_speed_names_what_is_faster_and_how_near_the_memory_ours_is() -> None:
    table = loss_speed(speeds(memory=True))
    assert losses_of(table) == ["`kld compiled`", "**`smooth_iou`**", "`giou`"]
    assert "To read 8, write 4 floats a box once takes 1; `smooth_iou` forward and backward 4.0." in table
    assert "| `giou` | 4.00 | 16.0 |" in table and "1 of the 2 others is better" in table
    assert "memory" not in loss_speed(speeds(memory=False))


def test_speed_at_every_size_names_the_machine_and_what_we_lose() -> None:
    machine = {"cpu": "a", "cores": 2, "threads": 1, "load_average": 0.1, "torch": "2", "date": "2026-01-01"}
    table = loss_speed_sizes({**speeds(memory=True), "machine": machine, "lost": ["kld compiled at 10 boxes"]})
    assert "| loss | 10 boxes | 1,000 boxes |" in table and "| giou | 4 | 4 |" in table
    assert "| `smooth_iou` over one pass of the memory | 4 | 4 |" in table
    assert table.endswith("Faster than eager `smooth_iou`: kld compiled at 10 boxes.\n")


def head(mean: float, test: float | None) -> dict[str, Any]:
    def interval(middle: float) -> dict[str, float | None]:
        return {"mean": middle, "low": middle - 0.01, "high": middle + 0.01}

    against = {} if test is None else {"over_seeds_and_targets": {**interval(test), "p_holm": 0.04}}
    return {"iou": interval(mean), "not_finite": 0.0, **against}


def test_a_head_shows_interval_difference_and_corrected_p() -> None:
    result = {
        "seeds": [0, 1],
        "heads": {"score": {"smooth_iou": head(0.5, 0.1), "iou": head(0.4, None), "kld": head(0.6, 0.2)}},
    }
    table = head_ablation(result)
    assert losses_of(table) == ["`kld`", "**`smooth_iou`**", "`iou`"]
    assert "| **`smooth_iou`** | 0.500 [0.490, 0.510] | +0.100 [+0.090, +0.110] | 0.04 | 0.0 % |" in table
    assert "Head `score`, 2 seeds:" in table


def test_a_family_of_trackers_shows_its_losses_in_percent() -> None:
    def tracker(mean: float, difference: float | None) -> dict[str, Any]:
        against = {"difference": difference, "low": -0.02, "high": 0.04, "holm": 0.3}
        auc = {"mean": mean, "both": [mean - 0.1, mean + 0.1]}
        return {"success_auc": auc, **({} if difference is None else {"against": against})}

    losses = {"iou": tracker(0.61, None), "smooth_iou": tracker(0.6, -0.01)}
    table = loss_ablation({"families": {"atom_lite": losses}, "seeds": 5, "sequences": {"a": 1, "b": 2}})
    assert losses_of(table) == ["`iou`", "**`smooth_iou`**"]
    assert "| **`smooth_iou`** | 60.0 [50.0, 70.0] | -1.0 [-2.0, +4.0] | 0.3 |" in table


def test_a_long_line_of_output_ends_at_a_word() -> None:
    assert shorten("short 1") == "short 1"
    assert shorten("word " * 60).endswith("word ...")


def test_a_quickstart_of_another_tracker_is_a_row_a_loss_and_one_that_is_not_there_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ao = {"static": {"ao": 0.25}, "giou": {"ao": 0.5}, "smooth_iou": {"ao": 0.375}}
    ends = {loss: {"ao": [values["ao"] - 0.125, values["ao"] + 0.125]} for loss, values in ao.items()}
    result = {
        "tracker": "tomp:lite",
        "plan": {"losses": ["giou", "smooth_iou"]},
        "metrics": {"got10k": ao},
        "certainty": {"got10k": {"intervals": ends, "difference": {"value": -0.125, "low": -0.25, "high": 0.5}}},
        "seconds": 321.4,
    }
    monkeypatch.setattr(quickstarts, "read_file", {"quickstart/tomp.json": result}.get)
    assert [line.strip("| ").split(" | ") for line in quickstart_others().splitlines()[2:]] == [
        ["`tomp:lite`", "`giou`", "0.500 [0.375, 0.625]", "", "0.250", "321"],
        ["`tomp:lite`", "`smooth_iou`", "0.375 [0.250, 0.500]", "-0.125 [-0.250, +0.500]", "0.250", "321"],
    ]
