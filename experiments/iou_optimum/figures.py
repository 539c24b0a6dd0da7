"""The pictures: where IoU's best size jumps and is not unique, and every loss with its gradient along two lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from experiments.iou_optimum.optimum import (
    TIE,
    Score,
    iou_at,
    iou_optimal_sizes,
    search_sizes,
    smooth_optimal_sizes,
    tie_height,
)
from experiments.iou_optimum.profiles import LINES, Profile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

IOU, SMOOTH, KL = "#1f77b4", "#d62728", "#ff9896"


def draw_optimum(path: torch.Tensor, smooth: Score) -> Figure:
    """Three panels: optimal heights over the plane of offsets, sizes along `path` `(n, 2)`, scores at a tie.

    Args:
        path: offsets in half sizes along which u grows.
        smooth: Smooth-IoU's similarity of offsets and sizes.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 4.4), layout="constrained")
    plane, along, tie = figure.subplots(1, 3)
    draw_plane(figure, plane)
    draw_path(along, path, smooth)
    draw_tie(tie, smooth)
    return figure


def draw_plane(figure: Figure, axis: Axes) -> None:
    line = torch.linspace(0, 2, 401, dtype=torch.float64)
    v, u = torch.meshgrid(line, line, indexing="ij")
    _, largest = iou_optimal_sizes(torch.stack((u, v), -1))
    shown = axis.pcolormesh(
        line.numpy(), line.numpy(), largest[..., 1].numpy(), cmap="cividis", shading="auto", rasterized=True
    )
    figure.colorbar(shown, ax=axis, label="IoU-optimal height / target's height")
    axis.plot(line.numpy(), tie_height(line).numpy(), color="#d62728", lw=2, label="every height from 1 - v to 1 + v")
    axis.plot(
        tie_height(line).numpy(), line.numpy(), color="#d62728", lw=2, ls="--", label="every width from 1 - u to 1 + u"
    )
    axis.plot(*TIE, "o", color="white", markeredgecolor="black", label="the tie of the right panel")
    axis.set(title="Where IoU's best size is not unique", xlabel="u: offset in x, half widths", ylabel="v")
    axis.legend(loc="lower right", fontsize=8)


def draw_path(axis: Axes, path: torch.Tensor, smooth: Score) -> None:
    _, largest = iou_optimal_sizes(path)
    every = path[:: max(len(path) // 16, 1)]
    lines = (
        ("IoU", IOU, largest, iou_at),
        ("smooth_iou", SMOOTH, smooth_optimal_sizes(path), smooth),
        ("smooth_iou, kl", KL, smooth_optimal_sizes(path, "kl"), None),
    )
    for name, color, sizes, score in lines:
        for axis_of_box, style, what in ((0, "-", "width"), (1, "--", "height")):
            axis.plot(path[:, 0].numpy(), sizes[:, axis_of_box].numpy(), style, color=color, label=f"{name}: {what}")
        if score is not None:
            found, _ = search_sizes(score, every)
            axis.plot(every[:, 0].numpy(), found.numpy(), ".", color=color, markersize=6)
    axis.set(title=f"Best size as the center moves, v = {float(path[0, 1]):g}", xlabel="u: offset in x, half widths")
    axis.set_ylabel("size / target's size; dots: brute force")
    axis.grid(True, color="#e4e8ec")
    axis.legend(fontsize=8)


def draw_tie(axis: Axes, smooth: Score) -> None:
    offset = torch.tensor(TIE, dtype=torch.float64)
    heights = torch.linspace(0.2, 2.2, 401, dtype=torch.float64)
    for name, color, width, score in (
        ("IoU", IOU, 1 + TIE[0], iou_at),
        ("smooth_iou", SMOOTH, float(smooth_optimal_sizes(offset)[0]), smooth),
    ):
        reached = score(offset, torch.stack((torch.full_like(heights, width), heights), -1))
        axis.plot(heights.numpy(), (reached / reached.amax()).numpy(), color=color, label=f"{name}, width {width:.2f}")
    axis.axvspan(1 - TIE[1], 1 + TIE[1], color=IOU, alpha=0.1)
    axis.set(title=f"At the tie u = {TIE[0]:g}, v = {TIE[1]:g}", xlabel="height / target's height")
    axis.set(ylabel="similarity / its largest", ylim=(0.4, 1.03))
    axis.grid(True, color="#e4e8ec")
    axis.legend(fontsize=8)


def draw_profiles(profiles: Mapping[str, Profile], line: str) -> Figure:
    """One panel a loss: its value on the left scale, its gradient along the line on the right one."""
    from matplotlib.figure import Figure

    columns = min(7, len(profiles))
    rows = -(-len(profiles) // columns)
    figure = Figure(figsize=(2.6 * columns, 1.9 * rows + 0.6), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True)
    for axis in axes.flat[len(profiles) :]:
        axis.set_axis_off()
    for axis, (name, profile) in zip(axes.flat, profiles.items(), strict=False):
        for mark in (-1, 0, 1) if line == "offset" else (0,):
            axis.axvline(mark, color="#d0d4d8", lw=0.8)
        axis.plot(profile.x.numpy(), profile.loss.numpy(), color=IOU, lw=1.4)
        right = axis.twinx()
        right.plot(profile.x.numpy(), profile.gradient.numpy(), color=SMOOTH, lw=0.9)
        top = float(profile.gradient.abs().amax()) * 1.1
        right.set_ylim(-top, top)
        axis.tick_params(labelsize=6, axis="both", colors=IOU)
        axis.tick_params(axis="x", colors="black")
        right.tick_params(labelsize=6, colors=SMOOTH)
        axis.set_title(name, fontsize=9)
    what = {"offset": "offset of a box of the target's size, in its widths", "size": "ln width, at the target's center"}
    figure.suptitle(f"loss (blue, left) and its gradient (red, right) over the {what[line]}", fontsize=11)
    axes[0, 0].set_xlim(-LINES[line], LINES[line])
    return figure
