"""What a run prints, and where its time goes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from tqdm import tqdm

from siou_tracking.log import is_quiet
from siou_tracking.ltr.admin.stats import Number

_Batch = TypeVar("_Batch")


def bar(total: int, title: str, before: int = 0) -> tqdm:
    """A progress bar on stderr; hidden in a quiet run, off a terminal, and in all but the first process.

    Args:
        before: of `total`, what was done by a run that this one continues.
    """
    return tqdm(total=total, initial=before, desc=title, leave=False, disable=True if is_quiet() else None)


@contextlib.contextmanager
def closing(batches: Iterator[_Batch]) -> Iterator[None]:
    """End a pass with the block, and a loader's worker processes with it, however the block ends."""
    try:
        yield
    finally:
        if hasattr(batches, "close"):
            batches.close()


class Clock:
    """Splits wall time into waiting for data and the rest, and counts frames per second."""

    def __init__(self) -> None:
        self.begin = self.printed = time.perf_counter()
        self.data_seconds = 0.0
        self.samples = self.samples_printed = 0

    def timed(self, batches: Iterable[_Batch]) -> Iterator[_Batch]:
        """Pass `batches` on, counting how long each is waited for."""
        iterator = iter(batches)
        while True:
            start = time.perf_counter()
            try:
                batch = next(iterator)
            except StopIteration:
                return
            finally:
                self.data_seconds += time.perf_counter() - start
            yield batch

    @property
    def seconds(self) -> float:
        """Seconds since the clock was made."""
        return time.perf_counter() - self.begin

    def rates(self) -> tuple[float, float]:
        """Samples per second since the start, and since this was last asked."""
        now = time.perf_counter()
        recent = (self.samples - self.samples_printed) / max(now - self.printed, 1e-9)
        self.printed, self.samples_printed = now, self.samples
        return self.samples / max(now - self.begin, 1e-9), recent

    def summary(self) -> str:
        """One line on where the time went, with the hint when most of it was spent waiting."""
        seconds = self.seconds
        share = self.data_seconds / max(seconds, 1e-9)
        hint = "; the device idles: try more --workers" if share > 0.5 and seconds > 10 else ""
        return f"{seconds:.1f} s, {share:.0%} of it waiting for data{hint}"


def step_line(
    loader: str, epoch: int, step: int, steps: int, rates: tuple[float, float], stats: Mapping[str, Number]
) -> str:
    """The line of a training step, in upstream's format.

    Args:
        rates: samples per second on average, and lately.
        stats: statistic name to its mean in this epoch, numbers or 0-dim tensors.
    """
    head = f"[{loader}: {epoch}, {step} / {steps}] FPS: {rates[0]:.1f} ({rates[1]:.1f})"
    return "  ,  ".join([head, *(f"{name}: {float(value):.5f}" for name, value in stats.items())])
