"""Runs in processes of their own, with a limit on their time; whatever ends one is a result too."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MODES = ("own", "plain", "flagged")


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}


def run_words(words: list[Any], seconds: float | None = None, folder: Path | None = None) -> tuple[int, str, str]:
    """Exit status, output and errors of `python WORDS`; past the limit it is ended with the workers it started."""
    process = subprocess.Popen(
        [sys.executable, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment(),
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return -1, "", f"no end after {seconds:.0f} s"
    return process.returncode, output, errors


def one_iteration(
    mode: str, module: str, name: str, config: Path, out: Path, seconds: float | None = None
) -> dict[str, Any]:
    """Run `one_run.py` and return what it wrote, or the line that it ended with."""
    out.unlink(missing_ok=True)
    status, said, errors = run_words([HERE / "one_run.py", mode, module, name, config, out], seconds, out.parent)
    if out.is_file():
        announced = [line for line in f"{said}\n{errors}".splitlines() if line.startswith("box loss:")]
        return {**json.loads(out.read_text()), **({"announced": announced} if announced else {})}
    return {"failed": (errors.strip().splitlines() or [f"exit status {status}"])[-1]}


def same(rows: dict[str, Any]) -> bool:
    """Whether the plain run has the checkout's own numbers: every statistic and every tensor, to the last bit."""
    own, plain = rows["own"], rows["plain"]
    keys = ("exact", "weights_sha256", "project_path")
    optimizer = own.get("optimizer_sha256") == plain.get("optimizer_sha256")
    return optimizer and all(own.get(key) is not None and own.get(key) == plain.get(key) for key in keys)


def others_same(rows: dict[str, Any], is_box_term: Callable[[str], bool]) -> str:
    """How many statistics beside the box loss's own the flag has left as they are: the first step sees one batch."""
    own, ours = rows["own"].get("exact", {}), rows["flagged"].get("exact")
    others = [key for key in own if not is_box_term(key) and not key.startswith("LearningRate")]
    if ours is None or not others:
        return "none"
    return f"{sum(own[key] == ours.get(key) for key in others)} of {len(others)}"


def shown(row: dict[str, Any]) -> str:
    """The loss of a run, or why there is none."""
    totals = [value for key, value in row.get("losses", {}).items() if key.endswith("/total")]
    return f"{sum(totals) / len(totals):.6f}" if totals else row.get("refused") or row.get("failed") or "not run"
