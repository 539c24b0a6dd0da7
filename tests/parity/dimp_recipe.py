"""The networks of DiMP, PrDiMP and SuperDiMP, on weights and inputs that every machine makes alike.

In evaluation mode with every number of images and of sequences from 1 to 3, as tracking calls the parts and as training
calls the whole; and a step's worth of training, of eight sequences so that no batch norm averages fewer values.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tests.parity.exact_values import noise
from tests.parity.recipe import Maker, Recipe
from tests.parity.stability import Nudge, Values

SIZE, TRAINED_SIZE, PROPOSALS = 48, 64, 3
CASES = ((1, 1, 1), (3, 1, 2), (2, 3, 3))
"""Training images, test images, sequences."""
TRAINED = (1, 1, 8)
_EVALUATED, _TRAINED = 1e-5, 5e-5  # training normalizes by statistics that move themselves
_OPTIMIZER = (
    "log_step_length",
    "filter_reg",
    "label_map_predictor.weight",
    "target_mask_predictor.0.weight",
    "spatial_weight_predictor.weight",
    "residual_module.filter_reg",
)
_GRADIENTS = {
    "classifier.filter_initializer.filter_conv.weight": (slice(None, None, 23), 5, 1, 1),
    "classifier.feature_extractor.{last}.weight": (slice(None, None, 23), 7, 0, 1),
    "bb_regressor.conv3_1r.0.weight": (slice(None, None, 9), 5, 1, 1),
    "bb_regressor.fc3_rt.linear.weight": (slice(None, None, 23), 17),
}


def name_of(case: tuple[int, int, int]) -> str:
    return "{} train, {} test, {} sequences".format(*case)


TOLERANCES = {
    **{
        f"{what}: {name_of(case)}": _EVALUATED
        for what in ("scores", "overlaps", "filters", "filter lengths", "losses", "weighted filters", "weighted losses")
        for case in CASES
    },
    **dict.fromkeys(("classification features", "modulation", "head features", "tracked scores"), _EVALUATED),
    **dict.fromkeys(("scores in training", "overlaps in training", "backbone statistics", "head statistics"), _TRAINED),
    **{f"gradient: {name}": _TRAINED for name in _OPTIMIZER},
    **{f"gradient: {name}": _TRAINED for name in _GRADIENTS},
}


def inputs(case: tuple[int, int, int], size: int) -> dict[str, Tensor]:
    """Images, targets, proposals, labels and weights of samples, float64; boxes are xywh in pixels."""
    train, test, sequences = case
    stream = 5000 + 100 * train + 10 * test + sequences
    middle, spread = torch.tensor([[14.3, 16.1, 25.7, 23.9], [8, 8, 7, 7]], dtype=torch.float64)
    boxes = middle + spread * noise((train, sequences, 4), stream)
    proposals = middle + spread * noise((test, sequences, PROPOSALS, 4), stream + 1000)
    weights = 1.5 + noise((train, sequences), stream + 2000)
    return {
        "train_imgs": noise((train, sequences, 3, size, size), stream + 3000),
        "test_imgs": noise((test, sequences, 3, size, size), stream + 4000),
        "train_bb": boxes,
        "test_proposals": proposals,
        "train_label": noise((train, sequences, size // 16 + 1, size // 16 + 1), stream + 5000).abs() ** 4,
        "sample_weight": weights / weights.sum(dim=0),
    }


def evaluate(net: nn.Module, nudge: Nudge | None = None) -> Values:
    """See `Recipe.evaluate`."""
    dtype = next(net.parameters()).dtype

    def made(case: tuple[int, int, int], size: int = SIZE) -> dict[str, Tensor]:
        return {name: (nudge(value) if nudge else value).to(dtype) for name, value in inputs(case, size).items()}

    before = {name: value.clone() for name, value in net.named_buffers()}
    values: Values = {}
    net.eval()
    with torch.no_grad():
        for case in CASES:
            values |= {f"{what}: {name_of(case)}": value for what, value in _evaluated(net, made(case)).items()}
        values |= _tracked(net, made(CASES[1]))
    values |= _trained(net.train(), made(TRAINED, TRAINED_SIZE))
    values = {name: value.detach().flatten().double().clone() for name, value in values.items()}
    net.load_state_dict(before, strict=False)
    return values


def _options(net: nn.Module, data: dict[str, Tensor], weighted: bool = False) -> dict[str, Any]:
    """Arguments of the optimizer; the one without a learned label is given it, and weights that broadcast to it."""
    given = hasattr(net.classifier.filter_optimizer, "residual_module")
    options: dict[str, Any] = {"train_label": data["train_label"]} if given else {}
    if weighted:
        options["sample_weight"] = data["sample_weight"][..., None, None] if given else data["sample_weight"]
    return options


def _evaluated(net: nn.Module, data: dict[str, Tensor]) -> Values:
    """The training call, and the filters, with weights of samples and without."""
    images = {name: data[name] for name in ("train_imgs", "test_imgs", "train_bb", "test_proposals")}
    scores, overlaps = net(**images, **_options(net, data))
    features = _classification_features(net, data["train_imgs"])
    boxes = data["train_bb"]
    _, filters, losses = net.classifier.get_filter(features, boxes, **_options(net, data))
    _, weighted, weighted_losses = net.classifier.get_filter(features, boxes, num_iter=2, **_options(net, data, True))
    return {
        "scores": torch.stack(scores).flatten(1)[:, ::7],
        "overlaps": overlaps,
        "filters": torch.stack(filters).flatten(1)[:, ::1009],
        "filter lengths": torch.stack(filters).flatten(2).norm(dim=2),
        "losses": torch.stack(losses),
        "weighted filters": torch.stack(weighted).flatten(1)[:, ::1009],
        "weighted losses": torch.stack(weighted_losses),
    }


def _tracked(net: nn.Module, data: dict[str, Tensor]) -> Values:
    """What trackers call: parts, with one sequence and images of four dimensions."""
    train, test, box = data["train_imgs"][:, 0], data["test_imgs"][:, 0], data["train_bb"][:, 0]
    outputs = net.extract_backbone_features(train)
    features = net.extract_classification_feat(outputs)
    learned, _, _ = net.classifier.get_filter(features, box, **_options(net, {k: v[:, :1] for k, v in data.items()}))
    now = net.extract_features(test)
    modulation = net.bb_regressor.get_modulation([x[:1] for x in net.get_backbone_bbreg_feat(outputs)], box[:1])
    head_features = net.bb_regressor.get_iou_feat(net.get_backbone_bbreg_feat(now))
    return {
        "classification features": features[:, ::37, 1, 2],
        "modulation": torch.cat([vector.flatten()[::37] for vector in modulation]),
        "head features": torch.cat([x[0, ::37, 1, 2] for x in head_features]),
        "tracked scores": net.classifier.classify(learned, now["classification"]),
    }


def _classification_features(net: nn.Module, images: Tensor) -> Tensor:
    features = net.extract_classification_feat(net.extract_backbone_features(images.flatten(0, 1)))
    return features.unflatten(0, images.shape[:2])


def _trained(net: nn.Module, data: dict[str, Tensor]) -> Values:
    """Both outputs, gradients to both ends of what follows the backbone, and the statistics that batch norms keep."""
    images = {name: data[name] for name in ("train_imgs", "test_imgs", "train_bb", "test_proposals")}
    scores, overlaps = net(**images, **_options(net, data))
    parameters, buffers = dict(net.named_parameters()), dict(net.named_buffers())
    last = max(int(name.split(".")[2]) for name in parameters if name.startswith("classifier.feature_extractor"))
    asked = {f"gradient: {name}": (name.format(last=last), place) for name, place in _GRADIENTS.items()}
    for name in _OPTIMIZER:
        if (key := f"classifier.filter_optimizer.{name}") in parameters:
            asked[f"gradient: {name}"] = (key, (slice(None),))
    stacked = torch.stack(scores)
    objective = (stacked * noise(tuple(stacked.shape), 9001).to(stacked.dtype)).sum() + overlaps.square().mean()
    gradients = torch.autograd.grad(objective, [parameters[name] for name, _ in asked.values()])
    return {
        "scores in training": stacked.flatten(1)[:, ::7],
        "overlaps in training": overlaps,
        "backbone statistics": buffers["feature_extractor.layer2.0.bn1.running_mean"][::9],
        "head statistics": buffers["bb_regressor.fc34_3r.1.running_var"][::19],
        **{what: one[place] for (what, (_, place)), one in zip(asked.items(), gradients, strict=True)},
    }


_SETTINGS = {"filter_size": 4, "optim_iter": 5, "backbone_pretrained": False}
_LEARNED = {
    **{"optim_init_step": 0.9, "optim_init_reg": 0.1, "init_gauss_sigma": 0.9, "num_dist_bins": 100},
    **{"bin_displacement": 0.1, "mask_init_factor": 3.0, "target_mask_act": "sigmoid", "score_act": "relu"},
}
_DENSITY = {"gauss_sigma": 0.9, "alpha_eps": 0.05, "optim_min_reg": 0.05, "normalize_label": True}
_HINGE = {"hinge_threshold": 0.05, "activation_leak": 0.1, "score_act": "relu"}
_ARGUMENTS: dict[str, dict[str, Any]] = {
    "dimpnet18": _LEARNED,
    "dimpnet50": _LEARNED,
    "klcedimpnet18": _DENSITY,
    "klcedimpnet50": _DENSITY,
    "dimpnet50_simple": _HINGE,
    "L2dimpnet18": {"hinge_threshold": 0.05, "gauss_sigma": 0.9, "alpha_eps": 0.01},
}
"""Those of upstream's train settings, as far as they have a part in the numbers."""
DIMP = Recipe(
    {
        name: Maker("ltr.models.tracking.dimpnet", name, {**_SETTINGS, **arguments})
        for name, arguments in _ARGUMENTS.items()
    },
    evaluate,
    TOLERANCES,
)
