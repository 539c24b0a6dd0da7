"""Statistics average correctly whether they get floats or tensors."""

from __future__ import annotations

import pickle

import pytest
import torch

from siou_tracking.ltr.admin.aliases import engine_imports
from siou_tracking.ltr.admin.stats import AverageMeter, StatValue


@pytest.mark.parametrize("kind", [float, lambda x: torch.tensor(x, requires_grad=True) * 1.0])
def test_average_is_weighted_by_the_number_of_samples(kind):
    meter = AverageMeter()
    meter.update(kind(1.0), 3)
    meter.update(kind(5.0), 1)
    assert float(meter.avg) == 2.0
    assert float(meter.val) == 5.0
    assert meter.count == 4


def test_tensor_statistics_hold_no_graph_and_accumulate_in_double():
    meter = AverageMeter()
    for _ in range(1000):
        meter.update(torch.tensor(0.1, requires_grad=True) * 1.0)
    assert not meter.sum.requires_grad
    assert abs(float(meter.avg) - float(torch.tensor(0.1))) < 1e-12  # float32 summation would be off by 1e-6


def test_an_epoch_becomes_one_float_in_history_and_an_empty_epoch_none():
    meter = AverageMeter()
    meter.update(torch.tensor(2.0))
    meter.new_epoch()
    assert meter.history == [2.0]
    assert isinstance(meter.history[0], float)
    assert (meter.has_new_data, meter.count) == (True, 0)
    meter.new_epoch()
    assert meter.history == [2.0]
    assert not meter.has_new_data


def test_stat_value_records_every_value():
    value = StatValue()
    value.update(1e-3)
    value.update(torch.tensor(0.5))
    assert value.history == [1e-3, 0.5]


def test_statistics_pickle_under_upstreams_names():
    with engine_imports():
        text = pickle.dumps([AverageMeter(), StatValue()], protocol=0)
        again, _ = pickle.loads(text)
    assert b"ltr.admin.stats\nAverageMeter" in text
    assert b"ltr.admin.stats\nStatValue" in text
    assert type(again) is AverageMeter
