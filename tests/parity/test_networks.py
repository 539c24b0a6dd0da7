"""Our networks give upstream's numbers.

A `FAMILY_reference.json` holds what upstream's networks computed on a CPU in float64 for the weights and inputs of
that family's recipe, with this package's Precise RoI pooling in place of the CUDA extension; `record.py` wrote it.
"""

from __future__ import annotations

import torch

from tests.parity.stability import moved


def test_predictions_gradients_and_statistics_equal_upstreams(evaluated) -> None:
    expected = {name: torch.tensor(entry["values"], dtype=torch.float64) for name, entry in evaluated.stored.items()}
    assert {name: len(value) for name, value in expected.items()} == {
        name: len(value) for name, value in evaluated.values.items()
    }
    for name, difference in moved(expected, evaluated.values).items():
        assert difference <= evaluated.stored[name]["tolerance"], name


def test_the_reference_holds_what_the_recipe_asks_for_and_no_wider(evaluated) -> None:
    tolerances = evaluated.recipe.tolerances
    assert all(entry["tolerance"] == tolerances[name] for name, entry in evaluated.stored.items())
    assert all(entry["moved"] <= entry["tolerance"] for entry in evaluated.stored.values())
