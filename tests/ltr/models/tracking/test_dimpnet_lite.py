"""DiMP's networks for a CPU: what trains of them, and what they are built from."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.model_constructor import engine_constructors
from siou_tracking.ltr.models.target_classifier.optimizer import DiMPSteepestDescentGN, PrDiMPSteepestDescentNewton
from siou_tracking.ltr.models.tracking import dimpnet

SMALL: dict[str, Any] = {
    **{"backbone_pretrained": False, "out_feature_dim": 8, "optim_iter": 2},
    **{"iou_input_dim": (6, 6), "iou_inter_dim": (5, 5), "iou_hidden_dim": (4, 6)},
}
BOX = torch.tensor([16.0, 14, 24, 30])
OPTIMIZERS = {
    "dimpnet_efficientnet_lite0": DiMPSteepestDescentGN,
    "klcedimpnet_efficientnet_lite0": PrDiMPSteepestDescentNewton,
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_heads_train_and_the_backbone_stays_as_it_is(name: str) -> None:
    torch.manual_seed(0)
    net = getattr(dimpnet, name)(**SMALL).train()
    assert type(net.classifier.filter_optimizer) is OPTIMIZERS[name]
    before = {key: value.clone() for key, value in net.feature_extractor.state_dict().items()}
    scores, overlaps = net(
        torch.randn(2, 2, 3, 64, 64),
        torch.randn(1, 2, 3, 64, 64),
        BOX.expand(2, 2, 4),
        BOX + torch.randn(1, 2, 3, 4),
    )
    assert [tuple(one.shape) for one in scores] == [(1, 2, 5, 5)] * 3 and overlaps.shape == (1, 2, 3)
    (sum(one.sum() for one in scores) + overlaps.sum()).backward()
    reached = {key.partition(".")[0] for key, one in net.named_parameters() if one.grad is not None}
    assert reached == {"classifier", "bb_regressor"}
    assert all(torch.equal(value, before[key]) for key, value in net.feature_extractor.state_dict().items())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_maps_in_place_of_images_give_what_the_images_give(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    net = getattr(dimpnet, name)(**SMALL).eval()
    data = {
        "train_imgs": torch.randn(2, 2, 3, 64, 64),
        "test_imgs": torch.randn(1, 2, 3, 64, 64),
        "train_bb": BOX.expand(2, 2, 4),
        "test_proposals": BOX + torch.randn(1, 2, 3, 4),
    }
    with torch.no_grad():
        scores, overlaps = net(**data)
        for part in ("train_imgs", "test_imgs"):
            features = net.extract_backbone_features(data[part].flatten(0, 1))
            data[part] = [features[layer].unflatten(0, data[part].shape[:2]) for layer in net.output_layers]
        monkeypatch.setattr(net, "feature_extractor", None)
        found, boxes = net(**data)
    assert torch.equal(boxes, overlaps) and all(map(torch.equal, found, scores))
    with pytest.raises(InputError, match=r"feature maps: DiMPnet: got 1, expected 2 \(layer2, layer3\)"):
        net(**{**data, "test_imgs": data["test_imgs"][:1]})


def test_both_are_among_the_constructors_that_a_checkpoint_may_name() -> None:
    assert engine_constructors()["ltr.models.tracking.dimpnet_lite"] == sorted(OPTIMIZERS)
    net = dimpnet.dimpnet_efficientnet_lite0(**SMALL)
    assert net.constructor.get().state_dict().keys() == net.state_dict().keys()
