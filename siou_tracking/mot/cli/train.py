"""`siou-tracking mot train`: a one-stage multi-object tracker, with or without the DIM loss."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import Verb, add_box_loss_options, add_training_options, one_of, training_options
from siou_tracking.errors import InputError
from siou_tracking.mot.training import DIM_MODES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "settings",
        nargs="?",
        default="mot_lite",
        metavar="NAME | FILE.py",
        help="settings name such as fairmot_dim, or a settings file (default: %(default)s)",
    )
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="folder of sequences, such as MOT17/train"
    )
    add_box_loss_options(parser, "learn boxes by this loss, such as smooth_iou (default: L1 of their sides)")
    parser.add_argument(
        "--dim",
        type=one_of("mode of the DIM loss", tuple(DIM_MODES)),
        metavar="MODE",
        help=f"the DIM loss's terms that act: {', '.join(DIM_MODES)} (default: the settings')",
    )
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
    from siou_tracking.files import check_output_folder
    from siou_tracking.mot.training.train import MODULE, DIMRequest, train_mot
    from siou_tracking.retrain.request import TrainRequest

    if not options.data.is_dir():
        got = "got NAME=DIR, expected DIR," if "=" in str(options.data) else "no such folder, expected"
        raise InputError(f"mot train: --data {options.data}: {got} a folder of sequences, such as MOT17/train")
    is_file = options.settings.endswith(".py")
    module, name = (options.settings, None) if is_file else (MODULE, options.settings)
    request = TrainRequest(module, name, data={"mot": options.data}, **training_options(options))
    check_output_folder(options.workspace or "workspace", "--workspace", [options.data])
    train_mot(request, DIMRequest.from_options(options.dim, options.dim_weight, options.margin_det, options.margin_id))
    return 0


VERB = Verb(
    name="mot train",
    summary="Train a one-stage multi-object tracker, by default in minutes on a CPU, with or without the DIM loss.",
    example="siou-tracking mot train --data MOT17/train --dim both --box-loss smooth_iou",
    add_arguments=add_arguments,
    run=run,
    shares=True,
)
