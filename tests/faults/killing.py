"""A command line that is killed at random moments and started again until it ends by itself."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
PATIENCE = 600


@dataclasses.dataclass
class Killed:
    """How it went."""

    kills: dict[str, int]
    """Signal -> how often it came while the process was at work."""
    codes: list[int]
    """What the processes that got one ended with."""


def start(words: Sequence[str], folder: Path, group: bool = False) -> subprocess.Popen[bytes]:
    """The command line in a folder, its output in `log.txt` there; in a process group of its own if asked for."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    with (folder / "log.txt").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-c", _MAIN, *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=group,
        )


# A job in the background may have been started deaf to Ctrl-C.
_MAIN = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from siou_tracking.cli.main import main; sys.exit(main())"
)


def run_once(words: Sequence[str], folder: Path) -> float:
    """Run to the end, and return the seconds that it took."""
    begin = time.monotonic()
    code = start(words, folder).wait(PATIENCE)
    assert code == 0, (code, (folder / "log.txt").read_text()[-2000:])
    return time.monotonic() - begin


def run_killed(words: Sequence[str], folder: Path, seconds: float, kills: int, seed: int) -> Killed:
    """Kill it so many times, each at a random moment of `seconds`, then let it end.

    Half of the signals go to the whole process group, as a terminal and a cluster send them.
    """
    rng, told = random.Random(seed), Killed({}, [])
    for _ in range(20 * kills):
        if len(told.codes) == kills:
            break
        group = rng.random() < 0.5
        process, number = start(words, folder, group=True), rng.choice(SIGNALS)
        try:
            process.wait(rng.uniform(0.3, 1.0) * seconds)
        except subprocess.TimeoutExpired:
            (os.killpg if group else os.kill)(process.pid, number)
            told.codes.append(process.wait(PATIENCE))
            told.kills[number.name] = told.kills.get(number.name, 0) + 1
        else:
            assert process.returncode == 0, (folder / "log.txt").read_text()[-2000:]
            break  # it is through
    run_once(words, folder)
    return told
