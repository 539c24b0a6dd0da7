"""The whole way of a data set through the command line: run, score, report."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.cli.calling import call


def draw(folder: Path, *names: str) -> None:
    """Gray images of 60 x 40 pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    suffixes = {Path(name).suffix for name in names}
    encoded = {suffix: cv2.imencode(suffix, np.full((40, 60, 3), 90, np.uint8))[1].tobytes() for suffix in suffixes}
    for name in names:
        (folder / name).write_bytes(encoded[Path(name).suffix])


def numbered(first: int, count: int, digits: int, suffix: str = "jpg") -> list[str]:
    """Names of consecutive images."""
    return [f"{number:0{digits}}.{suffix}" for number in range(first, first + count)]


def run_score_report(
    capsys: pytest.CaptureFixture[str], data: Path, *options: str, sequences: int, frames: int
) -> dict[str, object]:
    """Run the standing tracker, score it and make its page; returns what `score --json` wrote."""
    root = data.parent
    results, scores, page = root / "results", root / "scores.json", root / "page.html"
    code, out, err = call(capsys, "run", "static", *options, "--data", str(data), "--results", str(results))
    assert code == 0 and f"sequences run: {sequences}," in out, out + err
    words = ("--data", str(data), "--results", str(results), "--json", str(scores))
    code, out, err = call(capsys, "score", *options, *words)
    assert code == 0, err
    result: dict[str, object] = json.loads(scores.read_text())
    assert (result["sequences"], result["frames"], result["published"]) == (sequences, frames, {})
    assert str(result["source"]) in out
    code, _, err = call(capsys, "report", str(scores), "--out", str(page))
    assert code == 0 and page.stat().st_size > 1000, err
    return result
