"""The trained network of an online tracker, from its checkpoint."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any  # what a checkpoint holds

from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.trackers.weight_files import find_weights


@dataclasses.dataclass(frozen=True)
class TrainedNetwork:
    """The network of a file of weights, built."""

    net: nn.Module
    file: Path
    """For messages."""
    settings: str
    """Name of the settings it was trained with, '' where the file does not say."""

    @classmethod
    def of(cls, content: dict[str, Any], file: Path) -> TrainedNetwork:
        """Build that of a file that has been read.

        Raises:
            InputError: see `build_network`.
        """
        from siou_tracking.ltr.admin.loading import build_network
        from siou_tracking.ltr.admin.settings import settings_names

        return cls(build_network(content, file), file, settings_names(content).get("script_name", ""))


Weights = str | os.PathLike[str] | TrainedNetwork
"""What a tracker is built from: a file or its name, a folder of a training, or what was read from one."""


def load_tracked(
    weights: Weights | None, tracker: str, allowed: str, accepts: Callable[[nn.Module], bool]
) -> TrainedNetwork:
    """The network of a training checkpoint, read unless it has been.

    Args:
        weights: a checkpoint as training writes it, a folder of them (the latest is taken), or a name.
        tracker: its name, for the message.
        allowed: what it takes, for the message: "an ATOMnet (train bbreg atom or atom_lite)".
        accepts: whether it takes a network.

    Raises:
        InputError: none given, not there, not a checkpoint, or of another kind; then the verb for that kind is named.
    """
    if weights is None:
        raise InputError(
            f"weights: tracker {tracker}: got none, allowed is a checkpoint written by siou-tracking train or "
            "quickstart; tracker opencv-mil needs none"
        )
    from siou_tracking.ltr.admin.loading import verb_hint

    trained = weights if isinstance(weights, TrainedNetwork) else _read(weights)
    if not accepts(trained.net):
        kind = type(trained.net).__name__
        raise InputError(f"weights: {trained.file}: got a {kind}, allowed is {allowed}{verb_hint(kind)}")
    return trained


def _read(weights: str | os.PathLike[str]) -> TrainedNetwork:
    from siou_tracking.ltr.admin.checkpoint_files import find_checkpoint
    from siou_tracking.ltr.admin.loading import read_checkpoint

    path = find_weights(weights)
    file = find_checkpoint(path) if path.is_dir() else path
    return TrainedNetwork.of(read_checkpoint(file), file)
