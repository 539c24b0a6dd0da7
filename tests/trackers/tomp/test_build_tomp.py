"""From a checkpoint to a tracker, and what cannot be built."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.models.bbreg.atom import atom_resnet18
from siou_tracking.ltr.models.tracking.tompnet import tompnet50
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.trackers import available_trackers, build_tracker
from siou_tracking.trackers.tomp.params import tomp_params
from siou_tracking.trackers.tomp.tracker import ToMP
from tests.trackers.tomp import filled
from tests.trackers.tomp.scripted import ScriptedNetwork

HEAD = {"out_feature_dim": 16, "nhead": 2, "num_encoder_layers": 1, "num_decoder_layers": 1, "dim_feedforward": 8}


def write(path, net) -> None:
    write_checkpoint(path, {"net": net.state_dict(), "net_type": type(net).__name__, "constructor": net.constructor})


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("tomp") / "ToMPnet_ep0001.pth.tar"
    write(path, tompnet50(backbone_pretrained=False, **HEAD))
    return path


def test_it_is_known_by_name_and_tracks_from_a_checkpoint(weights) -> None:
    assert "tomp" in available_trackers()
    for arguments in ({"name": "tomp"}, {"name": "tomp:tomp101"}, {"name": "tomp", "param": "tomp50"}):
        tracker = build_tracker(**arguments, weights=weights, device="cpu")
        assert isinstance(tracker, ToMP) and tracker.params == tomp_params()
    image = np.zeros((60, 80, 3), np.uint8)
    assert tracker.initialize(image, {"init_bbox": [10, 10, 20, 20]})["target_bbox"] == [10, 10, 20, 20]
    answer = tracker.track(image[:50])  # another size
    assert np.isfinite([*answer["target_bbox"], answer["score"]]).all()
    assert not torch.is_inference_mode_enabled() and torch.is_grad_enabled()


def test_a_network_for_other_maps_is_told_and_the_tracker_for_it_tracks(tmp_path) -> None:
    path = tmp_path / "net.pth.tar"
    write(path, tompnet50(backbone_pretrained=False, feature_sz=14, **HEAD))
    with pytest.raises(InputError, match=r"maps of 14 x 14 cells, expected 18 x 18; trackers for it: tomp:lite"):
        build_tracker("tomp:tomp50", weights=path)
    tracker = build_tracker("tomp:lite", weights=path, device="cpu")
    assert tracker.params.patch_size == 224
    assert build_tracker("tomp", weights=path, device="cpu").params == tracker.params
    image = np.zeros((60, 80, 3), np.uint8)
    tracker.initialize(image, {"init_bbox": [10, 10, 20, 20]})
    assert np.isfinite(tracker.track(image)["target_bbox"]).all()
    write(path, tompnet50(backbone_pretrained=False, feature_sz=22, **HEAD))
    with pytest.raises(InputError, match=r"maps of 22 x 22 cells, expected 14 x 14; trackers for it: none"):
        build_tracker("tomp:lite", weights=path)


def test_what_cannot_be_built_says_why(weights, tmp_path) -> None:
    with pytest.raises(InputError, match="weights: tracker tomp: got none"):
        build_tracker("tomp:tomp50")
    with pytest.raises(InputError, match=r"parameters of tracker tomp 'tomp5': allowed are .* did you mean 'tomp50'"):
        build_tracker("tomp:tomp5", weights=weights)
    with pytest.raises(
        InputError, match=r"got a ToMPnet, allowed is an ATOMnet .*`siou-tracking track --tracker tomp`"
    ):
        build_tracker("atom", weights=weights)
    write(tmp_path / "atom.pth.tar", atom_resnet18(backbone_pretrained=False))
    with pytest.raises(InputError, match=r"got a ATOMnet, allowed is a ToMPnet .*`siou-tracking track --tracker atom`"):
        build_tracker("tomp", weights=tmp_path / "atom.pth.tar")
    with pytest.raises(InputError, match="patch_size: TompParams: got 100, allowed are multiples of stride 16"):
        tomp_params("tomp50", patch_size=100)


def test_a_network_that_the_engine_lacks_is_said_to_lack_and_not_sent_to_the_same_tracker(weights, tmp_path) -> None:
    content = read_checkpoint(weights)
    content["constructor"].fun_name = "tompnet_swin"
    write_checkpoint(tmp_path / "swin.pth.tar", content)
    with pytest.raises(InputError, match=r"ToMPnet \(tompnet_swin\), which cannot be built here: .*tompnet50"):
        build_tracker("tomp", weights=tmp_path / "swin.pth.tar")


def test_a_network_that_says_nothing_finite_loses_the_target() -> None:
    scene = filled.SCENE
    net = ScriptedNetwork(scene)
    tracker = ToMP(net, device="cpu")
    net.classifier = lambda *_: torch.full((1, 1, 18, 18), torch.nan)
    images = scene.images()
    tracker.initialize(images[0], {"init_bbox": list(scene.box)})
    answer = tracker.track(images[1])
    assert answer["flag"] == "not_found" and answer["target_bbox"] == list(scene.box)


def test_a_frame_before_the_first_is_refused() -> None:
    with pytest.raises(InputError, match="tomp: track: called before initialize"):
        ToMP(ScriptedNetwork(filled.SCENE), device="cpu").track(np.zeros((50, 50, 3), np.uint8))
