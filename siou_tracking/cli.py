"""The command line: one thin function per verb. Exit 0: success, 2: unusable input, 1: a fault of ours."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from siou_tracking import __version__
from siou_tracking.errors import InputError, unknown_name

DATASETS = ("lasot", "got10k", "trackingnet", "coco", "otb2015", "vot2018", "all")


class _Parser(argparse.ArgumentParser):
    """argparse, but an error is one line and a mistyped verb is answered with the nearest one."""

    def error(self, message: str) -> NoReturn:
        wrong = re.fullmatch(r"argument (?:VERB|COMMAND): invalid choice: '(.*?)' .*", message)
        if wrong:
            group = self.prog.partition(" ")[2]
            words = {verb.removeprefix(group).split()[0] for verb in VERBS if verb.startswith(group)}
            raise unknown_name("command", wrong[1], words)
        raise InputError(f"{self.prog.partition(' ')[2] or 'usage'}: {message} (see {self.prog} --help)")


def _dataset(text: str) -> tuple[str, Path]:
    name, equals, folder = text.partition("=")
    if not equals or not folder:
        raise argparse.ArgumentTypeError(f"got '{text}', expected NAME=DIR such as got10k=/data/got10k")
    if name not in DATASETS:
        raise argparse.ArgumentTypeError(str(unknown_name("data set", name, DATASETS)))
    return name, Path(folder)


def _box(text: str) -> list[float]:
    try:
        values = [float(part) for part in text.replace(",", " ").split()]
    except ValueError:
        values = []
    if len(values) != 4:
        raise argparse.ArgumentTypeError(f"got '{text}', expected x,y,w,h in pixels such as 120,80,40,60")
    return values


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"got '{text}', expected a whole number of at least 1")
    return int(text)


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"got '{text}', expected a whole number of at least 0")
    return int(text)


def quickstart(options: argparse.Namespace) -> int:
    """Train with two box losses, track, score and report, from nothing and without a network."""
    from siou_tracking.quickstart import run_quickstart

    run_quickstart(options.out, fast=options.fast, seed=options.seed, data=dict(options.data))
    return 0


def train(options: argparse.Namespace) -> int:
    """Retrain a tracker from a settings file, with the box loss named by --box-loss."""
    from siou_tracking.ltr.run_training import train as run

    run(
        options.module,
        name=options.name,
        box_loss=options.box_loss,
        sharpness=options.sharpness,
        data=dict(options.data),
        workspace=options.workspace,
        epochs=options.epochs,
        samples_per_epoch=options.samples_per_epoch,
        batch_size=options.batch_size,
        workers=options.workers,
        device=options.device,
        seed=options.seed,
        resume=True if options.resume else False if options.fresh else None,
        weights=options.weights,
    )
    return 0


def track(options: argparse.Namespace) -> int:
    """Track one target through a video file or an image folder."""
    from siou_tracking.trackers import build_tracker
    from siou_tracking.trackers.follow import track_file

    name, _, parameter = options.tracker.partition(":")
    tracker = build_tracker(
        name, parameter or None, weights=options.weights, device=options.device, seed=options.seed or 0
    )
    track_file(options.source, options.init, tracker, save=options.save, boxes_out=options.boxes)
    return 0


def losses(options: argparse.Namespace) -> int:
    """Print the registered box losses, their defaults and the loss map."""
    from siou_tracking.losses.table import format_table

    print(format_table())
    if options.save:
        from siou_tracking.losses.loss_map import save_loss_map

        save_loss_map(options.save)
        print(f"loss map: {options.save}")
    return 0


def doctor(options: argparse.Namespace) -> int:
    """Say what works on this machine, what does not, and the mend."""
    from siou_tracking.doctor import diagnose, format_rows

    print(format_rows(diagnose()))
    return 0


def data_example(options: argparse.Namespace) -> int:
    """Write small generated sequences in the official layouts."""
    from siou_tracking.scenes import write_example

    write_example(options.out, seed=options.seed or 0)
    print(f"example data: {options.out}")
    return 0


def _add_quickstart(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, default=Path("siou_quickstart"), help="folder to fill (default: %(default)s)"
    )
    parser.add_argument("--fast", action="store_true", help="a shorter training, under 2 minutes on 2 cores")
    parser.add_argument(
        "--data", type=_dataset, action="append", default=[], metavar="otb2015=DIR", help="also track these sequences"
    )
    parser.add_argument("--seed", type=_count, default=0, help="seed of the data and of both trainings (default: 0)")


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("module", metavar="MODULE | FILE.py", help="settings module such as bbreg, or a settings file")
    parser.add_argument("name", nargs="?", metavar="NAME", help="settings name such as atom_lite")
    parser.add_argument(
        "--box-loss", metavar="NAME", help="what the box head learns; `siou-tracking losses` lists them"
    )
    parser.add_argument(
        "--sharpness", type=float, metavar="F", help="sharpness of smooth_iou (default: by role, 4 or 32)"
    )
    parser.add_argument(
        "--workspace", type=Path, metavar="DIR", help="where checkpoints and logs go (default: workspace)"
    )
    parser.add_argument(
        "--data", type=_dataset, action="append", default=[], metavar="NAME=DIR", help="a data set's root"
    )
    parser.add_argument("--epochs", type=_positive, metavar="N")
    parser.add_argument("--samples-per-epoch", type=_positive, metavar="N")
    parser.add_argument("--batch-size", type=_positive, metavar="N")
    parser.add_argument("--workers", type=_count, metavar="N", help="data loading processes")
    parser.add_argument("--device", metavar="D", help="cpu, cuda, cuda:0 ... (default: cuda where there is one)")
    parser.add_argument("--seed", type=_count, metavar="N")
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="go on from the latest checkpoint")
    again.add_argument("--fresh", action="store_true", help="start again; an earlier run is moved aside, not lost")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="start from this checkpoint's network")


def _add_track(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="VIDEO_OR_FOLDER")
    parser.add_argument(
        "--init", type=_box, required=True, metavar="x,y,w,h", help="target box in the first frame, pixels"
    )
    parser.add_argument("--tracker", default="atom:lite", metavar="NAME[:PARAM]", help="default: %(default)s")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="checkpoint of the trained network")
    parser.add_argument("--save", type=Path, metavar="out.mp4", help="overlay video to write")
    parser.add_argument("--boxes", type=Path, metavar="out.txt", help="boxes to write: x,y,w,h a line")
    parser.add_argument("--device", metavar="D")
    parser.add_argument("--seed", type=_count, metavar="N")


def _add_losses(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--save", type=Path, metavar="map.png", help="also draw the loss map as a picture")


def _no_arguments(parser: argparse.ArgumentParser) -> None:
    """For a verb that takes none."""


def _add_data_example(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to make")
    parser.add_argument("--seed", type=_count, metavar="N")


Verb = tuple[Callable[[argparse.Namespace], int], Callable[[argparse.ArgumentParser], None], str]
VERBS: dict[str, Verb] = {
    "quickstart": (quickstart, _add_quickstart, "siou-tracking quickstart --fast --out demo"),
    "train": (train, _add_train, "siou-tracking train bbreg atom_lite --box-loss smooth_iou --data got10k=DIR"),
    "track": (track, _add_track, "siou-tracking track video.mp4 --init 120,80,40,60 --weights FILE --save out.mp4"),
    "losses": (losses, _add_losses, "siou-tracking losses --save loss_map.png"),
    "doctor": (doctor, _no_arguments, "siou-tracking doctor"),
    "data example": (data_example, _add_data_example, "siou-tracking data example --out example"),
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    try:
        options = build_parser().parse_args(arguments)
        return options.function(options)
    except InputError as error:
        if debug:
            raise
        print(f"siou-tracking: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("siou-tracking: stopped", file=sys.stderr)
        return 130
    except Exception as error:
        if debug:
            raise
        print(f"siou-tracking: failed: {type(error).__name__}: {' '.join(str(error).split())}"[:500], file=sys.stderr)
        print("siou-tracking: this looks like a fault of ours; --debug shows where", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
