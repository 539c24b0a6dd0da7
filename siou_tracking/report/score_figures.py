"""Figures of a score report: curves in panels, bars by attribute, the expected overlap over run lengths."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from siou_tracking.media.drawing import CYCLE, own_colors
from siou_tracking.report.figures import PANEL_WIDTH, new_figure, side_by_side, to_svg
from siou_tracking.untrusted.names import drawable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_WITHIN = 8  # labels of a legend within the axes
_MOST_IN_ONE = 5  # attributes of one panel; more are shared between two
_LETTERS = 11  # of the smallest print in an inch

MOST_BARRED = 12
"""Trackers that bars are drawn of; of more only a table is readable."""
Look = tuple[str, str]
"""Color as #rrggbb and line style."""


def looks_of(names: Iterable[str]) -> dict[str, Look]:
    """What stands for each tracker in every figure of a page: no two alike.

    Names that end in one that looks the same in every picture have its color; the others share what is left, and are
    dashed, then dotted, when the colors are used up.
    """
    names = list(names)
    own = own_colors(names)
    free = [color for color in CYCLE if color not in own.values()]
    others = iter((color, style) for style in ("-", "--", ":", "-.") * len(names) for color in free)
    return {name: (own[name], "-") if name in own else next(others) for name in names}


@dataclasses.dataclass(frozen=True)
class Panel:
    """One success or precision plot."""

    title: str
    xlabel: str
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]]
    """Tracker -> thresholds and values."""
    labels: Mapping[str, str]
    """Tracker -> text in the legend."""


def curve_panels(panels: Sequence[Panel], looks: Mapping[str, Look]) -> list[str]:
    """A figure a panel, in one piece of HTML: side by side as far as the screen is wide; none of no panels."""
    figures = []
    for panel in panels:
        figure, (axis,) = new_figure(height=3.6, width=PANEL_WIDTH)
        for name, (thresholds, values) in panel.curves.items():
            color, style = looks[name]
            axis.plot(
                thresholds, values, style, label=drawable(panel.labels.get(name, name)), color=color, linewidth=1.8
            )
        limits = [bound for thresholds, _ in panel.curves.values() for bound in (min(thresholds), max(thresholds))]
        axis.set(title=drawable(panel.title), xlabel=panel.xlabel, ylabel="share of frames", ylim=(0, 1.02))
        axis.set_xlim(min(limits), max(limits))
        add_legend(figure, axis)
        figures.append(to_svg(figure))
    return [side_by_side(figures)] if figures else []


def add_legend(figure: Figure, axis: Axes) -> None:
    """A legend within the axes; of more curves than leave room there one below them, by which the figure grows."""
    if len(axis.get_legend_handles_labels()[1]) <= _MOST_WITHIN:
        axis.legend(frameon=False, loc="best", fontsize=9.5)
    else:
        _add_legend_below(figure, axis)


def _add_legend_below(figure: Figure, axis: Axes) -> None:
    """A legend below the axes, by whose lines the figure grows."""
    labels = axis.get_legend_handles_labels()[1]
    columns = min(max(int(_LETTERS * figure.get_figwidth()) // (max(map(len, labels)) + 6), 1), len(labels))
    figure.set_figheight(figure.get_figheight() + 0.18 * math.ceil(len(labels) / columns))
    figure.legend(frameon=False, loc="outside lower center", fontsize=9, ncols=columns)


def attribute_bars(
    values: Mapping[str, Mapping[str, float]],
    counts: Mapping[str, str],
    titles: Sequence[str],
    looks: Mapping[str, Look],
) -> str:
    """Horizontal bars, a group an attribute and a bar a tracker, as HTML: two panels of one scale where there are many.

    Args:
        values: tracker -> attribute -> value.
        counts: attribute -> how much of the benchmark has it, such as "38".
        titles: of the figure and of its horizontal axis.
        looks: from `looks_of`.
    """
    names = list(counts)
    rows = len(names) if len(names) <= _MOST_IN_ONE else math.ceil(len(names) / 2)
    found = [value for table in values.values() for value in table.values() if math.isfinite(value)]
    limits = min([0.0, *found]), max([*found, 0.0]) * 1.03 or 1.0
    figures = []
    for first in range(0, len(names), rows):
        part = names[first : first + rows]
        figure, (axis,) = new_figure(height=1.1 + len(part) * (0.14 + 0.14 * len(values)), width=PANEL_WIDTH)
        _draw_bars(axis, part, values, looks)
        axis.set_yticks(np.arange(len(part)), [drawable(f"{name} ({counts[name]})") for name in part], fontsize=9)
        axis.set_ylim(len(part) - 0.4, -0.6)
        axis.grid(False, axis="y")
        axis.set(xlabel=drawable(titles[1]), xlim=limits)
        axis.set_title(drawable(titles[0]), fontsize=11)
        if len(values) > 1:
            _add_legend_below(figure, axis)
        figures.append(to_svg(figure))
    return side_by_side(figures)


def _draw_bars(
    axis: Axes, names: Sequence[str], values: Mapping[str, Mapping[str, float]], looks: Mapping[str, Look]
) -> None:
    """The bars of some attributes, those of an attribute below each other in the order of the trackers."""
    thickness = 0.8 / len(values)
    for position, (tracker, by_attribute) in enumerate(values.items()):
        places = np.arange(len(names)) + (position - (len(values) - 1) / 2) * thickness
        lengths = [by_attribute.get(name, np.nan) for name in names]
        axis.barh(places, lengths, height=thickness * 0.92, color=looks[tracker][0], label=drawable(tracker))


def expected_overlap(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    interval: tuple[int, int],
    labels: Mapping[str, str],
    looks: Mapping[str, Look],
) -> str:
    """VOT's curve: mean overlap of a run by its length; the EAO is its mean over the shaded lengths.

    Args:
        curves: tracker -> lengths in frames and values.
        interval: first and last length that EAO averages.
        labels: tracker -> text in the legend.
        looks: from `looks_of`.
    """
    figure, (axis,) = new_figure(height=3.6, width=PANEL_WIDTH)
    axis.axvspan(*interval, color="#eef2f6", zorder=0)
    for name, (lengths, values) in curves.items():
        color, style = looks[name]
        axis.plot(lengths, values, style, label=drawable(labels.get(name, name)), color=color, linewidth=1.6)
    longest = max(max(lengths) for lengths, _ in curves.values())
    axis.set(title="Expected overlap", xlabel="run length, frames", ylabel="expected average overlap", ylim=(0, 1.02))
    axis.set_xlim(1, max(min(longest, interval[1] * 1.5), 2))
    add_legend(figure, axis)
    return side_by_side([to_svg(figure)])
