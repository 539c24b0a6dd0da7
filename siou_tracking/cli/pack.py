"""`siou-tracking pack`: results as the archive that the organizers' server takes."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb, add_benchmark
from siou_tracking.outcomes import print_packed
from siou_tracking.submission import PACKABLE, find_packable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_benchmark(parser, PACKABLE, find_packable)
    parser.add_argument("--results", type=Path, required=True, metavar="DIR", help="one tracker's folder or archive")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the test split: also checks lengths and first boxes")


def run(options: argparse.Namespace) -> int:
    from siou_tracking.submission import pack as pack_results

    return print_packed(pack_results(options.benchmark, options.results, options.out, options.data))


VERB = Verb(
    name="pack",
    summary="Check results and pack them for the organizers' server; "
    "what it would refuse is refused here, with the hint.",
    example="siou-tracking pack --benchmark got10k --results results/atom --out atom.zip",
    add_arguments=add_arguments,
    run=run,
)
