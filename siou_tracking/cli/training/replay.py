"""`siou-tracking replay`: the step in which a training diverged, made again."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any  # Any: what a file holds

from siou_tracking.arguments import Verb, add_checkout, training_set
from siou_tracking.cli.checkout import given_checkout
from siou_tracking.errors import InputError

if TYPE_CHECKING:
    from siou_tracking.retrain.request import TrainRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="that a training named when its loss was not finite")
    parser.add_argument("--settings", type=Path, metavar="FILE.py", help="the training's own settings file, if it was")
    parser.add_argument("--box-loss", metavar="NAME", help="the training's own box loss, if it was module:function")
    parser.add_argument(
        "--data",
        type=training_set,
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="where a data set lies now (default: where the training had it)",
    )
    parser.add_argument("--device", metavar="D", help="cpu, cuda, cuda:0 ... (default: cpu)")
    add_checkout(parser, "the checkout that the training was with")


def run(options: argparse.Namespace) -> int:
    from siou_tracking.log import quiet
    from siou_tracking.ltr.admin.loading import read_checkpoint
    from siou_tracking.ltr.admin.tensor_file.header import printable
    from siou_tracking.ltr.run_training import train
    from siou_tracking.ltr.trainers.step.failed import read_failed_step
    from siou_tracking.ltr.trainers.step.replay import replayed

    content = read_checkpoint(options.file)
    failed = read_failed_step(content, options.file)
    checkout = given_checkout(options)
    if (failed["engine"] == "checkout") != (checkout is not None):
        need = "was made with a checkout: give --checkout DIR" if checkout is None else "was made without a checkout"
        raise InputError(f"replay: {options.file}: {need}")
    with tempfile.TemporaryDirectory() as folder:
        request = _request(options, failed["request"], Path(folder))

        def begin() -> None:
            if checkout is None:
                train(request)
                return
            from siou_tracking.bridge.training import train_checkout

            train_checkout(checkout, request)

        with quiet():
            lines = replayed(begin, content, failed)
    for line in lines:
        print(printable(line))
    return 0


def _request(options: argparse.Namespace, recorded: dict[str, Any], workspace: Path) -> TrainRequest:
    """What the training was asked to be, in a workspace of its own.

    Code runs only where the command line names it: a settings file of the user's, and a loss.
    """
    from siou_tracking.retrain.choice import BoxLossChoice
    from siou_tracking.retrain.request import TrainRequest

    try:
        module, name, loss = recorded["module"], recorded["name"], recorded["box_loss"]
        if not module:
            raise InputError(f"replay: {options.file}: no train verb began the training: nothing builds its network")
        if str(module).endswith(".py"):
            module = _named_again(options, "settings", str(module))
        elif options.settings is not None:
            raise InputError(f"replay: --settings: the training had {module} {name}, which comes with the package")
        if loss is not None:
            asked = _named_again(options, "box_loss", loss["name"]) if ":" in loss["name"] else loss["name"]
            loss = BoxLossChoice(asked, loss["params"], loss["weight"])
        plain = ("samples_per_epoch", "batch_size", "seed", "amp", "pretrained")
        return TrainRequest(
            str(module),
            name,
            box_loss=loss,
            data={**recorded["data"], **dict(options.data)},
            values=recorded["values"],
            workspace=workspace,
            workers=0,
            device=options.device or "cpu",
            quiet=True,
            **{key: recorded[key] for key in plain},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"replay: {options.file}: request: {type(error).__name__}: {error}") from error


def _named_again(options: argparse.Namespace, option: str, name: str) -> str:
    given = getattr(options, option)
    if given is None:
        flag = "--" + option.replace("_", "-")
        raise InputError(f"replay: {options.file}: the training had {name}, whose code would run: give {flag} {name}")
    return str(given)


VERB = Verb(
    name="replay",
    summary="Make the step again in which a training's loss was not finite, and tell what was not.",
    example="siou-tracking replay workspace/checkpoints/ltr/bbreg/atom_lite/failed_step000057_of_epoch0003.pth",
    add_arguments=add_arguments,
    run=run,
)
