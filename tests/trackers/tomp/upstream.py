"""PyTracking's ToMP on a scripted network, and on one of known weights: the numbers that ours are compared with.

    python -m tests.trackers.tomp.upstream --checkout DIR

DIR is a clone of github.com/visionml/pytracking, which is run as it is and not changed.
"""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

import torch

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.files import atomic_path
from tests.trackers.tomp import filled
from tests.trackers.tomp.scripted import SCENES, Scene, ScriptedUpstream, summarize

REFERENCE = Path(__file__).resolve().parent / "reference.json"


def track_scripted(scene: Scene) -> dict[str, list[Any]]:
    """See `scripted.summarize`; needs an open session."""
    net = ScriptedUpstream(scene)
    boxes, flags, _ = _track(net, scene, len(scene.images()))
    return summarize(boxes, flags, net.seen)


def track_filled() -> dict[str, list[Any]]:
    """Boxes, flags and scores with the network of `filled`; needs an open session."""
    net = importlib.import_module("pytracking.features.net_wrappers").NetWithBackbone("", use_gpu=False)
    maker = filled.MAKER
    net.net = filled.fill_for_tracking(
        getattr(importlib.import_module(maker.module), maker.function)(**maker.arguments)
    )
    net.initialize = lambda: None
    boxes, flags, scores = _track(net, filled.SCENE, filled.FRAMES)
    return {"flag": flags, "box": boxes, "score": scores}


def _track(net: Any, scene: Scene, frames: int) -> tuple[list[list[float]], list[str], list[float]]:
    params = importlib.import_module("pytracking.parameter.tomp.tomp50").parameters()
    params.net, params.use_gpu, params.device = net, False, "cpu"
    tracker = importlib.import_module("pytracking.tracker.tomp").get_tracker_class()(params)
    tracker.visdom = None
    flags: list[str] = []
    localize = tracker.localize_target

    def noted(*arguments: Any) -> Any:
        found = localize(*arguments)
        flags.append(found[3])
        return found

    tracker.localize_target = noted
    images = scene.images()[:frames]
    with torch.no_grad():
        tracker.initialize(images[0], {"init_bbox": list(scene.box)})
        answers = [tracker.track(image) for image in images[1:]]
    return [answer["target_bbox"] for answer in answers], flags, [answer["object_presence_score"] for answer in answers]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--checkout", required=True, metavar="DIR", help="a clone of github.com/visionml/pytracking")
    checkout = find_checkout(parser.parse_args().checkout)
    torch.set_num_threads(1)
    with checkout_session(checkout, pretrained=False, announce=False):
        content = {name: track_scripted(scene) for name, scene in SCENES.items()} | {"filled": track_filled()}
    source = {"repository": "visionml/pytracking", "commit": checkout.version(), "torch": torch.__version__}
    blocks = [
        f' "{name}": {{\n' + ",\n".join(f'  "{key}": {json.dumps(rows)}' for key, rows in values.items()) + "\n }"
        for name, values in content.items()
    ]
    with atomic_path(REFERENCE) as temporary:
        text = f'{{\n "source": {json.dumps(source)},\n' + ",\n".join(blocks) + "\n}\n"
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
