"""How well a score tells lost frames is counted as defined."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.lost_score.run import auroc, summarize


def test_auroc_by_hand():
    # the lost 0.1 is below both others, the lost 0.5 below one and level with the other: (2 + 1 + 1/2) / 4
    assert auroc(np.array([0.1, 0.5, 0.5, 0.9]), np.array([True, True, False, False])) == pytest.approx(0.875)
    assert auroc(np.array([0.9, 0.1]), np.array([True, False])) == 0
    assert np.isnan(auroc(np.array([0.1, 0.2]), np.array([True, True])))


def test_the_summary_draws_sequences_and_invents_no_score():
    said = np.array([False, True, False])
    one = np.array([0.9, 0.1, 0.8]), np.array([False, True, False]), said
    other = np.array([0.3, 0.2, 0.1]), np.array([False, False, False]), ~said
    found = summarize([one, other])
    assert found["frames"] == 6 and found["lost"] == 1
    assert found["AUROC"] == pytest.approx(0.9) and found["95 % interval"] == [0.9, 1.0]
    assert found["AUROC within a sequence, mean"] == 1 and found["sequences with both kinds of frames"] == 1
    assert (
        found["said uncertain or lost, of lost frames"] == 1 and found["said uncertain or lost, of the others"] == 0.4
    )
    assert summarize([(np.full(3, np.nan), one[1], said)])["AUROC"] is None
