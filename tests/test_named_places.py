"""Every file and module that the documentation names is there, so that a move leaves no dead name behind."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
from pathlib import Path

import pytest

from siou_tracking.losses.box.own_loss import GROUP

ROOT = Path(__file__).resolve().parent.parent
PROSE = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "experiments" / "README.md",
    *sorted([*ROOT.glob("experiments/*/README.md"), *ROOT.glob("docs/*.md")]),
]
REFERENCES = ROOT / "tests" / "reference_data.py"
SCRIPTS = sorted([*ROOT.glob("experiments/**/*.py"), *ROOT.glob("ltr_configs/**/*.py")])
ROOMS = sorted(path.name for path in (ROOT / "siou_tracking").iterdir() if (path / "__init__.py").is_file())

PATH = re.compile(r"\b(?:siou_tracking|ltr_configs|experiments|tests)/[\w./*-]*\w")
# "siou_tracking.ltr.X" stands for any name there.
DOTTED = re.compile(r"\bsiou_tracking(?:\.(?!X\b)[A-Za-z_]\w*)+")
# `report.table.align_columns`, as docstrings shorten it; `ltr` is left out, for it is upstream's name for its own.
SHORT = re.compile(rf"`((?:{'|'.join(room for room in ROOMS if room != 'ltr')})(?:\.[A-Za-z_]\w*)+)")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def resolves(name: str) -> bool:
    """Whether a dotted name is a module, or an attribute of one and of what it leads to."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError as error:
            if error.name and name.startswith(error.name):
                continue
            return True  # it is there, and needs what is imported only while it runs
        for part in parts[length:]:
            if not hasattr(found, part):
                return part in getattr(found, "__annotations__", {}) and part == parts[-1]
            found = getattr(found, part)
        return True
    return False


def dead_names(text: str) -> list[str]:
    paths = [path for path in PATH.findall(text) if not any(ROOT.glob(path))]
    dotted = [name for name in DOTTED.findall(text) if name != GROUP and not resolves(name)]
    short = [name for name in SHORT.findall(text) if not name.endswith(".py") and not resolves(f"siou_tracking.{name}")]
    return paths + dotted + short


@pytest.mark.parametrize("path", [*PROSE, REFERENCES], ids=named)
def test_what_a_document_names_is_there(path: Path):
    assert dead_names(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("room", ["", *ROOMS])
def test_what_the_source_of_a_room_names_is_there(room: str):
    top = ROOT / "siou_tracking" / room
    files = sorted(top.rglob("*.py") if room else top.glob("*.py"))
    dead = {named(path): dead_names(path.read_text(encoding="utf-8")) for path in files}
    assert {path: names for path, names in dead.items() if names} == {}


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_what_a_script_names_and_imports_is_there(path: Path):
    text = path.read_text(encoding="utf-8")
    assert dead_names(text) == []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("siou_tracking"):
            missing = [alias.name for alias in node.names if not resolves(f"{node.module}.{alias.name}")]
            assert missing == [], node.module


@pytest.mark.parametrize("text", ["`siou_tracking/losses/margin.py`", "siou_tracking.losses.marg", "`report.tabel.x`"])
def test_a_dead_name_is_found(text: str):
    assert len(dead_names(text)) == 1


def test_a_living_name_is_not():
    living = "`siou_tracking/losses/box`, siou_tracking.report.table.align_columns, `report.table.align_columns`"
    assert dead_names(living) == []
