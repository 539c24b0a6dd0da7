"""The generated pages of the documentation hold what the code holds, and their navigation names every page."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from siou_tracking.benchmarks.protocol import PROTOCOLS
from siou_tracking.losses import describe, registered_box_losses

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_pages", ROOT / "docs" / "pages.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_loss_has_a_row_with_its_source(pages: ModuleType) -> None:
    text = pages.losses_page()
    for name in registered_box_losses():
        entry = describe(name)
        (row,) = [line for line in text.splitlines() if re.match(rf"\| `{name}`[ ,]", line)]
        assert entry.source in row and entry.description.replace("|", "\\|") in row
        assert ("loss, score" in row) == (not entry.no_score)


def test_every_protocol_has_a_column_with_its_own_rules(pages: ModuleType) -> None:
    text = pages.protocols_page()
    for benchmark in {benchmark for benchmark, _ in PROTOCOLS} | {"vot2018"}:
        assert f"\n## {benchmark}\n" in text
    otb = text.partition("## otb2015\n")[2].partition("\n## ")[0]
    head, _, *rows = [line.strip("| ").split(" | ") for line in otb.split("\n") if line.startswith("|")]
    assert head == ["rule", *(name for benchmark, name in PROTOCOLS if benchmark == "otb2015")]
    found = {row[0].strip("`"): dict(zip(head[1:], row[1:], strict=True)) for row in rows}
    assert found["bad_rows"]["official"] == PROTOCOLS["otb2015", "official"].bad_rows
    assert found["norm_number"]["got10k"] == PROTOCOLS["otb2015", "got10k"].norm_number
    assert "averaging" not in found  # equal in all


def test_a_bar_in_a_cell_stays_in_it(pages: ModuleType) -> None:
    assert pages.table(("a", "b"), [("x | y", "z")]).splitlines()[2] == "| x \\| y | z |"


def test_the_navigation_names_every_page(pages: ModuleType) -> None:
    named = set(re.findall(r"[\w/]+\.md", (ROOT / "mkdocs.yml").read_text("utf-8")))
    there = {path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")}
    assert named == there | set(pages.generated_pages())
