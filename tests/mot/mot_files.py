"""Tiny MOTChallenge sequences written by hand, column by column, without the code that is tested; their scores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

Row = Sequence[float]
INFO = "[Sequence]\nname={name}\nimDir=img1\nframeRate=10\nseqLength={length}\nimWidth=640\nimHeight=480\nimExt=.jpg\n"


def write_sequence(root: Path, name: str, truth: Iterable[Row] | None = None, length: int = 20) -> Path:
    """A folder with seqinfo.ini and, where given, ground truth."""
    folder = root / name
    (folder / "gt").mkdir(parents=True)
    (folder / "seqinfo.ini").write_text(INFO.format(name=name, length=length))
    if truth is not None:
        (folder / "gt" / "gt.txt").write_text(as_text(truth))
    return folder


def write_rows(path: Path, rows: Iterable[Row]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_text(rows))
    return path


def as_text(rows: Iterable[Row]) -> str:
    return "".join(",".join(f"{value:g}" for value in row) + "\n" for row in rows)


def walk(identity: int, left: float = 102, frames: Iterable[int] = range(1, 21)) -> list[tuple[float, ...]]:
    """frame, identity, left, top, width, height of somebody who takes two pixels a frame."""
    return [(frame, identity, left + 2 * frame, 50, 20, 40) for frame in frames]


def truth_of(walks: Iterable[Row], flag: int = 1, category: int = 1) -> list[tuple[float, ...]]:
    return [(*row, flag, category, 1) for row in walks]


def result_of(walks: Iterable[Row]) -> list[tuple[float, ...]]:
    return [(*row, 1, -1, -1, -1) for row in walks]


def check_scores(found: dict[str, float], expected: dict[str, float], tolerance: float = 1e-12) -> None:
    """Every expected metric is what was found."""
    assert {metric: found[metric] for metric in expected} == pytest.approx(expected, abs=tolerance, rel=0)
