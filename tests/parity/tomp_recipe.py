"""ToMP's networks on weights and inputs that every machine makes alike.

Two cases: tracking with one sequence, three train frames of which one is true, and a step of training with two train
frames of three sequences. Nothing is dropped, so that numbers can be compared in training mode too.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tests.parity.exact_values import noise
from tests.parity.recipe import Maker, Recipe
from tests.parity.stability import Nudge, Values

SIZE, CELLS = 64, 4
_MODULE = "ltr.models.tracking.tompnet"
_ARGUMENTS: dict[str, Any] = {
    "filter_size": 1,
    "backbone_pretrained": False,
    "out_feature_dim": 256,
    "frozen_backbone_layers": ["conv1", "bn1", "layer1", "layer2"],
    "use_test_frame_encoding": True,
}
"""Those of the settings file, but for the test frame's code, which has a parameter more."""
_EVALUATED, _TRAINED = 1e-5, 5e-5  # training normalizes by statistics that move themselves
_TOLERANCES = {
    "scores": _EVALUATED,
    "boxes": _EVALUATED,
    "layer3 sample": _EVALUATED,
    "head features": _EVALUATED,
    "filter of the scores": _EVALUATED,
    "filter of the boxes": _EVALUATED,
    "features of the scores": _EVALUATED,
    "features of the boxes": _EVALUATED,
    "scores in training": _TRAINED,
    "boxes in training": _TRAINED,
    "backbone's gradient": _TRAINED,
    "first encoder layer's gradient": _TRAINED,
    "last decoder layer's gradient": _TRAINED,
    "foreground code's gradient": _TRAINED,
    "box code's gradient": _TRAINED,
    "box regressor's gradient": _TRAINED,
    "backbone statistics": _TRAINED,
    "box code's statistics": _TRAINED,
}
"""How far a number may lie from the reference, in parts of the largest of its quantity."""


def inputs(frames: int, sequences: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Train images, test images, labels and box distances, float64.

    Returns:
        (frames, sequences, 3, 64, 64), (1, sequences, 3, 64, 64), (frames, sequences, 4, 4) from 0 to 1 and
        (frames, sequences, 4, 4, 4) from -0.5 to 0.5.
    """
    stream = 3000 + 100 * frames + 10 * sequences
    train = noise((frames, sequences, 3, SIZE, SIZE), stream)
    test = noise((1, sequences, 3, SIZE, SIZE), stream + 1)
    label = (noise((frames, sequences, CELLS, CELLS), stream + 2) + 1) / 2
    return train, test, label, noise((frames, sequences, 4, CELLS, CELLS), stream + 3) / 2


def evaluate(net: nn.Module, nudge: Nudge | None = None) -> Values:
    """What a filled network computes in evaluation mode and in a step's worth of training.

    Args:
        net: ToMP's network in the precision to compute in; its weights and statistics stay as they are.
        nudge: applied to each input.

    Returns:
        A flat float64 tensor for each quantity.
    """
    dtype = next(net.parameters()).dtype
    for module in net.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        elif isinstance(module, nn.MultiheadAttention):
            module.dropout = 0.0
    tracking, training = (
        [(nudge(value) if nudge else value).to(dtype) for value in inputs(*shape)] for shape in ((3, 1), (2, 3))
    )
    before = {name: value.clone() for name, value in net.named_buffers()}
    values = {**_evaluated(net.eval(), *tracking), **_trained(net.train(), *training)}
    values = {name: value.detach().flatten().double().clone() for name, value in values.items()}
    net.load_state_dict(before, strict=False)
    return values


@torch.no_grad()
def _evaluated(net: nn.Module, train: Tensor, test: Tensor, label: Tensor, ltrb: Tensor) -> Values:
    """Scores and boxes, by the methods that tracking calls, and what leads to them."""
    head = net.head
    backbone = [net.extract_backbone_features(images[:, 0]) for images in (train, test)]
    features = [head.extract_head_feat(net.get_backbone_head_feat(one), 1) for one in backbone]
    find, box, find_feat, box_feat = head.get_filter_and_features_in_parallel(
        *features, train_label=label, num_gth_frames=1, train_ltrb_target=ltrb
    )
    return {
        "scores": head.classifier(find_feat, find),
        "boxes": head.bb_regressor(box_feat, box),
        "layer3 sample": backbone[1]["layer3"][0, ::61, 2, 1],
        "head features": features[0][1, 0, ::17, 3, 2],
        "filter of the scores": find[0, ::13, 0, 0],
        "filter of the boxes": box[0, ::13, 0, 0],
        "features of the scores": find_feat[0, 0, ::17, 1, 2],
        "features of the boxes": box_feat[0, 0, ::17, 1, 2],
    }


def _trained(net: nn.Module, train: Tensor, test: Tensor, label: Tensor, ltrb: Tensor) -> Values:
    """Scores and boxes, gradients to every part of the network, and the statistics that batch norms keep."""
    parameters, buffers = dict(net.named_parameters()), dict(net.named_buffers())
    predictor = "head.filter_predictor"
    asked = {
        "backbone's gradient": (
            # Of the last block: one in front would differ by as much as one ReLU that rounding turns on or off.
            f"feature_extractor.layer3.{len(net.feature_extractor.layer3) - 1}.conv3.weight",
            (slice(None, None, 61), 5, 0, 0),
        ),
        "first encoder layer's gradient": (
            f"{predictor}.transformer.encoder.layers.0.self_attn.in_proj_weight",
            (slice(None, None, 61), 7),
        ),
        "last decoder layer's gradient": (
            f"{predictor}.transformer.decoder.layers.5.multihead_attn.in_proj_weight",
            (slice(None, None, 61), 7),
        ),
        "foreground code's gradient": (f"{predictor}.query_embed_fg.weight", (0, slice(None, None, 23))),
        "box code's gradient": (f"{predictor}.box_encoding.0.weight", (slice(None, None, 7), 2, 0)),
        "box regressor's gradient": ("head.bb_regressor.tower.0.weight", (slice(None, None, 29), 3, 1, 1)),
    }
    boxes = torch.zeros(*train.shape[:2], 4, dtype=train.dtype)
    scores, distances = net(train, test, boxes, train_label=label, train_ltrb_target=ltrb)
    objective = scores.square().mean() + distances.log().square().mean()
    gradients = torch.autograd.grad(objective, [parameters[name] for name, _ in asked.values()])
    return {
        "scores in training": scores,
        "boxes in training": distances[0, :, :, ::2, 1],
        **{what: one[place] for (what, (_, place)), one in zip(asked.items(), gradients, strict=True)},
        "backbone statistics": buffers["feature_extractor.layer3.1.bn1.running_mean"][::19],
        "box code's statistics": buffers[f"{predictor}.box_encoding.4.running_var"][::19],
    }


TOMP = Recipe({name: Maker(_MODULE, name, _ARGUMENTS) for name in ("tompnet50", "tompnet101")}, evaluate, _TOLERANCES)
