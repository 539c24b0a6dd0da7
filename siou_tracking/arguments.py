"""What every verb of the command line takes, and how its texts are read."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from siou_tracking.errors import unknown_name

BENCHMARKS = ("lasot", "got10k", "trackingnet", "otb2015", "vot2018")
DATASETS = ("lasot", "got10k", "trackingnet", "coco", "otb2015", "vot2018", "all")
CHECKOUT_DATASETS = (
    *("lvis", "sbd", "imagenet", "imagenetdet", "imagenet_vid_gmot", "tao_burst", "ecssd", "hkuis", "msra10k"),
    *("davis", "youtubevos"),
)
"""Data sets that only settings files of a PyTracking checkout read."""


def _dataset(text: str, names: Sequence[str] = DATASETS) -> tuple[str, Path]:
    name, equals, folder = text.partition("=")
    if not equals or not folder:
        raise argparse.ArgumentTypeError(f"got '{text}', expected NAME=DIR such as got10k=/data/got10k")
    if name not in names:
        raise argparse.ArgumentTypeError(str(unknown_name("data set", name, names)))
    return name, Path(folder)


def _training_set(text: str) -> tuple[str, Path]:
    return _dataset(text, (*DATASETS, *CHECKOUT_DATASETS))


def _box(text: str) -> list[float]:
    try:
        values = [float(part) for part in text.replace(",", " ").split()]
    except ValueError:
        values = []
    if len(values) != 4:
        raise argparse.ArgumentTypeError(f"got '{text}', expected x,y,w,h in pixels such as 120,80,40,60")
    return values


def _one_of(what: str, names: Sequence[str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(str(unknown_name(what, text, names)))
        return text

    return check


def positive(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"got '{text}', expected a whole number of at least 1")
    return int(text)


def count(text: str) -> int:
    """A whole number of at least 0."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"got '{text}', expected a whole number of at least 0")
    return int(text)


def _add_pytracking(parser: argparse.ArgumentParser, effect: str) -> None:
    """`--pytracking DIR`: None where it is not given, '' where it is given without a folder."""
    parser.add_argument(
        "--pytracking",
        nargs="?",
        const="",
        metavar="DIR",
        help=f"{effect}; without DIR: the one at $PYTRACKING_HOME, or the one that Python imports",
    )


def add_quickstart(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, default=Path("siou_quickstart"), help="folder to fill (default: %(default)s)"
    )
    parser.add_argument("--fast", action="store_true", help="a shorter training, under 2 minutes on 2 cores")
    parser.add_argument(
        "--data", type=_dataset, action="append", default=[], metavar="otb2015=DIR", help="also track these sequences"
    )
    parser.add_argument("--seed", type=count, default=0, help="seed of the data and of both trainings (default: 0)")


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """What every training takes: how much, where, and from what."""
    parser.add_argument(
        "--workspace", type=Path, metavar="DIR", help="where checkpoints and logs go (default: workspace)"
    )
    parser.add_argument("--epochs", type=positive, metavar="N")
    parser.add_argument("--samples-per-epoch", type=positive, metavar="N")
    parser.add_argument("--batch-size", type=positive, metavar="N")
    parser.add_argument("--workers", type=count, metavar="N", help="data loading processes")
    parser.add_argument("--device", metavar="D", help="cpu, cuda, cuda:0 ... (default: cuda where there is one)")
    parser.add_argument("--seed", type=count, metavar="N")
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="go on from the latest checkpoint")
    again.add_argument("--fresh", action="store_true", help="start again; an earlier run is moved aside, not lost")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="start from this checkpoint's network")


def add_box_loss_options(parser: argparse.ArgumentParser, effect: str) -> None:
    """`--box-loss` and what goes with it."""
    parser.add_argument("--box-loss", metavar="NAME", help=effect)
    parser.add_argument(
        "--sharpness", type=float, metavar="F", help="sharpness of smooth_iou (default: by role, 4 or 32)"
    )
    parser.add_argument("--divergence", metavar="NAME", help="of smooth_iou: bhattacharyya (default) or kl")
    parser.add_argument(
        "--box-loss-weight", type=float, metavar="F", help="factor on the box term (default: the settings file's)"
    )


def training_options(options: argparse.Namespace) -> dict[str, Any]:
    """What `add_training_options` and `add_box_loss_options` took, as fields of `TrainRequest`.

    Raises:
        InputError: a box loss that cannot be used.
    """
    from siou_tracking.retrain.choice import BoxLossChoice

    names = ("workspace", "epochs", "samples_per_epoch", "batch_size", "workers", "device", "weights")
    return {name: getattr(options, name) for name in names} | {
        "box_loss": BoxLossChoice.from_options(
            options.box_loss, options.sharpness, options.divergence, options.box_loss_weight
        ),
        "seed": options.seed or 0,
        "resume": True if options.resume else False if options.fresh else None,
    }


def add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("module", metavar="MODULE | FILE.py", help="settings module such as bbreg, or a settings file")
    parser.add_argument("name", nargs="?", metavar="NAME", help="settings name such as atom_lite")
    add_box_loss_options(parser, "what the box head learns; `siou-tracking losses` lists them")
    parser.add_argument(
        "--data", type=_training_set, action="append", default=[], metavar="NAME=DIR", help="a data set's root"
    )
    add_training_options(parser)
    effect = "train with this PyTracking checkout and its settings, not the embedded engine; its local.py gives folders"
    _add_pytracking(parser, f"{effect} that are not given here")


def add_track(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="VIDEO_OR_FOLDER")
    parser.add_argument(
        "--init", type=_box, required=True, metavar="x,y,w,h", help="target box in the first frame, pixels"
    )
    parser.add_argument("--tracker", default="atom:lite", metavar="NAME[:PARAM]", help="default: %(default)s")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="checkpoint of the trained network")
    parser.add_argument("--save", type=Path, metavar="out.mp4", help="overlay video to write")
    parser.add_argument("--boxes", type=Path, metavar="out.txt", help="boxes to write: x,y,w,h a line")
    parser.add_argument("--device", metavar="D")
    parser.add_argument("--seed", type=count, metavar="N")
    _add_pytracking(parser, "--tracker is one of this PyTracking checkout's, such as dimp:dimp50")


def _add_benchmark(parser: argparse.ArgumentParser, names: Sequence[str] = BENCHMARKS) -> None:
    parser.add_argument(
        "--benchmark", type=_one_of("benchmark", names), required=True, metavar="NAME", help=", ".join(names)
    )


def add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "tracker", metavar="TRACKER[:PARAM]", help="atom:lite, static, opencv-mil ..., or module:Class of your own"
    )
    _add_benchmark(parser)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the benchmark's root, official layout")
    parser.add_argument("--results", type=Path, required=True, metavar="DIR", help="gets a folder for the tracker")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="checkpoint, or a folder whose latest is taken")
    parser.add_argument("--name", metavar="NAME", help="the tracker's folder (default: TRACKER_PARAM)")
    parser.add_argument("--split", metavar="NAME", help="got10k: val, test, train; trackingnet: TEST, TRAIN_0 ...")
    parser.add_argument("--shard", metavar="i/n", help="only the i-th of n parts (default: torchrun's rank, or all)")
    parser.add_argument("--workers", type=positive, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument("--device", metavar="D", help="cpu, cuda, cuda:0 ... (default: GPUs where there are some)")
    parser.add_argument("--seed", type=count, default=0, metavar="N", help="default: 0")
    parser.add_argument(
        "--repetitions", type=positive, metavar="N", help="runs a sequence (default: got10k 1, vot2018 up to 15)"
    )
    parser.add_argument("--experiment", default="baseline", metavar="NAME", help="vot2018: baseline or realtime")
    _add_pytracking(parser, "TRACKER is one of this PyTracking checkout's, such as dimp:dimp50")


def add_score(parser: argparse.ArgumentParser) -> None:
    _add_benchmark(parser)
    truth = parser.add_mutually_exclusive_group(required=True)
    truth.add_argument("--data", type=Path, metavar="DIR", help="the benchmark's root, official layout")
    truth.add_argument("--annotations", type=Path, metavar="FILE", help="annotations alone: .json, .tar.xz, .zip")
    parser.add_argument(
        "--results", type=Path, nargs="+", required=True, metavar="DIR", help="folders or archives of trackers"
    )
    parser.add_argument("--protocol", metavar="NAME", help="whose rules (default: official); a wrong name lists them")
    parser.add_argument("--split", metavar="NAME", help="as for run")
    parser.add_argument("--experiment", default="baseline", metavar="NAME", help="vot2018: baseline or realtime")
    parser.add_argument("--json", type=Path, metavar="FILE", help="everything, for `report` and for scripts")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="a row a tracker, fractions")
    parser.add_argument("--latex", type=Path, metavar="FILE", help="a booktabs table, percent")


def add_pack(parser: argparse.ArgumentParser) -> None:
    _add_benchmark(parser, ("got10k", "trackingnet", "vot2018"))
    parser.add_argument("--results", type=Path, required=True, metavar="DIR", help="one tracker's folder")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the test split: also checks lengths and first boxes")


def add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", type=Path, nargs="+", metavar="RESULT.json", help="what `score --json` wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="report.html")


def add_losses(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--save", type=Path, metavar="map.png", help="also draw the loss map as a picture")


def add_doctor(parser: argparse.ArgumentParser) -> None:
    _add_pytracking(parser, "also look at this PyTracking checkout")


def add_data_example(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to make")
    parser.add_argument("--seed", type=count, metavar="N")
