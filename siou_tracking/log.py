"""Lines that the package prints while it works: the standard logging, above a progress bar, from the first process.

    logger = get_logger(__name__)
    logger.info("settings: ...")     # stdout
    logger.warning("note: ...")      # stderr

A program that embeds the package decides as usual: `logging.getLogger("siou_tracking")` has a level, handlers of its
own in place of ours, and `propagate`. All three are settled once, when this file is imported.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import os
import sys
from collections.abc import Iterator

from tqdm import tqdm

from siou_tracking.untrusted.names import printable_lines

_package = logging.getLogger("siou_tracking")
_kept_back: contextvars.ContextVar[bool] = contextvars.ContextVar("kept_back", default=False)


def get_logger(name: str) -> logging.Logger:
    """The logger of a module, below the package's.

    Args:
        name: the module's `__name__`.
    """
    return logging.getLogger(name)


def is_quiet() -> bool:
    """Whether notices, and progress bars with them, are kept back here."""
    # Under torchrun every process would print the same line. Asked at each one: launchers set the rank late.
    another_prints = os.environ.get("RANK", "0") != "0"
    return another_prints or _kept_back.get() or not _package.isEnabledFor(logging.INFO)


@contextlib.contextmanager
def quiet(wanted: bool = True) -> Iterator[None]:
    """Keep notices and progress bars back inside the block and nowhere else; with False nothing changes."""
    token = _kept_back.set(wanted or _kept_back.get())
    try:
        yield
    finally:
        _kept_back.reset(token)


class _AboveTheBar(logging.Handler):
    """Writes a record's text, and nothing else, above the progress bar: notices to stdout, warnings to stderr.

    Names in it may come from files, so what a terminal would obey is escaped.
    """

    def emit(self, record: logging.LogRecord) -> None:
        notice = record.levelno < logging.WARNING
        if notice and is_quiet():
            return
        # Looked up at every line, because tests and notebooks exchange the streams.
        tqdm.write(printable_lines(self.format(record)), file=sys.stdout if notice else sys.stderr)


if not _package.handlers:
    _package.addHandler(_AboveTheBar())
    _package.propagate = False  # the root logger's handlers would print the line again
if _package.level == logging.NOTSET:
    _package.setLevel(logging.INFO)
