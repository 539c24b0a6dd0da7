"""`siou-tracking quickstart`: two box losses trained, tracked, scored and compared, from nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb, count, one_of, refuse_repeats


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, default=Path("siou_quickstart"), help="folder to fill (default: %(default)s)"
    )
    parser.add_argument(
        "--tracker",
        type=_tracker,
        default="atom",
        metavar="atom|dimp|tomp",
        help="what is trained and tracked with, on EfficientNet-Lite0 (default: %(default)s)",
    )
    parser.add_argument("--fast", action="store_true", help="a shorter training, about 2 minutes on 2 cores")
    parser.add_argument(
        "--data",
        type=_real_sequences,
        action="append",
        default=[],
        metavar="otb2015=DIR",
        help="also track these sequences",
    )
    parser.add_argument("--seed", type=count, default=0, help="seed of the data and of the trainings (default: 0)")


def _tracker(text: str) -> str:
    from siou_tracking.quickstart.families import FAMILIES

    return one_of("tracker of the quickstart", tuple(FAMILIES))(text)


def _real_sequences(text: str) -> tuple[str, Path]:
    name, _, folder = text.partition("=")
    if name != "otb2015" or not folder:
        raise argparse.ArgumentTypeError(f"got '{text}', expected otb2015=DIR, the one data set that is also tracked")
    return name, Path(folder)


def run(options: argparse.Namespace) -> int:
    from siou_tracking.quickstart import run_quickstart

    refuse_repeats("quickstart: --data", [name for name, _ in options.data], "one folder")
    run_quickstart(options.out, fast=options.fast, seed=options.seed, data=dict(options.data), tracker=options.tracker)
    return 0


VERB = Verb(
    name="quickstart",
    summary="Train with two box losses, track, score and report, from nothing and without a network.",
    example="siou-tracking quickstart --fast --tracker dimp --out demo",
    add_arguments=add_arguments,
    run=run,
)
