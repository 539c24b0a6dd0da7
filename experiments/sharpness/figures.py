"""The study's pictures: forms and divergences in profile, each measure over the sharpness, and the densities' tails."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch

from experiments.seed_statistics import mean_interval
from experiments.sharpness.density import GAUSSIAN, profile
from experiments.sharpness.forms import DIVERGENCES, FORMS, Member
from experiments.sharpness.plan import OLD, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = ("#d62728", "#1f77b4", "#2ca02c", "#ff7f0e", "#9467bd", "#8c564b", "#7f7f7f")
GRID = "#e4e8ec"
COLUMNS = 3


def draw_profiles(sharpness: float) -> Figure:
    """Loss and slope of a box of the target's size over its offset, and the slope by ln width of a centered box.

    Each form above, each divergence below.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 7), layout="constrained")
    axes = figure.subplots(2, 4)
    rows = (
        {form: Member(form, sharpness=sharpness) for form in FORMS},
        {divergence: Member(divergence=divergence, sharpness=sharpness) for divergence in DIVERGENCES},
    )
    offset = torch.cat((torch.linspace(1e-3, 3, 600), torch.logspace(0.5, 2, 100))).double()
    log_width = torch.linspace(-2, 2, 401, dtype=torch.float64)
    for row, members in zip(axes, rows, strict=True):
        for (name, member), color in zip(members.items(), COLORS, strict=False):
            loss, slope = _evaluate(member, offset, moves=True)
            by_size = _evaluate(member, log_width, moves=False)[1]
            for axis, x, values in zip(row, (offset,) * 3 + (log_width,), (loss, slope, slope, by_size), strict=True):
                axis.plot(x, values, color=color, label=name, lw=1.5)
        row[0].set(xlim=(0, 3), ylim=(0, 8), ylabel="loss")
        row[1].set(xlim=(0, 3), ylim=(0, 8), ylabel="slope")
        row[2].set(xscale="log", yscale="log", xlim=(1e-2, 100), ylim=(1e-6, 1e3), ylabel="slope")
        row[3].set(xlim=(-2, 2), ylim=(-6, 6), ylabel="slope by ln width", xlabel="ln(width / target's)")
        row[0].legend(fontsize=8)
        for axis in row:
            axis.grid(True, color=GRID)
        for axis in row[:3]:
            axis.set_xlabel("offset in target sizes")
    axes[0, 1].set_title(f"forms, bhattacharyya, sharpness {sharpness:g}")
    axes[1, 1].set_title(f"divergences, log, sharpness {sharpness:g}")
    return figure


def _evaluate(member: Member, x: torch.Tensor, moves: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Loss and its slope by `x` (n,), the offset of a box of the target's size or the ln width of a centered one."""
    x = x.clone().requires_grad_()
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    boxes = torch.stack((x, zero, one, one) if moves else (zero, zero, x.exp(), one), 1)
    loss = member.build("cxcywh", "none").elementwise(boxes, torch.tensor([0.0, 0, 1, 1], dtype=torch.float64))
    (slope,) = torch.autograd.grad(loss.sum(), x)
    return loss.detach(), slope


def draw_tables(tables: Mapping[str, Table]) -> Figure:
    """Each measure on test data over the sharpness: lines of forms and, dashed, of divergences; the first's interval.

    The dotted line is the old default.
    """
    from matplotlib.figure import Figure

    rows = math.ceil(len(tables) / COLUMNS)
    figure = Figure(figsize=(11, 3 * rows + 1.2), layout="constrained")
    axes = figure.subplots(rows, COLUMNS, squeeze=False, sharex=True).ravel()
    for axis, (name, table) in zip(axes, tables.items(), strict=False):
        _draw_lines(axis, table)
        means = [float(values.mean()) for values in table.test.values()]
        margin = 0.02 + (max(means) - min(means)) / 4
        axis.set_ylim(min(means) - margin, max(means) + margin)
        axis.axvline(OLD[table.role], color="black", lw=0.8, ls=":")
        axis.set_xscale("log", base=2)
        axis.grid(True, color=GRID)
        axis.set_title(name, fontsize=10)
        axis.set_ylabel(table.measure, fontsize=9)
    for axis in axes[len(tables) :]:
        axis.set_axis_off()
    for axis in axes[max(len(tables) - COLUMNS, 0) : len(tables)]:
        axis.set_xlabel("sharpness")
        axis.tick_params(labelbottom=True)
    found = {label: line for axis in axes for line, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(list(found.values()), list(found), loc="outside lower center", ncols=6, fontsize=9)
    return figure


def _draw_lines(axis: Axes, table: Table) -> None:
    first = Member()
    kinds = [(form, form, first.divergence, "-") for form in FORMS]
    kinds += [(one, first.form, one, "--") for one in DIVERGENCES if one != first.divergence]
    for place, (label, *kind, style) in enumerate(kinds):
        members = sorted((m for m in table.test if [m.form, m.divergence] == kind), key=lambda member: member.sharpness)
        if not members:
            continue
        x = [member.sharpness for member in members]
        means = [table.test[member].mean() for member in members]
        color = COLORS[place] if place < len(FORMS) else COLORS[1 + place - len(FORMS)]
        label = f"{first.form}, {first.divergence}" if place == 0 else label
        axis.plot(x, means, color=color, ls=style, marker="o", ms=3, lw=2 if place == 0 else 1, label=label)
        if place == 0:
            spans = [mean_interval(by_unit(table.test[member])) for member in members]
            axis.fill_between(x, [s.low for s in spans], [s.high for s in spans], color=COLORS[0], alpha=0.15, lw=0)


def by_unit(values: np.ndarray) -> np.ndarray:
    """Values (units,) as they are, (seeds, sequences) as the means of the seeds."""
    return values if values.ndim == 1 else values.mean(1)


def draw_densities(members: list[Member], described: Mapping[str, Mapping[str, float | None]]) -> Figure:
    """Target densities over the offset in sigmas, and how much of the mass of a frame's proposals moves."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    offset = torch.linspace(0, 8, 161)
    for place, member in enumerate((GAUSSIAN, *sorted(members, key=lambda member: member.sharpness))):
        shade = str(0.75 * (1 - place / len(members))) if place else COLORS[1]
        label = "exp: the Gaussian limit" if member is GAUSSIAN else f"log, {member.sharpness:g}"
        left.semilogy(offset, profile(member, offset).exp(), color=shade, lw=2 if place == 0 else 1, label=label)
    left.set(xlabel="offset in sigmas", ylabel="density over its peak", ylim=(1e-10, 1.5))
    left.legend(fontsize=7)
    x = [member.sharpness for member in members]
    for key, label, color in (
        ("elsewhere", f"share of the mass that lies elsewhere than at {members[0].sharpness:g}", COLORS[0]),
        ("beyond_3_sigma", "share beyond 3 sigma", COLORS[1]),
    ):
        right.plot(
            *zip(*sorted(zip(x, (described[m.name][key] for m in members), strict=True)), strict=True),
            color=color,
            marker="o",
            label=label,
        )
    right.set_xscale("log", base=2)
    right.set(xlabel="sharpness, exponent x sharpness held", ylim=(0, 1))
    right.legend(fontsize=7)
    for axis in (left, right):
        axis.grid(True, color=GRID)
    return figure
