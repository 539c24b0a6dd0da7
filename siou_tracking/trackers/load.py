"""From a file of weights, or its name, to a tracker: which one it is the file says."""

from __future__ import annotations

import os

from siou_tracking.errors import InputError
from siou_tracking.trackers.base import Tracker
from siou_tracking.trackers.registry import build_trained, refuse_faster
from siou_tracking.trackers.weight_files import find_weights

_TRACKERS = {"ATOMnet": "atom", "DiMPnet": "dimp", "ToMPnet": "tomp"}


def load_tracker(
    weights: str | os.PathLike[str],
    device: str | None = None,
    seed: int = 0,
    amp: str | None = None,
    compiled: bool = False,
) -> Tracker:
    """The tracker that was trained into a file, with the preset that suits its network.

    Args:
        weights: a checkpoint of ours or of PyTracking's, a safetensors file, a folder of a training (its latest
            checkpoint), an exported .onnx file, or the name of one in a folder of `weight_folders()`, without suffix.
        device: where to compute; None takes a GPU when there is one.
        seed: of everything random; equal seeds give equal boxes.
        amp, compiled: see `build_tracker`; not of an exported file.

    Raises:
        InputError: nothing of that name, a file that cannot be used, a network that is no tracker of one target, or see
            `build_tracker`.
    """
    path = find_weights(weights)
    if path.suffix == ".onnx":
        from siou_tracking.trackers.exported.registry import build_exported

        refuse_faster(amp, compiled, f"weights: {path}: holds a whole tracker as it is; allowed for a checkpoint")
        return build_exported(path, seed)
    from siou_tracking.device import check_device
    from siou_tracking.ltr.admin.checkpoint_files import find_checkpoint
    from siou_tracking.ltr.admin.loading import read_checkpoint, verb_hint
    from siou_tracking.trackers.online.loading import TrainedNetwork

    if device is not None:
        check_device(device)  # before the file is read
    file = find_checkpoint(path) if path.is_dir() else path
    content = read_checkpoint(file)
    kind = str(content.get("net_type"))
    if kind not in _TRACKERS:
        raise InputError(f"weights: {file}: got a {kind}, allowed are {', '.join(_TRACKERS)}{verb_hint(kind)}")
    return build_trained(_TRACKERS[kind], None, TrainedNetwork.of(content, file), device, seed, amp, compiled)
