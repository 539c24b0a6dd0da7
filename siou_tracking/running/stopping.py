"""Ctrl-C, SIGTERM and the like as a wish to stop after the frame or step at hand, so that what was done can be kept."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType
from typing import Any  # what signal.signal returns

USUAL = ("SIGINT", "SIGTERM", "SIGHUP")
NOTICES = (*USUAL, "SIGUSR1")
"""With the signal that clusters may be told to send some time before they end a job."""
_ONE_WISH = 1.0
"""Seconds in which a second signal is the same wish: a launcher passes on what its processes have got as well."""
_LAST_BATCH = 20.0
"""Seconds in which the process that got the signal as well ends its step and this one with it."""


class Stopped(SystemExit):
    """Ends the process, unless it is caught, with the exit code by which shells know the signal that came."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.signal = number


class StopRequest:
    """A block in which the first of these signals is only noted; a second one, a second later or more, acts at once.

    In another thread than the main one Python receives no signals, and nothing changes.
    """

    def __init__(self, signals: Iterable[str] = USUAL) -> None:
        self.signal: int | None = None
        """The signal that came."""
        self._came = 0.0
        self._numbers = [getattr(signal, name) for name in signals if hasattr(signal, name)]
        self._before: dict[int, Any] = {}

    @property
    def name(self) -> str:
        """Of the signal that came, '' where none did."""
        return "" if self.signal is None else signal.Signals(self.signal).name

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            for number in self._numbers:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):  # nohup stays deaf
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._restore()

    def act(self) -> None:
        """Do what the signal that came asks for, after the block; nothing where none came."""
        if self.signal is not None:
            signal.raise_signal(self.signal)

    def stop(self) -> None:
        """Raise what ends the program in good order for the signal that came; nothing where none came.

        Raises:
            KeyboardInterrupt: for Ctrl-C.
            Stopped: for another signal.
        """
        if self.signal == signal.SIGINT:
            raise KeyboardInterrupt
        if self.signal is not None:
            raise Stopped(self.signal)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.signal is None:
            self.signal, self._came = number, time.monotonic()
        elif time.monotonic() - self._came >= _ONE_WISH:
            self._restore()
            signal.raise_signal(number)

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()


def outlast_notices() -> None:
    """Let this process, which works for another that is stopped in good order, go on until that one has ended.

    Terminals and clusters send a signal to every process of a job; a worker that it ended would take the step at hand
    with it.
    """
    for number in _notices():
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end_later)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _notices())


@contextlib.contextmanager
def notices_held_back() -> Iterator[None]:
    """A block in which processes are started that call `outlast_notices`: until then none of these signals ends them.

    This process gets them when the block has ended, or at once by another of its threads.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _notices())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _notices() -> list[signal.Signals]:
    return [getattr(signal, name) for name in NOTICES if hasattr(signal, name)]


def _end_later(number: int, frame: FrameType | None) -> None:
    ending = threading.Timer(_LAST_BATCH, os._exit, (128 + number,))
    ending.daemon = True
    ending.start()
