"""ATOM's network: names, shapes, and what training and tracking rely on."""

from __future__ import annotations

import inspect
import json

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.bbreg import AtomIoUNet, atom
from tests.reference_data import reference_file

SMALL = {"iou_input_dim": (8, 6), "iou_inter_dim": (7, 5), "backbone_pretrained": False}
SIDE = 64


@pytest.fixture(scope="module")
def lite() -> atom.ATOMnet:
    torch.manual_seed(0)
    return atom.atom_efficientnet_lite0(iou_hidden_dim=(4, 6), **SMALL)


def batch(sequences: int = 2, proposals: int = 5) -> tuple[torch.Tensor, ...]:
    boxes = torch.tensor([16.0, 14.0, 24.0, 30.0]).expand(1, sequences, 4)
    jitter = torch.randn(1, sequences, proposals, 4) * 2
    images = torch.randn(2, 1, sequences, 3, SIDE, SIDE)
    return images[0], images[1], boxes, boxes.unsqueeze(2) + jitter


@pytest.mark.parametrize("name", ["atom_resnet18", "atom_resnet50"])
def test_state_dict_has_upstreams_keys_shapes_and_order(name: str) -> None:
    reference = json.loads(reference_file(f"ltr_keys/keys_{name}.json").read_text(encoding="utf-8"))
    with torch.device("meta"):
        net = getattr(atom, name)(backbone_pretrained=False)
    state = [(key, list(value.shape), str(value.dtype)) for key, value in net.state_dict().items()]
    assert state == [(entry["key"], entry["shape"], f"torch.{entry['dtype']}") for entry in reference["keys"]]
    trained = {key for key, parameter in net.named_parameters() if parameter.requires_grad}
    assert trained == {entry["key"] for entry in reference["keys"] if entry["requires_grad"]}


def test_the_head_has_upstreams_parameter_names() -> None:
    convolutions = ["conv3_1r", "conv3_1t", "conv3_2t", "fc3_1r", "conv4_1r", "conv4_1t", "conv4_2t"]
    convolutions += ["fc34_3r", "fc34_4r"]
    expected = {f"{name}.{i}.{kind}" for name in convolutions for i in (0, 1) for kind in ("weight", "bias")}
    linear = ("linear.weight", "linear.bias", "bn.weight", "bn.bias")
    expected |= {f"{name}.{part}" for name in ("fc3_rt", "fc4_rt") for part in linear}
    expected |= {"iou_predictor.weight", "iou_predictor.bias"}
    with torch.device("meta"):
        assert {name for name, _ in AtomIoUNet().named_parameters()} == expected


def test_constructor_arguments_are_upstreams() -> None:
    for name in ("atom_resnet18", "atom_resnet50"):
        parameters = inspect.signature(getattr(atom, name)).parameters
        defaults = {key: parameter.default for key, parameter in parameters.items()}
        assert defaults == {"iou_input_dim": (256, 256), "iou_inter_dim": (256, 256), "backbone_pretrained": True}


def test_training_reaches_the_head_and_leaves_the_backbone(lite: atom.ATOMnet) -> None:
    lite.train()
    statistics = {key: value.clone() for key, value in lite.feature_extractor.state_dict().items()}
    predicted = lite(*batch())
    predicted.square().mean().backward()
    assert predicted.shape == (1, 2, 5)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in lite.bb_regressor.parameters())
    assert all(p.grad is None for p in lite.feature_extractor.parameters())
    assert all(torch.equal(value, statistics[key]) for key, value in lite.feature_extractor.state_dict().items())


def test_images_may_lack_the_dimension_of_images_per_sequence(lite: atom.ATOMnet) -> None:
    lite.eval()
    train, test, boxes, proposals = batch()
    with torch.no_grad():
        expected = lite(train, test, boxes, proposals)
        torch.testing.assert_close(lite(train[0], test[0], boxes[0], proposals[0]), expected)


def test_tracking_calls_give_what_the_training_call_gives(lite: atom.ATOMnet) -> None:
    lite.eval()
    train, test, boxes, proposals = batch()
    head = lite.bb_regressor
    with torch.no_grad():
        modulation = head.get_modulation(list(lite.extract_backbone_features(train[0]).values()), boxes[0])
        features = head.get_iou_feat(list(lite.extract_backbone_features(test[0]).values()))
        flat = [vector.flatten(1) for vector in modulation]
        torch.testing.assert_close(
            head.predict_iou(flat, features, proposals[0]), lite(train, test, boxes, proposals)[0]
        )


def test_boxes_can_climb_the_predicted_overlap_while_all_parameters_are_frozen() -> None:
    head = AtomIoUNet((5, 6), (8, 6), (7, 5), (4, 6)).double().eval().requires_grad_(False)
    reference, test = ([torch.randn(2, 5, 8, 8).double(), torch.randn(2, 6, 4, 4).double()] for _ in range(2))
    boxes = torch.tensor([[16.0, 14.0, 24.0, 30.0]], dtype=torch.float64).expand(2, 4)
    with torch.no_grad():  # as a tracker runs
        modulation, features = head.get_modulation(reference, boxes), head.get_iou_feat(test)
        with torch.enable_grad():
            proposals = boxes.unsqueeze(1).clone().requires_grad_()
            before = head.predict_iou(modulation, features, proposals)
            (gradient,) = torch.autograd.grad(before.sum(), proposals)
        step = 1e-4 * gradient / gradient.norm()
        after = head.predict_iou(modulation, features, proposals + step)
    assert after.sum() > before.sum()
    torch.testing.assert_close((after - before).sum(), (gradient * step).sum(), rtol=0.01, atol=0)


def test_one_sequence_in_training_is_refused_by_name(lite: atom.ATOMnet) -> None:
    lite.train()
    with pytest.raises(InputError, match="batch size: AtomIoUNet: got 1 in training, allowed: at least 2"):
        lite(*batch(sequences=1))


def test_boxes_of_other_dimensions_are_refused(lite: atom.ATOMnet) -> None:
    features = [torch.zeros(2, 40, 8, 8), torch.zeros(2, 112, 4, 4)]
    with pytest.raises(InputError, match=r"got \(2, 4\) and \(2, 5, 4\)"):
        lite.bb_regressor(features, features, torch.zeros(2, 4), torch.zeros(2, 5, 4))


def test_scores_are_predicted_in_float32_under_autocast(lite: atom.ATOMnet) -> None:
    inputs = batch()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        scores = lite.eval()(*inputs)
    assert scores.dtype == torch.float32
    with torch.no_grad():
        torch.testing.assert_close(scores, lite(*inputs), rtol=0.1, atol=0.1)


@pytest.mark.parametrize("channels", ["many", 0, -5, 2.5])
def test_a_width_that_is_none_is_refused_in_one_line(channels) -> None:
    with pytest.raises(InputError, match=f"channels: AtomIoUNet: got {channels!r}, allowed are whole numbers from 1"):
        AtomIoUNet(hidden_dim=(channels, 4))
