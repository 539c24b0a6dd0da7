"""The page's tables are those of results.json."""

from __future__ import annotations

import json
from pathlib import Path

from experiments.readme.tables import sharpness
from experiments.sharpness import run
from experiments.sharpness.forms import Member
from experiments.sharpness.properties import Finding
from experiments.sharpness.report import format_densities, format_properties

FOLDER = Path(run.__file__).parent
PAGE = (FOLDER / "README.md").read_text("utf-8")
RESULT = json.loads((FOLDER / "results.json").read_text("utf-8"))


def test_the_page_has_the_properties_and_the_densities_of_the_results() -> None:
    findings = {
        Member.parse(name): {key: Finding(**found) for key, found in checks.items()}
        for name, checks in RESULT["properties"].items()
    }
    assert format_properties(findings) in PAGE
    assert format_densities(RESULT["densities"]) in PAGE


def test_the_page_has_the_rules_answers() -> None:
    assert sharpness(RESULT) in PAGE
