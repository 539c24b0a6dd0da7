"""Figures of multi-object training: where the shared features lie, with the margins of the DIM loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from siou_tracking.media.drawing import color_of
from siou_tracking.report.figures import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_feature_distances(
    distances: Mapping[str, np.ndarray], margins: Mapping[str, Sequence[float | None]], columns: int | None = None
) -> Figure:
    """A histogram a panel, all on the same axes, with its margins as lines.

    Args:
        distances: title -> (n,) distances of features to their center; the first is drawn as an outline in every
            other panel, to compare with.
        margins: title -> (m_D, m_I) of the loss that acted there; None for a term that did not.
        columns: panels in a row; None for all.
    """
    titles = list(distances)
    top = float(np.quantile(np.concatenate(list(distances.values())), 0.995)) * 1.1
    edges = np.linspace(0, top, 46).tolist()
    figure, axes = new_figure(columns or len(titles), height=3.0)
    for place, (axis, title) in enumerate(zip(axes, titles, strict=False)):
        color = color_of(title, place)
        axis.hist(distances[title], edges, density=True, color=color, alpha=0.55)
        if place:
            axis.hist(distances[titles[0]], edges, density=True, histtype="step", color="#5c6670", label=titles[0])
        names = (r"$m_D$", "--"), (r"$m_I$", ":")
        for margin, (name, style) in zip(margins.get(title, (None, None)), names, strict=True):
            if margin is not None:
                axis.axvline(margin, color="#1c2530", linestyle=style, linewidth=1.4, label=f"{name} = {margin:.2f}")
        axis.set(title=title, xlabel="distance to the center (rms per channel)", xlim=(0, top))
        if axis.get_legend_handles_labels()[0]:
            axis.legend(frameon=False, fontsize=8)
    axes[0].set_ylabel("density")
    low, high = zip(*(axis.get_ylim() for axis in axes), strict=True)
    for axis in axes:
        axis.set_ylim(min(low), max(high))
    return figure
