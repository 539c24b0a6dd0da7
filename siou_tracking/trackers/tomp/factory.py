"""Online ToMP from a checkpoint of the trained network."""

from __future__ import annotations

from typing import cast

from siou_tracking.device import check_device
from siou_tracking.errors import InputError
from siou_tracking.trackers.online.loading import TrainedNetwork, Weights, load_tracked
from siou_tracking.trackers.tomp.network import TompNetwork
from siou_tracking.trackers.tomp.params import PRESETS, tomp_params
from siou_tracking.trackers.tomp.tracker import ToMP


def load_tomp_network(weights: Weights | None) -> TrainedNetwork:
    """The network of a training checkpoint, a `TompNetwork`.

    Args:
        weights: a checkpoint as training writes it (ToMPnet_ep0300.pth.tar) or a folder of them (the latest is taken).

    Raises:
        InputError: none given, not there, not a checkpoint, or another network than ToMP's.
    """
    allowed = "a ToMPnet (train tomp tomp50, tomp101 or tomp_lite)"
    return load_tracked(weights, "tomp", allowed, lambda net: isinstance(net, TompNetwork))


def build_tomp(param: str | None, weights: Weights | None, device: str | None = None) -> ToMP:
    """ToMP with a preset and a trained network; see `trackers.build_tracker`.

    Args:
        param: see `params.PRESETS`. None takes the first for maps of the network's size.

    Raises:
        InputError: see `load_tomp_network`, `check_device`, `params.tomp_params`; a network for maps of another size.
    """
    params, place = tomp_params(param), None if device is None else check_device(device)
    trained = load_tomp_network(weights)
    net = cast(TompNetwork, trained.net)
    cells = net.head.filter_predictor.feature_sz
    fitting = [name for name, preset in PRESETS.items() if preset.cells == cells]
    if param is None and fitting:
        params = tomp_params(fitting[0])
    if cells != params.cells:
        named = ", ".join(f"tomp:{name}" for name in fitting)
        raise InputError(
            f"weights: {trained.file}: got a network for maps of {cells} x {cells} cells, expected {params.cells} x "
            f"{params.cells}; trackers for it: {named or 'none'}"
        )
    return ToMP(net, params, place)
