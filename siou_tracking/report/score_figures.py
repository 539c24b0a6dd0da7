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

_WIDTH = 9.2  # inches, of a figure as wide as two panels
_MOST_WITHIN = 8  # labels of a legend within the axes
_LETTERS = 110  # of the smallest print in `_WIDTH`

MOST_BARRED = 12
"""Trackers that bars are drawn of; of more only a table is readable."""
Look = tuple[str, str]
"""Color as #rrggbb and line style."""


def looks_of(names: Iterable[str]) -> dict[str, Look]:
    """What stands for each tracker in every figure of a page: no two alike.

    Names that end in one that looks the same in every picture have its color; the others share what is left, and are dashed, then
    dotted, when the colors are used up.
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
    labels = axis.get_legend_handles_labels()[1]
    if len(labels) <= _MOST_WITHIN:
        axis.legend(frameon=False, loc="best", fontsize=8.5)
        return
    columns = max(int(_LETTERS / _WIDTH * figure.get_figwidth()) // (max(map(len, labels)) + 6), 1)
    figure.set_figheight(figure.get_figheight() + 0.16 * math.ceil(len(labels) / columns))
    figure.legend(frameon=False, loc="outside lower center", fontsize=8, ncols=columns)


def attribute_bars(
    values: Mapping[str, Mapping[str, float]],
    counts: Mapping[str, str],
    titles: Sequence[str],
    looks: Mapping[str, Look],
) -> str:
    """Horizontal bars, a group an attribute and a bar a tracker.

    Args:
        values: tracker -> attribute -> value.
        counts: attribute -> how much of the benchmark has it, such as "38".
        titles: of the figure and of its horizontal axis.
        looks: from `looks_of`.
    """
    names = list(counts)
    figure, (axis,) = new_figure(height=1.1 + len(names) * (0.14 + 0.14 * len(values)), width=_WIDTH)
    thickness = 0.8 / len(values)
    for position, (tracker, by_attribute) in enumerate(values.items()):
        places = np.arange(len(names)) + (position - (len(values) - 1) / 2) * thickness
        lengths = [by_attribute.get(name, np.nan) for name in names]
        axis.barh(places, lengths, height=thickness * 0.92, color=looks[tracker][0], label=drawable(tracker))
    axis.set_yticks(np.arange(len(names)), [drawable(f"{name} ({counts[name]})") for name in names], fontsize=9)
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.grid(False, axis="y")
    axis.set(title=drawable(titles[0]), xlabel=drawable(titles[1]))
    if len(values) > 1:
        columns = max(_LETTERS // (max(len(drawable(name)) for name in values) + 6), 1)
        figure.legend(frameon=False, fontsize=8.5, loc="outside upper right", ncols=min(columns, len(values)))
    return to_svg(figure)


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
    figure, (axis,) = new_figure(height=3.6, width=6.4)
    axis.axvspan(*interval, color="#eef2f6", zorder=0)
    for name, (lengths, values) in curves.items():
        color, style = looks[name]
        axis.plot(lengths, values, style, label=drawable(labels.get(name, name)), color=color, linewidth=1.6)
    longest = max(max(lengths) for lengths, _ in curves.values())
    axis.set(title="Expected overlap", xlabel="run length, frames", ylabel="expected average overlap", ylim=(0, 1.02))
    axis.set_xlim(1, max(min(longest, interval[1] * 1.5), 2))
    add_legend(figure, axis)
    return to_svg(figure)
