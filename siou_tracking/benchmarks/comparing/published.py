"""Published numbers of base trackers, each with its source, to be shown beside ours.

Where two sources differ both are kept; nothing is averaged and nothing is filled in. The sources' own conventions hold:
pytracking's are means of 5 runs on OTB2015, NfS, UAV123, LaSOT and LaSOT_ext, 15 on VOT2018, 3 on GOT-10k and 1 on
TrackingNet.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from importlib import resources


@dataclasses.dataclass(frozen=True)
class Published:
    """One number as its source prints it, scaled to a fraction (VOT2018 robustness and EAO as they are)."""

    benchmark: str
    tracker: str
    metric: str
    value: float
    source: str


@functools.cache
def all_published() -> tuple[Published, ...]:
    """Every number of the table."""
    text = resources.files("siou_tracking.benchmarks.comparing").joinpath("published.json").read_text(encoding="utf-8")
    table = json.loads(text)
    return tuple(
        Published(benchmark, tracker, metric, value, table["sources"][source])
        for benchmark, trackers in table["numbers"].items()
        for tracker, entries in trackers.items()
        for metric, value, source in entries
    )


def published(benchmark: str, tracker: str | None = None, metric: str | None = None) -> list[Published]:
    """The published numbers of a benchmark, of all trackers and metrics or of the named ones.

    Args:
        benchmark: such as lasot.
        tracker: such as ATOM; case does not matter.
        metric: as our scores name it, such as success_auc.
    """
    return [
        number
        for number in all_published()
        if number.benchmark == benchmark
        and (tracker is None or number.tracker.lower() == tracker.lower())
        and (metric is None or number.metric == metric)
    ]
