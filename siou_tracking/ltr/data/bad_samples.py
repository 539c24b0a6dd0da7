"""--skip-bad: samples that cannot be read, for which others are drawn, up to a share that was allowed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar  # Any: samples and batches of any kind

from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.admin.active_request import active_request

logger = get_logger(__name__)

_Sample = TypeVar("_Sample")
_MOST_TRIES = 1000


class BadSample(InputError):
    """A sample whose files cannot be read; names sequence, frame and file."""


def are_skipped() -> bool:
    """Whether the command line allows unreadable samples."""
    return active_request().skip_bad is not None


def read_next(draw: Callable[[int], _Sample], skips: bool) -> _Sample:
    """The first sample that can be read, which carries what cannot be as `skipped`.

    Args:
        draw: called with 0, 1, ... until it raises no `BadSample`.
        skips: whether it may; otherwise the first error is raised.
    """
    skipped: list[str] = []
    while True:
        try:
            sample = draw(len(skipped))
        except BadSample as error:
            skipped.append(str(error))
            if not skips or len(skipped) == _MOST_TRIES:
                raise
            continue
        if skipped:
            sample.skipped = skipped  # type: ignore[attr-defined]  # a TensorDict takes it
        return sample


def collating(collate: Callable[[list], Any]) -> Callable[[list], Any]:
    """`collate` whose batches carry what their samples were drawn for."""
    return functools.partial(_collate, collate)


def _collate(collate: Callable[[list], Any], samples: Sequence[Any]) -> Any:
    batch = collate(list(samples))
    skipped = [line for sample in samples for line in getattr(sample, "skipped", ())]
    if skipped:
        batch.skipped = skipped
    return batch


class SkippedCount:
    """What one loader has skipped, of its passes together listed once and in each pass at most the share.

    Args:
        loader: its name.
        dataset: of the loader; draws others for unreadable samples where it is asked to.

    Raises:
        InputError: a data set that cannot.
    """

    def __init__(self, loader: str, dataset: Any) -> None:
        self.loader = loader
        self.share = active_request().skip_bad or 0.0
        self.told: set[str] = set()
        self.count = 0
        if not getattr(dataset, "skips_bad", False):
            kind = type(dataset).__name__
            raise InputError(
                f"--skip-bad: loader '{loader}': got a {kind}, which draws by code of its own, allowed are samplers"
            )

    def watch(self, batches: Iterator[Any], samples: int, before: int) -> Iterator[Any]:
        """Pass a pass's batches on and list what was skipped for them.

        Args:
            samples: of the pass.
            before: skipped in the pass by a run that this one continues.

        Raises:
            InputError: more than the share.
        """
        self.count, allowed = before, int(samples * self.share / 100)
        for batch in batches:
            for line in getattr(batch, "skipped", ()):
                self.count += 1
                if self.count > allowed:
                    raise InputError(
                        f"loader '{self.loader}': {self.count} samples cannot be read, --skip-bad {self.share:g}% "
                        f"allows {allowed} of {samples}: the last: {line}"
                    )
                if line not in self.told:
                    self.told.add(line)
                    logger.warning(f"note: loader '{self.loader}': skipped: {line}")
            yield batch
        if self.count:
            logger.warning(
                f"note: loader '{self.loader}': {self.count} samples skipped, allowed {allowed} of {samples}"
            )
