"""The optimizers of a target's filter with arguments that no settings file gives, on features of eight channels."""

from __future__ import annotations

import torch
from torch import nn

from tests.parity.exact_values import noise
from tests.parity.recipe import Maker, Recipe
from tests.parity.stability import Nudge, Values

CHANNELS, ROWS, COLUMNS = 8, 6, 7
IMAGES, SEQUENCES = 3, 2
TOLERANCES = dict.fromkeys(
    ("filters", "losses", "filter gradient", "feature gradient", "parameter gradients", "filters of one sequence"), 1e-5
)


def evaluate(net: nn.Module, nudge: Nudge | None = None) -> Values:
    """See `Recipe.evaluate`; filters of 3 x 4 and of 5 x 5."""
    dtype = next(net.parameters()).dtype

    def made(shape: tuple[int, ...], stream: int) -> torch.Tensor:
        value = noise(shape, stream)
        return (nudge(value) if nudge else value).to(dtype).requires_grad_()

    feat = made((IMAGES, SEQUENCES, CHANNELS, ROWS, COLUMNS), 7001)
    boxes = 40 + 16 * made((IMAGES, SEQUENCES, 4), 7002).detach()
    weights = made((SEQUENCES, CHANNELS, 3, 4), 7003)
    sample_weight = (1.5 + made((IMAGES, SEQUENCES), 7004).detach()) / (1.5 * IMAGES)
    _, filters, losses = net(weights, feat=feat, bb=boxes, sample_weight=sample_weight)
    stacked = torch.stack(filters)
    objective = (stacked * noise(tuple(stacked.shape), 7005).to(dtype)).sum() + torch.stack(losses).sum()
    parameters = list(net.parameters())
    gradients = torch.autograd.grad(objective, [weights, feat, *parameters], allow_unused=True)
    one, _, _ = net(made((1, CHANNELS, 5, 5), 7006), feat=feat[:, 0], bb=boxes[:, 0], num_iter=2)
    values = {
        "filters": stacked.flatten(1)[:, ::13],
        "losses": torch.stack(losses),
        "filter gradient": gradients[0].flatten()[::7],
        "feature gradient": gradients[1].flatten()[::41],
        "parameter gradients": torch.cat([g.flatten() for g in gradients[2:] if g is not None]),
        "filters of one sequence": one.flatten()[::7],
    }
    return {name: value.detach().flatten().double().clone() for name, value in values.items()}


_MODULE = "ltr.models.target_classifier.optimizer"
_GN, _L2, _NEWTON = "DiMPSteepestDescentGN", "DiMPL2SteepestDescentGN", "PrDiMPSteepestDescentNewton"
OPTIMIZERS = Recipe(
    {
        "a linear mask": Maker(_MODULE, _GN, {"num_iter": 3, "mask_act": "linear", "num_dist_bins": 4}),
        "a bent activation": Maker(
            _MODULE, _GN, {"num_iter": 3, "score_act": "bentpar", "act_param": 0.5, "bin_displacement": 0.7}
        ),
        "gradients through two steps": Maker(_MODULE, _GN, {"num_iter": 5, "detach_length": 2, "feat_stride": 20}),
        "gradients through no step": Maker(_MODULE, _GN, {"num_iter": 2, "detach_length": 0, "alpha_eps": 0.1}),
        "no hinge": Maker(_MODULE, _L2, {"num_iter": 3, "gauss_sigma": 1.3}),
        "a hinge": Maker(_MODULE, _L2, {"num_iter": 3, "hinge_threshold": 0.3, "detach_length": 2}),
        "a density as it is": Maker(_MODULE, _NEWTON, {"num_iter": 3, "min_filter_reg": 0.4}),
        "a density in one cell": Maker(_MODULE, _NEWTON, {"num_iter": 2, "gauss_sigma": 0, "normalize_label": True}),
        "a shrunk density": Maker(
            _MODULE,
            _NEWTON,
            {
                **{"num_iter": 3, "init_uni_weight": 0.1, "label_shrink": 0.2, "softmax_reg": -1.0},
                **{"label_threshold": 0.01, "normalize_label": True, "detach_length": 2},
            },
        ),
    },
    evaluate,
    TOLERANCES,
)
