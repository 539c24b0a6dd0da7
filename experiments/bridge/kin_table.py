"""The tables of the kin in README.md, made of kin_results.json and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kin_rows import ROWS, Row
from own_process import MODES, shown

BOX_TERMS = ("/giou", "/ciou", "/iou")
"""How the names of box terms end in the statistics."""
HEAD = (
    "setting",
    "commit, licence",
    "own run, loss",
    "without the flag",
    "with it, loss",
    "box term",
    "checked",
    "difference",
    "others equal",
    "left in the checkout",
)
START, END = "<!-- made by kin.py from kin_results.json -->", "<!-- end -->"


def write_tables(readme: Path, results: dict[str, Any]) -> None:
    """Put the tables between the two marks."""
    text = readme.read_text()
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    made = "\n\n".join([training_table(results), refusal_table(results), tracking_table(results)])
    readme.write_text(f"{before}{START}\n\n{made}\n\n{END}{after}")


def entries(results: dict[str, Any], refused: bool) -> list[tuple[Row, dict[str, Any]]]:
    return [(row, results["rows"][row.key]) for row in ROWS if row.refused == refused and row.key in results["rows"]]


def training_table(results: dict[str, Any]) -> str:
    lines = []
    for row, entry in entries(results, refused=False):
        flagged = entry.get("flagged", {})
        own, plain, ours = (shown(entry.get(mode, {})) for mode in MODES)
        lines.append(
            [
                f"{row.title}: {row.setting}",
                f"{entry['commit'][:7]}, {entry['licence']}",
                own,
                "equal to the last bit" if entry.get("same") else "the same" if plain == own else plain,
                "the same" if ours == own else ours,
                f"{box_loss(entry.get('own', {}))} -> {box_loss(flagged)}" if "losses" in flagged else "",
                *check_cells(flagged.get("check")),
                entry.get("other_statistics_equal", "") if "check" in flagged else "",
                clean(entry),
            ]
        )
    return markdown(HEAD, lines)


def box_term(key: str) -> bool:
    """Whether a statistic is the box loss, or a sum that it is part of."""
    return key.endswith(("/total", *BOX_TERMS))


def box_loss(run: dict[str, Any]) -> str:
    """The mean of a run's box terms, with their name; ODTrack has one for each search frame."""
    found = [(key, value) for key, value in run.get("losses", {}).items() if key.endswith(BOX_TERMS)]
    return f"{sum(value for _, value in found) / len(found):.3f}" if found else "none"


def check_cells(check: dict[str, Any] | None) -> tuple[str, str]:
    if not check:
        return "", ""
    what = f"{check['what']}, {check['boxes']} boxes"
    what += f" ({check['reversed_boxes']} reversed)" if check["reversed_boxes"] else ""
    worst = check["largest_difference"]
    return what, "not called" if worst is None else f"{worst:.0e}"


def refusal_table(results: dict[str, Any]) -> str:
    lines = [
        [f"{row.title}: {row.setting}", f"{entry['commit'][:7]}, {entry['licence']}", shown(entry.get("flagged", {}))]
        for row, entry in entries(results, refused=True)
    ]
    return markdown(("refused", "commit, licence", "the line"), lines)


def tracking_table(results: dict[str, Any]) -> str:
    lines = []
    for row, entry in entries(results, refused=False):
        if row.tracker is None or "tracking" not in entry:
            continue
        found = entry["tracking"]
        if "failed" in found:
            lines.append([row.tracker, found["failed"], "", ""])
            continue
        moved = str(found["frames_with_another_box_than_the_first"])
        frames = f"{found['frames']} of {len(found['sequences'])} sequences"
        lines.append([row.tracker, frames, moved, f"{found['seconds_per_frame']:.2f}"])
    return markdown(("tracker", "frames", "boxes other than the first", "s/frame"), lines)


def clean(entry: dict[str, Any]) -> str:
    left = entry.get("before", []) + entry.get("after", [])
    return ", ".join(left) if left else "nothing"


def markdown(head: tuple[str, ...], lines: list[list[str]]) -> str:
    rows = [list(head), ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
