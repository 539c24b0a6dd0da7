"""`siou-tracking mot pack`: results as the archive that MOTChallenge's server takes."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb, one_of
from siou_tracking.mot.scoring import MOT_BENCHMARKS
from siou_tracking.outcomes import print_packed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--results", type=Path, required=True, metavar="DIR", help="one tracker's folder or archive")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the sequences that are expected, with their lengths")
    parser.add_argument(
        "--benchmark",
        type=one_of("MOT benchmark", MOT_BENCHMARKS),
        metavar="NAME",
        help=f"{', '.join(MOT_BENCHMARKS)}; without --data: whose sequences are expected, with lengths: the test ones, "
        "or with results of training ones those too (MOT17: 21 or 42 files, MOT20: 4 or 8)",
    )
    parser.add_argument(
        "--copy-detectors",
        action="store_true",
        help="MOT17: the one result of a video, MOT17-01.txt or MOT17-01-SDP.txt, serves its three detectors",
    )


def run(options: argparse.Namespace) -> int:
    from siou_tracking.mot.scoring.packing import pack_mot

    packed = pack_mot(
        options.results, options.out, options.data, options.benchmark, copy_detectors=options.copy_detectors
    )
    return print_packed(packed)


VERB = Verb(
    name="mot pack",
    summary="Check results and pack them for MOTChallenge's server; what it would refuse is refused here.",
    example="siou-tracking mot pack --results results/mine --benchmark mot17 --copy-detectors --out mine.zip",
    add_arguments=add_arguments,
    run=run,
)
