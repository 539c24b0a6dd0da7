"""What a data loading process raised, read out of the text in which torch hands it on, and that a process is gone."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any  # torch's processes

from siou_tracking.errors import InputError, ProcessLost

_START = "Original Traceback (most recent call last):"
_FRAME = re.compile(r'^  File "(.+)", line (\d+)', re.MULTILINE)
_NO_MEMORY = re.compile(r"killed by signal|exited unexpectedly|[Bb]us error|shared memory|</?torch_\d+")
_PEER = re.compile(
    r"connection (was )?(likely )?(closed|reset)|broken pipe|remote process exited|recvValue failed|gloo/transport"
    r"|timed out waiting",
    re.IGNORECASE,
)
_SHOWN = 300
_ADVICE = "give fewer --workers (0 loads in the training process) or a smaller --batch-size"
_MEMORY = f"most often memory, or shared memory in /dev/shm, has run out: {_ADVICE}"
_CRASH = "most often a decoder crashed on a damaged image: --workers 0 shows at which sample"
_CAUSES = {
    signal.SIGKILL: f"most often the system ended it because memory has run out: {_ADVICE}",
    getattr(signal, "SIGBUS", None): f"most often shared memory in /dev/shm has run out: {_ADVICE}",
    signal.SIGSEGV: _CRASH,
    signal.SIGABRT: _CRASH,
    signal.SIGILL: "a library was built for another processor",
    signal.SIGTERM: "somebody, or the cluster, ended it",
}
_NUMBERS = {
    "Killed": signal.SIGKILL,
    "Bus error": getattr(signal, "SIGBUS", None),
    "Segmentation fault": signal.SIGSEGV,
    "Aborted": signal.SIGABRT,
    "Terminated": signal.SIGTERM,
}
"""Signals by the words that torch has from the system."""


@dataclasses.dataclass(frozen=True)
class WorkerError:
    """An exception of a loader's worker."""

    places: list[tuple[Path, int]]
    """File and line of every call on the way, the deepest last."""
    reason: str
    """Its type and message in one line."""
    missing: tuple[Path, str] | None
    """The file that could not be opened and why, where that is what went wrong."""


def read_worker_error(error: Exception) -> WorkerError | None:
    """What is inside an error that a loader raised for one of its workers; None for any other error."""
    text = str(error.args[0]) if error.args else ""
    if _START not in text:
        return None
    text = text[text.rindex(_START) :].rstrip()
    frames = list(_FRAME.finditer(text))
    rest = text[frames[-1].end() :].splitlines()[1:] if frames else text.splitlines()[1:]
    # Under the last call stands its source, indented, and then the message, which may have any number of lines.
    first = next((index for index, line in enumerate(rest) if line and not line.startswith(" ")), 0)
    reason = " ".join(" ".join(rest[first:]).split())
    opened = re.search(r"\[Errno \d+\] ([^:]+): '(.+)'", reason)
    places = [(Path(frame[1]), int(frame[2])) for frame in frames]
    return WorkerError(places, reason[:_SHOWN], (Path(opened[2]), opened[1]) if opened else None)


def explain_lost_worker(error: Exception, loader: str = "", workers: Sequence[Any] = ()) -> InputError | None:
    """The error to show where the machine ended a worker, or had no memory to share with it; None for any other.

    Args:
        error: of the loader.
        loader: its name, where it is known.
        workers: its processes, which know how they ended.
    """
    if not isinstance(error, RuntimeError) or not _NO_MEMORY.search(str(error)):
        return None
    worker = read_worker_error(error)
    reason = (worker.reason if worker else " ".join(str(error).split()))[:_SHOWN]
    code = next((one.exitcode for one in workers if one.exitcode), None)
    signal_name = re.search(r"killed by signal: (\w[\w ]*)", reason)
    if code is not None and not worker:
        dead = next(number for number, one in enumerate(workers) if one.exitcode)
        reason = f"worker {dead} (process {workers[dead].pid}) has ended, {describe_exit(code)}"
    cause = _CAUSES.get(-code if code is not None and code < 0 else _NUMBERS.get(signal_name[1] if signal_name else ""))
    if cause is None:
        ended = code is not None and code > 0 and not worker
        cause = "its code called for the end of the process" if ended else _MEMORY
    return InputError(f"data loading{f', loader {loader!r}' if loader else ''}: {reason}: {cause}")


def describe_exit(code: int | None) -> str:
    """How a process ended, of its exit code as `multiprocessing` has it."""
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"


def explain_lost_process(error: Exception) -> ProcessLost | None:
    """The error to show where another process under torchrun has ended or does not answer; None for any other."""
    several = os.environ.get("WORLD_SIZE", "1") != "1"
    if not several or not isinstance(error, RuntimeError) or _START in str(error) or not _PEER.search(str(error)):
        return None
    return ProcessLost("torchrun: another process of this training has ended, so that this one cannot go on")
