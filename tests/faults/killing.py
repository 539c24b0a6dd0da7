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


def run_once(words: Sequence[str], folder: Path, marker: bytes = b"") -> float:
    """Run to the end, and return the seconds that it took from where it printed `marker` on."""
    process, begin = start(words, folder), time.monotonic()
    if wait_for(marker, folder, process):
        begin = time.monotonic()
    code = process.wait(PATIENCE)
    assert code == 0, (code, (folder / "log.txt").read_text()[-2000:])
    return time.monotonic() - begin


def wait_for(marker: bytes, folder: Path, process: subprocess.Popen[bytes]) -> bool:
    """Wait until a process prints `marker`; False where it ends without. Called right after its start."""
    log = folder / "log.txt"
    before = log.read_bytes().count(marker) if marker else 0
    while marker and log.read_bytes().count(marker) <= before:
        if process.poll() is not None:
            return False
        time.sleep(0.01)
    return bool(marker)


def run_killed(
    words: Sequence[str], folder: Path, seconds: float, kills: int, seed: int, marker: bytes = b""
) -> Killed:
    """Kill it so many times, each at a random moment of half the `seconds` after it prints `marker`, then let it end.

    Half of the signals go to the whole process group, as a terminal and a cluster send them. A process that ends before
    its signal comes is through.
    """
    rng, told = random.Random(seed), Killed({}, [])
    for _ in range(kills):
        group = rng.random() < 0.5
        process, number = start(words, folder, group=True), rng.choice(SIGNALS)
        wait_for(marker, folder, process)
        try:
            process.wait(rng.random() * seconds / 2)
        except subprocess.TimeoutExpired:
            (os.killpg if group else os.kill)(process.pid, number)
            told.codes.append(process.wait(PATIENCE))
            told.kills[number.name] = told.kills.get(number.name, 0) + 1
        else:
            assert process.returncode == 0, (folder / "log.txt").read_text()[-2000:]
            break
    run_once(words, folder)
    return told
