"""ToMP's networks have upstream's keys in upstream's order, and what trackers call."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.tracking import tompnet
from siou_tracking.ltr.models.tracking.tompnet import ToMPnet
from tests.reference_data import reference_file

SMALL: dict[str, Any] = {
    "filter_size": 1,
    "backbone_pretrained": False,
    "out_feature_dim": 16,
    "nhead": 2,
    "num_encoder_layers": 1,
    "num_decoder_layers": 1,
    "dim_feedforward": 24,
}


@pytest.mark.parametrize("name", ["tompnet50", "tompnet101"])
def test_keys_shapes_and_order_are_upstreams(name: str) -> None:
    stored = json.loads(reference_file(f"ltr_keys/keys_{name}.json").read_text(encoding="utf-8"))
    with torch.device("meta"):
        net = getattr(tompnet, name)(**stored["constructor"]["kwds"])
    expected = [(entry["key"], tuple(entry["shape"]), entry["dtype"]) for entry in stored["keys"]]
    # A stored optimizer knows parameters by their order.
    assert [(key, tuple(one.shape), str(one.dtype)[6:]) for key, one in net.state_dict().items()] == expected
    assert type(net).__name__ == stored["net_type"]
    assert (net.constructor.fun_name, net.constructor.fun_module) == (name, stored["constructor"]["fun_module"])
    trained = sum(parameter.requires_grad for parameter in net.train().parameters())
    assert trained == stored["n_param_tensors_requires_grad_after_train"]


@pytest.fixture(scope="module")
def net() -> ToMPnet:
    torch.manual_seed(0)
    return tompnet.tompnet50(**SMALL).eval()


def test_training_gives_scores_and_boxes_of_the_test_frame(net: ToMPnet) -> None:
    train, test = torch.randn(2, 3, 3, 64, 96), torch.randn(1, 3, 3, 64, 96)
    label, ltrb = torch.rand(2, 3, 4, 6), torch.randn(2, 3, 4, 4, 6)
    with torch.no_grad():
        scores, boxes = net(train, test, torch.zeros(2, 3, 4), train_label=label, train_ltrb_target=ltrb)
    assert scores.shape == (1, 3, 4, 6) and boxes.shape == (1, 3, 4, 4, 6)


def test_features_are_asked_for_by_name(net: ToMPnet) -> None:
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        features = net.extract_features(image, ["layer2", "head"])
        backbone = net.extract_backbone_features(image)
        assert list(features) == ["layer2", "head"] and list(backbone) == ["layer3"]
        assert torch.equal(features["head"], net.extract_head_feat(backbone))
        assert list(net.extract_features(image, ["layer3"])) == ["layer3"]


def test_the_features_have_the_length_that_fits_the_filter(net: ToMPnet) -> None:
    with torch.no_grad():
        features = net.extract_features(torch.randn(1, 3, 64, 64))["head"]
    assert float(features.square().mean().sqrt()) == pytest.approx(1 / 4, rel=1e-3)  # sqrt(1 / 16 channels)


def test_a_head_may_read_the_last_layer() -> None:
    net = tompnet.tompnet50(**SMALL, head_layer="layer4", use_test_frame_encoding=False)
    assert net.head.feature_extractor[0].weight.shape == (16, 2048, 3, 3)
    assert not hasattr(net.head.filter_predictor, "query_embed_test")


def test_wrong_input_is_one_line(net: ToMPnet) -> None:
    with pytest.raises(InputError, match="unknown head_layer 'layer2': allowed are layer3, layer4"):
        tompnet.tompnet101(**SMALL, head_layer="layer2")
    image = torch.zeros(1, 3, 64, 64)
    with pytest.raises(InputError, match=r"train images: ToMPnet: got \(1, 3, 64, 64\), allowed"):
        net(image, image, torch.zeros(1, 1, 4))


@pytest.fixture(scope="module")
def lite() -> ToMPnet:
    torch.manual_seed(0)
    return tompnet.tompnet_efficientnet_lite0(backbone_pretrained=False, out_feature_dim=16, nhead=2, feature_sz=4)


def test_maps_in_place_of_images_give_what_the_images_give(lite: ToMPnet, monkeypatch: pytest.MonkeyPatch) -> None:
    lite.eval()
    train, test = torch.randn(2, 3, 3, 64, 64), torch.randn(1, 3, 3, 64, 64)
    known = {"train_label": torch.rand(2, 3, 4, 4), "train_ltrb_target": torch.randn(2, 3, 4, 4, 4)}
    boxes = torch.zeros(2, 3, 4)
    with torch.no_grad():
        expected = lite(train, test, boxes, **known)
        maps = [
            [lite.extract_backbone_features(images.flatten(0, 1))["layer3"].unflatten(0, images.shape[:2])]
            for images in (train, test)
        ]
        monkeypatch.setattr(lite, "extract_backbone_features", lambda *_: pytest.fail("called"))
        found = lite(*maps, boxes, **known)
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))
    with pytest.raises(InputError, match=r"feature maps: ToMPnet: got 2, expected 1 \(layer3\)"):
        lite(maps[0] * 2, maps[1], boxes, **known)


def test_lite_networks_backbone_does_not_train_and_its_first_boxes_are_near_the_cell(lite: ToMPnet) -> None:
    lite.train()
    assert not any(one.requires_grad for one in lite.feature_extractor.parameters())
    assert not any(one.training for one in lite.feature_extractor.children())
    assert all(one.requires_grad for one in lite.head.parameters())
    with torch.no_grad():
        _, boxes = lite(
            [torch.rand(1, 2, 112, 4, 4)],
            [torch.rand(1, 2, 112, 4, 4)],
            torch.zeros(1, 2, 4),
            train_label=torch.rand(1, 2, 4, 4),
            train_ltrb_target=torch.rand(1, 2, 4, 4, 4),
        )
    assert boxes.min() > 0.03 and boxes.max() < 0.3


def test_a_lite_network_that_has_learned_nothing_scores_likeness_to_the_labeled_cell() -> None:
    torch.manual_seed(0)
    net = tompnet.tompnet_efficientnet_lite0(backbone_pretrained=False).eval()
    maps = torch.randn(1, 4, 112, 14, 14)
    moved = maps.roll((3, -2), dims=(-2, -1))
    label = torch.zeros(1, 4, 14, 14)
    label[..., 7, 7] = 1
    with torch.no_grad():
        scores, _ = net(
            [maps], [moved], torch.zeros(1, 4, 4), train_label=label, train_ltrb_target=torch.zeros(1, 4, 4, 14, 14)
        )
    found = scores.flatten(2).argmax(-1) == 10 * 14 + 5
    assert found.sum() >= 3  # of 4; by chance one of 196
