"""Online DiMP from a checkpoint of the trained network."""

from __future__ import annotations

import os
from typing import cast

from siou_tracking.device import check_device
from siou_tracking.errors import InputError
from siou_tracking.ltr.models.backbone.efficientnet_lite import EfficientNetLite0
from siou_tracking.ltr.models.meta.steepestdescent import GNSteepestDescent
from siou_tracking.ltr.models.target_classifier.optimizer import PrDiMPSteepestDescentNewton
from siou_tracking.ltr.models.tracking.dimp_network import DiMPnet
from siou_tracking.trackers.dimp.params import PRESETS, DimpParams, dimp_params
from siou_tracking.trackers.dimp.tracker import DiMP
from siou_tracking.trackers.online.loading import load_tracked


def load_dimp_network(weights: str | os.PathLike[str] | None) -> DiMPnet:
    """The network of a training checkpoint: ours, or one of PyTracking's.

    Args:
        weights: a checkpoint (DiMPnet_ep0050.pth.tar, dimp50.pth) or a folder of them (the latest is taken).

    Raises:
        InputError: none given, not there, not a checkpoint, or another network than DiMP's.
    """
    allowed = "a DiMPnet (train dimp dimp18, prdimp18, super_dimp, dimp_lite ...)"
    net = load_tracked(weights, "dimp", allowed, lambda net: isinstance(net, DiMPnet))
    return cast(DiMPnet, net)


def build_dimp(
    param: str | None, weights: str | os.PathLike[str] | None, device: str | None = None, seed: int = 0
) -> DiMP:
    """DiMP with a parameter set and a trained network; see `trackers.build_tracker`.

    Args:
        param: see `params.PRESETS`. None takes what suits the network: lite or prdimp_lite on EfficientNet-Lite0, else
            prdimp18 for PrDiMP's filter, super_dimp_simple for a filter with given labels, and dimp18, which is dimp50
            too; SuperDiMP has to be named.

    Raises:
        InputError: see `load_dimp_network`, `check_device`, `params.dimp_params`; a preset for scores that are logits
            of a density (PrDiMP's) with a network whose scores are not, or the other way round; one for another
            backbone's search regions.
    """
    if param is not None:
        dimp_params(param)  # a wrong name is told before a file is read
    place = None if device is None else check_device(device)
    net = load_dimp_network(weights)
    return DiMP(net, suited_params(net, param, weights)[1], place, seed)


def suited_params(net: DiMPnet, param: str | None, weights: str | os.PathLike[str] | None) -> tuple[str, DimpParams]:
    """Name and values of the parameters that a network tracks with; `weights` is its file, for the message.

    Raises:
        InputError: see `build_dimp`.
    """
    if param is not None:
        dimp_params(param)
    allowed = _suited_presets(net)
    if param is not None and param not in allowed:
        kind = getattr(getattr(net, "constructor", None), "fun_name", type(net).__name__)
        raise InputError(
            f"parameters of tracker dimp: got '{param}' for a {kind} ({weights}), allowed are {', '.join(allowed)}"
        )
    simple = isinstance(net.classifier.filter_optimizer, GNSteepestDescent) and "super_dimp_simple" in allowed
    name = param or ("super_dimp_simple" if simple else allowed[0])
    return name, dimp_params(name)


def _suited_presets(net: DiMPnet) -> list[str]:
    """Names of the parameter sets for such a filter and such a backbone."""
    densities = isinstance(net.classifier.filter_optimizer, PrDiMPSteepestDescentNewton)
    lite = isinstance(net.feature_extractor, EfficientNetLite0)
    return [name for name in PRESETS if name.startswith("prdimp") == densities and name.endswith("lite") == lite]
