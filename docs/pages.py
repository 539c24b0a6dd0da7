"""Pages of the documentation that are made from the code: the losses, the protocols, and the reference of functions.

MkDocs calls `on_files` as mkdocs.yml says; each page is then rendered as if it lay under docs/reference.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).resolve().parents[1]
ROOMS = {
    "losses": ("Losses", "siou_tracking.losses"),
    "boxes": ("Boxes", "siou_tracking.boxes"),
    "ops": ("Precise RoI pooling", "siou_tracking.ops"),
    "retrain": ("Retraining", "siou_tracking.retrain"),
    "bridge": ("One line in a settings file", "siou_tracking.bridge.retarget"),
    "training": ("Training", "siou_tracking.ltr.run_training"),
    "trackers": ("Trackers", "siou_tracking.trackers"),
    "benchmarks": ("Benchmarks", "siou_tracking.benchmarks"),
    "submission": ("Submission", "siou_tracking.submission"),
    "report": ("Report", "siou_tracking.report"),
}
"""Page of the reference -> its title and the module whose public names it has."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to those that lie in docs/."""
    from mkdocs.structure.files import File

    sys.path.insert(0, str(ROOT))
    for name, content in generated_pages().items():
        files.append(File.generated(config, name, content=content))
    return files


def generated_pages() -> dict[str, str]:
    """Path below docs/ -> Markdown."""
    pages: dict[str, Callable[[], str]] = {
        "reference/box_losses.md": losses_page,
        "reference/protocols.md": protocols_page,
    }
    found = {name: make() for name, make in pages.items()}
    for page, (title, module) in ROOMS.items():
        found[f"reference/api/{page}.md"] = f"# {title}\n\n::: {module}\n"
    return found


def losses_page() -> str:
    """Every registered box loss in families, from the registry."""
    from siou_tracking.cli.losses import FAMILIES, own_parameters
    from siou_tracking.losses import describe, registered_box_losses

    entries = [describe(name) for name in registered_box_losses()]
    parts = [
        "# Box losses",
        "The names that `--box-loss` takes. A *loss* trains a head that regresses boxes; a *score* is what a head "
        "learns that predicts how good a proposal is (ATOM, DiMP) or a density of boxes (PrDiMP). "
        "`siou-tracking losses` prints the same, with a map of what each does near, far from and inside a target.",
    ]
    for family, title in FAMILIES.items():
        own = [entry for entry in entries if entry.family == family]
        if own:
            head = ("name", "roles", "what it is", "parameters", "source")
            rows = [
                (
                    ", ".join(f"`{name}`" for name in (entry.name, *entry.aliases)),
                    "loss" if entry.no_score else "loss, score",
                    entry.description,
                    ", ".join(f"`{parameter}`" for parameter in own_parameters(entry)),
                    entry.source,
                )
                for entry in own
            ]
            parts += [f"## {title}", table(head, rows)]
    return "\n\n".join(parts) + "\n"


def protocols_page() -> str:
    """Every evaluator's rules, from the tables of protocols: of each benchmark those in which evaluators differ."""
    from siou_tracking.benchmarks import protocol as one_pass
    from siou_tracking.benchmarks.vot2018 import protocol as reset_based

    parts = [
        "# Protocols",
        "Two evaluators of one benchmark differ in the fourth digit because of rules, not of arithmetic. Each table "
        "has the rules in which a benchmark's evaluators differ; `siou-tracking score --protocol NAME` scores by one.",
    ]
    groups: dict[str, list[object]] = {}
    for (benchmark, _), row in one_pass.PROTOCOLS.items():
        groups.setdefault(benchmark, []).append(row)
    groups["vot2018"] = list(reset_based.PROTOCOLS.values())
    for benchmark, rows in groups.items():
        parts += [f"## {benchmark}", compare_rules(rows)]
    parts.append("## What the rules mean")
    for kind in (one_pass.Protocol, reset_based.Vot2018Protocol):
        parts.append("\n".join(f"* `{name}`: {meaning}" for name, meaning in field_meanings(kind).items() if meaning))
    return "\n\n".join(parts) + "\n"


def compare_rules(rows: Sequence[object]) -> str:
    """A table with a column for each evaluator and a line for each field in which they differ."""
    fields = [one.name for one in dataclasses.fields(rows[0]) if one.name not in ("benchmark", "name")]  # type: ignore[arg-type]
    lines = []
    for name in fields:
        values = [show(getattr(row, name)) for row in rows]
        if name == "source" or len(set(values)) > 1:
            lines.append((f"`{name}`", *values))
    return table(("rule", *(str(row.name) for row in rows)), lines)  # type: ignore[attr-defined]


def show(value: object) -> str:
    """A rule's value in words: thresholds by their ends and number."""
    if hasattr(value, "tolist"):
        numbers = value.tolist()
        return f"{len(numbers)} from {numbers[0]:g} to {numbers[-1]:g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def field_meanings(kind: type) -> dict[str, str]:
    """Field of a dataclass -> the text under it in the source."""
    (body,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    last = ""
    for one in body.body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            last = one.target.id
            found[last] = ""
        elif isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) and last:
            found[last] = " ".join(str(one.value.value).split())
    return found


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a bar in a cell is written so that it stays in it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
