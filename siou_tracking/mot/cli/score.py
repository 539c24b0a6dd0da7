"""`siou-tracking mot score`: results of multi-object trackers, by trackeval."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb, one_of
from siou_tracking.mot.scoring import MOT_BENCHMARKS
from siou_tracking.outcomes import print_not_scored, print_notes, tell


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of sequences with gt/gt.txt")
    parser.add_argument(
        "--results", type=Path, nargs="+", required=True, metavar="DIR", help="a folder or archive for each tracker"
    )
    parser.add_argument(
        "--benchmark",
        type=one_of("MOT benchmark", ("auto", *MOT_BENCHMARKS)),
        default="auto",
        metavar="NAME",
        help=f"whose rules, {', '.join(MOT_BENCHMARKS)} (default: told from the files)",
    )
    parser.add_argument(
        "--sequences", nargs="+", metavar="NAME", help="only these, or patterns such as '*-FRCNN' (default: all)"
    )
    parser.add_argument(
        "--frames",
        metavar="FIRST-LAST",
        help="only these frames of each sequence, or its train_half or val_half; counted from the sequence's first",
    )
    parser.add_argument(
        "--truth",
        default="gt.txt",
        metavar="FILE",
        help="in each sequence's folder gt, such as gt_val_half.txt (default: %(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="everything, also per sequence")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="a row a tracker, fractions")


def run(options: argparse.Namespace) -> int:
    from siou_tracking.files import check_outputs, write_json, write_text
    from siou_tracking.mot.scoring.score import score_mot
    from siou_tracking.mot.scoring.table import format_scores, format_scores_csv

    outputs = {"--json": options.json, "--csv": options.csv}
    check_outputs(outputs, [options.data, *options.results], ours=(b'{\n "benchmark"', b"tracker,"))
    trackers = _by_name(options.results)
    result = score_mot(
        options.data,
        trackers,
        options.benchmark,
        options.sequences,
        progress=True,
        frames=options.frames,
        truth_file=options.truth,
    )
    if options.json:
        write_json(options.json, result)
    if options.csv:
        write_text(options.csv, format_scores_csv(result))
    tell(format_scores(result))  # after the files: a reader who has gone ends the verb here
    return print_not_scored(result["failed"])


def _by_name(paths: list[Path]) -> dict[str, Path]:
    """Trackers by the names of their folders, or by their paths where two are called alike; one given again is told."""
    once: dict[Path, Path] = {}
    for path in paths:
        once.setdefault(path.resolve(), path)
    again = [str(path) for path in paths if once[path.resolve()] is not path]
    if again:
        print_notes([f"given more than once, scored once: {', '.join(dict.fromkeys(again))}"])
    names = [folder.name for folder in once]
    return {folder.name if names.count(folder.name) == 1 else str(path): path for folder, path in once.items()}


VERB = Verb(
    name="mot score",
    summary="Score results by trackeval (HOTA, MOTA, IDF1 and others), several trackers at once, with intervals.",
    example="siou-tracking mot score --data MOT17/train --results results/mine results/other --json scores.json",
    add_arguments=add_arguments,
    run=run,
)
