"""Lines that the package prints while it works: the standard logging, above a progress bar, from the first process.

    logger = get_logger(__name__)
    logger.info("settings: ...")     # stdout
    logger.warning("note: ...")      # stderr

A program that embeds the package decides as usual: `logging.getLogger("siou_tracking").setLevel(...)`, or handlers of
its own in place of ours.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator

from tqdm import tqdm

_ROOT = "siou_tracking"


class _AboveTheBar(logging.Handler):
    """Writes a record's text, and nothing else, above the progress bar: notices to stdout, warnings to stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno < logging.WARNING and not _is_first_process():
            return
        # Looked up at every line, because tests and notebooks exchange the streams.
        stream = sys.stdout if record.levelno < logging.WARNING else sys.stderr
        tqdm.write(self.format(record), file=stream)


def get_logger(name: str) -> logging.Logger:
    """The logger of a module; the first call gives the package's logger its handler and the level INFO.

    Args:
        name: the module's `__name__`.
    """
    package = logging.getLogger(_ROOT)
    if not package.handlers:
        package.addHandler(_AboveTheBar())
        package.propagate = False  # the root logger's handlers would print the line again
        if package.level == logging.NOTSET:
            package.setLevel(logging.INFO)
    return logging.getLogger(name)


def is_quiet() -> bool:
    """Whether notices, and progress bars with them, are kept back here."""
    return not (_is_first_process() and logging.getLogger(_ROOT).isEnabledFor(logging.INFO))


def _is_first_process() -> bool:
    """Under torchrun every process would print the same line; asked at each one, as tests and launchers set it late."""
    return os.environ.get("RANK", "0") == "0"


@contextlib.contextmanager
def quiet(wanted: bool = True) -> Iterator[None]:
    """Keep notices and progress bars back inside the block; with False nothing changes."""
    package = get_logger(_ROOT)
    level = package.level
    if wanted:
        package.setLevel(logging.WARNING)
    try:
        yield
    finally:
        package.setLevel(level)
