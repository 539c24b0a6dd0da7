"""Our data functions give upstream's numbers, which `processing_recipe.py` recorded."""

from __future__ import annotations

import json

import numpy as np
import pytest

from siou_tracking.ltr.data import processing, processing_utils, transforms
from tests.parity.processing_recipe import REFERENCE, evaluate


def test_crops_labels_densities_and_draws_equal_upstreams() -> None:
    stored = json.loads(REFERENCE.read_text(encoding="utf-8"))
    assert stored.pop("source")["repository"] == "visionml/pytracking"
    values = evaluate(processing_utils, processing, transforms)
    assert values.keys() == stored.keys()
    for name, expected in stored.items():
        tolerance = 1 if name.startswith("pixels") else 2e-5 * max(1.0, np.abs(expected).max())
        assert values[name] == pytest.approx(expected, abs=tolerance), name
