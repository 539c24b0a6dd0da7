"""How much the losses differ, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from experiments.loss_ablation.scoring import METRICS, Numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_forest(result: Numbers) -> Figure:
    """A row a loss: every seed, the mean, and the interval over seeds alone (thick) and over seeds and sequences."""
    import matplotlib.pyplot as plt

    rows = [
        (f"{family}: {loss}", one)
        for family, losses in result["families"].items()
        for loss, one in sorted(losses.items(), key=lambda entry: entry[1][METRICS[0]]["mean"])
    ]
    rows = [*result["untrained"].items(), *rows]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 1.2 + 0.42 * len(rows)), sharey=True, layout="constrained")
    for height, (_, one) in enumerate(rows):
        auc, values = one[METRICS[0]], np.array(one["values"])
        left.plot(auc["both"], [height] * 2, color="tab:blue", lw=1)
        if None not in auc["seeds"]:
            left.plot(auc["seeds"], [height] * 2, color="tab:blue", lw=4, alpha=0.5)
        left.plot(values.mean(axis=1), [height] * len(values), "|", color="black", ms=9)
        left.plot(auc["mean"], height, "o", color="tab:blue")
        if against := one.get("against"):
            color = "tab:gray" if against["low"] <= 0 <= against["high"] else "tab:red"
            right.plot([against["low"], against["high"]], [height] * 2, color=color, lw=1.5)
            right.plot(against["difference"], height, "o", color=color)
    left.set_yticks(range(len(rows)), [name for name, _ in rows])
    left.set_xlabel("success AUC: seeds (ticks)\n95 % over seeds (thick), over seeds and sequences (thin)")
    right.axvline(0, color="black", lw=0.8)
    right.set_xlabel("difference to the family's baseline\n95 % over seeds and sequences")
    return figure


def draw_sequences(result: Numbers) -> Figure:
    """A cell a loss and sequence: success AUC, the mean over seeds."""
    import matplotlib.pyplot as plt

    rows = dict(result["untrained"])
    for family, losses in result["families"].items():
        rows |= {f"{family}: {loss}": one for loss, one in losses.items()}
    table = np.array([np.mean(one["values"], axis=0) for one in rows.values()])
    names = list(result["sequences"])
    figure, axes = plt.subplots(figsize=(2.5 + 0.48 * len(names), 1.9 + 0.42 * len(rows)), layout="constrained")
    drawn = axes.imshow(table, vmin=0, vmax=1, cmap="viridis", aspect="auto")
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right")
    axes.set_yticks(range(len(rows)), list(rows))
    for (row, column), value in np.ndenumerate(table):
        axes.text(
            column, row, f"{100 * value:.0f}", ha="center", va="center", color="w" if value < 0.6 else "k", size=8
        )
    figure.colorbar(drawn, label="success AUC")
    return figure
