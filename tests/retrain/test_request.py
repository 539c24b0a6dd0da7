"""A request is checked once, when it is made, and goes to other processes as it is."""

from __future__ import annotations

import copy
import pickle

import pytest

from siou_tracking.errors import InputError
from siou_tracking.mot.training.train import DIMRequest
from siou_tracking.retrain import BoxLossChoice, TrainRequest


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "--epochs: got 0, allowed are whole numbers from 1"),
        ({"epochs": 1.5}, "--epochs: got 1.5"),
        ({"samples_per_epoch": "3"}, "--samples-per-epoch: got 3"),
        ({"workers": -1}, "--workers: got -1, allowed are whole numbers from 0"),
        ({"workers": 100_000}, r"--workers: got 100000, allowed are whole numbers from 0 to \d+"),
        (
            {"samples_per_epoch": 10**20},
            "--samples-per-epoch: got 1(0){20}, allowed are whole numbers from 1 to 10000000",
        ),
        ({"batch_size": 10**9}, "--batch-size: got 1000000000"),
        ({"epochs": 10**30}, "--epochs: got 1(0){30}"),
        ({"seed": 2**64}, "--seed: got"),
        ({"seed": -1}, "--seed: got -1"),
        ({"amp": "float16"}, "unknown precision of --amp 'float16': allowed are bf16, fp16"),
        ({"accumulate": 0}, "--accumulate: got 0, allowed are whole numbers from 1"),
        ({"accumulate": 2.0}, "--accumulate: got 2.0"),
        ({"compile": "yes"}, "--compile: got 'yes', allowed are True and False"),
        ({"box_loss": "smooth_iou"}, "box loss: got 'smooth_iou', allowed is a BoxLossChoice"),
        ({"device": "gpu"}, "not a device name"),
    ],
)
def test_what_cannot_be_used_is_one_line(options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        TrainRequest("bbreg", "atom", **options)


def test_a_request_survives_copying_and_pickling() -> None:
    request = TrainRequest("bbreg", "atom", box_loss=BoxLossChoice("smooth_iou", {"sharpness": 9.0}, weight=2.0))
    assert copy.deepcopy(request) == pickle.loads(pickle.dumps(request)) == request


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("iou", {"sharpness": 4.0}, "box loss iou: got sharpness 4.0, which only smooth_iou has"),
        ("smooth_iou", {"reduction": "sum"}, "unknown parameter of box loss smooth_iou 'reduction'"),
        ("smooth_iou", {"sharpness": float("nan")}, "sharpness: got nan"),
    ],
)
def test_a_choice_names_the_parameter_that_is_wrong(name: str, params: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        BoxLossChoice(name, params)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "off", "weight": 3.0}, "dim: got 'off' with a weight or margins"),
        ({"mode": "off", "margins": (0.9, 0.5)}, "dim: got 'off' with a weight or margins"),
        ({"mode": "both", "weight": -1.0}, "dim weight: got -1.0"),
        ({"weight": float("nan")}, "dim weight: got nan"),
        ({"mode": "all"}, "unknown dim mode 'all'"),
    ],
)
def test_a_request_of_the_dim_loss_is_checked_too(options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        DIMRequest(**options)
