"""Figures follow the page's light and dark, and say what they said."""

from __future__ import annotations

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


def rgb(color: str) -> str:
    return f"rgb({', '.join(str(int(color[at : at + 2], 16)) for at in (1, 3, 5))})"
