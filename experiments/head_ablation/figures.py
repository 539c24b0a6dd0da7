"""The pictures: every loss's mean and interval, sorted, and validation IoU over iterations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from experiments.box_regression.figures import COLORS
from experiments.head_ablation.losses import GAUSSIAN
from experiments.head_ablation.summary import Row
from experiments.head_ablation.training import HEADS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLES = {
    "score": "ATOM's predictor, 2 S - 1",
    "density": "the same, a density",
    "ltrb": "ToMP-like, four distances",
    "center": "OSTrack-like, size and offset",
}
OURS = "smooth_iou"
_OTHERS = "#9aa0a6"


def draw_forest(heads: Mapping[str, Mapping[str, Row]], role: str) -> Figure:
    """Test IoU of every loss of a role's heads with its 95 % interval over seeds; ours and the baseline marked."""
    from matplotlib.figure import Figure

    shown = {head: rows for head, rows in heads.items() if HEADS[head].role == role}
    most = max((len(rows) for rows in shown.values()), default=1)
    figure = Figure(figsize=(6 * max(len(shown), 1), 1.4 + 0.22 * most), layout="constrained")
    for axis, (head, rows) in zip(figure.subplots(1, max(len(shown), 1), squeeze=False)[0], shown.items(), strict=True):
        draw_losses(axis, head, rows)
    return figure


def draw_losses(axis: Axes, head: str, rows: Mapping[str, Row]) -> None:
    base = HEADS[head].baseline
    for place, (name, row) in enumerate(rows.items()):
        interval = row["iou"]
        mean = interval["mean"]
        ends = [interval[end] if interval[end] is not None else mean for end in ("low", "high")]
        color = COLORS[OURS] if OURS in name else "black" if name == base else _OTHERS
        axis.plot(ends, [place, place], color=color, lw=1.6)
        axis.plot(mean, place, "o", color=color, ms=5)
    axis.axvline(rows[base]["iou"]["mean"], color="black", lw=0.7, ls=":")
    axis.set_yticks(range(len(rows)), list(rows))
    for label in axis.get_yticklabels():
        label.set_color(COLORS[OURS] if OURS in label.get_text() else "black")
    axis.invert_yaxis()
    axis.grid(True, axis="x", color="#e4e8ec")
    axis.set(title=TITLES[head], xlabel=f"IoU on test targets, 95 % over seeds (dotted: {base})")


def draw_curves(heads: Mapping[str, Mapping[str, Row]]) -> Figure:
    """Validation IoU over steps, averaged over seeds, a panel for each head."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6 * len(heads), 4.2), layout="constrained")
    for axis, (head, rows) in zip(figure.subplots(1, len(heads), squeeze=False)[0], heads.items(), strict=True):
        best = next(iter(rows))
        for name, row in rows.items():
            known = COLORS.get(name, "black" if name in (best, GAUSSIAN) else None)
            style = {"lw": 0.7, "color": "#c8ccd0", "zorder": 2} if known is None else {"lw": 1.7, "color": known}
            dashes = "--" if name == GAUSSIAN else "-"
            axis.plot(*zip(*row["curve"], strict=True), ls=dashes, label=name if known else None, **style)
        axis.grid(True, color="#e4e8ec")
        axis.legend(fontsize=7, loc="lower right")
        axis.set(title=TITLES[head], xlabel="steps", ylabel="validation IoU")
    return figure
