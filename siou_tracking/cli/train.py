"""`siou-tracking train`: a tracker retrained from a settings file, with the box loss of --box-loss."""

from __future__ import annotations

import argparse

from siou_tracking.arguments import (
    Verb,
    add_box_loss_options,
    add_pytracking,
    add_training_options,
    training_options,
    training_set,
)
from siou_tracking.cli.checkout import given_checkout


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("module", metavar="MODULE | FILE.py", help="settings module such as bbreg, or a settings file")
    parser.add_argument("name", nargs="?", metavar="NAME", help="settings name such as atom_lite")
    add_box_loss_options(parser, "what the box head learns; `siou-tracking losses` lists them")
    parser.add_argument(
        "--data",
        type=training_set,
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="a data set's root: lasot, got10k, ..., all, or a NAME whose settings.env.NAME_dir the file reads",
    )
    add_training_options(parser)
    effect = "train with this PyTracking checkout and its settings, not the embedded engine; its local.py gives folders"
    add_pytracking(parser, f"{effect} that are not given here")


def run(options: argparse.Namespace) -> int:
    from siou_tracking.retrain.request import TrainRequest

    request = TrainRequest(options.module, options.name, data=dict(options.data), **training_options(options))
    checkout = given_checkout(options)
    if checkout is None:
        from siou_tracking.ltr.run_training import train

        train(request)
    else:
        from siou_tracking.bridge.training import train_checkout

        train_checkout(checkout, request)
    return 0


VERB = Verb(
    name="train",
    summary="Retrain a tracker from a settings file, with the box loss named by --box-loss.",
    example="siou-tracking train bbreg atom_lite --box-loss smooth_iou --data got10k=DIR",
    add_arguments=add_arguments,
    run=run,
)
