"""Trackers of real checkouts of the kin, on the CPU with random weights: each box as their own evaluation finds it."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.bridge.process.random_state import seed_everything
from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.tracking import CheckoutTracker, checkout_trackers
from tests.reference_data import reference_file

HOME = Path(os.environ.get("LTR_KIN_HOME", "nowhere"))
"""A folder of checkouts."""
TRACKERS = {
    "OSTrack": "ostrack:vitb_256_mae_ce_32x4_ep300",
    "Stark": "stark_s:baseline",
    "Stark stage 2": "stark_st:baseline",
    "MixFormer": "mixformer_vit:baseline",
    "MixFormerV2": "mixformer2_vit:student_288_depth12",
    "MixFormerV2 online": "mixformer2_vit_online:288_depth8_score",
    "ODTrack": "odtrack:baseline",
    "GRM": "grm:vitb_256_ep300",
    "DropTrack": "ostrack:vitb_384_mae_ce_32x4_ep300",
    "HiT": "HiT:HiT_Tiny",
    "AsymTrack": "AsymTrack:tiny",
    "ARTrack": "artrack:artrack_256_full",
    "ROMTrack": "ROMTrack:baseline_stage2",
    "VideoX/SeqTrack": "seqtrack:seqtrack_b256",
}


class Anything(dict[str, Any]):
    """The content of a checkpoint that is not there yet."""

    def __getitem__(self, key: str) -> Any:
        return self


class Built(Exception):
    """The network is there."""


def own_parameters(name: str, param: str, weights: Path) -> Any:
    """What the checkout's own evaluation hands to its tracker, `weights` as the network."""
    parameters = importlib.import_module(f"lib.test.parameter.{name}").parameters
    model = {"model": weights.name} if "model" in inspect.signature(parameters).parameters else {}
    params = parameters(param, **model)
    params.debug, params.checkpoint, params.vis_attn = 0, str(weights), 0
    return params


def make_own(name: str, param: str, weights: Path) -> Any:
    """The tracker, made as the checkout's own evaluation makes it for LaSOT."""
    evaluation = importlib.import_module("lib.test.evaluation.tracker").Tracker(name, param, "lasot")
    return evaluation.create_tracker(own_parameters(name, param, weights))


def save_random_weights(name: str, param: str, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint of the network that the tracker builds, as it is initialized."""
    built: list[nn.Module] = []
    load, load_state = torch.load, nn.Module.load_state_dict

    def keep(net: nn.Module, state: Any, *args: Any, **options: Any) -> Any:
        if not isinstance(state, Anything):
            return load_state(net, state, *args, **options)
        built.append(net)
        raise Built

    with monkeypatch.context() as patched:
        patched.setattr(
            torch, "load", lambda file, *a, **o: Anything(net={}) if file == str(weights) else load(file, *a, **o)
        )
        patched.setattr(nn.Module, "load_state_dict", keep)
        with contextlib.suppress(Built):
            make_own(name, param, weights)
    torch.save({"net": built[0].state_dict(), "net_type": type(built[0]).__name__}, weights)


@pytest.mark.slow
@pytest.mark.parametrize("which", TRACKERS)
def test_every_box_is_that_of_the_checkouts_own_evaluation(which, tmp_path, monkeypatch):
    root = HOME / which.partition(" ")[0]
    if not root.is_dir():
        pytest.skip(f"LTR_KIN_HOME: {root}: no such folder, set it to a folder of checkouts")
    checkout = find_checkout(root)
    label = TRACKERS[which]
    assert label in checkout_trackers(checkout)
    sequence = reference_file("data/otb") / "Couple"
    frames = [cv2.imread(str(file))[..., ::-1] for file in sorted((sequence / "img").glob("*.jpg"))[:3]]
    box = np.loadtxt(sequence / "groundtruth_rect.txt")[0].tolist()
    weights = tmp_path / "Random_ep0001.pth.tar"
    monkeypatch.chdir(tmp_path)
    with checkout_session(checkout, announce=False), contextlib.redirect_stdout(io.StringIO()):
        seed_everything(3)
        save_random_weights(*label.split(":"), weights, monkeypatch)
        own = make_own(*label.split(":"), weights)
        own.initialize(frames[0].copy(), {"init_bbox": list(box)})
        theirs = [own.track(frame.copy(), {"previous_output": {}})["target_bbox"] for frame in frames[1:]]
    tracker = CheckoutTracker(checkout, label, weights=tmp_path, device="cpu", dataset="lasot")
    tracker.initialize(frames[0], {"init_bbox": box})
    ours = [tracker.track(frame)["target_bbox"] for frame in frames[1:]]
    tracker.close()
    assert ours == [[float(value) for value in one] for one in theirs]
