"""What can be said of an installed package without importing it into this process, where a broken one may abort."""

from __future__ import annotations

import functools
import importlib.metadata
import subprocess
import sys


def is_installed(distribution: str) -> bool:
    """Whether pip knows a distribution of that name."""
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def version_of(distribution: str) -> str:
    """Its version; a module may be there without a distribution that tells it."""
    return importlib.metadata.version(distribution) if is_installed(distribution) else "present, version unknown"


@functools.cache
def import_fault(module: str) -> str | None:
    """None where `module` imports, else the last line of its error; tried in a process of its own."""
    try:
        done = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "import takes more than two minutes"
    if done.returncode == 0:
        return None
    lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    return lines[-1][:200]
