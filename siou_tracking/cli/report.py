"""`siou-tracking report`: a page of curves, attributes and tables from stored scores."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", type=Path, nargs="+", metavar="RESULT.json", help="what `score --json` wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="report.html")


def run(options: argparse.Namespace) -> int:
    from siou_tracking.files import check_outputs
    from siou_tracking.report.results import read_result
    from siou_tracking.report.scores import write_score_report

    check_outputs({"--out": options.out}, options.files)
    write_score_report(options.out, [read_result(path) for path in options.files])
    print(f"report: {options.out}")
    return 0


VERB = Verb(
    name="report",
    summary="Make one page of curves, attributes and tables from what `score --json` wrote.",
    example="siou-tracking report scores.json --out report.html",
    add_arguments=add_arguments,
    run=run,
)
