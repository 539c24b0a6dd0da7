"""Histograms of feature distances: every feature is counted, margins stand where they are, panels can be compared."""

from __future__ import annotations

import numpy as np
import pytest

from siou_tracking.mot.quickstart.figures import draw_feature_distances

RNG = np.random.default_rng(0)
DISTANCES = {"no DIM": RNG.normal(1.0, 0.2, 500).clip(0), "DIM": RNG.normal(0.8, 0.1, 400).clip(0)}


def test_margins_are_lines_at_their_value_in_their_own_panel():
    figure = draw_feature_distances(DISTANCES, {"DIM": (1.1, None)})
    plain, dim = figure.axes
    assert [line.get_xdata()[0] for line in dim.lines] == [1.1]
    assert not plain.lines
    assert [text.get_text() for text in dim.get_legend().get_texts()][-1] == "$m_D$ = 1.10"


def test_panels_share_their_axes_and_repeat_the_first_as_an_outline():
    first, second = draw_feature_distances(DISTANCES, {}).axes
    assert first.get_xlim() == second.get_xlim() and first.get_ylim() == second.get_ylim()
    assert len(first.patches) == 45 and len(second.patches) == 46  # bars, and the outline


@pytest.mark.parametrize("place", [0, 1])
def test_bars_are_the_density_of_the_distances(place: int):
    axis = draw_feature_distances(DISTANCES, {}).axes[place]
    values = list(DISTANCES.values())[place]
    bars = axis.patches[:45]
    edges = [bar.get_x() for bar in bars] + [bars[-1].get_x() + bars[-1].get_width()]
    counted, _ = np.histogram(values, edges, density=True)
    np.testing.assert_allclose([bar.get_height() for bar in bars], counted)
