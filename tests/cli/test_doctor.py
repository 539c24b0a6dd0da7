"""The doctor names every component with its state, its consequence and, where something is missing, the hint."""

from __future__ import annotations

import importlib.metadata

import pytest

from siou_tracking.cli import doctor


@pytest.fixture(scope="module")
def rows():
    return {row.component: row for row in doctor.diagnose()}


def test_what_the_product_needs_is_found_with_its_version(rows):
    for name in ("torch", "opencv-python"):
        assert rows[name].state == importlib.metadata.version(name)
        assert rows[name].hint == ""


def test_a_row_that_names_something_absent_names_the_mend(rows):
    for row in rows.values():
        if row.state == "absent" and row.component != "C++ compiler":
            assert row.hint, row


def test_a_package_that_does_not_import_is_called_broken_with_the_reason(tmp_path, monkeypatch):
    (tmp_path / "broken_thing.py").write_text("raise RuntimeError('operator does not exist')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    row = doctor._package("broken-thing", "broken_thing", "draws", "pip install broken-thing")
    assert row.state == "broken: RuntimeError: operator does not exist"
    assert row.hint == "reinstall: pip install broken-thing"


def test_unrelated_packages_of_misleading_names_are_told(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.2.2")
    (row,) = doctor._misleading()
    assert "PyPI's 'pytracking'" in row.state
    assert row.hint == "pip uninstall pytracking ltr"


def test_columns_are_aligned():
    text = doctor.format_diagnosis(
        [doctor.Row("a", "1.0", "fine"), doctor.Row("longer", "absent", "slow", "pip install it")]
    )
    lines = text.splitlines()
    assert len({line.index(word) for line, word in zip(lines, ("state", "1.0", "absent"), strict=True)}) == 1
    assert lines[2].endswith("pip install it")
