"""`siou-tracking data check`: what is wrong with a folder of data, before anything is run or scored on it."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb, add_benchmark
from siou_tracking.benchmarks.registry import find_benchmark, read_typed, typed_benchmarks
from siou_tracking.outcomes import tell


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, metavar="DIR", help="a benchmark's root, or own data in the same layout")
    add_benchmark(parser, typed_benchmarks(), read_typed, required=False)
    parser.add_argument("--protocol", metavar="NAME", help="of custom: the benchmark whose rules hold")
    parser.add_argument("--split", metavar="NAME", help="as for run")


def run(options: argparse.Namespace) -> int:
    from siou_tracking.benchmarks.checking.check import check_data, find_layouts
    from siou_tracking.errors import InputError
    from siou_tracking.wording import listed

    folders = find_layouts(options.data) if options.benchmark is None else {}
    if options.benchmark:
        folders[find_benchmark(options.benchmark, options.protocol)[0]] = options.data
    faulty: list[str] = []
    for benchmark, folder in folders.items():
        found = check_data(benchmark, folder, options.split)
        tell("\n".join(found.lines()))
        faulty += found.faulty
    if faulty:
        raise InputError(f"data check: {options.data}: {len(faulty)} sequences with faults: {listed(faulty)}")
    return 0


VERB = Verb(
    name="data check",
    summary="Look through a folder of data: missing or damaged images, boxes, frames that will not count.",
    example="siou-tracking data check OTB2015",
    add_arguments=add_arguments,
    run=run,
)
