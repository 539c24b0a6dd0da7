"""The tables of the study of the family: what its rule says, the best of each line, and the sharpness alone."""

from __future__ import annotations

from typing import Any  # what JSON holds

from experiments.readme.ranking import markdown_table, span_text
from experiments.sharpness.plan import read_table
from experiments.sharpness.report import format_bests

_HEADS = ("score head", "density head", "ltrb head", "center head")


def sharpness(result: dict[str, Any]) -> str:
    """What the study's rule says of each role's default."""
    rows = [["role", "question", "default", "best on validation data", "minus the default there", "on test data", "so"]]
    rows.append(["---"] * len(rows[0]))
    for role, grounds in result["verdicts"].items():
        for one in (one for answers in grounds.values() for one in answers if one["decides"] and not one["barred"]):
            before, best = (one[key].replace("_", " ") for key in ("before", "best"))
            same = before == best
            spans = [""] * 2 if same else [span_text(one[key], "+") for key in ("difference", "on_test")]
            why = f"stays: {', '.join(one['stopped_by'])}" if one["stopped_by"] else "stays: may be chance"
            so = "**is the default now**" if one["changes"] else "stays" if same else why
            rows.append([role, one["question"], before, "the same" if same else best, *spans, so])
    return markdown_table(rows) if len(rows) > 2 else "Not measured yet: no ground has been run.\n"


def sharpness_far(result: dict[str, Any]) -> str:
    """What heads that refine boxes reach over the sharpness, from usual and from far-off starts."""
    heads = {name: result["tables"][f"{name} head"]["members"] for name in ("score", "density")}
    rows = [["sharpness", *(f"{name}, {starts} starts" for name in heads for starts in ("usual", "far-off"))]]
    rows.append(["---"] * len(rows[0]))
    for member in dict.fromkeys(one for members in heads.values() for one in members):
        if member.startswith("log_bhattacharyya_"):
            found = [
                members.get(member, {}).get(key) for members in heads.values() for key in ("test_mean", "far_mean")
            ]
            rows.append([member.rpartition("_")[2], *("" if one is None else span_text(one) for one in found)])
    return markdown_table([*rows[:2], *sorted(rows[2:], key=lambda row: float(row[0]))])


def sharpness_lines(result: dict[str, Any]) -> str:
    """Of each form and divergence the sharpness that is best on validation targets, and what heads reach at it."""
    tables = {name: read_table(table) for name, table in result["tables"].items() if name in _HEADS}
    return format_bests(tables)
