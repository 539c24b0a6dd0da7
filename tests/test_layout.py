"""Tests lie where the package has what they test, and every file of reference data that they name has a source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.reference_data import reference_file, source_of

TESTS = Path(__file__).resolve().parent
PACKAGE = TESTS.parent / "siou_tracking"
# Suites over everything that is registered, over stored numbers, over the settings, which lie outside the package, and
# over the verbs for several objects, which are in `cli` with all others.
ELSEWHERE = {"contracts", "parity", "configs"}


def test_folders_of_tests_are_folders_of_the_package() -> None:
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")}
    assert len(folders) > 20
    missing = {str(folder) for folder in folders if not (PACKAGE / folder).is_dir()}
    assert missing - ELSEWHERE == set()


def test_absent_reference_data_are_skipped_with_their_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIOU_SHARED", "nowhere")
    texts = [path.read_text("utf-8") for path in TESTS.rglob("test_*.py")]
    named = {name for text in texts for name in re.findall(r'reference_file\("([^"]+)"', text)}
    assert len(named) > 10
    for name in named:
        with pytest.raises(pytest.skip.Exception, match=f"{re.escape(name)}: not found; .*https?://"):
            reference_file(name)
    assert source_of("data/vot2018/results/NanoTrackV3.tar.xz") != source_of("data/vot2018/results/LightTrack.tar.xz")
