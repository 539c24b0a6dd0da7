"""Where a name becomes a tracker: one of ours, of OpenCV's, of a checkout's, or anyone's module:Class."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.trackers.base import Tracker

if TYPE_CHECKING:
    from siou_tracking.trackers.atom.tracker import ATOM
    from siou_tracking.trackers.dimp.tracker import DiMP
    from siou_tracking.trackers.online.loading import Weights
    from siou_tracking.trackers.tomp.tracker import ToMP

_TRAINED = ("atom", "dimp", "tomp")
"""Those of ours that track with a trained network."""


def available_trackers(pytracking: str | os.PathLike[str] | None = None) -> list[str]:
    """Names that `build_tracker` knows here; which opencv-* there are depends on the OpenCV installed.

    Args:
        pytracking: a checkout: its trackers instead, as NAME:PARAM.
    """
    if pytracking is not None:
        from siou_tracking.bridge import tracker_files
        from siou_tracking.bridge.checkout import find_checkout

        return tracker_files.checkout_trackers(find_checkout(pytracking))
    from siou_tracking.trackers.adapters.opencv import opencv_kinds

    return [*sorted((*_TRAINED, "static")), *(f"opencv-{kind}" for kind in sorted(opencv_kinds()))]


def takes_weights(name: str) -> bool:
    """Whether `build_tracker` has a use for weights with this name: one of ours that is trained, or someone else's."""
    head, colon, _ = name.partition(":")
    return head in _TRAINED or (bool(colon) and head not in available_trackers())


def build_tracker(
    name: str,
    param: str | None = None,
    weights: str | os.PathLike[str] | None = None,
    device: str | None = None,
    seed: int | None = 0,
    pytracking: str | os.PathLike[str] | None = None,
    dataset: str | None = None,
    amp: str | None = None,
    compiled: bool = False,
) -> Tracker:
    """Make a tracker.

    Args:
        name: one of `available_trackers()`, also with its preset as 'atom:lite', or 'module:Class' of your own (see
            `external.build_external`; its constructor may take param, weights, device and seed).
        param: preset; atom has 'default' (ResNet) and 'lite' (EfficientNet-Lite0), dimp PyTracking's parameter sets
            ('dimp18', 'dimp50', 'prdimp18', 'prdimp50', 'super_dimp', 'super_dimp_simple', ...), 'lite' and
            'prdimp_lite', tomp 'tomp50', 'tomp101' and 'lite'. None takes what suits the network.
        weights: checkpoint of the trained network, or its name, see `load_tracker`; atom, dimp and tomp need one.
        device: where to compute; None takes a GPU when there is one.
        seed: of everything random; equal seeds give equal boxes. None, for a checkout's trackers only: the process's
            generators, seeded by the caller, so that runs can differ.
        pytracking: a checkout; `name` and `param` then mean its tracker and parameter file,
            such as 'dimp:dimp50' or 'ostrack:vitb_256_mae_ce_32x4_ep300', and `weights` replaces the network which
            that file names.
        dataset: of a checkout's tracker: the benchmark that it will run on, NAME_test for a test split; some have
            parameters for each. None for other data.
        amp: "bf16" or "fp16": the backbone of atom, dimp or tomp computes in it.
        compiled: likewise by `torch.compile`.

    Raises:
        InputError: unknown name or preset, missing or unsuitable weights, unusable device; `amp` or `compiled` that
            cannot be here, or for a tracker without a backbone of ours.
    """
    if pytracking is not None or name.partition(":")[0] not in _TRAINED:
        whose = name if pytracking is None else "of a checkout"
        refuse_faster(amp, compiled, f"tracker {whose}: allowed for {', '.join(_TRAINED)} of this package")
    if pytracking is not None:
        from siou_tracking.bridge.checkout import find_checkout
        from siou_tracking.bridge.tracking import CheckoutTracker

        return CheckoutTracker(find_checkout(pytracking), name, param, weights, device, seed, dataset)
    seed = seed or 0
    if device is not None:  # also where the tracker ignores it: a typing error is told
        from siou_tracking.device import check_device

        check_device(device)
    head, colon, tail = name.partition(":")
    if colon and head in available_trackers():
        if param is not None:
            raise InputError(f"param: tracker {name}: got '{param}' as well, allowed is one")
        name, param = head, tail or None
    elif colon:
        from siou_tracking.trackers.adapters.external import build_external

        return build_external(name, param=param, weights=weights, device=device, seed=seed)
    if name in _TRAINED:
        return build_trained(name, param, weights, device, seed, amp, compiled)
    if name not in available_trackers():
        raise unknown_name("tracker", name, available_trackers())
    if param is not None:
        raise InputError(f"param: tracker {name}: got '{param}', allowed is none")
    if weights is not None:
        raise InputError(f"weights: tracker {name}: got '{weights}', it takes none")
    if name == "static":
        from siou_tracking.trackers.adapters.static import StaticTracker

        return StaticTracker()
    from siou_tracking.trackers.adapters.opencv import OpenCVTracker

    return OpenCVTracker(name.removeprefix("opencv-"), seed)


def build_trained(
    name: str,
    param: str | None,
    weights: Weights | None,
    device: str | None,
    seed: int,
    amp: str | None = None,
    compiled: bool = False,
) -> Tracker:
    """One of ours with a trained network, from its file or from what has been read of it; see `build_tracker`."""
    tracker: ATOM | DiMP | ToMP
    if name == "atom":
        from siou_tracking.trackers.atom.factory import build_atom

        tracker = build_atom(param, weights, device, seed)
    elif name == "dimp":
        from siou_tracking.trackers.dimp.factory import build_dimp

        tracker = build_dimp(param, weights, device, seed)
    else:
        from siou_tracking.trackers.tomp.factory import build_tomp

        tracker = build_tomp(param, weights, device)
    if amp is not None or compiled:  # else the training's modules need not be read
        tracker.backbone.hasten(amp, compiled)
    return tracker


def refuse_faster(amp: str | None, compiled: bool, reason: str) -> None:
    """Raise `InputError` where half precision or compilation is wanted of what has no backbone of ours."""
    if amp is not None or compiled:
        raise InputError(f"{'compile' if amp is None else f'amp {amp}'}: {reason}")
