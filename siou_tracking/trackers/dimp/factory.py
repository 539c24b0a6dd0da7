"""Online DiMP from a checkpoint of the trained network."""

from __future__ import annotations

from typing import cast

from siou_tracking.device import check_device
from siou_tracking.errors import InputError
from siou_tracking.ltr.models.backbone.efficientnet_lite import EfficientNetLite0
from siou_tracking.ltr.models.meta.steepestdescent import GNSteepestDescent
from siou_tracking.ltr.models.target_classifier.optimizer import PrDiMPSteepestDescentNewton
from siou_tracking.ltr.models.tracking.dimp_network import DiMPnet
from siou_tracking.trackers.dimp.params import PRESETS, DimpParams, dimp_params
from siou_tracking.trackers.dimp.tracker import DiMP
from siou_tracking.trackers.online.loading import TrainedNetwork, Weights, load_tracked


def load_dimp_network(weights: Weights | None) -> TrainedNetwork:
    """The network of a training checkpoint, a `DiMPnet`: ours, or one of PyTracking's.

    Args:
        weights: a checkpoint (DiMPnet_ep0050.pth.tar, dimp50.pth) or a folder of them (the latest is taken).

    Raises:
        InputError: none given, not there, not a checkpoint, or another network than DiMP's.
    """
    allowed = "a DiMPnet (train dimp dimp18, prdimp18, super_dimp, dimp_lite ...)"
    return load_tracked(weights, "dimp", allowed, lambda net: isinstance(net, DiMPnet))


def build_dimp(param: str | None, weights: Weights | None, device: str | None = None, seed: int = 0) -> DiMP:
    """DiMP with a parameter set and a trained network; see `trackers.build_tracker`.

    Args:
        param: see `params.PRESETS`. None takes what suits the network: that of the settings it was trained with, where
            the file says them; else lite or prdimp_lite on EfficientNet-Lite0, prdimp18 for PrDiMP's filter,
            super_dimp_simple for a filter with given labels, and dimp18, which is dimp50 too.

    Raises:
        InputError: see `load_dimp_network`, `check_device`, `params.dimp_params`; a preset for scores that are logits
            of a density (PrDiMP's) with a network whose scores are not, or the other way round; one for another
            backbone's search regions.
    """
    if param is not None:
        dimp_params(param)  # a wrong name is told before a file is read
    place = None if device is None else check_device(device)
    trained = load_dimp_network(weights)
    return DiMP(cast(DiMPnet, trained.net), suited_params(trained, param)[1], place, seed)


def suited_params(trained: TrainedNetwork, param: str | None) -> tuple[str, DimpParams]:
    """Name and values of the parameters that a `DiMPnet` tracks with.

    Raises:
        InputError: see `build_dimp`.
    """
    if param is not None:
        dimp_params(param)
    net = cast(DiMPnet, trained.net)
    allowed = _suited_presets(net)
    if param is not None and param not in allowed:
        kind = getattr(getattr(net, "constructor", None), "fun_name", type(net).__name__)
        raise InputError(
            f"parameters of tracker dimp: got '{param}' for a {kind} ({trained.file}), allowed are {', '.join(allowed)}"
        )
    # The names of settings begin with that of the tracker: super_dimp, super_dimp_simple_smooth_iou.
    named = [name for name in allowed if f"{trained.settings}_".startswith(f"{name}_")]
    simple = isinstance(net.classifier.filter_optimizer, GNSteepestDescent) and "super_dimp_simple" in allowed
    name = param or max(named, key=len, default="super_dimp_simple" if simple else allowed[0])
    return name, dimp_params(name)


def _suited_presets(net: DiMPnet) -> list[str]:
    """Names of the parameter sets for such a filter and such a backbone."""
    densities = isinstance(net.classifier.filter_optimizer, PrDiMPSteepestDescentNewton)
    lite = isinstance(net.feature_extractor, EfficientNetLite0)
    return [name for name in PRESETS if name.startswith("prdimp") == densities and name.endswith("lite") == lite]
