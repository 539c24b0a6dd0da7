"""Random numbers of one user leave those of the process alone, and go on where they were."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from siou_tracking.bridge.process.random_state import RandomState, seed_everything


def draw() -> tuple[float, float, float, float]:
    return random.random(), random.gauss(0, 1), float(np.random.randn()), float(torch.rand(()))


def test_a_seed_decides_every_generator():
    seed_everything(3)
    first = draw()
    seed_everything(3)
    assert draw() == first


def test_the_process_draws_as_if_nothing_had_been_between():
    seed_everything(1)
    expected = [draw(), draw()]
    seed_everything(1)
    drawn = [draw()]
    with RandomState(9).active():
        draw()
    assert [*drawn, draw()] == expected


def test_it_goes_on_where_it_was_and_begins_again_when_told():
    seed_everything(9)
    expected = [draw(), draw()]
    state = RandomState(9)
    for number in (*expected, None):
        if number is None:
            state.restart()
        with state.active():
            assert draw() == (number or expected[0])
        draw()


def test_an_error_inside_leaves_the_process_as_it_was():
    seed_everything(1)
    expected = draw()
    seed_everything(1)
    with pytest.raises(ZeroDivisionError), RandomState(2).active():
        draw()
        raise ZeroDivisionError
    assert draw() == expected
