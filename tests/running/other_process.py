"""Another process that has a folder to itself, or parts of it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_CODE = """
import sys
from siou_tracking.running.folder_lock import lock_folder
with lock_folder(sys.argv[1], "test", sys.argv[2:] or None):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def held_by_another(folder: Path, *parts: str) -> Iterator[int]:
    """Its number; it lets go at the end of the block unless it has been killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", _CODE, str(folder), *parts],
        cwd=Path(__file__).parents[2],
        env=dict(os.environ, PYTHONPATH=str(Path(__file__).parents[2])),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process.pid
    finally:
        process.communicate()
