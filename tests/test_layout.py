"""The package is laid out as agreed, tests lie where what they test does, and their reference data have a source."""

from __future__ import annotations

import ast
import graphlib
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.reference_data import reference_file, source_of

TESTS = Path(__file__).resolve().parent
PACKAGE = TESTS.parent / "siou_tracking"
# Suites over everything that is registered, over stored numbers, over the settings, which lie outside the package, and
# over the verbs for several objects, which are in `cli` with all others; and what kills verbs of all kinds.
ELSEWHERE = {"contracts", "parity", "configs", "bridge/kin", "faults"}


def test_folders_of_tests_are_folders_of_the_package() -> None:
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")}
    assert len(folders) > 20
    missing = {str(folder) for folder in folders if not (PACKAGE / folder).is_dir()}
    missing -= {folder for folder in missing if folder.startswith("experiments") and (TESTS.parent / folder).is_dir()}
    assert missing - ELSEWHERE == set()


def test_no_file_is_long_and_no_folder_is_crowded() -> None:
    files = list(PACKAGE.rglob("*.py"))
    assert max(len(path.read_text("utf-8").splitlines()) for path in files) <= 300
    assert max(Counter(path.parent for path in files).values()) <= 15


def imports_of(path: Path, modules: dict[str, Path]) -> set[str]:
    """Modules of the package that a file imports, within functions too, but for types alone."""
    tree = ast.parse(path.read_text("utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and id(node) not in for_types:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & set(modules) or {node.module} & set(modules)
    return found


def test_no_file_imports_one_that_imports_it() -> None:
    modules = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}
    assert len(modules) > 300
    graphlib.TopologicalSorter({name: imports_of(path, modules) for name, path in modules.items()}).prepare()


def test_absent_reference_data_are_skipped_with_their_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIOU_SHARED", "nowhere")
    texts = [path.read_text("utf-8") for path in TESTS.rglob("test_*.py")]
    named = {name for text in texts for name in re.findall(r'reference_file\("([^"]+)"', text)}
    assert len(named) > 10
    for name in named:
        with pytest.raises(pytest.skip.Exception, match=f"{re.escape(name)}: not found; .*https?://"):
            reference_file(name)
    assert source_of("data/vot2018/results/NanoTrackV3.tar.xz") != source_of("data/vot2018/results/LightTrack.tar.xz")
