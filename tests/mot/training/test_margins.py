"""When the DIM loss acts, and where its margins come from."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.losses import DIMLoss, Foreground, calibrate_margins
from siou_tracking.mot.models import mot_net
from siou_tracking.mot.training.margins import CALIBRATION_STEPS, MarginSchedule


@pytest.fixture
def net():
    return mot_net("small", feature_channels=8, head_channels=8, embedding_dim=6, identities=3, input_size=(64, 32))


def rows(seed: int = 0, count: int = 12) -> Foreground:
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(count, 8, generator=generator)
    weights = torch.ones(count)
    weights[-2:] = 0
    return Foreground(features, torch.arange(count) // 4, torch.arange(count) % 3, weights)


def test_off_has_no_terms_and_sets_no_margins(net):
    schedule = MarginSchedule("off", (1.0, 0.5))
    assert schedule.terms(net, rows(), 9) is None
    assert not net.margins.any()


@pytest.mark.parametrize(("mode", "acting"), [("det", (True, False)), ("id", (False, True)), ("both", (True, True))])
def test_given_margins_act_from_the_first_step_in_the_terms_of_the_mode(net, mode, acting):
    terms = MarginSchedule(mode, (0.9, 0.8)).terms(net, rows(), 1)
    expected = DIMLoss(0.9, 0.8).terms(*rows())
    for got, wanted, acts in zip(terms, expected, acting, strict=True):
        assert wanted > 0
        torch.testing.assert_close(got, wanted if acts else torch.zeros_like(wanted))
    torch.testing.assert_close(net.margins, torch.tensor([0.9, 0.8]))


def test_without_margins_the_baseline_trains_alone_until_they_are_measured_after_warm_up(net):
    schedule = MarginSchedule("both", None, warmup=2)
    batches = [rows(seed) for seed in range(100)]
    assert all(schedule.terms(net, batch, epoch) is None for epoch in (1, 2) for batch in batches)
    measured = [schedule.terms(net, batch, 3) for batch in batches]
    acting = [terms is not None for terms in measured]
    assert acting == [False] * (CALIBRATION_STEPS - 1) + [True] * (101 - CALIBRATION_STEPS)
    expected = calibrate_margins(batches[:CALIBRATION_STEPS])
    torch.testing.assert_close(net.margins, torch.tensor([expected.margin_det, expected.margin_id]))


def test_a_run_that_has_to_measure_says_from_when_the_loss_acts(net, capsys):
    schedule = MarginSchedule("both", None, warmup=2)
    for seed in range(3):
        schedule.terms(net, rows(seed), 1)
    told = f"does not act before its margins are measured in {CALIBRATION_STEPS} batches after epoch 2"
    assert capsys.readouterr().out.count(told) == 1
    MarginSchedule("both", (0.9, 0.8)).terms(net, rows(), 1)
    assert told not in capsys.readouterr().out


def test_validation_neither_measures_nor_moves_margins(net):
    schedule = MarginSchedule("both", None, warmup=0)
    net.eval()
    for seed in range(2 * CALIBRATION_STEPS):
        assert schedule.terms(net, rows(seed), 1) is None
    assert not net.margins.any()


def test_a_resumed_run_has_the_margins_of_its_network(net):
    net.margins.copy_(torch.tensor([0.7, 0.25]))
    schedule = MarginSchedule("both", None, warmup=50)
    expected = DIMLoss(*net.margins.tolist()).terms(*rows())
    torch.testing.assert_close(schedule.terms(net, rows(), 1), expected)


def test_given_margins_win_over_the_network_s(net):
    net.margins.copy_(torch.tensor([0.7, 0.25]))
    MarginSchedule("det", (2.0, 1.0)).terms(net, rows(), 1)
    assert net.margins.tolist() == [2.0, 1.0]


def test_quantiles_are_those_of_the_objects_alone_and_zero_without_any():
    schedule = MarginSchedule("off")
    kept = rows().features[:-2]
    distances = (kept - kept.mean(0)).norm(dim=1) / 8**0.5
    expected = torch.quantile(distances, torch.tensor([0.05, 0.5, 0.95]))
    torch.testing.assert_close(schedule.quantiles(rows()), expected)
    nothing = rows()._replace(weights=torch.zeros(12))
    assert schedule.quantiles(nothing).tolist() == [0, 0, 0]
    assert schedule.quantiles(Foreground(*(v[:0] for v in rows()))).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("all",), "unknown dim mode 'all'"),
        (("both", (1.0,)), "allowed are two"),
        (("both", (0.5, 0.9)), "margin_id: got 0.9"),
        (("both", (float("nan"), 0.1)), "margin_det"),
    ],
)
def test_what_cannot_be_used_is_refused_before_training(arguments, message):
    with pytest.raises(InputError, match=message):
        MarginSchedule(*arguments)


def test_a_running_center_is_refused_for_it_would_not_be_resumed():
    with pytest.raises(InputError, match="ema"):
        MarginSchedule("both", (1.0, 0.5), center="ema", channels=8)
