"""The simulation's pictures: IoU and error over iterations, and where anchors end far from their targets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from experiments.box_regression.protocol import CENTER, RADIUS, anchor_points
from experiments.box_regression.runs import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLORS = {
    "smooth_iou": "#d62728",
    "iou": "#7f7f7f",
    "giou": "#1f77b4",
    "diou": "#2ca02c",
    "ciou": "#ff7f0e",
    "kld": "#9467bd",
    "l1": "#8c564b",
}
"""Losses with a color of their own; the others are thin lines, but for the best of each panel."""
LOWEST_ERROR, HIGHEST_ERROR = 1e-3, 10.0


def draw_curves(losses: Mapping[str, Mapping[str, Run]]) -> Figure:
    """Mean IoU above, mean error below, a column for each setting."""
    from matplotlib.figure import Figure

    settings = list(next(iter(losses.values())))
    figure = Figure(figsize=(3.5 * len(settings), 7.2), layout="constrained")
    axes = figure.subplots(2, len(settings), sharex=True, sharey="row", squeeze=False)
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.17)}
    for column, setting in zip(axes.T, settings, strict=True):
        runs = {name: found[setting] for name, found in losses.items()}
        best = max(runs, key=lambda name: runs[name]["final_iou"])
        for axis, key in zip(column, ("iou", "error"), strict=True):
            for name, run in runs.items():
                color = COLORS.get(name, "black" if name == best else "#c8ccd0")
                style = {"lw": 1.8, "zorder": 3} if name in COLORS or name == best else {"lw": 0.7, "zorder": 2}
                values = [math.nan if value is None else value for value in run[key]]
                label = f"{name} ({run['step']:g})" if style["zorder"] == 3 else None
                axis.plot(np.linspace(0, 1, len(values)), values, color=color, label=label, **style)
            axis.grid(True, color="#e4e8ec")
        column[0].set(title=setting, ylim=(0, 1))
        column[1].set(yscale="log", ylim=(1e-4, 20), xlabel="share of the iterations")
        column[1].legend(*column[0].get_legend_handles_labels(), fontsize=7, ncols=2, title="loss (step)", **below)
    axes[0, 0].set_ylabel("mean IoU")
    axes[1, 0].set_ylabel("mean L1 error of a case")
    return figure


def draw_heat(losses: Mapping[str, Mapping[str, Run]], setting: str) -> Figure:
    """Mean final error of each anchor point's cases, one panel a loss, best first, one scale of colors."""
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    runs = {name: found[setting] for name, found in losses.items()}
    ranked = sorted(runs, key=lambda name: -runs[name]["final_iou"])
    columns = min(7, len(ranked))
    rows = -(-len(ranked) // columns)
    figure = Figure(figsize=(1.9 * columns + 1, 2.15 * rows + 0.5), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, name in zip(axes.flat, ranked, strict=False):
        errors = np.array([math.nan if value is None else value for value in runs[name]["error_by_point"]])
        x, y = anchor_points(len(errors), runs[name]["seed"]).numpy()
        shown = axis.scatter(
            x,
            y,
            c=np.nan_to_num(errors, nan=HIGHEST_ERROR, posinf=HIGHEST_ERROR).clip(LOWEST_ERROR, HIGHEST_ERROR),
            s=min(max(1.5, 3000 / len(errors)), 30),
            norm=LogNorm(LOWEST_ERROR, HIGHEST_ERROR),
            cmap="viridis",
            linewidths=0,
        )
        axis.set(xlim=(CENTER - RADIUS, CENTER + RADIUS), ylim=(CENTER - RADIUS, CENTER + RADIUS), aspect="equal")
        axis.set_title(f"{name} ({runs[name]['step']:g})\nIoU {runs[name]['final_iou']:.3f}", fontsize=8)
    figure.colorbar(shown, ax=axes, label="mean final L1 error of the point's 343 cases", shrink=0.7)
    figure.suptitle(f"Where an anchor starts and how far it ends: {setting}; in brackets the step", fontsize=10)
    return figure
