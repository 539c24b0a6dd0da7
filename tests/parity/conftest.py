"""Each of our networks evaluated once, for all the tests that look at its numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from torch import nn

from tests.parity.families import FAMILIES, reference_path
from tests.parity.recipe import Recipe, fill
from tests.parity.stability import Values


@dataclass(frozen=True)
class Evaluated:
    """A network of ours beside what is stored of upstream's."""

    name: str
    recipe: Recipe
    net: nn.Module
    values: Values
    stored: dict[str, dict[str, Any]]
    """For each quantity its `values`, its `tolerance` and how far it `moved`, see `record.recorded`."""


_NETWORKS = [(family, name) for family, recipe in FAMILIES.items() for name in recipe.networks]


@pytest.fixture(scope="session", params=_NETWORKS, ids=lambda param: "-".join(param))
def evaluated(request: pytest.FixtureRequest) -> Evaluated:
    family, name = request.param
    recipe = FAMILIES[family]
    net = fill(recipe.networks[name].ours())
    stored = json.loads(reference_path(family).read_text(encoding="utf-8"))[name]
    return Evaluated(name, recipe, net, recipe.evaluate(net, None), stored)
