"""Upstream's settings files run here unmodified, with the first losses of the checkout for its weights and batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.engine_speed.engines import build_ours, build_theirs, drop_nothing, share_weights
from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.cli.data.example import write_example
from siou_tracking.ltr.admin.environment import build_environment
from tests.reference_data import reference_checkout

SETTINGS = [
    *(("bbreg", name) for name in ("atom", "atom_paper", "atom_gmm_sampl", "atom_prob_ml")),
    *(("dimp", name) for name in ("dimp18", "dimp50", "prdimp18", "prdimp50", "super_dimp", "super_dimp_simple")),
    *(("tomp", name) for name in ("tomp50", "tomp101")),
]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    reference_checkout()  # before anything is drawn
    folder = tmp_path_factory.mktemp("example")
    write_example(folder, frames=24, progress=False)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("module", "name"), SETTINGS)
def test_every_statistic_of_the_first_step_is_the_checkouts_and_a_second_follows(
    module: str, name: str, example: Path, tmp_path: Path
) -> None:
    checkout = find_checkout(reference_checkout())
    environment = build_environment(tmp_path, {"all": example})
    ours = build_ours(checkout, module, name, environment)
    batch = ours.draw(samples=2)
    with build_theirs(checkout, module, name, environment) as theirs:
        share_weights(ours, theirs)
        drop_nothing(ours)
        drop_nothing(theirs)
        expected = theirs.step(batch)
    first, second = ours.step(batch), ours.step(batch)
    assert {key: first[key] for key in expected} == pytest.approx(expected, rel=1e-4)
    assert all(abs(second[key]) < 1e6 for key in expected) and second != first
