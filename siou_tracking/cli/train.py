"""`siou-tracking train`: a tracker retrained from a settings file, with the box loss of --box-loss."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence

from siou_tracking.arguments import (
    DATASETS,
    Verb,
    add_box_loss_options,
    add_checkout,
    add_training_options,
    assignment,
    refuse_repeats,
    training_options,
    training_set,
)
from siou_tracking.cli.checkout import given_checkout
from siou_tracking.errors import InputError, unknown_name

_OWN_DATA = ("lasot", "got10k", "trackingnet", "coco", "all")
"""Data sets that the settings of this package read, by --data."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    where = "settings module such as bbreg or dimp, or a settings file; of a checkout: tamos, ostrack ..., see doctor"
    parser.add_argument("module", metavar="MODULE | FILE.py", help=where)
    parser.add_argument("name", nargs="?", metavar="NAME", help="settings name such as atom_lite, dimp18")
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
    parser.add_argument(
        "--set",
        type=assignment,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a value that the settings file reads as settings.NAME, or of a yaml file, such as TRAIN.GIOU_WEIGHT=4",
    )
    effect = (
        "train with this checkout of PyTracking or its kin (OSTrack, STARK, ...) and its settings, not the embedded "
    )
    add_checkout(parser, f"{effect}engine; your local.py in it gives folders that are not given here")


def run(options: argparse.Namespace) -> int:
    from siou_tracking.files import check_output_folder
    from siou_tracking.retrain.request import TrainRequest

    checkout = given_checkout(options)
    _check_data([name for name, _ in options.data], own=checkout is None and not options.module.endswith(".py"))
    folders = [root / part for name, root in options.data for part in (DATASETS if name == "all" else [""])]
    check_output_folder(options.workspace or ("workspace" if checkout is None else None), "--workspace", folders)
    values = _values(options.set, yaml=checkout is not None and checkout.layout.settings_suffix == ".yaml")
    given = training_options(options)
    request = TrainRequest(options.module, options.name, data=dict(options.data), values=values, **given)
    if checkout is None:
        from siou_tracking.ltr.run_training import train

        train(request)
    else:
        from siou_tracking.bridge.training import train_checkout

        train_checkout(checkout, request)
    return 0


def _values(given: Sequence[tuple[str, object]], yaml: bool) -> dict[str, object]:
    """What --set gave, each name once.

    Args:
        given: names and values.
        yaml: whether settings are yaml files, whose names have dots.

    Raises:
        InputError: a name twice, or one with a dot for settings that are Python.
    """
    refuse_repeats("train: --set", [name for name, _ in given], "one value for a name")
    for name, _ in given:
        if "." in name and not yaml:
            raise InputError(f"train: --set {name}: allowed with a dot are names in a checkout's yaml files alone")
    return dict(given)


def _check_data(names: Sequence[str], own: bool) -> None:
    """Refuse data sets that no training reads, and two folders for one.

    Args:
        names: given by --data.
        own: whether it is one of this package's settings that is trained, on the embedded engine.

    Raises:
        InputError: a benchmark on which nothing trains, a data set that none of this package's settings reads, or a
            name given twice.
    """
    refuse_repeats("train: --data", names, "one folder for a name")
    for name in names:
        if re.fullmatch(r"(otb|vot)\d*", name, re.IGNORECASE):
            allowed = ", ".join(_OWN_DATA)
            raise InputError(
                f"train: --data {name}: trackers are scored on it, none learns from it: allowed: {allowed}"
            )
        if own and name == "mot":
            raise InputError("train: --data mot: read by multi-object settings: siou-tracking mot train --data DIR")
        if own and name not in _OWN_DATA:
            hint = "; others are read by a FILE.py, or by a checkout's settings: --checkout DIR"
            raise InputError(f"train: --data: {unknown_name('data set', name, _OWN_DATA)}{hint}")


VERB = Verb(
    name="train",
    summary="Retrain a tracker from a settings file, with the box loss named by --box-loss.",
    example="siou-tracking train bbreg atom_lite --box-loss smooth_iou --data got10k=DIR",
    add_arguments=add_arguments,
    run=run,
    shares=True,
)
