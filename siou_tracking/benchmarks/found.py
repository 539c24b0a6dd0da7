"""What was found of several trackers under one path, where some of it may be unusable or no tracker's at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from siou_tracking.errors import InputError

T = TypeVar("T")


class Found(dict[str, T]):
    """Tracker -> its results, or its score.

    Attributes:
        failed: other trackers -> why there is nothing of them, in one line.
        passed_over: what lies beside the trackers and was not read, a line each.
    """

    def __init__(
        self, trackers: Mapping[str, T], failed: Mapping[str, str] | None = None, passed_over: Iterable[str] = ()
    ) -> None:
        super().__init__(trackers)
        self.failed = dict(failed or {})
        self.passed_over = list(passed_over)

    def require_all(self) -> None:
        """Raise what is wrong with the first tracker of which there is nothing.

        Raises:
            InputError: there is one.
        """
        for reason in self.failed.values():
            raise InputError(reason)
