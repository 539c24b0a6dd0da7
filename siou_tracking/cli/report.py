"""`siou-tracking report`: a page of curves, attributes and tables from stored scores."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb
from siou_tracking.outcomes import tell


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="RESULT.json", help="what `score --json` or `mot score --json` wrote"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="report.html")


def run(options: argparse.Namespace) -> int:
    from siou_tracking.errors import InputError, require_extras
    from siou_tracking.files import check_outputs
    from siou_tracking.mot.scoring.page import write_mot_report
    from siou_tracking.mot.scoring.stored import check_mot_result, is_mot_result
    from siou_tracking.report.results import read_json, read_result
    from siou_tracking.report.scores import write_score_report

    require_extras("report", "matplotlib", "jinja2")
    check_outputs({"--out": options.out}, options.files)
    stored = {path: read_json(path) for path in options.files}
    of_many = [path for path, content in stored.items() if is_mot_result(content)]
    if not of_many:
        write_score_report(options.out, [read_result(path) for path in options.files])
    elif len(of_many) == len(stored):
        write_mot_report(options.out, [check_mot_result(stored[path], path) for path in options.files])
    else:
        other = next(path for path in stored if path not in of_many)
        raise InputError(f"report: {of_many[0]} is of many objects and {other} of one target: make a page of each")
    tell(f"report: {options.out}")
    return 0


VERB = Verb(
    name="report",
    summary="Make one page of curves, attributes and tables from what `score --json` or `mot score --json` wrote.",
    example="siou-tracking report scores.json --out report.html",
    add_arguments=add_arguments,
    run=run,
)
