"""Constructors of DiMP, PrDiMP and SuperDiMP, under upstream's names and with its arguments.

Danelljan et al., "Learning Discriminative Model Prediction for Tracking", ICCV 2019, arXiv:1904.07220, and
"Probabilistic Regression for Visual Tracking", CVPR 2020, arXiv:2003.12565. SuperDiMP is `dimpnet50` with a divergence
for its boxes, and `dimpnet50_simple` the same without learned labels. Small ones for a CPU: `dimpnet_lite`.

What the arguments mean, in all of them:
    filter_size: rows and columns of the filter.
    optim_iter, optim_init_step, optim_init_reg, optim_min_reg: `num_iter`, `init_step_length`, `init_filter_reg` and
        `min_filter_reg` of the filter's optimizer.
    classification_layer: the backbone layer that the classifier reads; feat_stride: its stride in pixels.
    backbone_pretrained: start from ImageNet weights.
    frozen_backbone_layers: see `Backbone`; train_feature_extractor: False freezes all of them.
    clf_feat_blocks, clf_feat_norm, final_conv, out_feature_dim, final_relu: of the classifier's features, see
        `residual_basic_block` (ResNet-18) and `residual_bottleneck` (ResNet-50).
    init_filter_norm, init_initializer, init_pool_square: of `FilterInitializerLinear`.
    iou_input_dim, iou_inter_dim: `pred_input_dim` and `pred_inter_dim` of `AtomIoUNet`.
    target_mask_act: `mask_act` of the optimizer; all others: what the optimizer calls so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TypeAlias

from siou_tracking.ltr.admin.model_constructor import model_constructor
from siou_tracking.ltr.models.meta.steepestdescent import GNSteepestDescent
from siou_tracking.ltr.models.target_classifier.optimizer import (
    DiMPL2SteepestDescentGN,
    DiMPSteepestDescentGN,
    PrDiMPSteepestDescentNewton,
)
from siou_tracking.ltr.models.target_classifier.residual_modules import LinearFilterHinge
from siou_tracking.ltr.models.tracking.assembly import make_from, resnet18_network, resnet50_network
from siou_tracking.ltr.models.tracking.dimp_network import DiMPnet
from siou_tracking.ltr.models.tracking.dimpnet_lite import dimpnet_efficientnet_lite0, klcedimpnet_efficientnet_lite0

__all__ = [
    "DiMPnet",
    "L2dimpnet18",
    "dimpnet18",
    "dimpnet50",
    "dimpnet50_simple",
    "dimpnet_efficientnet_lite0",
    "klcedimpnet18",
    "klcedimpnet50",
    "klcedimpnet_efficientnet_lite0",
]

FrozenLayers: TypeAlias = str | Iterable[str]


@model_constructor
def dimpnet18(
    filter_size: int = 1,
    optim_iter: int = 5,
    optim_init_step: float = 1.0,
    optim_init_reg: float = 0.01,
    classification_layer: str = "layer3",
    feat_stride: int = 16,
    backbone_pretrained: bool = True,
    clf_feat_blocks: int = 1,
    clf_feat_norm: bool = True,
    init_filter_norm: bool = False,
    final_conv: bool = True,
    out_feature_dim: int = 256,
    init_gauss_sigma: float = 1.0,
    num_dist_bins: int = 5,
    bin_displacement: float = 1.0,
    mask_init_factor: float = 4.0,
    iou_input_dim: tuple[int, int] = (256, 256),
    iou_inter_dim: tuple[int, int] = (256, 256),
    score_act: str = "relu",
    act_param: float | None = None,
    target_mask_act: str = "sigmoid",
    detach_length: float = math.inf,
    frozen_backbone_layers: FrozenLayers = (),
) -> DiMPnet:
    """DiMP on ResNet-18."""
    arguments = locals()
    return resnet18_network(make_from(DiMPSteepestDescentGN, arguments), arguments)


@model_constructor
def dimpnet50(
    filter_size: int = 1,
    optim_iter: int = 5,
    optim_init_step: float = 1.0,
    optim_init_reg: float = 0.01,
    classification_layer: str = "layer3",
    feat_stride: int = 16,
    backbone_pretrained: bool = True,
    clf_feat_blocks: int = 0,
    clf_feat_norm: bool = True,
    init_filter_norm: bool = False,
    final_conv: bool = True,
    out_feature_dim: int = 512,
    init_gauss_sigma: float = 1.0,
    num_dist_bins: int = 5,
    bin_displacement: float = 1.0,
    mask_init_factor: float = 4.0,
    iou_input_dim: tuple[int, int] = (256, 256),
    iou_inter_dim: tuple[int, int] = (256, 256),
    score_act: str = "relu",
    act_param: float | None = None,
    target_mask_act: str = "sigmoid",
    detach_length: float = math.inf,
    frozen_backbone_layers: FrozenLayers = (),
) -> DiMPnet:
    """DiMP on ResNet-50, and SuperDiMP."""
    arguments = locals()
    return resnet50_network(make_from(DiMPSteepestDescentGN, arguments), arguments)


@model_constructor
def dimpnet50_simple(
    filter_size: int = 1,
    optim_iter: int = 5,
    optim_init_reg: float = 0.01,
    classification_layer: str = "layer3",
    feat_stride: int = 16,
    backbone_pretrained: bool = True,
    clf_feat_blocks: int = 0,
    clf_feat_norm: bool = True,
    init_filter_norm: bool = False,
    final_conv: bool = True,
    out_feature_dim: int = 512,
    hinge_threshold: float = 0.05,
    iou_input_dim: tuple[int, int] = (256, 256),
    iou_inter_dim: tuple[int, int] = (256, 256),
    activation_leak: float = 0.0,
    score_act: str = "relu",
    act_param: float | None = None,
    detach_length: float = math.inf,
    frozen_backbone_layers: FrozenLayers = (),
) -> DiMPnet:
    """SuperDiMP without a learned label: `forward` takes a `train_label`, (images, sequences, H', W')."""
    arguments = locals()
    residuals = make_from(LinearFilterHinge, arguments)
    optimizer = GNSteepestDescent(
        residuals, optim_iter, compute_losses=True, detach_length=detach_length, residual_batch_dim=1
    )
    return resnet50_network(optimizer, arguments)


@model_constructor
def L2dimpnet18(
    filter_size: int = 1,
    optim_iter: int = 5,
    optim_init_step: float = 1.0,
    optim_init_reg: float = 0.01,
    classification_layer: str = "layer3",
    feat_stride: int = 16,
    backbone_pretrained: bool = True,
    clf_feat_blocks: int = 1,
    clf_feat_norm: bool = True,
    init_filter_norm: bool = False,
    final_conv: bool = True,
    out_feature_dim: int = 256,
    iou_input_dim: tuple[int, int] = (256, 256),
    iou_inter_dim: tuple[int, int] = (256, 256),
    detach_length: float = math.inf,
    hinge_threshold: float = -999,
    gauss_sigma: float = 1.0,
    alpha_eps: float = 0,
) -> DiMPnet:
    """DiMP on ResNet-18 with Gaussian labels and no learned weights."""
    arguments = locals()
    return resnet18_network(make_from(DiMPL2SteepestDescentGN, arguments), arguments)


@model_constructor
def klcedimpnet18(
    filter_size: int = 1,
    optim_iter: int = 5,
    optim_init_step: float = 1.0,
    optim_init_reg: float = 0.01,
    classification_layer: str = "layer3",
    feat_stride: int = 16,
    backbone_pretrained: bool = True,
    clf_feat_blocks: int = 1,
    clf_feat_norm: bool = True,
    init_filter_norm: bool = False,
    final_conv: bool = True,
    out_feature_dim: int = 256,
    gauss_sigma: float = 1.0,
    iou_input_dim: tuple[int, int] = (256, 256),
    iou_inter_dim: tuple[int, int] = (256, 256),
    detach_length: float = math.inf,
    alpha_eps: float = 0.0,
    train_feature_extractor: bool = True,
    init_uni_weight: float | None = None,
    optim_min_reg: float = 1e-3,
    init_initializer: str = "default",
    normalize_label: bool = False,
    label_shrink: float = 0,
    softmax_reg: float | None = None,
    label_threshold: float = 0,
    final_relu: bool = False,
    init_pool_square: bool = False,
    frozen_backbone_layers: FrozenLayers = (),
) -> DiMPnet:
    """PrDiMP on ResNet-18."""
    arguments = locals()
    return resnet18_network(make_from(PrDiMPSteepestDescentNewton, arguments), arguments)


@model_constructor
def klcedimpnet50(
    filter_size: int = 1,
    optim_iter: int = 5,
    optim_init_step: float = 1.0,
    optim_init_reg: float = 0.01,
    classification_layer: str = "layer3",
    feat_stride: int = 16,
    backbone_pretrained: bool = True,
    clf_feat_blocks: int = 0,
    clf_feat_norm: bool = True,
    init_filter_norm: bool = False,
    final_conv: bool = True,
    out_feature_dim: int = 512,
    gauss_sigma: float = 1.0,
    iou_input_dim: tuple[int, int] = (256, 256),
    iou_inter_dim: tuple[int, int] = (256, 256),
    detach_length: float = math.inf,
    alpha_eps: float = 0.0,
    train_feature_extractor: bool = True,
    init_uni_weight: float | None = None,
    optim_min_reg: float = 1e-3,
    init_initializer: str = "default",
    normalize_label: bool = False,
    label_shrink: float = 0,
    softmax_reg: float | None = None,
    label_threshold: float = 0,
    final_relu: bool = False,
    frozen_backbone_layers: FrozenLayers = (),
) -> DiMPnet:
    """PrDiMP on ResNet-50."""
    arguments = locals()
    return resnet50_network(make_from(PrDiMPSteepestDescentNewton, arguments), arguments)
