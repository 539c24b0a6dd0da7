"""A command line that is killed at random moments and started again until it has ended by itself.

Its processes are forked from this one, in which everything is imported: so a kill comes while the verb is at work and
not while Python starts.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from siou_tracking.cli.main import main

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
PATIENCE = 600


@dataclasses.dataclass
class Killed:
    """How it went."""

    kills: dict[str, int]
    """Signal -> how often it came while the process was at work."""
    codes: list[int]
    """What the processes that got one ended with."""

    def add(self, other: Killed) -> None:
        """Count those of another round too."""
        self.codes += other.codes
        for name, count in other.kills.items():
            self.kills[name] = self.kills.get(name, 0) + count


class Verb(multiprocessing.get_context("fork").Process):  # type: ignore[name-defined, misc]
    """The command line in a folder, in a process group of its own, its output in `log.txt` there."""

    def __init__(self, words: Sequence[str], folder: Path) -> None:
        super().__init__()
        self.words, self.folder = list(words), folder

    def run(self) -> None:
        os.setsid()
        os.chdir(self.folder)
        sys.path.insert(0, str(self.folder))
        for number in SIGNALS[1:]:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        log = self.log()
        for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
            stream.flush()
            os.dup2(log, number)
        sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115
        sys.exit(main(self.words))

    def log(self) -> int:
        """Where its output goes."""
        return os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def run_once(words: Sequence[str], folder: Path) -> float:
    """Run to the end, and return the seconds that it took."""
    begin, process = time.monotonic(), Verb(words, folder)
    process.start()
    process.join(PATIENCE)
    assert process.exitcode == 0, (process.exitcode, (folder / "log.txt").read_text()[-2000:])
    return time.monotonic() - begin


def run_killed(words: Sequence[str], folder: Path, seconds: float, kills: int, seed: int) -> Killed:
    """Kill it so many times, each within so many `seconds` of its start, then let it end.

    Half of the signals go to the whole process group, as a terminal and a cluster send them. A process that ends before
    its signal comes is through.
    """
    rng, told = random.Random(seed), Killed({}, [])
    for _ in range(kills):
        process, number = Verb(words, folder), rng.choice(SIGNALS)
        process.start()
        process.join(0.05 + rng.random() * seconds)
        if process.exitcode is not None:
            assert process.exitcode == 0, (folder / "log.txt").read_text()[-2000:]
            break
        (os.killpg if rng.random() < 0.5 else os.kill)(process.pid, number)
        process.join(PATIENCE)
        told.codes.append(process.exitcode)
        told.kills[number.name] = told.kills.get(number.name, 0) + 1
    run_once(words, folder)
    return told
