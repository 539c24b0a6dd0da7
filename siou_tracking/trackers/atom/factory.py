"""Online ATOM from a checkpoint of the trained network."""

from __future__ import annotations

from typing import cast

from torch import nn

from siou_tracking.device import check_device
from siou_tracking.ltr.models.backbone.efficientnet_lite import EfficientNetLite0
from siou_tracking.ltr.models.tracking.dimp_network import DiMPnet
from siou_tracking.trackers.atom.params import atom_params
from siou_tracking.trackers.atom.tracker import ATOM
from siou_tracking.trackers.online.loading import Weights, load_tracked
from siou_tracking.trackers.online.network import OverlapPredictor, TrackingNetwork


def load_atom_network(weights: Weights | None) -> TrackingNetwork:
    """The network of a training checkpoint.

    Args:
        weights: a checkpoint as training writes it (ATOMnet_ep0050.pth.tar) or a folder of them (the latest is taken).

    Raises:
        InputError: none given, not there, not a checkpoint, or a network without ATOM's box predictor or with a target
            classifier besides, which is DiMP's.
    """

    def accepts(net: nn.Module) -> bool:
        return (
            isinstance(net, TrackingNetwork)
            and isinstance(net.bb_regressor, OverlapPredictor)
            and not isinstance(net, DiMPnet)
        )

    trained = load_tracked(weights, "atom", "an ATOMnet (train bbreg atom or atom_lite)", accepts)
    return cast(TrackingNetwork, trained.net)


def build_atom(param: str | None, weights: Weights | None, device: str | None = None, seed: int = 0) -> ATOM:
    """ATOM with a preset and a trained network; see `trackers.build_tracker`.

    Args:
        param: see `params.PRESETS`. None takes what suits the network: lite on EfficientNet-Lite0, else default.

    Raises:
        InputError: see `load_atom_network`, `check_device`, `params.atom_params`.
    """
    if param is not None:
        atom_params(param)  # a wrong name is told before a file is read
    place = None if device is None else check_device(device)
    net = load_atom_network(weights)
    suited = "lite" if isinstance(getattr(net, "feature_extractor", None), EfficientNetLite0) else "default"
    return ATOM(net, atom_params(param or suited), place, seed)
