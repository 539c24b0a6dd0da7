"""`siou-tracking mot score`: results of multi-object trackers, by trackeval."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb
from siou_tracking.mot.scoring import MOT_BENCHMARKS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of sequences with gt/gt.txt")
    parser.add_argument(
        "--results", type=Path, nargs="+", required=True, metavar="DIR", help="a folder or archive for each tracker"
    )
    parser.add_argument(
        "--benchmark",
        choices=("auto", *MOT_BENCHMARKS),
        default="auto",
        help="whose rules (default: told from the files)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="everything, also per sequence")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="a row a tracker, fractions")


def run(options: argparse.Namespace) -> int:
    from siou_tracking.files import check_outputs, write_json, write_text
    from siou_tracking.mot.scoring.score import score_mot
    from siou_tracking.mot.scoring.table import format_scores, format_scores_csv

    outputs = {"--json": options.json, "--csv": options.csv}
    check_outputs(outputs, [options.data, *options.results], ours=(b'{\n "benchmark"', b"tracker,"))
    trackers = {path.resolve().name: path for path in options.results}
    if len(trackers) < len(options.results):
        trackers = {str(path): path for path in options.results}
    result = score_mot(options.data, trackers, options.benchmark, progress=True)
    print(format_scores(result))
    if options.json:
        write_json(options.json, result)
    if options.csv:
        write_text(options.csv, format_scores_csv(result))
    return 0


VERB = Verb(
    name="mot score",
    summary="Score results by trackeval (HOTA, MOTA, IDF1 and others), several trackers at once, with intervals.",
    example="siou-tracking mot score --data MOT17/train --results results/mine results/other --json scores.json",
    add_arguments=add_arguments,
    run=run,
)
