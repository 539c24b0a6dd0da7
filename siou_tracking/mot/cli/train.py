"""`siou-tracking mot train`: a one-stage multi-object tracker, with or without the DIM loss."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb, add_training_options, training_options
from siou_tracking.errors import InputError

DIM_MODES = ("off", "det", "id", "both")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        nargs="?",
        default="mot_lite",
        metavar="NAME | FILE.py",
        help="settings name such as fairmot_dim, or a settings file (default: %(default)s)",
    )
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="folder of sequences, such as MOT17/train"
    )
    parser.add_argument(
        "--box-loss", metavar="NAME", help="learn boxes by this loss, such as smooth_iou (default: L1 of their sides)"
    )
    parser.add_argument("--dim", choices=DIM_MODES, help="the DIM loss's terms that act (default: the settings')")
    parser.add_argument("--dim-weight", type=_amount, metavar="F", help="factor on the DIM loss")
    parser.add_argument("--margin-det", type=_amount, metavar="F", help="DM's margin (default: measured in training)")
    parser.add_argument("--margin-id", type=_amount, metavar="F", help="IM's margin (default: measured in training)")
    add_training_options(parser)


def _amount(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"got '{text}', expected a number of at least 0")
    return value


def run(options: argparse.Namespace) -> int:
    from siou_tracking.mot.training.train import train_mot

    train_mot(
        options.target,
        data=options.data,
        box_loss=options.box_loss,
        dim=options.dim,
        dim_weight=options.dim_weight,
        margins=_margins(options),
        **training_options(options),
    )
    return 0


def _margins(options: argparse.Namespace) -> tuple[float, float] | None:
    """m_D and m_I where they are given. A term that does not act gets the margin that never stands in the way."""
    far, near = options.margin_det, options.margin_id
    if options.dim == "off" and any(given is not None for given in (far, near, options.dim_weight)):
        raise InputError("mot train: --dim-weight, --margin-det and --margin-id: have no meaning with --dim off")
    if far is None and near is None:
        return None
    if options.dim == "det" and near is None:
        return far, 0.0
    if options.dim == "id" and far is None:
        return near, near
    if far is None or near is None:
        given, missing = ("--margin-det", "--margin-id") if near is None else ("--margin-id", "--margin-det")
        raise InputError(f"mot train: got {given} without {missing}: allowed are both, or neither to measure them")
    return far, near


VERB = Verb(
    name="mot train",
    summary="Train a one-stage multi-object tracker, by default in minutes on a CPU, with or without the DIM loss.",
    example="siou-tracking mot train --data MOT17/train --dim both --box-loss smooth_iou",
    add_arguments=add_arguments,
    run=run,
)
