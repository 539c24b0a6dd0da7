"""Online ATOM from a checkpoint of the trained network."""

from __future__ import annotations

import os
from pathlib import Path

from siou_tracking.device import check_device
from siou_tracking.errors import InputError
from siou_tracking.trackers.atom.params import atom_params
from siou_tracking.trackers.atom.tracker import ATOM
from siou_tracking.trackers.online.network import OverlapPredictor, TrackingNetwork


def load_atom_network(weights: str | os.PathLike[str] | None) -> TrackingNetwork:
    """The network of a training checkpoint.

    Args:
        weights: a checkpoint as training writes it (ATOMnet_ep0050.pth.tar) or a folder of them (the latest is taken).

    Raises:
        InputError: none given, not there, not a checkpoint, or a network without ATOM's box predictor.
    """
    if weights is None:
        raise InputError("weights: tracker atom: got none, allowed is a checkpoint written by siou-tracking train")
    path = Path(weights)
    if not path.exists():
        raise InputError(f"weights: {path}: not found, allowed is a checkpoint written by siou-tracking train")
    from siou_tracking.ltr.admin.loading import load_network, verb_hint

    net, _ = load_network(path)
    if not isinstance(net, TrackingNetwork) or not isinstance(net.bb_regressor, OverlapPredictor):
        kind = type(net).__name__
        allowed = "allowed is an ATOMnet (train bbreg atom or atom_lite)"
        raise InputError(f"weights: {path}: got a {kind}, {allowed}{verb_hint(kind)}")
    return net


def build_atom(
    param: str | None, weights: str | os.PathLike[str] | None, device: str | None = None, seed: int = 0
) -> ATOM:
    """ATOM with a preset and a trained network; see `trackers.build_tracker`.

    Raises:
        InputError: see `load_atom_network`, `check_device`, `params.atom_params`.
    """
    params, place = atom_params(param), None if device is None else check_device(device)
    return ATOM(load_atom_network(weights), params, place, seed)
