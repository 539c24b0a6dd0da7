"""ATOM's networks: inputs that any torch version and any platform makes alike, and the numbers compared on them.

Eight sequences, so that no batch norm in training mode averages fewer than eight values. With two, a channel's output
is the sign of a difference that rounding may turn around.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.parity.exact_values import noise
from tests.parity.recipe import Maker, Recipe
from tests.parity.stability import Nudge, Values

SEQUENCES, SIZE = 8, 64
_EVALUATED, _TRAINED = 1e-5, 5e-5  # training normalizes by statistics that move themselves
TOLERANCES = {
    "predicted": _EVALUATED,
    "proposal gradient": _EVALUATED,
    "layer2 sample": _EVALUATED,
    "layer3 sample": _EVALUATED,
    "modulation at stride 8": _EVALUATED,
    "modulation at stride 16": _EVALUATED,
    "predicted in training": _TRAINED,
    "last layer's gradient": _TRAINED,
    "first test layer's gradient": _TRAINED,
    "first reference layer's gradient": _TRAINED,
    "backbone statistics": _TRAINED,
    "head statistics": _TRAINED,
}
"""How far a number may lie from the reference, in parts of the largest of its quantity."""


def inputs() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """One reference and one test image a sequence, the target's box in the reference, and three proposals.

    Returns:
        Twice (1, 8, 3, 64, 64), (1, 8, 4) and (1, 8, 3, 4), float64. Boxes are xywh in pixels; the last proposal of
        each sequence lies mostly beyond the image's upper right corner.
    """
    train, test = (noise((1, SEQUENCES, 3, SIZE, SIZE), stream) for stream in (1001, 1002))
    middle, spread, jitter, last = torch.tensor(
        [[20.3, 22.1, 25.7, 23.9], [9, 9, 8, 8], [6, 6, 5, 5], [21, -17, 0, 0]], dtype=torch.float64
    )
    boxes = middle + spread * noise((1, SEQUENCES, 4), 1003)
    shifts = jitter * noise((1, SEQUENCES, 3, 4), 1004)
    shifts[..., 2, :] += last
    return train, test, boxes, boxes.unsqueeze(2) + shifts


def evaluate(net: nn.Module, nudge: Nudge | None = None) -> Values:
    """What a filled network computes in evaluation mode and in a step's worth of training.

    Args:
        net: ATOM's network in the precision to compute in; its weights and statistics stay as they are.
        nudge: applied to each input.

    Returns:
        A flat float64 tensor for each quantity.
    """
    dtype = next(net.parameters()).dtype
    data = [(nudge(value) if nudge else value).to(dtype) for value in inputs()]
    before = {name: value.clone() for name, value in net.named_buffers()}
    values = {**_evaluated(net.eval(), *data), **_trained(net.train(), *data)}
    values = {name: value.detach().flatten().double().clone() for name, value in values.items()}
    net.load_state_dict(before, strict=False)
    return values


def _evaluated(net: nn.Module, train: Tensor, test: Tensor, boxes: Tensor, proposals: Tensor) -> Values:
    """Overlaps, by the methods that tracking calls, with their gradient to the proposals and what leads to them."""
    head, proposals = net.bb_regressor, proposals[0].clone().requires_grad_()
    with torch.no_grad():
        modulation = head.get_modulation(list(net.extract_backbone_features(train[0]).values()), boxes[0])
        features = net.extract_backbone_features(test[0])
        head_features = head.get_iou_feat(list(features.values()))
    predicted = head.predict_iou(modulation, head_features, proposals)
    (gradient,) = torch.autograd.grad(predicted.sum(), proposals)
    return {
        "predicted": predicted,
        "proposal gradient": gradient[::3],
        "layer2 sample": features["layer2"][1, ::17, 3, 5],
        "layer3 sample": features["layer3"][0, ::31, 2, 1],
        "modulation at stride 8": modulation[0][::3, ::37],
        "modulation at stride 16": modulation[1][::3, ::41],
    }


def _trained(net: nn.Module, train: Tensor, test: Tensor, boxes: Tensor, proposals: Tensor) -> Values:
    """Overlaps, gradients to both ends of the head, and the statistics that batch norms keep."""
    head, buffers = net.bb_regressor, dict(net.named_buffers())
    predicted = net(train, test, boxes, proposals)
    last, first_test, first_reference = torch.autograd.grad(
        predicted.square().sum(), [head.iou_predictor.weight, head.conv3_1t[0].weight, head.conv3_1r[0].weight]
    )
    return {
        "predicted in training": predicted,
        "last layer's gradient": last[0, ::23],
        "first test layer's gradient": first_test[::19, 5, 1, 1],
        "first reference layer's gradient": first_reference[::9, 5, 1, 1],
        "backbone statistics": buffers["feature_extractor.layer2.0.bn1.running_mean"][::9],
        "head statistics": buffers["bb_regressor.fc34_3r.1.running_var"][::19],
    }


ATOM = Recipe(
    {
        name: Maker("ltr.models.bbreg.atom", name, {"backbone_pretrained": False})
        for name in ("atom_resnet18", "atom_resnet50")
    },
    evaluate,
    TOLERANCES,
)
