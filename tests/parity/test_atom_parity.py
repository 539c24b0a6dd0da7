"""ATOM's networks give upstream's numbers.

`atom_reference.json` holds what upstream's `atom_resnet18` and `atom_resnet50` (commit 7eb9e74) computed on a CPU for
the weights and inputs of `atom_recipe`, with this package's Precise RoI pooling in place of the CUDA extension.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from siou_tracking.ltr.models.bbreg import atom
from tests.parity import atom_recipe

REFERENCE = json.loads((Path(__file__).parent / "atom_reference.json").read_text(encoding="utf-8"))["values"]


@pytest.mark.parametrize("name", REFERENCE)
def test_predictions_gradients_and_statistics_equal_upstreams(name: str) -> None:
    net = getattr(atom, name)(backbone_pretrained=False)
    atom_recipe.fill(net)
    for quantity, values in atom_recipe.evaluate(net).items():
        got, expected = torch.tensor(values), torch.tensor(REFERENCE[name][quantity])
        assert expected.abs().max() > 1e-3, quantity
        torch.testing.assert_close(got, expected, rtol=2e-4, atol=2e-4 * float(expected.abs().max()), msg=quantity)
