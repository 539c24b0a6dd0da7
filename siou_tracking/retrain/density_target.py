r"""Another density to learn for a head that scores boxes as probabilities: PrDiMP's, SuperDiMP's.

Danelljan et al. (Probabilistic Regression for Visual Tracking, CVPR 2020, section 4) train the scores of proposals b as
an unnormalized log density, by the KL divergence from a target density g. Upstream's g is a Gaussian of standard
deviation `gt_sigma` in the coordinates r = (center / target size, log size). Here it is a power of a similarity S:

    g(b) = S(b, t)^tau / Z          a density in the same coordinates r

tau makes the peak as wide as the Gaussian it replaces, sigma = gt_sigma[0]. In r, with e the center error
and u the log size ratio of an axis:

    smooth_iou, bhattacharyya   -ln S = lambda sum(e^2 / 2 + u^2 / 4) + ...     tau = 1 / (lambda sigma^2)
    smooth_iou, kl              -ln S = lambda sum(2 e^2 + u^2) + ...           tau = 1 / (4 lambda sigma^2)
    all others, along an axis   -ln S = k |e|^p + ...       tau = (G(3/p) / G(1/p))^(p/2) / (k sigma^p)

G is the gamma function, p is 1 for a tip and 2 for a smooth peak, and k is read off the similarity next to the target:
2 for iou, 1 for giou, diou, ciou and eiou. A similarity that compares lengths in the unit of the boxes has no such k,
and one that is flat at the target has none either: both are refused.

So for Smooth-IoU the peak is, to second order, the Gaussian with sigma for the center; S ties the log size to it, which
gets sqrt(2) sigma for bhattacharyya and kl alike. Most other similarities have a tip instead: near it g is a Laplace
density whose standard deviation along an axis is sigma, within a tenth for sigma 0.05.

Z is estimated from the proposals that the batch holds, by importance weights: they were drawn from the density q, so Z
= mean(S^tau / q). Then the mean of g / q is exactly 1, which the loss assumes: adding a constant to all scores changes
nothing.

Near the target D is quadratic in the four coordinates, so S^tau falls as r^(-2 tau) around its peak: tau of 2 or less
would leave the peak no mass of its own, and is refused. Far out the picture is another: towards infinite sizes D grows
like the logarithm of the size, and S^tau has no finite integral whatever tau. g is a density on the sizes that
proposals span. For the defaults that is a formality: cut at e times the target's size or at e^12 times, Z is the same
to 1e-4 for tau = 100 (lambda 4, sigma 0.05) and for tau = 12.5 (lambda 32); for tau = 4 it is not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from siou_tracking.errors import InputError
from siou_tracking.losses import build_box_similarity, describe
from siou_tracking.losses.box.entry import Similarity
from siou_tracking.retrain.ranking import ABSENT

LEAST_EXPONENT = 2.0


def density_exponent(name: str, params: Mapping[str, Any], sigma: float) -> float:
    """The tau that gives S^tau the width of a Gaussian of standard deviation `sigma`.

    Args:
        name: of a box loss that has a similarity.
        params: its parameters, resolved: `sharpness` and `divergence` for smooth_iou.
        sigma: of the center, in target sizes, > 0.

    Raises:
        InputError: S has no width of its own in target sizes, or is so sharp for this sigma that tau would be 2 or
            less.
    """
    cure = "a smaller gt_sigma"
    if name == "smooth_iou":
        bend = params["sharpness"] * (4 if params["divergence"] == "kl" else 1)
        exponent, cure = 1 / (bend * sigma**2), "a smaller --sharpness"
    else:
        k, p = _peak(name, params)
        exponent = (math.gamma(3 / p) / math.gamma(1 / p)) ** (p / 2) / (k * sigma**p)
    if exponent <= LEAST_EXPONENT:
        raise InputError(
            f"box loss {name}: as a target density with gt_sigma {sigma:g} its exponent would be {exponent:.3g}, "
            f"allowed is above {LEAST_EXPONENT:g}: give {cure}"
        )
    return round(float(exponent), 6)  # so that 0.05 gives 100 and not 99.99999999999999


def _peak(name: str, params: Mapping[str, Any]) -> tuple[float, int]:
    """k and p of -ln S = k |e|^p, e the center error along an axis in target sizes."""
    lengths = describe(name).lengths
    if lengths:
        raise InputError(
            f"box loss {name}: as a target density: its width would follow {', '.join(lengths)} and not the target's "
            "size: take one that compares no lengths, such as smooth_iou"
        )
    error = torch.tensor([[1e-4], [2e-4]], dtype=torch.float64)
    target = torch.tensor([0, 0, 1, 1], dtype=torch.float64)
    similarity = build_box_similarity(name, **params, box_format="cxcywh")
    near, far = (-similarity(torch.cat((error, target[1:].expand(2, 3)), 1), target).log()).tolist()
    p = round(math.log2(far / near)) if near > 0 else 0
    if p not in (1, 2):
        raise InputError(
            f"box loss {name}: as a target density: its similarity has neither a tip nor a smooth peak at the target"
        )
    # Twice the error tells the next term of the series, which is left out: of p + 1 for a tip, p + 2 for a peak.
    gain = 2 if p == 1 else 4
    return (gain * near - far / 2**p) / (gain - 1) / 1e-4**p, p


def target_density(data: Any, similarity: Similarity, exponent: float) -> torch.Tensor:
    """Density (nf, ns, P) of each proposal in relative coordinates, on the boxes' device, without a graph.

    Two kinds of entries keep what the data layer gave them: a proposal marked by density -1, which is the target box
    itself and was not drawn, and all proposals of a frame without the target (`ABSENT`). Neither counts in Z. Where no
    proposal has any similarity, the density is 0.

    Args:
        data: a batch with `test_proposals` (nf, ns, P, 4) and `test_anno` (nf, ns, 4), xywh in crop pixels, the density
            that the proposals were drawn from, `proposal_density`, and the data layer's `gt_density`, (nf, ns, P).
        similarity: S of boxes in xywh, in [0, 1] and 1 for equal boxes; it broadcasts.
        exponent: tau.
    """
    with torch.no_grad():
        target, sampled = data["test_anno"].unsqueeze(-2), data["proposal_density"]
        drawn = (sampled >= 0) & (target[..., 0] < ABSENT)
        height = exponent * similarity(data["test_proposals"], target).log()
        log_sampled = sampled.clamp_min(torch.finfo(sampled.dtype).tiny).log()
        log_weight = (height - log_sampled).masked_fill(~drawn, -math.inf)
        log_sum = log_weight.logsumexp(-1, keepdim=True)
        density = drawn.sum(-1, keepdim=True) * (height - log_sum).exp()
        density = density.masked_fill(log_sum.isneginf(), 0)
        return torch.where(drawn, density, data["gt_density"])
