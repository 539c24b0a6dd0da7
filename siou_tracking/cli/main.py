"""The command line: the table of verbs. Exit 0: success, 2: unusable input or output, 1: a fault of ours."""

from __future__ import annotations

import argparse
import os
import re
import select
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from siou_tracking import __version__
from siou_tracking.arguments import Verb
from siou_tracking.cli import (
    doctor,
    losses,
    pack,
    quickstart,
    report,
    run,
    score,
    track,
    train,
)
from siou_tracking.cli.data import check as data_check
from siou_tracking.cli.data import convert as data_convert
from siou_tracking.cli.data import example as data_example
from siou_tracking.cli.training import replay
from siou_tracking.cli.weights import convert, export, inspect
from siou_tracking.errors import InputError, ProcessLost, unknown_name, users_reason
from siou_tracking.mot import cli as mot_cli
from siou_tracking.untrusted.names import printable_lines

_TABLE = (
    quickstart.VERB,
    train.VERB,
    replay.VERB,
    track.VERB,
    run.VERB,
    score.VERB,
    pack.VERB,
    report.VERB,
    inspect.VERB,
    convert.VERB,
    export.VERB,
    losses.VERB,
    doctor.VERB,
    data_example.VERB,
    data_check.VERB,
    data_convert.VERB,
    *mot_cli.VERBS,
)
VERBS: dict[str, Verb] = {verb.name: verb for verb in _TABLE}
"""Every verb by the words that call it, in the order of `--help`."""
# What a shell reports of a program that the signal SIGPIPE ended.
_CLOSED_PIPE = 141
_PATIENCE = 5.0
"""Seconds that a process under torchrun waits for the first one to fail as well."""


class _Parser(argparse.ArgumentParser):
    """argparse, but an error is one line and a mistyped verb is answered with the nearest one."""

    def error(self, message: str) -> NoReturn:
        wrong = re.fullmatch(r"argument (?:VERB|COMMAND): invalid choice: '(.*?)' .*", message)
        if wrong:
            group = self.prog.partition(" ")[2]
            words = {verb.removeprefix(group).split()[0] for verb in VERBS if verb.startswith(group)}
            raise unknown_name("command", wrong[1], words)
        raise InputError(f"{self.prog.partition(' ')[2] or 'usage'}: {message} (see {self.prog} --help)")


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; a verb of two words lies under its first one."""
    parser = _Parser(prog="siou-tracking", description="Retrain visual trackers with the Smooth-IoU loss by one flag.")
    parser.add_argument("--version", action="version", version=f"siou-tracking {__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    groups = {"": parser.add_subparsers(dest="verb", metavar="VERB", required=True)}
    for verb in VERBS.values():
        group, _, word = verb.name.rpartition(" ")
        if group not in groups:
            outer = groups[""].add_parser(group, help=f"{group} commands: see siou-tracking {group} --help")
            groups[group] = outer.add_subparsers(dest="subverb", metavar="COMMAND", required=True)
        child = groups[group].add_parser(
            word, help=verb.summary, description=verb.summary, epilog=f"example: {verb.example}"
        )
        child.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error"
        )
        verb.add_arguments(child)
        child.set_defaults(run=verb.run, alone=None if verb.shares else verb.name)
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code; quiet where nobody reads its output, as in `| head -1`."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # Python was started with it closed, as by `>&-`
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115  # open to the end of the process
    try:
        try:
            return _answer(list(sys.argv[1:] if words is None else words))
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        if not _reader_is_gone():
            raise
        # Python flushes both streams once more at its end.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())
        return _CLOSED_PIPE


def _answer(words: list[str]) -> int:
    debug = "--debug" in words
    try:
        options = build_parser().parse_args(track.join_box(words))
        run_verb: Callable[[argparse.Namespace], int] = options.run
        if options.alone and "TORCHELASTIC_RUN_ID" in os.environ and _processes() > 1:
            raise InputError(f"{options.alone}: works in one process: start it without torchrun")
        return run_verb(options)
    except KeyboardInterrupt:
        if _is_first():
            print("siou-tracking: stopped", file=sys.stderr)
        return 130
    except Exception as error:
        if debug or (isinstance(error, BrokenPipeError) and _reader_is_gone()):
            raise
        if _processes() > 1:
            from siou_tracking.ltr.worker_errors import explain_lost_process

            error = explain_lost_process(error) or error
        _let_others_tell(error)
        if reason := users_reason(error):
            _tell_once(f"siou-tracking: error: {reason}")
            return 2
        fault = f"siou-tracking: failed: {type(error).__name__}: {' '.join(str(error).split())}"[:500]
        _tell_once(f"{fault}\nsiou-tracking: this looks like a fault of ours; --debug shows where")
        return 1


def _processes() -> int:
    count = os.environ.get("WORLD_SIZE", "1")
    return int(count) if count.isdecimal() else 1


def _is_first() -> bool:
    """Whether this is the process that speaks of those under torchrun."""
    return _processes() == 1 or os.environ.get("RANK", "0") == "0"


def _let_others_tell(error: Exception) -> None:
    """Wait before an error is told that another process under torchrun tells as well, which ends this one meanwhile.

    Without the other's word, and where none comes, this one's is told: torchrun ends all once one has ended.
    """
    if _processes() > 1 and isinstance(error, ProcessLost):
        time.sleep(2 * _PATIENCE)
    elif not _is_first():
        time.sleep(_PATIENCE)


def _tell_once(message: str) -> None:
    """Print an error, unless a process that torchrun started before this one on the machine ended with the same."""
    own_file = os.environ.get("TORCHELASTIC_ERROR_FILE")  # in a folder for this start, beside those of earlier ones
    if own_file:
        told = Path(own_file, "../../../told.txt").resolve()
        try:
            if told.is_file() and told.read_text(encoding="utf-8") == message:
                return
            told.write_text(message, encoding="utf-8")
        except OSError:
            pass
    print(printable_lines(message), file=sys.stderr)


def _reader_is_gone() -> bool:
    """Whether standard output or error is a pipe that nobody reads; a pipe to a child may break as well."""
    if not hasattr(select, "poll"):
        return True
    poll = select.poll()
    for stream in (sys.stdout, sys.stderr):
        poll.register(stream.fileno(), select.POLLERR)
    return any(event & select.POLLERR for _, event in poll.poll(0))


if __name__ == "__main__":
    sys.exit(main())
