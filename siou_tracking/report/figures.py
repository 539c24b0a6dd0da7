"""Figures as SVG text. The same input gives the same bytes: no date, fixed element names."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from siou_tracking.media.drawing import color_of
from siou_tracking.report.colors import follow_page
from siou_tracking.untrusted.names import drawable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


PANEL_WIDTH = 4.8
"""Inches, of a figure that a phone shows whole."""
_PATH, _LONG = re.compile(r'(?<= d=")[^"]*'), re.compile(r"(\.\d\d)\d+")
"""Coordinates of lines: a hundredth of a point is enough, and half the bytes."""


def new_figure(columns: int = 1, height: float = 3.2, width: float | None = None) -> tuple[Figure, list[Axes]]:
    """A figure of `columns` equal axes in a row, independent of pyplot's global state; sides in inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width or 4.6 * columns, height), layout="constrained")
    axes = [figure.add_subplot(1, columns, column + 1) for column in range(columns)]
    for axis in axes:
        axis.grid(True, color="#e4e8ec", linewidth=0.8)
        axis.set_axisbelow(True)
        axis.set_facecolor("none")
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def to_svg(figure: Figure) -> str:
    """The figure as an `<svg>` element that can stand in a page."""
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "siou-tracking", "svg.fonttype": "none"}):
        buffer = io.StringIO()
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", metadata=metadata, facecolor="none")  # the page's paper is seen through it
    text = buffer.getvalue()
    return follow_page(_PATH.sub(lambda path: _LONG.sub(r"\1", path[0]), text[text.index("<svg") :]))


def training_curves(histories: Mapping[str, Sequence[Mapping[str, float]]], panels: Mapping[str, str]) -> str:
    """One panel per statistic, one line per run, over epochs, as HTML.

    Args:
        histories: run name -> one record per epoch, each with the key "epoch".
        panels: key of the statistic in a record -> title of its panel. A record without the key leaves a gap.
    """
    figures = []
    for key, title in panels.items():
        figure, (axis,) = new_figure(width=PANEL_WIDTH)
        for position, (name, records) in enumerate(histories.items()):
            points = [(record["epoch"], record[key]) for record in records if key in record]
            label, color = drawable(name), color_of(name, position)
            axis.plot(*zip(*points, strict=True), label=label, color=color, marker="o", markersize=3)
        axis.set(title=title, xlabel="epoch")
        axis.locator_params(axis="x", integer=True)
        axis.legend(frameon=False)
        figures.append(to_svg(figure))
    return side_by_side(figures)


def side_by_side(figures: Iterable[str]) -> str:
    """SVG figures of `PANEL_WIDTH` in one piece of HTML, beside each other as far as the screen is wide."""
    return f'<div class="panels">{"".join(figures)}</div>'


def threshold_plot(
    thresholds: Sequence[float],
    curves: Mapping[str, Sequence[float]],
    title: str,
    xlabel: str,
    labels: Mapping[str, str] | None = None,
) -> str:
    """A success or precision plot: share of frames (0..1) over the threshold, one line per tracker, as HTML.

    Args:
        thresholds: (k,) values on the horizontal axis.
        curves: tracker -> (k,) shares.
        title: of the figure.
        xlabel: names the quantity that the threshold bounds.
        labels: tracker -> text in the legend, where it is more than the name.
    """
    figure, (axis,) = new_figure(height=3.6, width=PANEL_WIDTH)
    for position, (name, curve) in enumerate(curves.items()):
        text = (labels or {}).get(name, name)
        axis.plot(thresholds, curve, label=drawable(text), color=color_of(name, position), linewidth=2)
    axis.set(title=title, xlabel=xlabel, ylabel="share of frames", ylim=(0, 1.02))
    axis.set_xlim(float(np.min(thresholds)), float(np.max(thresholds)))
    axis.legend(frameon=False, loc="best")
    return side_by_side([to_svg(figure)])
