"""DiMP's networks: names, shapes, and what training and tracking rely on."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.target_classifier.initializer import FilterInitializerZero
from siou_tracking.ltr.models.tracking import dimpnet
from tests.reference_data import reference_file

BUILT = ["dimpnet18", "dimpnet50", "super_dimp", "dimpnet50_simple", "klcedimpnet18", "klcedimpnet50"]
SMALL: dict[str, Any] = {
    **{"filter_size": 4, "optim_iter": 2, "backbone_pretrained": False, "out_feature_dim": 8},
    **{"iou_input_dim": (6, 6), "iou_inter_dim": (5, 5)},
}
SIDE, CELLS = 64, 5


def batch(train: int = 2, test: int = 3, sequences: int = 2) -> dict[str, torch.Tensor]:
    box = torch.tensor([16.0, 14, 24, 30])
    return {
        "train_imgs": torch.randn(train, sequences, 3, SIDE, SIDE),
        "test_imgs": torch.randn(test, sequences, 3, SIDE, SIDE),
        "train_bb": box + torch.randn(train, sequences, 4),
        "test_proposals": box + 2 * torch.randn(test, sequences, 5, 4),
    }


def extra(name: str, train: int = 2, sequences: int = 2) -> dict[str, torch.Tensor]:
    return {"train_label": torch.rand(train, sequences, CELLS, CELLS)} if name.endswith("simple") else {}


@pytest.mark.parametrize("name", BUILT)
def test_state_dict_has_upstreams_keys_shapes_and_order(name: str) -> None:
    reference = json.loads(reference_file(f"ltr_keys/keys_{name}.json").read_text(encoding="utf-8"))
    constructor = reference["constructor"]
    with torch.device("meta"):
        net = getattr(dimpnet, constructor["fun_name"])(**constructor["kwds"])
    state = [(key, list(value.shape), str(value.dtype)) for key, value in net.state_dict().items()]
    assert state == [(entry["key"], entry["shape"], f"torch.{entry['dtype']}") for entry in reference["keys"]]
    assert type(net).__name__ == reference["net_type"] and net.constructor.fun_module == constructor["fun_module"]
    net.train()
    trained = sum(parameter.requires_grad for parameter in net.parameters())
    assert trained == reference["n_param_tensors_requires_grad_after_train"]


NAMES = ["dimpnet18", "dimpnet50", "dimpnet50_simple", "L2dimpnet18", "klcedimpnet18", "klcedimpnet50"]


@pytest.mark.parametrize("name", NAMES)
def test_training_reaches_every_part_that_is_not_frozen(name: str) -> None:
    frozen = {} if name == "L2dimpnet18" else {"frozen_backbone_layers": ["conv1", "bn1", "layer1"]}
    net = getattr(dimpnet, name)(**SMALL, **frozen).train()
    scores, overlaps = net(**batch(), **extra(name))
    assert [tuple(one.shape) for one in scores] == [(3, 2, CELLS, CELLS)] * 3 and overlaps.shape == (3, 2, 5)
    (sum(one.square().mean() for one in scores) + overlaps.square().mean()).backward()
    missed = {key for key, value in net.named_parameters() if value.grad is None or not value.grad.isfinite().all()}
    unused = ("feature_extractor.layer4", "feature_extractor.fc")
    missed = {key for key in missed if not key.startswith(unused)}
    assert all(key.split(".")[1] in frozen.get("frozen_backbone_layers", ()) for key in missed)
    assert net.classifier.filter_optimizer.training


def test_tracking_calls_give_what_the_training_call_gives() -> None:
    net, data = dimpnet.dimpnet18(**SMALL).eval(), batch(sequences=1)
    with torch.inference_mode():
        scores, overlaps = net(**data)
        outputs = net.extract_backbone_features(data["train_imgs"][:, 0])
        assert list(outputs) == ["layer2", "layer3"]
        features = net.extract_classification_feat(outputs)
        learned, filters, losses = net.classifier.get_filter(features, data["train_bb"][:, 0])
        assert learned.shape == (1, 8, 4, 4) and len(filters) == len(losses) == 3
        test = net.extract_features(data["test_imgs"][:, 0])
        assert list(test) == ["layer2", "layer3", "classification"]
        torch.testing.assert_close(net.classifier.classify(learned, test["classification"]), scores[-1])
        torch.testing.assert_close(net.classifier.track_frame(learned, test["layer3"]), scores[-1])
        torch.testing.assert_close(net.classifier.track_frame(learned, test["layer3"].unsqueeze(1)), scores[-1])
        trained, _ = net.classifier.train_classifier(outputs["layer3"], data["train_bb"])
        torch.testing.assert_close(trained, learned)
        modulation = net.bb_regressor.get_modulation(
            [x[:1] for x in net.get_backbone_bbreg_feat(outputs)], data["train_bb"][0]
        )
        predicted = net.bb_regressor.predict_iou(
            [vector.expand(3, -1, -1, -1) for vector in modulation],
            net.bb_regressor.get_iou_feat(net.get_backbone_bbreg_feat(test)),
            data["test_proposals"][:, 0],
        )
        torch.testing.assert_close(predicted, overlaps[:, 0])
        assert list(net.extract_features(data["test_imgs"][:, 0], ["layer1"])) == ["layer1"]


def test_a_tracker_may_replace_the_initializer_and_the_number_of_steps() -> None:
    net = dimpnet.klcedimpnet18(**SMALL).eval()
    net.classifier.filter_initializer = FilterInitializerZero(net.classifier.filter_size, 8)
    net.classifier.filter_optimizer.softmax_reg = -2.0
    feat, boxes = torch.randn(3, 8, 6, 6), torch.tensor([16.0, 14, 24, 30]).expand(3, 4)
    weights = torch.tensor([0.5, 0.25, 0.25])
    with torch.no_grad():
        _, filters, losses = net.classifier.get_filter(
            feat, boxes, sample_weight=weights, num_iter=7, compute_losses=False
        )
    assert len(filters) == 8 and not filters[0].any() and filters[-1].any() and losses == []


def test_a_frozen_backbone_and_several_layers_of_features() -> None:
    net = dimpnet.klcedimpnet18(**SMALL, train_feature_extractor=False).train()
    assert not any(parameter.requires_grad for parameter in net.feature_extractor.parameters())
    several = dimpnet.DiMPnet(net.feature_extractor, net.classifier, net.bb_regressor, ["layer3", "layer1"], ["layer2"])
    assert several.output_layers == ["layer1", "layer2", "layer3"]
    features = several.get_backbone_clf_feat(dict.fromkeys(("layer1", "layer2", "layer3"), torch.zeros(1)))
    assert list(features) == ["layer3", "layer1"]


@pytest.mark.parametrize("name", NAMES)
def test_constructors_take_upstreams_arguments_by_position_and_name(name: str) -> None:
    parameters = inspect.signature(getattr(dimpnet, name)).parameters
    assert list(parameters)[:2] == ["filter_size", "optim_iter"]
    assert all(parameter.default is not inspect.Parameter.empty for parameter in parameters.values())
    with pytest.raises(TypeError, match="unexpected keyword argument 'filter_sz'"):
        getattr(dimpnet, name)(filter_sz=4)


def test_wrong_shapes_and_layers_are_refused() -> None:
    net, data = dimpnet.dimpnet18(**SMALL).eval(), batch()
    with pytest.raises(InputError, match=r"images: DiMPnet: got \(2, 3, 64, 64\)"):
        net(**{**data, "train_imgs": data["train_imgs"][0]})
    with pytest.raises(InputError, match=r"boxes: LinearFilter: got \(2, 4\)"):
        net(**{**data, "train_bb": data["train_bb"][0]})
    with pytest.raises(InputError, match=r"classification layer .* 'layer2': allowed are layer3, layer4"):
        dimpnet.dimpnet50(**SMALL, classification_layer="layer2")


@pytest.mark.parametrize("name", ["dimpnet18", "klcedimpnet18", "dimpnet50_simple"])
def test_autocast_trains_in_half_precision(name: str) -> None:
    net = getattr(dimpnet, name)(**SMALL).train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores, overlaps = net(**batch(), **extra(name))
        loss = sum(one.square().mean() for one in scores) + overlaps.square().mean()
    loss.backward()
    assert torch.isfinite(loss)
    gradients = [value.grad for value in net.classifier.parameters()]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)
