"""What a call costs: its peak memory and its time, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

_CHILD = """
import json, resource, sys, time
{setup}
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
try:
    {call}
    told = ""
except ValueError as error:
    told = str(error)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([told, (after - before) / 1024, time.process_time() - start]))
"""


class Cost(NamedTuple):
    """Of one call."""

    error: str
    """Text of the InputError; empty where there was none."""
    megabytes: float
    """Of memory at its peak, more than before the call."""
    seconds: float
    """Of the processor."""


def measure(setup: str, call: str, folder: Path) -> Cost:
    """Run a statement after others in a new process whose current folder is `folder`."""
    code = _CHILD.format(setup=setup, call=call)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, timeout=300)
    assert done.returncode == 0, done.stderr
    return Cost(*json.loads(done.stdout.splitlines()[-1]))
