"""PyTracking's ToMP on a scripted network; needs an open session with a checkout."""

from __future__ import annotations

import importlib
from typing import Any

import torch

from tests.trackers.tomp.scripted import Scene, ScriptedUpstream, summarize


def track_upstream(scene: Scene) -> dict[str, list[Any]]:
    """See `scripted.summarize`."""
    params = importlib.import_module("pytracking.parameter.tomp.tomp50").parameters()
    params.net, params.use_gpu, params.device = ScriptedUpstream(scene), False, "cpu"
    tracker = importlib.import_module("pytracking.tracker.tomp").get_tracker_class()(params)
    flags: list[str] = []
    localize = tracker.localize_target

    def noted(*arguments: Any) -> Any:
        found = localize(*arguments)
        flags.append(found[3])
        return found

    tracker.localize_target = noted
    images = scene.images()
    with torch.no_grad():
        tracker.initialize(images[0], {"init_bbox": list(scene.box)})
        boxes = [tracker.track(image)["target_bbox"] for image in images[1:]]
    return summarize(boxes, flags, params.net.seen)
