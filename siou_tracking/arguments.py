"""What the verbs of the command line share: the verb itself, how texts are read, and options that several take."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from siou_tracking.errors import InputError, unknown_name

DATASETS = ("lasot", "got10k", "trackingnet", "coco", "otb2015", "vot2018", "all")


@dataclasses.dataclass(frozen=True)
class Verb:
    """One command. Its file imports what it needs when it runs, so that `--help` stays instant."""

    name: str
    """As typed: one word, or two such as "mot train"."""
    summary: str
    """One sentence for `--help`."""
    example: str
    """A whole command line."""
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    """Does the work and returns the exit code."""
    shares: bool = False
    """Whether processes that torchrun starts share the work."""


def dataset(text: str) -> tuple[str, Path]:
    """NAME=DIR: the root of a data set by its name, one of `DATASETS`."""
    name, folder = training_set(text)
    if name not in DATASETS:
        raise argparse.ArgumentTypeError(str(unknown_name("data set", name, DATASETS)))
    return name, folder


def training_set(text: str) -> tuple[str, Path]:
    """NAME=DIR, also of a data set that only the settings file knows by its name."""
    name, equals, folder = text.partition("=")
    if not equals or not name or not folder:
        raise argparse.ArgumentTypeError(f"got '{text}', expected NAME=DIR such as got10k=/data/got10k")
    return name, Path(folder)


def assignment(text: str) -> tuple[str, object]:
    """NAME=VALUE; a value that reads as a number, a truth value, None or a list of these is one, any other is text."""
    name, sign, value = text.partition("=")
    if not sign or not all(part.isidentifier() for part in name.split(".")):
        raise argparse.ArgumentTypeError(f"got '{text}', allowed is NAME=VALUE")
    words = {"true": True, "false": False, "none": None}
    if value.lower() in words:
        return name, words[value.lower()]
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        listed = re.fullmatch(r"\[(.*)\]", value)  # [LASOT, COCO17] as yaml has it
        return name, [part.strip() for part in listed[1].split(",")] if listed else value


def loss_param(text: str) -> tuple[str, float | str]:
    """KEY=VALUE: a parameter of a loss, a number where it reads as one."""
    key, equals, value = text.partition("=")
    if not equals or not key or not value:
        raise argparse.ArgumentTypeError(f"got '{text}', expected KEY=VALUE such as alpha=2")
    try:
        return key, float(value)
    except ValueError:
        return key, value


def one_of(what: str, names: Sequence[str]) -> Callable[[str], str]:
    """A reader of one of `names`, typed in any case; its error calls them `what` and names the nearest."""
    spelled = {name.casefold(): name for name in names}

    def find(text: str) -> str:
        if text.casefold() not in spelled:
            raise argparse.ArgumentTypeError(str(unknown_name(what, text, names)))
        return spelled[text.casefold()]

    return find


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


def per_cent(text: str) -> float:
    """A share such as 1% or 0.5%, in per cent; the sign may be left out."""
    try:
        return float(text.removesuffix("%"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"got '{text}', expected per cents such as 1%") from None


def add_checkout(parser: argparse.ArgumentParser, effect: str) -> None:
    """`--checkout DIR`, also as --pytracking: None where it is not given, '' where it is given without a folder."""
    parser.add_argument(
        "--checkout",
        "--pytracking",
        nargs="?",
        const="",
        metavar="DIR",
        help=f"{effect}; without DIR: the one at $PYTRACKING_HOME, or the one that Python imports",
    )


def refuse_beside_onnx(verb: str, options: argparse.Namespace, names: Sequence[str]) -> None:
    """Refuse options that belong to another kind of tracker than the whole one of --onnx.

    Raises:
        InputError: one of these attributes of the options is given.
    """
    for name in names:
        if (value := getattr(options, name)) not in (None, False):
            raise InputError(
                f"{verb}: {name}: got '{value}' beside --onnx, which holds a whole tracker; allowed is one"
            )


def add_benchmark(
    parser: argparse.ArgumentParser, names: Sequence[str], find: Callable[[str], str], required: bool = True
) -> None:
    """`--benchmark NAME`: `names` are listed, `find` makes of what was typed the name or an error."""

    def read(text: str) -> str:
        try:
            return find(text)
        except InputError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    parser.add_argument("--benchmark", type=read, required=required, metavar="NAME", help=", ".join(names))


def add_faster_backbone(parser: argparse.ArgumentParser) -> None:
    """`--amp` and `--compile` of a tracker's backbone."""
    _add_precision(parser, "the backbone of atom, dimp or tomp computes in half precision; fp16 on a GPU only")
    parser.add_argument("--compile", action="store_true", help="torch.compile this backbone; needs a C++ compiler")


def _add_precision(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--amp", type=one_of("precision", ("bf16", "fp16")), metavar="bf16|fp16", help=what)


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """What every training takes: how much, where, and from what."""
    parser.add_argument(
        "--workspace", type=Path, metavar="DIR", help="where checkpoints and logs go (default: workspace)"
    )
    parser.add_argument("--epochs", type=positive, metavar="N")
    parser.add_argument("--samples-per-epoch", type=positive, metavar="N")
    parser.add_argument("--batch-size", type=positive, metavar="N", help="samples; of each process under torchrun")
    parser.add_argument("--workers", type=count, metavar="N", help="data loading processes")
    parser.add_argument("--device", metavar="D", help="cpu, cuda, cuda:0 ... (default: cuda where there is one)")
    parser.add_argument("--seed", type=count, metavar="N")
    _add_precision(parser, "the network computes in half precision, its losses in float32; fp16 on a GPU only")
    parser.add_argument(
        "--accumulate", type=positive, metavar="K", help="one step for K batches, as for one of K times the size"
    )
    parser.add_argument("--compile", action="store_true", help="torch.compile the network; needs a C++ compiler")
    parser.add_argument(
        "--keep", type=positive, metavar="N", help="keep the checkpoints of the last N epochs (default: of all)"
    )
    parser.add_argument(
        "--keep-best",
        metavar="NAME",
        help="with --keep: and of the epoch whose statistic NAME, LOADER/NAME is best: the lowest of losses, else the "
        "highest, or as NAME:min, NAME:max says",
    )
    parser.add_argument(
        "--skip-bad",
        type=per_cent,
        metavar="N%%",
        help="draw other samples for unreadable ones, up to this share of an epoch, and list them (default: none)",
    )
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="go on from the latest checkpoint")
    again.add_argument("--fresh", action="store_true", help="start again; an earlier run is moved aside, not lost")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="start from this checkpoint's network")
    images = parser.add_mutually_exclusive_group()
    images.add_argument(
        "--pretrained",
        type=Path,
        metavar="FILE|DIR",
        help="the backbone's pretrained weights, or a folder that has them (default: looked for, else downloaded)",
    )
    images.add_argument("--no-pretrained", action="store_true", help="the backbone begins with random weights")


def add_box_loss_options(parser: argparse.ArgumentParser, effect: str) -> None:
    """`--box-loss` and what goes with it."""
    parser.add_argument(
        "--box-loss", metavar="NAME", help=f"{effect}; also a sum such as '2*giou+5*l1', or module:function"
    )
    parser.add_argument(
        "--sharpness", type=float, metavar="F", help="sharpness of smooth_iou (default: 32, as a density 4)"
    )
    parser.add_argument("--divergence", metavar="NAME", help="of smooth_iou: bhattacharyya (default) or kl")
    parser.add_argument(
        "--box-loss-weight", type=float, metavar="F", help="factor on the box term (default: the settings file's)"
    )
    parser.add_argument(
        "--box-loss-param",
        type=loss_param,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a parameter of the loss, such as alpha=2 of alpha_iou; `siou-tracking losses` lists them",
    )


def training_options(options: argparse.Namespace) -> dict[str, Any]:
    """What `add_training_options` and `add_box_loss_options` took, as fields of `TrainRequest`, hence of any type.

    Raises:
        InputError: a box loss that cannot be used.
    """
    from siou_tracking.retrain.choice import BoxLossChoice

    refuse_repeats("--box-loss-param", [key for key, _ in options.box_loss_param], "once")
    size = ("workspace", "epochs", "samples_per_epoch", "batch_size", "workers")
    names = (*size, "device", "weights", "amp", "accumulate", "compile", "keep", "keep_best", "skip_bad")
    return {name: getattr(options, name) for name in names} | {
        "box_loss": BoxLossChoice.from_options(
            options.box_loss,
            options.sharpness,
            options.divergence,
            options.box_loss_weight,
            dict(options.box_loss_param),
        ),
        "seed": options.seed or 0,
        "resume": True if options.resume else False if options.fresh else None,
        "pretrained": False if options.no_pretrained else options.pretrained or True,
    }


def refuse_repeats(option: str, names: Sequence[str], allowed: str) -> None:
    """Raise `InputError` for the first of the names given by an option that is given again; `allowed` is in words."""
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{option} {name}: given {names.count(name)} times, allowed is {allowed}")
