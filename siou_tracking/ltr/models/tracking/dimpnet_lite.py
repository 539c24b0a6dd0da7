"""DiMP and PrDiMP on EfficientNet-Lite0 with narrower heads: our own networks, made to train and track on a CPU.

The backbone is ImageNet's: it stays in evaluation mode and does not train, so what it makes of a crop may be stored.
Arguments as in `dimpnet`; `iou_hidden_dim` is `hidden_dim` of `AtomIoUNet`.
"""

from __future__ import annotations

from typing import Any  # arguments of any constructor

from siou_tracking.ltr.admin.model_constructor import model_constructor
from siou_tracking.ltr.models.target_classifier.optimizer import DiMPSteepestDescentGN, PrDiMPSteepestDescentNewton
from siou_tracking.ltr.models.tracking.assembly import lite_network, make_from
from siou_tracking.ltr.models.tracking.dimp_network import DiMPnet

_FIXED: dict[str, Any] = {
    "classification_layer": "layer3",
    "clf_feat_norm": True,
    "final_conv": True,
    "init_filter_norm": False,
}


@model_constructor
def dimpnet_efficientnet_lite0(
    filter_size: int = 4,
    backbone_pretrained: bool = True,
    optim_iter: int = 5,
    optim_init_step: float = 0.9,
    optim_init_reg: float = 0.1,
    clf_feat_blocks: int = 0,
    out_feature_dim: int = 128,
    init_gauss_sigma: float = 0.875,
    num_dist_bins: int = 100,
    bin_displacement: float = 0.1,
    mask_init_factor: float = 3.0,
    iou_input_dim: tuple[int, int] = (128, 128),
    iou_inter_dim: tuple[int, int] = (128, 128),
    iou_hidden_dim: tuple[int, int] = (64, 128),
) -> DiMPnet:
    """DiMP on EfficientNet-Lite0."""
    arguments = {**_FIXED, **locals()}
    return lite_network(make_from(DiMPSteepestDescentGN, arguments), arguments)


@model_constructor
def klcedimpnet_efficientnet_lite0(
    filter_size: int = 4,
    backbone_pretrained: bool = True,
    optim_iter: int = 5,
    optim_init_step: float = 1.0,
    optim_init_reg: float = 0.05,
    optim_min_reg: float = 0.05,
    clf_feat_blocks: int = 0,
    out_feature_dim: int = 128,
    gauss_sigma: float = 0.875,
    alpha_eps: float = 0.05,
    normalize_label: bool = True,
    init_initializer: str = "zero",
    iou_input_dim: tuple[int, int] = (128, 128),
    iou_inter_dim: tuple[int, int] = (128, 128),
    iou_hidden_dim: tuple[int, int] = (64, 128),
) -> DiMPnet:
    """PrDiMP on EfficientNet-Lite0."""
    arguments = {**_FIXED, **locals()}
    return lite_network(make_from(PrDiMPSteepestDescentNewton, arguments), arguments)
