"""Every number that upstream is compared on stands still on our network too, where nothing of consequence changes."""

from __future__ import annotations

import pytest

from tests.parity.stability import VARIATIONS, Variation, moved, refuse_unstable, varied

COVERING = (VARIATIONS[0], VARIATIONS[-1])  # these two hold everything that the others vary


_LARGE = {"tompnet101": "its parts are tompnet50's"}


@pytest.mark.parametrize("variation", COVERING, ids=lambda variation: variation.name)
def test_no_quantity_moves_by_more_than_its_tolerance(evaluated, variation: Variation) -> None:
    if evaluated.name in _LARGE:
        pytest.skip(f"{evaluated.name}: held to it when it was recorded; {_LARGE[evaluated.name]}")
    movement = moved(evaluated.values, varied(lambda nudge: evaluated.recipe.evaluate(evaluated.net, nudge), variation))
    tolerances = {name: entry["tolerance"] for name, entry in evaluated.stored.items()}
    refuse_unstable(evaluated.name, movement, tolerances, variation.name)
    assert max(movement.values()) > 1e-9  # the nudge arrived
