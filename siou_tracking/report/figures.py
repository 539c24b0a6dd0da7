"""Figures as SVG text. The same input gives the same bytes: no date, fixed element names."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from siou_tracking.media.drawing import color_of
from siou_tracking.report.colors import follow_page
from siou_tracking.untrusted.names import drawable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def new_figure(columns: int = 1, height: float = 3.2) -> tuple[Figure, list[Axes]]:
    """A figure of `columns` equal axes in a row, independent of pyplot's global state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6 * columns if columns > 1 else 6.4, height), layout="constrained")
    axes = [figure.add_subplot(1, columns, column + 1) for column in range(columns)]
    for axis in axes:
        axis.grid(True, color="#e4e8ec", linewidth=0.8)
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def to_svg(figure: Figure) -> str:
    """The figure as an `<svg>` element that can stand in a page."""
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "siou-tracking", "svg.fonttype": "none"}):
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    text = buffer.getvalue()
    return follow_page(text[text.index("<svg") :])


def training_curves(histories: Mapping[str, Sequence[Mapping[str, float]]], panels: Mapping[str, str]) -> str:
    """One panel per statistic, one line per run, over epochs.

    Args:
        histories: run name -> one record per epoch, each with the key "epoch".
        panels: key of the statistic in a record -> title of its panel. A record without the key leaves a gap.
    """
    figure, axes = new_figure(len(panels))
    for axis, (key, title) in zip(axes, panels.items(), strict=True):
        for position, (name, records) in enumerate(histories.items()):
            points = [(record["epoch"], record[key]) for record in records if key in record]
            label, color = drawable(name), color_of(name, position)
            axis.plot(*zip(*points, strict=True), label=label, color=color, marker="o", markersize=3)
        axis.set(title=title, xlabel="epoch")
        axis.locator_params(axis="x", integer=True)
    axes[0].legend(frameon=False)
    return to_svg(figure)


def threshold_plot(
    thresholds: Sequence[float],
    curves: Mapping[str, Sequence[float]],
    title: str,
    xlabel: str,
    labels: Mapping[str, str] | None = None,
) -> str:
    """A success or precision plot: share of frames (0..1) over the threshold, one line per tracker.

    Args:
        thresholds: (k,) values on the horizontal axis.
        curves: tracker -> (k,) shares.
        title: of the figure.
        xlabel: names the quantity that the threshold bounds.
        labels: tracker -> text in the legend, where it is more than the name.
    """
    figure, (axis,) = new_figure(height=3.8)
    for position, (name, curve) in enumerate(curves.items()):
        text = (labels or {}).get(name, name)
        axis.plot(thresholds, curve, label=drawable(text), color=color_of(name, position), linewidth=2)
    axis.set(title=title, xlabel=xlabel, ylabel="share of frames", ylim=(0, 1.02))
    axis.set_xlim(float(np.min(thresholds)), float(np.max(thresholds)))
    axis.legend(frameon=False, loc="best")
    return to_svg(figure)
