"""Every fuzzed reader on a hundred thousand inputs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
FUZZED = [
    f"{path.name}::{name}"
    for path in sorted(HERE.glob("test_*.py"))
    for name in re.findall(r"^def (test_fuzz_\w+)", path.read_text("utf-8"), re.MULTILINE)
]


@pytest.mark.slow
@pytest.mark.parametrize("test", FUZZED)
def test_hundred_thousand_inputs(test: str) -> None:
    environment = {**os.environ, "SIOU_FUZZ": "100000"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", "", f"{HERE / test}"]
    done = subprocess.run(command, cwd=HERE.parent.parent, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
