"""Losses in the order of one number, whoever leads: ours stands in bold where it stands, and who beats it is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

OURS = "smooth_iou"


def rank(
    columns: Sequence[str],
    rows: Mapping[str, Sequence[str]],
    scores: Mapping[str, float],
    *,
    higher_is_better: bool = True,
    measure: str | None = None,
) -> str:
    """A line on who beats ours, and a table in the order of the scores.

    Args:
        columns: after "loss".
        rows: loss -> the cells of the columns.
        scores: loss -> what is sorted by; it orders the rows, so that no wish of ours does.
        higher_is_better: of the scores.
        measure: what the scores are, in words; None for the first column's name.
    """
    order = sorted(scores, key=lambda loss: scores[loss], reverse=higher_is_better)
    lines = [f"| loss | {' | '.join(columns)} |", f"| --- |{' --- |' * len(columns)}"]
    for loss in order:
        name = f"**`{loss}`**" if OURS in loss else f"`{loss}`"
        lines.append(f"| {name} | {' | '.join(rows[loss])} |")
    return f"{ahead(scores, higher_is_better, measure or columns[0])}\n\n" + "\n".join(lines) + "\n"


def ahead(scores: Mapping[str, float], higher_is_better: bool, measure: str) -> str:
    """Which losses beat ours by the score, in one line."""
    if OURS not in scores:
        return f"{measure}: `{OURS}` was not among these."
    sign = 1 if higher_is_better else -1
    better = [loss for loss, score in scores.items() if sign * (score - scores[OURS]) > 0]
    better.sort(key=lambda loss: -sign * scores[loss])
    others = f"{len(scores) - 1} other{'s' if len(scores) > 2 else ''}"
    if not better:
        return f"By {measure}, none of the {others} is better than `{OURS}`."
    names = ", ".join(f"`{loss}`" for loss in better)
    verb = "is" if len(better) == 1 else "are"
    return f"By {measure}, {len(better)} of the {others} {verb} better than `{OURS}`: {names}."


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Lines of cells; the second one is the dashes under the head."""
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def span_text(interval: dict[str, float | None], sign: str = "") -> str:
    """A mean and, where there is one, its interval."""
    low, high = interval["low"], interval["high"]
    ends = "" if low is None or high is None else f" [{low:{sign}.3f}, {high:{sign}.3f}]"
    return f"{interval['mean']:{sign}.3f}{ends}"
