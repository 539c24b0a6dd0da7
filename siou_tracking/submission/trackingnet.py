"""TrackingNet test submission: 511 files `<video>.txt` at the root of the zip, rows `x,y,w,h` with two decimals."""

from __future__ import annotations

import os
from collections.abc import Iterable

from siou_tracking.benchmarks.datasets.trackingnet import TrackingNet
from siou_tracking.benchmarks.files.writers import format_rows
from siou_tracking.benchmarks.one_pass.results import open_results
from siou_tracking.errors import InputError
from siou_tracking.submission.checker import Problem, check_files, expect, refuse, write_archive
from siou_tracking.submission.packed import Packed

_BENCHMARK = TrackingNet()


def pack_trackingnet(
    results: str | os.PathLike[str],
    out: str | os.PathLike[str],
    data: str | os.PathLike[str] | None = None,
    names: Iterable[str] | None = None,
) -> Packed:
    """Check and pack one tracker (see `siou_tracking.submission.pack`)."""
    expected = expect(_BENCHMARK, data, names)
    trackers = open_results(results, expected.names, benchmark=_BENCHMARK.name)
    trackers.require_all()
    if len(trackers) != 1:
        found = ", ".join(trackers)
        raise InputError(f"trackingnet submission: {len(trackers)} trackers found ({found}), one is expected")
    (tracker,) = trackers.values()
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    for name in expected.names:
        if name not in tracker:
            continue
        try:
            files[f"{name}.txt"] = format_rows(tracker.boxes(name), _BENCHMARK.dialect.box, ",").encode()
        except InputError as error:
            problems.append(Problem(name, str(error), "write the file again"))
    problems += check_files(files, expected)
    refuse(results, "trackingnet", problems, tracker.near_names(name for name in expected.names if name not in tracker))
    return Packed(write_archive(out, files), len(expected.names), expected.notes())
