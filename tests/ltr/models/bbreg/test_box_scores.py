"""The head's closed form for one target, beside the head itself and autograd."""

from __future__ import annotations

import copy

import pytest
import torch

from siou_tracking.ltr.models.bbreg.atom_iou_net import AtomIoUNet
from siou_tracking.ltr.models.bbreg.box_scores import TargetHead

BOXES = {
    "around a target": [[60.0, 50.0, 40.0, 44.0], [66.0, 47.0, 31.0, 52.0], [57.0, 58.0, 46.0, 30.0]],
    "over the border": [[-20.0, -8.0, 60.0, 44.0], [130.0, 140.0, 90.0, 52.0]],
    "the whole map": [[0.0, 0.0, 191.0, 175.0]],
    "odd": [[60.0, 50.0, 0.2, 30.0], [60.0, 50.0, -3.0, 30.0]],
}
TARGET = torch.tensor([[50.0, 50.0, 40.0, 40.0]], dtype=torch.float64)


@pytest.fixture(scope="module")
def head() -> AtomIoUNet:
    torch.manual_seed(0)
    head = AtomIoUNet((6, 10), (8, 12), (7, 9), (5, 8))
    for module in head.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            module.bias.data.normal_()
    return head.double().eval().requires_grad_(False)


@pytest.fixture(scope="module")
def features() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    sizes = ((1, 6, 22, 24), (1, 10, 11, 12))
    return [torch.randn(size, generator=generator, dtype=torch.float64) for size in sizes]


def reference(
    head: AtomIoUNet, features: list[torch.Tensor], modulation: list[torch.Tensor], boxes: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    boxes = boxes.clone().requires_grad_()
    scores = head.predict_iou(modulation, head.get_iou_feat(features), boxes[None])[0]
    return scores.detach(), torch.autograd.grad(scores.sum(), boxes)[0]


@pytest.mark.parametrize("name", BOXES)
def test_scores_and_gradients_equal_the_heads(head: AtomIoUNet, features: list[torch.Tensor], name: str) -> None:
    modulation = list(head.get_modulation(features, TARGET))
    boxes = torch.tensor(BOXES[name], dtype=torch.float64)
    expected = reference(head, features, modulation, boxes)
    torch.testing.assert_close(TargetHead(head, modulation).look(features)(boxes), expected)


def test_in_single_precision_they_are_equal_to_a_hundred_thousandth(
    head: AtomIoUNet, features: list[torch.Tensor]
) -> None:
    head, features = copy.deepcopy(head).float(), [layer.float() for layer in features]
    modulation = list(head.get_modulation(features, TARGET.float()))
    boxes = torch.tensor(BOXES["around a target"])
    expected = reference(head, features, modulation, boxes)
    torch.testing.assert_close(TargetHead(head, modulation).look(features)(boxes), expected, rtol=1e-5, atol=1e-5)


def test_boxes_that_leave_what_was_computed_get_it_computed(head: AtomIoUNet, features: list[torch.Tensor]) -> None:
    modulation = list(head.get_modulation(features, TARGET))
    score = TargetHead(head, modulation).look(features)
    for name in ("around a target", "the whole map", "around a target", "over the border"):
        boxes = torch.tensor(BOXES[name], dtype=torch.float64)
        torch.testing.assert_close(score(boxes), reference(head, features, modulation, boxes))


def test_a_box_that_is_not_finite_leaves_the_others_alone(head: AtomIoUNet, features: list[torch.Tensor]) -> None:
    modulation = list(head.get_modulation(features, TARGET))
    boxes = torch.tensor(BOXES["around a target"], dtype=torch.float64)
    expected = reference(head, features, modulation, boxes[:2])
    for odd in (float("nan"), float("inf"), -float("inf")):
        boxes[2, 0] = odd
        scores, gradient = TargetHead(head, modulation).look(features)(boxes)
        torch.testing.assert_close((scores[:2], gradient[:2]), expected)
