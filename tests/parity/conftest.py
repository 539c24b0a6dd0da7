"""Each of our networks evaluated once, for all the tests that look at its numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from torch import nn

from siou_tracking.ltr.models.bbreg import atom
from tests.parity.atom_recipe import evaluate, fill
from tests.parity.record_atom import NETWORKS, REFERENCE
from tests.parity.stability import Values


@dataclass(frozen=True)
class Evaluated:
    """A network of ours beside what is stored of upstream's."""

    name: str
    net: nn.Module
    values: Values
    stored: dict[str, dict[str, Any]]
    """For each quantity its `values`, its `tolerance` and how far it `moved`, see `record_atom.recorded`."""


@pytest.fixture(scope="session", params=NETWORKS)
def evaluated(request: pytest.FixtureRequest) -> Evaluated:
    net = fill(getattr(atom, request.param)(backbone_pretrained=False))
    stored = json.loads(REFERENCE.read_text(encoding="utf-8"))[request.param]
    return Evaluated(request.param, net, evaluate(net), stored)
