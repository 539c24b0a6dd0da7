"""`siou-tracking score`: results of trackers on a benchmark, by a named protocol."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb, add_benchmark
from siou_tracking.benchmarks.registry import find_benchmark, read_typed, typed_benchmarks
from siou_tracking.outcomes import print_not_scored, tell


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_benchmark(parser, typed_benchmarks(), read_typed)
    truth = parser.add_mutually_exclusive_group(required=True)
    truth.add_argument("--data", type=Path, metavar="DIR", help="the benchmark's root, official layout")
    truth.add_argument("--annotations", type=Path, metavar="FILE", help="annotations alone: .json, .tar.xz, .zip")
    parser.add_argument(
        "--results",
        type=Path,
        nargs="+",
        required=True,
        metavar="DIR",
        help="folders or archives of trackers: text, or the OTB toolkits' .mat and .json; one that cannot be scored is "
        "named (exit code 1), the rest is scored",
    )
    parser.add_argument(
        "--protocol",
        metavar="NAME",
        help="whose rules (default: official); a wrong name lists them; of custom: the benchmark whose rules hold",
    )
    parser.add_argument("--split", metavar="NAME", help="as for run")
    parser.add_argument(
        "--experiment", default="baseline", metavar="NAME", help="baseline (default); of VOT also: realtime"
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="a tracker whose boxes are in doubt, as by a row 1 that is not the given box, is an error, not a note",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="everything, for `report` and for scripts")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="a row a tracker, fractions")
    parser.add_argument("--latex", type=Path, metavar="FILE", help="a booktabs table, percent")


def run(options: argparse.Namespace) -> int:
    from siou_tracking.benchmarks.comparing.scoreboard import make_scoreboard
    from siou_tracking.files import check_outputs, write_json, write_text
    from siou_tracking.report.table import format_csv, format_latex, format_text

    truth = options.annotations or options.data
    benchmark, protocol = find_benchmark(options.benchmark, options.protocol)
    outputs = {"--json": options.json, "--csv": options.csv, "--latex": options.latex}
    check_outputs(outputs, [truth, *options.results], ours=(b'{\n "benchmark"', b"tracker,", b"% "))
    board = make_scoreboard(
        benchmark, truth, options.results, protocol, options.split, options.experiment, strict=options.strict
    )
    result = board.to_json()
    if options.json:
        write_json(options.json, result)
    for path, form in ((options.csv, format_csv), (options.latex, format_latex)):
        if path:
            write_text(path, form(result))
    tell(format_text(result))  # after the files: a reader who has gone ends the verb here
    return print_not_scored(board.not_scored)


VERB = Verb(
    name="score",
    summary="Score results by a named protocol, several trackers at once, with intervals and published numbers.",
    example="siou-tracking score --benchmark otb2015 --data OTB --results results --json scores.json",
    add_arguments=add_arguments,
    run=run,
)
