"""Figures follow the page's light and dark, and say what they said."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from siou_tracking.media.drawing import CYCLE, NAMED_COLORS
from siou_tracking.report.colors import DARK, dark_variables, follow_page
from siou_tracking.report.figures import threshold_plot
from tests.report.browser import contrast


def test_every_color_of_a_figure_becomes_a_variable_that_falls_back_to_it() -> None:
    svg = follow_page('<path style="fill: none; stroke: #1c6fd4; stroke-width: 2"/>')
    assert svg == '<path style="fill: none; stroke: var(--c1c6fd4, #1c6fd4); stroke-width: 2"/>'
    assert "--c1c6fd4: #5aa2f5;" in dark_variables()


def test_the_font_is_the_page_s() -> None:
    text = "<text style=\"font-size: 10px; font-family: 'DejaVu Sans', sans-serif; text-anchor: middle\">a</text>"
    assert follow_page(text) == '<text style="font-size: 10px; text-anchor: middle">a</text>'


def test_names_are_kept_whatever_they_say() -> None:
    name = 'style="fill: #000000" font-family: x;'
    assert name.replace('"', "&quot;") in (svg := threshold_plot([0, 1], {name: [1, 0]}, "t", "x")) or name in svg


def test_all_colors_of_trackers_are_seen_on_both_papers() -> None:
    for light in {*CYCLE, *NAMED_COLORS.values()}:
        assert contrast(rgb(DARK[light]), rgb("#14191f")) > 4.5, light
        assert contrast(rgb(light), rgb("#ffffff")) > 1.7, light  # yellow is the faintest


EYES = {  # Machado, Oliveira and Fernandes 2009: what dichromats see, of linear RGB
    "usual": np.eye(3),
    "deuteranope": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "protanope": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
}


@pytest.mark.parametrize("paper", ["light", "dark"])
@pytest.mark.parametrize("eye", EYES)
def test_no_two_colors_of_trackers_are_one_to_a_color_blind_eye(eye: str, paper: str) -> None:
    color = pytest.importorskip("skimage.color", reason="pip install scikit-image")
    named = sorted({*CYCLE, *NAMED_COLORS.values()})
    shown = named if paper == "light" else [DARK[one] for one in named]
    srgb = np.array([[int(one[at : at + 2], 16) / 255 for at in (1, 3, 5)] for one in shown])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = (linear @ np.transpose(EYES[eye])).clip(0, 1)
    lab = color.rgb2lab(np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)[None])[0]
    apart = {(a, b): np.linalg.norm(lab[a] - lab[b]) for a, b in itertools.combinations(range(len(lab)), 2)}
    assert min(apart.values()) > 14, [shown[at] for at in min(apart, key=lambda pair: apart[pair])]


def rgb(color: str) -> str:
    return f"rgb({', '.join(str(int(color[at : at + 2], 16)) for at in (1, 3, 5))})"
