"""The command line: one thin function per verb. Exit 0: success, 2: unusable input or output, 1: a fault of ours."""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from siou_tracking import __version__, arguments
from siou_tracking.cli import mot_verbs as cli_mot
from siou_tracking.errors import InputError, unknown_name, users_reason

if TYPE_CHECKING:
    from siou_tracking.bridge.checkout import Checkout


class _Parser(argparse.ArgumentParser):
    """argparse, but an error is one line and a mistyped verb is answered with the nearest one."""

    def error(self, message: str) -> NoReturn:
        wrong = re.fullmatch(r"argument (?:VERB|COMMAND): invalid choice: '(.*?)' .*", message)
        if wrong:
            group = self.prog.partition(" ")[2]
            words = {verb.removeprefix(group).split()[0] for verb in VERBS if verb.startswith(group)}
            raise unknown_name("command", wrong[1], words)
        raise InputError(f"{self.prog.partition(' ')[2] or 'usage'}: {message} (see {self.prog} --help)")


def quickstart(options: argparse.Namespace) -> int:
    """Train with two box losses, track, score and report, from nothing and without a network."""
    from siou_tracking.quickstart import run_quickstart

    run_quickstart(options.out, fast=options.fast, seed=options.seed, data=dict(options.data))
    return 0


def _checkout(options: argparse.Namespace) -> Checkout | None:
    """What --pytracking means; None where it is not given."""
    if options.pytracking is None:
        return None
    from siou_tracking.bridge.checkout import find_checkout

    return find_checkout(options.pytracking or None)


@contextlib.contextmanager
def _tracking(options: argparse.Namespace) -> Iterator[Path | None]:
    """The checkout whose trackers are meant, its session open and announced; None without --pytracking."""
    checkout = _checkout(options)
    if checkout is None:
        yield None
        return
    from siou_tracking.bridge.held_session import session_for_tracking

    with session_for_tracking(checkout):
        yield checkout.root


def train(options: argparse.Namespace) -> int:
    """Retrain a tracker from a settings file, with the box loss named by --box-loss."""
    from siou_tracking.retrain.request import TrainRequest

    request = TrainRequest(options.module, options.name, data=dict(options.data), **arguments.training_options(options))
    checkout = _checkout(options)
    if checkout is None:
        from siou_tracking.ltr.run_training import train as train_embedded

        train_embedded(request)
    else:
        from siou_tracking.bridge.training import train_checkout

        train_checkout(checkout, request)
    return 0


def track(options: argparse.Namespace) -> int:
    """Track one target through a video file or an image folder."""
    from siou_tracking.trackers import build_tracker
    from siou_tracking.trackers.follow import track_file

    with _tracking(options) as pytracking:
        tracker = build_tracker(
            options.tracker,
            weights=options.weights,
            device=options.device,
            seed=options.seed or 0,
            pytracking=pytracking,
        )
        track_file(options.source, options.init, tracker, save=options.save, boxes_out=options.boxes)
    return 0


def run(options: argparse.Namespace) -> int:
    """Run a tracker on a benchmark; goes on where it stopped, and tells which sequences failed."""
    from siou_tracking.benchmarks.running.benchmark import parse_shard, run_benchmark

    with _tracking(options) as pytracking:
        report = run_benchmark(
            options.tracker,
            options.benchmark,
            options.data,
            options.results,
            weights=options.weights,
            split=options.split,
            name=options.name,
            shard=parse_shard(options.shard) if options.shard else None,
            workers=options.workers,
            device=options.device,
            seed=options.seed,
            repetitions=options.repetitions,
            experiment=options.experiment,
            pytracking=pytracking,
        )
    for note in report.notes:
        print(f"note: {note}", file=sys.stderr)
    print(report.summary())
    return 1 if report.failed else 0


def score(options: argparse.Namespace) -> int:
    """Score results by a named protocol, several trackers at once, with intervals and published numbers."""
    from siou_tracking.benchmarks.comparing.scoreboard import make_scoreboard
    from siou_tracking.files import check_output, write_json, write_text
    from siou_tracking.report.table import format_csv, format_latex, format_text

    for name in ("json", "csv", "latex"):
        if path := getattr(options, name):
            check_output(path, f"--{name}")
    truth = options.annotations or options.data
    board = make_scoreboard(
        options.benchmark, truth, options.results, options.protocol, options.split, options.experiment
    )
    result = board.to_json()
    print(format_text(result))
    if options.json:
        write_json(options.json, result)
    for path, form in ((options.csv, format_csv), (options.latex, format_latex)):
        if path:
            write_text(path, form(result))
    return 0


def pack(options: argparse.Namespace) -> int:
    """Check results and pack them for the organizers' server; what it would refuse is refused here, with the hint."""
    from siou_tracking.submission import pack as pack_results

    packed = pack_results(options.benchmark, options.results, options.out, options.data)
    for note in packed.notes:
        print(f"note: {note}")
    print(f"packed {packed.sequences} sequences: {packed.path}")
    return 0


def report(options: argparse.Namespace) -> int:
    """Make one page of curves, attributes and tables from what `score --json` wrote."""
    from siou_tracking.files import check_output
    from siou_tracking.report.results import read_result
    from siou_tracking.report.scores import write_score_report

    check_output(options.out, "--out")
    write_score_report(options.out, [read_result(path) for path in options.files])
    print(f"report: {options.out}")
    return 0


def losses(options: argparse.Namespace) -> int:
    """Print the registered box losses, their defaults and the loss map."""
    from siou_tracking.cli.losses_table import format_table

    print(format_table())
    if options.save:
        from siou_tracking.losses.box.loss_map import save_loss_map

        save_loss_map(options.save)
        print(f"loss map: {options.save}")
    return 0


def doctor(options: argparse.Namespace) -> int:
    """Say what works on this machine, what does not, and the hint."""
    from siou_tracking.cli.doctor_rows import diagnose, format_rows

    checkout = _checkout(options)
    print(format_rows(diagnose(checkout and checkout.root)))
    return 0


def data_example(options: argparse.Namespace) -> int:
    """Write small generated sequences in the official layouts."""
    from siou_tracking.cli.example_data import write_example

    write_example(options.out, seed=options.seed or 0)
    print(f"example data: {options.out}")
    return 0


Verb = tuple[Callable[[argparse.Namespace], int], Callable[[argparse.ArgumentParser], None], str]
VERBS: dict[str, Verb] = {
    "quickstart": (quickstart, arguments.add_quickstart, "siou-tracking quickstart --fast --out demo"),
    "train": (
        train,
        arguments.add_train,
        "siou-tracking train bbreg atom_lite --box-loss smooth_iou --data got10k=DIR",
    ),
    "track": (
        track,
        arguments.add_track,
        "siou-tracking track video.mp4 --init 120,80,40,60 --weights FILE --save out.mp4",
    ),
    "run": (
        run,
        arguments.add_run,
        "siou-tracking run atom:lite --weights FILE --benchmark otb2015 --data OTB --results results --workers 2",
    ),
    "score": (
        score,
        arguments.add_score,
        "siou-tracking score --benchmark otb2015 --data OTB --results results --json scores.json",
    ),
    "pack": (pack, arguments.add_pack, "siou-tracking pack --benchmark got10k --results results/atom --out atom.zip"),
    "report": (report, arguments.add_report, "siou-tracking report scores.json --out report.html"),
    "losses": (losses, arguments.add_losses, "siou-tracking losses --save loss_map.png"),
    "doctor": (doctor, arguments.add_doctor, "siou-tracking doctor --pytracking DIR"),
    "data example": (data_example, arguments.add_data_example, "siou-tracking data example --out example"),
    **cli_mot.VERBS,
}


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; a verb of two words lies under its first one."""
    parser = _Parser(prog="siou-tracking", description="Retrain visual trackers with the Smooth-IoU loss by one flag.")
    parser.add_argument("--version", action="version", version=f"siou-tracking {__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    groups = {"": parser.add_subparsers(dest="verb", metavar="VERB", required=True)}
    for verb, (function, add_arguments, example) in VERBS.items():
        group, _, word = verb.rpartition(" ")
        if group not in groups:
            outer = groups[""].add_parser(group, help=f"{group} commands: see siou-tracking {group} --help")
            groups[group] = outer.add_subparsers(dest="subverb", metavar="COMMAND", required=True)
        summary = (function.__doc__ or "").strip()
        child = groups[group].add_parser(word, help=summary, description=summary, epilog=f"example: {example}")
        child.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error"
        )
        add_arguments(child)
        child.set_defaults(function=function)
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code."""
    words = list(sys.argv[1:] if words is None else words)
    debug = "--debug" in words
    try:
        options = build_parser().parse_args(words)
        return options.function(options)
    except KeyboardInterrupt:
        print("siou-tracking: stopped", file=sys.stderr)
        return 130
    except Exception as error:
        if debug:
            raise
        if reason := users_reason(error):
            print(f"siou-tracking: error: {reason}", file=sys.stderr)
            return 2
        print(f"siou-tracking: failed: {type(error).__name__}: {' '.join(str(error).split())}"[:500], file=sys.stderr)
        print("siou-tracking: this looks like a fault of ours; --debug shows where", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
