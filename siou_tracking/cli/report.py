"""`siou-tracking report`: a page of curves, attributes and tables from stored scores."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from siou_tracking.arguments import Verb
from siou_tracking.outcomes import print_notes, tell

if TYPE_CHECKING:
    from siou_tracking.report.footage import Footage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="RESULT.json", help="what `score --json` or `mot score --json` wrote"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="report.html")
    parser.add_argument(
        "--data",
        nargs="+",
        default=[],
        metavar="[NAME=]DIR",
        help="the benchmark's root with its images, for frames of the worst sequences; of several benchmarks NAME=DIR",
    )
    parser.add_argument(
        "--results",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="what was scored, as for score: draws the trackers' boxes on the frames",
    )
    parser.add_argument("--tracker", metavar="NAME", help="whose worst sequences (default: the mean of all trackers)")
    parser.add_argument("--split", metavar="NAME", help="as for run")
    parser.add_argument(
        "--experiment", default="baseline", metavar="NAME", help="baseline (default); of VOT also: realtime"
    )


def run(options: argparse.Namespace) -> int:
    from siou_tracking.errors import InputError, require_extras
    from siou_tracking.files import check_outputs
    from siou_tracking.mot.scoring.page import write_mot_report
    from siou_tracking.mot.scoring.stored import check_mot_result, is_mot_result
    from siou_tracking.report.results import read_json, read_result
    from siou_tracking.report.scores import write_score_report

    require_extras("report", "matplotlib", "jinja2")
    roots = [Path(part) for text in options.data for part in (text, *text.split("=", 1)[1:])]
    check_outputs({"--out": options.out}, [*options.files, *options.results, *roots], ours=(b"<!doctype html>",))
    stored = {path: read_json(path) for path in options.files}
    of_many = [path for path, content in stored.items() if is_mot_result(content)]
    if not of_many:
        results = [read_result(path) for path in options.files]
        footage = _find_footage(options, [result["benchmark"] for result in results])
        write_score_report(options.out, results, footage, options.tracker)
        print_notes(note for one in footage.values() for note in one.notes)
    elif len(of_many) == len(stored):
        _refuse_of_many(options, of_many[0])
        write_mot_report(options.out, [check_mot_result(stored[path], path) for path in options.files])
    else:
        other = next(path for path in stored if path not in of_many)
        raise InputError(f"report: {of_many[0]} is of many objects and {other} of one target: make a page of each")
    tell(f"report: {options.out}")
    return 0


def _find_footage(options: argparse.Namespace, benchmarks: list[str]) -> dict[str, Footage]:
    from siou_tracking.errors import InputError
    from siou_tracking.report.footage import open_footage

    if options.results and not options.data:
        raise InputError("report: --results without --data: boxes are drawn on images; give the data that hold them")
    return open_footage(benchmarks, options.data, options.results, options.split, options.experiment)


def _refuse_of_many(options: argparse.Namespace, file: Path) -> None:
    """Refuse what only pages of one target have, so that nobody waits for it in vain."""
    from siou_tracking.errors import InputError

    for name in ("data", "results", "tracker", "split"):
        if getattr(options, name):
            raise InputError(f"report: {file} is of many objects: got --{name}, which is for scores of one target")


VERB = Verb(
    name="report",
    summary="Make one page of curves, attributes and tables from what `score --json` or `mot score --json` wrote.",
    example="siou-tracking report scores.json --data OTB --results results --out report.html",
    add_arguments=add_arguments,
    run=run,
)
