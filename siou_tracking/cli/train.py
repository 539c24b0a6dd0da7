"""`siou-tracking train`: a tracker retrained from a settings file, with the box loss of --box-loss."""

from __future__ import annotations

import argparse
import functools

from siou_tracking.arguments import Verb, add_pytracking, add_training_options, training_options, training_set
from siou_tracking.cli.checkout import given_checkout


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("module", metavar="MODULE | FILE.py", help="settings module such as bbreg, or a settings file")
    parser.add_argument("name", nargs="?", metavar="NAME", help="settings name such as atom_lite")
    parser.add_argument(
        "--box-loss", metavar="NAME", help="what the box head learns; `siou-tracking losses` lists them"
    )
    parser.add_argument(
        "--sharpness", type=float, metavar="F", help="sharpness of smooth_iou (default: by role, 4 or 32)"
    )
    parser.add_argument(
        "--data", type=training_set, action="append", default=[], metavar="NAME=DIR", help="a data set's root"
    )
    add_training_options(parser)
    effect = "train with this PyTracking checkout and its settings, not the embedded engine; its local.py gives folders"
    add_pytracking(parser, f"{effect} that are not given here")


def run(options: argparse.Namespace) -> int:
    checkout = given_checkout(options)
    if checkout is None:
        from siou_tracking.ltr.run_training import train
    else:
        from siou_tracking.bridge.training import train_checkout

        train = functools.partial(train_checkout, checkout)
    train(
        options.module,
        name=options.name,
        box_loss=options.box_loss,
        sharpness=options.sharpness,
        data=dict(options.data),
        **training_options(options),
    )
    return 0


VERB = Verb(
    name="train",
    summary="Retrain a tracker from a settings file, with the box loss named by --box-loss.",
    example="siou-tracking train bbreg atom_lite --box-loss smooth_iou --data got10k=DIR",
    add_arguments=add_arguments,
    run=run,
)
