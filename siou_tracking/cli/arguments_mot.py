"""What the `mot` verbs of the command line take."""

from __future__ import annotations

import argparse
from pathlib import Path

from siou_tracking.arguments import add_box_loss_options, add_training_options, count, positive

DIM_MODES = ("off", "det", "id", "both")
ASSOCIATIONS = ("embedding", "iou")
BENCHMARKS = ("auto", "mot15", "mot16", "mot17", "mot20")


def _amount(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"got '{text}', expected a number of at least 0")
    return value


def add_train(parser: argparse.ArgumentParser) -> None:
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
    parser.add_argument("--dim", choices=DIM_MODES, help="the DIM loss's terms that act (default: the settings')")
    parser.add_argument("--dim-weight", type=_amount, metavar="F", help="factor on the DIM loss")
    parser.add_argument("--margin-det", type=_amount, metavar="F", help="DM's margin (default: measured in training)")
    parser.add_argument("--margin-id", type=_amount, metavar="F", help="IM's margin (default: measured in training)")
    add_training_options(parser)


def add_track(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", type=Path, metavar="FILE", help="checkpoint of `mot train`, or a folder of them")
    parser.add_argument(
        "--detections",
        metavar="det | gt | DIR",
        help="instead of a network's: det/det.txt, the ground truth, or DIR/<sequence>.txt",
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of sequences, or one sequence")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="gets a <sequence>.txt for each")
    parser.add_argument(
        "--association",
        choices=ASSOCIATIONS,
        help="appearance, then overlap, or overlap alone (default: embedding; with --detections only iou)",
    )
    parser.add_argument("--sequences", nargs="+", metavar="NAME", help="only these (default: all)")
    parser.add_argument("--video", type=Path, metavar="DIR", help="also write an overlay video of each sequence")
    parser.add_argument("--batch-size", type=positive, metavar="N", help="frames in one pass of the network")
    parser.add_argument("--device", metavar="D", help="cpu, cuda, cuda:0 ... (default: cuda where there is one)")


def add_score(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of sequences with gt/gt.txt")
    parser.add_argument(
        "--results", type=Path, nargs="+", required=True, metavar="DIR", help="a folder or archive for each tracker"
    )
    parser.add_argument(
        "--benchmark", choices=BENCHMARKS, default="auto", help="whose rules (default: told from the files)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="everything, also per sequence")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="a row a tracker, fractions")


def add_pack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--results", type=Path, required=True, metavar="DIR", help="one tracker's folder")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the sequences that are expected, with their lengths")
    parser.add_argument(
        "--benchmark", choices=BENCHMARKS[1:], help="without --data: whose test sequences are expected, with lengths"
    )


def add_quickstart(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, default=Path("siou_mot_quickstart"), help="folder to fill (default: %(default)s)"
    )
    parser.add_argument("--fast", action="store_true", help="a shorter training, under 2 minutes on 2 cores")
    parser.add_argument("--seed", type=count, default=0, help="seed of the data and of the trainings (default: 0)")
