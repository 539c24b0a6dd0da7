"""GOT-10k test submission: 180 folders `<seq>/` with `<seq>_001.txt` (to `_003.txt`) and `<seq>_time.txt`.

Boxes are `%.3f` and times `%.8f` seconds with one column a repetition, both separated by commas, as the toolkit writes
them. The toolkit's evaluation accepts results without times; it then shows no speed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np

from siou_tracking.benchmarks.comparing.repeated_runs import find_runs
from siou_tracking.benchmarks.datasets.got10k import GOT10k
from siou_tracking.benchmarks.files.writers import format_rows
from siou_tracking.benchmarks.found import Found
from siou_tracking.benchmarks.one_pass.results import TrackerResults, open_results
from siou_tracking.errors import InputError
from siou_tracking.submission.checker import Problem, check_files, expect, refuse, write_archive
from siou_tracking.submission.packed import Packed

_BENCHMARK = GOT10k()


def pack_got10k(
    results: str | os.PathLike[str],
    out: str | os.PathLike[str],
    data: str | os.PathLike[str] | None = None,
    names: Iterable[str] | None = None,
) -> Packed:
    """Check and pack one tracker (see `siou_tracking.submission.pack`).

    pytracking's runs (`<param>_000`, `_001`, `_002`) are taken as repetitions; see `find_runs`.
    """
    expected = expect(_BENCHMARK, data, names)
    runs = _one_tracker(open_results(results, expected.names, benchmark=_BENCHMARK.name))
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    timed = 0
    for name in expected.names:
        tables, columns = [], []
        for run in runs:
            for number in range(len(run.repetitions(name)) if name in run else 0):
                try:
                    tables.append(run.boxes(name, number))
                except InputError as error:
                    problems.append(Problem(name, str(error), "write the file again"))
            times = run.times(name) if name in run else None
            if times is not None:
                columns.append(times)
        for number, table in enumerate(tables, 1):
            files[f"{name}/{name}_{number:03d}.txt"] = _text(table, _BENCHMARK.dialect.box)
        if columns and len({len(column) for column in columns}) == 1:
            files[f"{name}/{name}_time.txt"] = _text(np.hstack(columns), _BENCHMARK.dialect.time)
            timed += 1
    problems += check_files(files, expected)
    if 0 < timed < len(expected.names):
        what = f"{timed} of {len(expected.names)} sequences have a time file"
        problems.append(Problem("times", what, "give them for all sequences or for none"))
    refuse(results, "got10k", problems, runs[0].near_names(name for name in expected.names if name not in runs[0]))
    notes = [] if timed else ["no time files: the server will show no speed"]
    return Packed(write_archive(out, files), len(expected.names), [*notes, *expected.notes()])


def _text(table: np.ndarray, number: str) -> bytes:
    return format_rows(table, number, ",").encode()


def _one_tracker(trackers: Found[TrackerResults]) -> list[TrackerResults]:
    """The runs of the one tracker that is there."""
    trackers.require_all()
    runs = [list(trackers)] if len(trackers) == 1 else list(find_runs(trackers).values())
    if [len(one) for one in runs] != [len(trackers)]:
        raise InputError(f"got10k submission: {len(trackers)} trackers found ({', '.join(trackers)}), one is expected")
    return [trackers[name] for name in runs[0]]
