"""How large the search region is: as large as the target asks for, and growing back while it is not seen."""

from __future__ import annotations

_LEAST, _MOST, _KEPT = 2, 30, 60
"""Frames averaged while the target is lost, at least and at most, and frames looked at."""


class SearchScale:
    """Image pixels a patch pixel, frame by frame.

    A target that is about to vanish is often seen partly, so the region shrinks just when it should not. While it is
    not seen the scale is the mean of the latest ones that were at least as large as the last; the longer the target
    was missed so far, the more of them.
    """

    def __init__(self, scale: float) -> None:
        """Start with the first frame's."""
        self.value = scale
        self._seen: list[float] = []
        self._missed = 0

    def see(self, scale: float) -> None:
        """The target was found, and asks for this scale."""
        self.value = scale
        self._seen = [*self._seen[1 - _KEPT :], scale]

    def miss(self) -> None:
        """The target was not found; before the first find nothing changes."""
        if not self._seen:
            return
        self._missed += 1  # over the whole sequence: PyTracking does not begin again after a find
        larger = [scale for scale in self._seen if scale >= self._seen[-1]]
        latest = larger[-min(max(self._missed, _LEAST), _MOST) :]
        self.value = sum(latest) / len(latest)
