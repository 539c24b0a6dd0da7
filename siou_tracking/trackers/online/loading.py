"""The trained network of an online tracker, from its checkpoint."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from torch import nn

from siou_tracking.errors import InputError


def load_tracked(
    weights: str | os.PathLike[str] | None, tracker: str, allowed: str, accepts: Callable[[nn.Module], bool]
) -> nn.Module:
    """The network of a training checkpoint.

    Args:
        weights: a checkpoint as training writes it, or a folder of them (the latest is taken).
        tracker: its name, for the message.
        allowed: what it takes, for the message: "an ATOMnet (train bbreg atom or atom_lite)".
        accepts: whether it takes a network.

    Raises:
        InputError: none given, not there, not a checkpoint, or of another kind; then the verb for that kind is named.
    """
    if weights is None:
        raise InputError(
            f"weights: tracker {tracker}: got none, allowed is a checkpoint written by siou-tracking train"
        )
    path = Path(weights)
    if not path.exists():
        raise InputError(f"weights: {path}: not found, allowed is a checkpoint written by siou-tracking train")
    from siou_tracking.ltr.admin.loading import load_network, verb_hint

    net, _ = load_network(path)
    if not accepts(net):
        kind = type(net).__name__
        raise InputError(f"weights: {path}: got a {kind}, allowed is {allowed}{verb_hint(kind)}")
    return net
