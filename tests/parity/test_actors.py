"""Our actors' losses are upstream's, for the same weights and batch; `actor_recipe.py` recorded them."""

from __future__ import annotations

import json

import pytest

from tests.parity.actor_recipe import REFERENCE, evaluate


def test_every_statistic_equals_upstreams() -> None:
    stored = json.loads(REFERENCE.read_text(encoding="utf-8"))
    assert stored.pop("source")["repository"] == "visionml/pytracking"
    found = evaluate("siou_tracking.")
    assert found.keys() == stored.keys()
    for name, expected in stored.items():
        own = {key: value for key, value in found[name].items() if not key.startswith("IoU/")}  # which upstream has not
        assert own == pytest.approx(expected, rel=1e-6), name
