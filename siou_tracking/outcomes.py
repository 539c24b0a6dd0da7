"""How a verb of the command line ends: its result on stdout, what else is to be said on stderr, and the exit code.

Notes that belong to numbers, such as what was not counted in them, are part of the result and stand below its table.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from siou_tracking.untrusted.names import printable, printable_lines


class FinishedRun(Protocol):
    """A run over many sequences, of which some may have failed."""

    notes: list[str]
    failed: dict[str, str]

    def summary(self) -> str:
        """One line on how it went."""


class WrittenArchive(Protocol):
    """Results packed for a server."""

    @property
    def path(self) -> Path: ...

    @property
    def sequences(self) -> int: ...

    @property
    def notes(self) -> list[str]: ...


def tell(text: object) -> None:
    """Print lines of a verb's result, of whatever names they are made."""
    print(printable_lines(str(text)))


def print_notes(notes: Iterable[str]) -> None:
    """A line on stderr for each."""
    for note in notes:
        print(f"note: {printable(note)}", file=sys.stderr)


def print_run(run: FinishedRun) -> int:
    """Tell how a run went, and return the exit code: 1 where a sequence failed."""
    print_notes(run.notes)
    tell(run.summary())
    return 1 if run.failed else 0


def print_not_scored(reasons: Mapping[str, str]) -> int:
    """Tell which trackers have no scores and why, and return the exit code: 1 where there is one."""
    for name, reason in reasons.items():
        print(f"NOT SCORED {printable(name)}: {printable(reason)}", file=sys.stderr)
    return 1 if reasons else 0


def print_packed(packed: WrittenArchive) -> int:
    """Tell what was packed, and return the exit code."""
    print_notes(packed.notes)
    tell(f"packed {packed.sequences} sequences: {packed.path}")
    return 0
