"""`siou-tracking mot quickstart`: drawn crowds, trained on with and without the DIM loss, tracked and scored."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb, count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, default=Path("siou_mot_quickstart"), help="folder to fill (default: %(default)s)"
    )
    parser.add_argument("--fast", action="store_true", help="a shorter training, under 2 minutes on 2 cores")
    parser.add_argument("--seed", type=count, default=0, help="seed of the data and of the trainings (default: 0)")


def run(options: argparse.Namespace) -> int:
    from siou_tracking.mot.quickstart import run_mot_quickstart

    run_mot_quickstart(options.out, fast=options.fast, seed=options.seed)
    return 0


VERB = Verb(
    name="mot quickstart",
    summary="Draw crowds, train with and without the DIM loss, track, score and report, without a network.",
    example="siou-tracking mot quickstart --fast --out demo",
    add_arguments=add_arguments,
    run=run,
)
