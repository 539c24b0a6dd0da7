"""Online ToMP repeats PyTracking's boxes: with a network that says what a script tells it, and with a whole one.

`reference.json` holds what PyTracking did; `upstream.py` wrote it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.trackers import build_tracker
from siou_tracking.trackers.follow import run_frames
from siou_tracking.trackers.tomp.network import TompNetwork
from siou_tracking.trackers.tomp.tracker import ToMP
from tests.reference_data import reference_checkout
from tests.trackers.tomp import filled, upstream
from tests.trackers.tomp.scripted import SCENES, Scene, ScriptedNetwork, summarize

REFERENCE = json.loads(upstream.REFERENCE.read_text())
TOLERANCES = {"box": 3e-4, "pixels": 1e-4, "label": 3e-6, "edges": 3e-6}
"""Boxes in pixels of an image of 1300; PyTracking computes them in float32."""
SHRUNK = 1.5
"""Boxes in pixels where the region shrinks to the image: there float32 costs PyTracking a row and a column at times."""


def track(net: TompNetwork, scene: Scene, frames: int) -> tuple[list[list[float]], list[str], list[float]]:
    """Boxes, flags and scores of all frames but the first."""
    tracker, images = ToMP(net, device="cpu"), scene.images()[:frames]
    tracker.initialize(images[0], {"init_bbox": list(scene.box)})
    answers = [tracker.track(image) for image in images[1:]]
    boxes, flags, scores = ([answer[key] for answer in answers] for key in ("target_bbox", "flag", "score"))
    return boxes, flags, scores


def track_scripted(scene: Scene) -> dict[str, list[Any]]:
    net = ScriptedNetwork(scene)
    boxes, flags, _ = track(net, scene, len(scene.images()))
    return summarize(boxes, flags, net.seen)


def difference(ours: list[list[float]], theirs: list[list[float]]) -> np.ndarray:
    """The largest of each frame."""
    assert len(ours) == len(theirs) > 0
    return np.abs(np.array(ours) - np.array(theirs)).max(axis=1)


@pytest.mark.parametrize("name", sorted(set(SCENES) - {"close"}))
def test_regions_labels_flags_and_boxes_are_pytrackings(name: str) -> None:
    ours, theirs = track_scripted(SCENES[name]), REFERENCE[name]
    assert set(theirs["flag"]) == {"normal", "hard_negative", "uncertain", "not_found"}
    assert ours["flag"] == theirs["flag"]
    for what, tolerance in TOLERANCES.items():
        assert difference(ours[what], theirs[what]).max() < tolerance, what


def test_a_region_that_shrinks_to_the_image_is_exact_where_pytrackings_may_lack_a_row() -> None:
    ours, theirs = track_scripted(SCENES["close"]), REFERENCE["close"]
    assert ours["flag"] == theirs["flag"]
    apart = difference(ours["box"], theirs["box"])
    assert apart.max() < SHRUNK and apart[:6].max() < TOLERANCES["box"]
    assert difference(ours["edges"], theirs["edges"])[:7].max() < TOLERANCES["edges"]


def test_a_whole_network_finds_what_it_finds_there() -> None:
    boxes, flags, scores = track(filled.fill_for_tracking(filled.MAKER.ours()), filled.SCENE, filled.FRAMES)
    theirs = REFERENCE["filled"]
    assert flags == theirs["flag"]
    assert difference(boxes, theirs["box"]).max() < 0.01
    assert np.abs(np.array(scores) - theirs["score"]).max() < 2e-3 * max(theirs["score"])


@pytest.mark.slow
def test_the_stored_numbers_are_those_of_a_checkout() -> None:
    checkout = find_checkout(reference_checkout())
    with checkout_session(checkout, pretrained=False, announce=False):
        there = {name: upstream.track_scripted(scene) for name, scene in SCENES.items()}
        whole = upstream.track_filled()
    for name, values in there.items():
        assert values["flag"] == REFERENCE[name]["flag"]
        assert difference(values["box"], REFERENCE[name]["box"]).max() < TOLERANCES["box"]
    assert difference(whole["box"], REFERENCE["filled"]["box"]).max() < 0.01


@pytest.mark.slow
def test_one_checkpoint_gives_the_same_boxes_here_and_in_a_checkout(tmp_path: Path) -> None:
    net, path = filled.fill_for_tracking(filled.MAKER.ours()), tmp_path / "ToMPnet_ep0001.pth.tar"
    write_checkpoint(path, {"net": net.state_dict(), "net_type": "ToMPnet", "constructor": net.constructor})
    images, box = filled.SCENE.images()[: filled.FRAMES], filled.SCENE.box
    boxes = [
        run_frames(build_tracker("tomp:tomp50", weights=path, device="cpu", pytracking=checkout), images, box)[0]
        for checkout in (None, reference_checkout())
    ]
    assert np.abs(boxes[0] - boxes[1]).max() < 0.01
