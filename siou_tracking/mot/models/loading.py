"""The one-stage network of a checkpoint."""

from __future__ import annotations

import os

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import load_network, verb_hint
from siou_tracking.mot.models.net import MOTNet


def load_mot_net(weights: str | os.PathLike[str]) -> MOTNet:
    """Build the network of a checkpoint of `mot train` and give it its weights.

    Raises:
        InputError: an unreadable checkpoint, or one of another network.
    """
    net, _ = load_network(weights)
    if not isinstance(net, MOTNet):
        got = f"got network {type(net).__name__}, allowed is a {MOTNet.__name__}"
        raise InputError(f"checkpoint {weights}: {got} of `mot train`{verb_hint(type(net).__name__)}")
    return net
