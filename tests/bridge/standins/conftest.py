"""Packages that exist only for a test, and a fresh look at what this machine has."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from siou_tracking.bridge.supply.component import import_failure


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Writes a module (dots make packages) where Python finds it; all are gone after the test."""
    folder = tmp_path / "installed"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    import_failure.cache_clear()

    def write(name: str, content: str) -> None:
        *packages, module = name.split(".")
        place = folder.joinpath(*packages)
        place.mkdir(parents=True, exist_ok=True)
        for depth in range(1, len(packages) + 1):
            folder.joinpath(*packages[:depth], "__init__.py").touch()
        (place / f"{module}.py").write_text(content)

    yield write
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(folder):
            del sys.modules[name]
    import_failure.cache_clear()
