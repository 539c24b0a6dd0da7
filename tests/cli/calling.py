"""How tests type a command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from siou_tracking.cli.main import main


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the command line that these words make; a text may hold several."""
    code = main(" ".join(map(str, words)).split())
    out, err = capsys.readouterr()
    return code, out, err


def check_refused(capsys: pytest.CaptureFixture[str], folder: Path, text: str, words: Sequence[str]) -> None:
    """The command line is answered with exit code 2 and one line that has the words, and `folder` stays as it was."""
    before = sorted(folder.rglob("*"))
    code, out, err = call(capsys, text)
    assert code == 2, err
    assert (out, err.count("\n")) == ("", 1), err
    assert all(word in err for word in words), err
    assert sorted(folder.rglob("*")) == before
