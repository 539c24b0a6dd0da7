"""`siou-tracking mot pack`: results as the archive that MOTChallenge's server takes."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb
from siou_tracking.mot.scoring import MOT_BENCHMARKS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--results", type=Path, required=True, metavar="DIR", help="one tracker's folder")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the sequences that are expected, with their lengths")
    parser.add_argument(
        "--benchmark", choices=MOT_BENCHMARKS, help="without --data: whose test sequences are expected, with lengths"
    )


def run(options: argparse.Namespace) -> int:
    from siou_tracking.mot.scoring.packing import pack_mot

    packed = pack_mot(options.results, options.out, options.data, options.benchmark)
    for note in packed.notes:
        print(f"note: {note}")
    print(f"packed {packed.sequences} sequences: {packed.path}")
    return 0


VERB = Verb(
    name="mot pack",
    summary="Check results and pack them for MOTChallenge's server; what it would refuse is refused here.",
    example="siou-tracking mot pack --results results/mine --benchmark mot17 --out mine.zip",
    add_arguments=add_arguments,
    run=run,
)
