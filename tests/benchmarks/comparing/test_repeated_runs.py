"""Repeated runs are scored one by one and as their mean, and only what are numbers of runs is taken for runs."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.benchmarks.comparing.repeated_runs import add_means, find_runs, mean_of_runs, spread_of_runs
from siou_tracking.benchmarks.comparing.scoreboard import find_published, make_scoreboard
from siou_tracking.benchmarks.comparing.statistics import bootstrap, compare
from siou_tracking.benchmarks.scores import Curve, Score

BOX = np.array([[10.0, 10, 20, 20]])


def score(tracker: str, values: list[float], **parts: object) -> Score:
    per_sequence = {f"s{n}": {"success_auc": value} for n, value in enumerate(values)}
    mean = {"success_auc": float(np.mean(values))}
    return Score("otb2015", "official", tracker, mean, per_sequence, len(values), 100, 10, **parts)


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["a_000", "a_001", "b"], {"a": ["a_000", "a_001"]}),
        (["dimp/dimp50_003", "dimp/dimp50_004"], {"dimp/dimp50": ["dimp/dimp50_003", "dimp/dimp50_004"]}),
        (["a_004", "a_000"], {"a": ["a_000", "a_004"]}),  # what is left of five
        ([f"a_{n:03d}" for n in range(20)], {"a": [f"a_{n:03d}" for n in range(20)]}),
        (["a_000", "b_001"], {}),
        (["x/a_000", "y/a_001"], {}),
        (["a_000"], {}),
        (["resnet_050", "resnet_101"], {}),  # other networks
        (["ep_100", "ep_200", "ep_300"], {}),
        (["m/b_0", "m/b_1"], {"m/b": ["m/b_0", "m/b_1"]}),  # as MixFormer saves them
        ([f"a_{n}" for n in range(12)], {"a": [f"a_{n}" for n in range(12)]}),  # 10 after 9
        (["a_1", "a_2"], {}),  # two versions, as likely
        (["a_0", "a_2"], {}),
        (["resnet_18", "resnet_50"], {}),
        (["a_00", "a_01"], {}),
        (["a_0", "a_1", "a_000", "a_001"], {"a": ["a_000", "a_001"]}),
        (["a_0000", "a_0001"], {}),
        (["a000", "a001"], {}),
        (["a-000", "a-001"], {}),
        (["_000", "_001"], {}),
    ],
)
def test_runs_have_one_name_and_numbers_of_runs(names: list[str], groups: dict[str, list[str]]) -> None:
    assert find_runs(names) == groups


def test_the_mean_follows_its_runs_and_every_run_stays() -> None:
    scores = {name: score(name, [0.1, 0.3]) for name in ("a_000", "b", "a_001")}
    found = add_means(scores)
    assert list(found) == ["a_000", "a_001", "a", "b"]
    assert all(found[name] is one for name, one in scores.items())
    assert [run.tracker for run in found["a"].runs] == ["a_000", "a_001"] and found["b"].runs == ()
    taken = add_means({**scores, "a": score("a", [0.0, 0.0])})
    assert list(taken) == ["a_000", "a_001", "a (mean)", "b", "a"] and taken["a"].runs == ()
    assert list(add_means({"b": scores["b"]})) == ["b"]


def test_runs_on_other_sequences_have_no_mean() -> None:
    assert list(add_means({"a_000": score("a_000", [0.1]), "a_001": score("a_001", [0.1, 0.2])})) == ["a_000", "a_001"]


def test_the_mean_is_that_of_every_number_and_the_spread_that_of_the_sample() -> None:
    curves = [{"success": Curve(np.array([0.0, 1.0]), np.array([value, 0.0]))} for value in (1.0, 0.5)]
    eao = [Curve(np.arange(1.0, 4), np.array([1.0, 0.5, 0.2])), Curve(np.arange(1.0, 3), np.array([1.0, 0.3]))]
    one = score("a_000", [0.2, 0.4], curves={**curves[0], "eao": eao[0]}, notes=["x", "both"])
    two = score("a_001", [0.4, 0.8], curves={**curves[1], "eao": eao[1]}, notes=["both"])
    mean = mean_of_runs("a", [one, two])
    assert mean.metrics["success_auc"] == pytest.approx(0.45)
    assert mean.per_sequence["s1"]["success_auc"] == pytest.approx(0.6)
    assert mean.curves["success"].values.tolist() == [0.75, 0]
    assert mean.curves["eao"].values == pytest.approx([1, 0.4])  # as far as both runs reach
    assert mean.notes == ["mean and standard deviation of 2 runs: a_000, _001", "both"]
    assert spread_of_runs(mean)["success_auc"] == pytest.approx(abs(0.6 - 0.3) / np.sqrt(2))
    equal = mean_of_runs("a", [one, one, one])
    assert spread_of_runs(equal) == {"success_auc": 0.0} and equal.metrics == pytest.approx(one.metrics)


def test_a_metric_that_one_run_lacks_has_no_mean() -> None:
    one, two = score("a_000", [0.2]), score("a_001", [0.4])
    one.metrics["eao"] = 0.3
    assert set(mean_of_runs("a", [one, two]).metrics) == {"success_auc"}


# how sure the mean is


def test_equal_runs_are_as_sure_as_one_of_them() -> None:
    values, other = np.random.default_rng(0).random((2, 40))
    weights = np.arange(1.0, 41)
    one, five = (
        bootstrap(values, weights=weights),
        bootstrap(np.tile(values, (5, 1)), weights=np.tile(weights, (5, 1))),
    )
    assert (five.mean, five.low, five.high) == pytest.approx((one.mean, one.low, one.high), abs=1e-12)
    single, repeated = compare(values, other), compare(np.tile(values, (5, 1)), np.tile(other, (3, 1)))
    assert repeated.p_value == single.p_value and repeated.runs == (5, 3)
    assert repeated.difference.low == pytest.approx(single.difference.low, abs=1e-12)


def test_runs_that_differ_alike_on_all_sequences_have_the_interval_of_the_mean_of_the_runs() -> None:
    shifts = np.array([-0.2, -0.1, 0.0, 0.1, 0.2])
    values = 0.5 + np.repeat(shifts[:, None], 30, axis=1)  # nothing differs between sequences
    assert bootstrap(values).low == pytest.approx(bootstrap(0.5 + shifts).low, abs=0.01)
    assert bootstrap(values).high == pytest.approx(bootstrap(0.5 + shifts).high, abs=0.01)


def test_the_interval_is_that_of_all_draws_of_sequences_and_runs() -> None:
    values = np.array([[0.1, 0.5, 0.9], [0.3, 0.2, 1.0]])
    weights = np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 4.0]])  # the first run leaves the third sequence out

    def mean(run: int, drawn: tuple[int, ...]) -> float:
        total = sum(weights[run, s] for s in drawn)
        return sum(weights[run, s] * values[run, s] for s in drawn) / total if total else 0.0

    every = [
        (mean(first, drawn) + mean(second, drawn)) / 2
        for drawn in itertools.product(range(3), repeat=3)
        for first, second in itertools.product(range(2), repeat=2)
    ]
    found = bootstrap(values, level=0.9, resamples=200_000, weights=weights)
    assert found.mean == pytest.approx((mean(0, (0, 1, 2)) + mean(1, (0, 1, 2))) / 2)
    # of 108 equally likely draws 5.4 lie below the interval and 5.4 above it
    assert (found.low, found.high) == pytest.approx((sorted(every)[5], sorted(every)[102]))


def test_the_p_value_is_that_of_all_signs_and_all_draws_of_runs() -> None:
    generator = np.random.default_rng(3)
    a, b = generator.random((2, 4)) + 0.3, generator.random((1, 4))
    difference = a.mean(axis=0) - b[0]
    sums = a.sum(axis=1)
    by_luck = [
        np.dot(signs, difference) + np.sqrt(2) * (np.mean([sums[run] for run in runs]) - sums.mean())
        for signs in itertools.product((-1, 1), repeat=4)
        for runs in itertools.product(range(2), repeat=2)
    ]
    exact = np.mean(np.abs(by_luck) >= abs(difference.sum()) - 1e-12)
    assert 0.1 < exact < 0.9
    assert compare(a, b, resamples=40_000).p_value == pytest.approx(exact, abs=0.01)


def test_a_gain_within_the_spread_of_the_runs_is_no_finding() -> None:
    base = np.random.default_rng(0).random(50)
    a = np.array([base + shift for shift in (-0.05, 0.0, 0.06)])
    b = np.array([base + shift for shift in (-0.06, 0.0, 0.05)])
    assert compare(a[2], b[0]).p_value < 0.001  # one lucky run against one unlucky
    assert compare(a, b).p_value > 0.5
    gain = compare(a + 0.5, b)
    assert gain.p_value < 0.001 and gain.difference.low < gain.difference.mean < gain.difference.high


def test_the_test_finds_no_more_than_it_should_where_only_runs_differ() -> None:
    generator = np.random.default_rng(7)
    found = []
    for _ in range(150):
        base = generator.normal(0.6, 0.2, 30)
        a, b = (base + generator.normal(0, 0.02, (5, 1)) + generator.normal(0, 0.01, (5, 30)) for _ in range(2))
        found.append(compare(a, b, resamples=500).p_value < 0.05)
    assert np.mean(found) < 0.12


def test_the_same_seed_gives_the_same_numbers() -> None:
    values = np.random.default_rng(0).random((3, 20))
    assert bootstrap(values, seed=3) == bootstrap(values, seed=3) != bootstrap(values, seed=4)
    assert compare(values, values[:2]) == compare(values, values[:2])


# on the scoreboard


def boxes(hits: int) -> np.ndarray:
    """Five rows, of which the first and `hits` more are on the target."""
    return np.vstack([np.tile(BOX, (1 + hits, 1)), np.tile([[100.0, 100, 5, 5]], (4 - hits, 1))])


@pytest.fixture
def truth(build) -> Path:
    return build.write("t.json", json.dumps({f"s{n}": {"gt_rect": np.tile(BOX, (5, 1)).tolist()} for n in range(6)}))


def test_pytrackings_folders_have_rows_of_their_own_and_one_for_the_mean(truth: Path, build) -> None:
    for run, hits in enumerate((1, 2, 3)):
        for n in range(6):
            build.result(f"s{n}", boxes(hits), f"r/dimp/dimp50_{run:03d}", separator="\t")
            build.result(f"s{n}", boxes(0), "r/atom/default")
    board = make_scoreboard("otb2015", truth, [build.root / "r"])
    assert list(board.scores) == [
        "atom/default",
        *(f"dimp/dimp50_{run:03d}" for run in range(3)),
        "dimp/dimp50",
    ]
    aucs = [20 / 21 * (1 + hits) / 5 for hits in (1, 2, 3)]
    assert board.scores["dimp/dimp50"].metrics["success_auc"] == pytest.approx(aucs[1])
    written = board.to_json()
    assert written["runs"] == {
        "dimp/dimp50": {
            "runs": 3,
            "trackers": [f"dimp/dimp50_{run:03d}" for run in range(3)],
            "standard_deviation": {
                "success_auc": pytest.approx(np.std(aucs, ddof=1)),
                "precision": pytest.approx(0.2),
                "norm_precision": pytest.approx(0.2),
            },
        }
    }
    assert set(written["trackers"]) == set(written["per_sequence"]) == set(board.scores)
    # sequences are all alike: the interval is that of three runs alone, single runs have none
    interval, single = board.intervals["dimp/dimp50"]["success_auc"], board.intervals["dimp/dimp50_000"]["success_auc"]
    assert interval.low == pytest.approx(aucs[0]) and interval.high == pytest.approx(aucs[2])
    assert single.low == pytest.approx(single.high)
    # two trackers, of which one has runs, are compared
    found = board.comparison["success_auc"]
    assert written["compared"] == ["atom/default", "dimp/dimp50"] and found.runs == (1, 3)
    assert found.difference.mean == pytest.approx(20 / 21 / 5 - aucs[1])
    assert board.published == {}  # for own data, while the mean has the name that published numbers are found by
    assert find_published("otb2015", "dimp/dimp50")


def test_two_runs_of_one_tracker_are_not_two_trackers(truth: Path, build) -> None:
    for run in range(2):
        for n in range(6):
            build.result(f"s{n}", boxes(run), f"r/a_{run:03d}")
    board = make_scoreboard("otb2015", truth, [build.root / "r/a_000", build.root / "r/a_001"])
    assert list(board.scores) == ["a_000", "a_001", "a"] and board.comparison == {}
    assert board.to_json()["compared"] == []


def test_a_sequence_that_the_toolkit_leaves_out_is_left_out_of_the_interval_of_the_mean_too(build) -> None:
    rows = {"s0": BOX[0].tolist(), "s1": [5.0, 0, 9, 9]}  # y = 0: nobody can hit s1
    source = build.write("t.json", json.dumps({name: {"gt_rect": [box] * 5} for name, box in rows.items()}))
    for run, name in itertools.product(range(2), rows):
        build.result(name, boxes(4), f"r/a_{run:03d}")
    board = make_scoreboard("otb2015", source, [build.root / "r"])
    interval = board.intervals["a"]["success_auc"]
    assert (interval.mean, interval.low, interval.high) == pytest.approx((20 / 21,) * 3)
    assert "left out of the mean AUC, as in the toolkit, because it is 0: s1" in board.scores["a"].notes


def test_runs_of_vot_are_averaged_by_their_three_numbers(build) -> None:
    polygon = [10, 10, 30, 10, 30, 30, 10, 30]
    truth = {"ants": {"width": 100, "height": 80, "gt": [polygon] * 15}}
    source = build.write("vot.json", json.dumps(truth))
    build.write("r/m_000/baseline/ants/ants_001.txt", "1\n" + "10,10,20,20\n" * 14)
    build.write("r/m_001/baseline/ants/ants_001.txt", "1\n2\n0\n0\n0\n0\n1\n" + "10,10,20,20\n" * 8)
    board = make_scoreboard("vot2018", source, [build.root / "r"])
    one, two, mean = (board.scores[name].metrics for name in ("m_000", "m_001", "m"))
    assert one["robustness"] == 0 and two["robustness"] > 0
    assert mean == pytest.approx({name: (one[name] + two[name]) / 2 for name in ("accuracy", "robustness")})
