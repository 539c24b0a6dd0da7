"""Residuals of a target's filter, for an optimizer that differentiates them itself (`GNSteepestDescent`)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from siou_tracking.ltr.data.tensors import TensorList
from siou_tracking.ltr.models.layers import activation
from siou_tracking.ltr.models.layers.filter import apply_filter


class LinearFilterHinge(nn.Module):
    """Distances of scores to given labels, a hinge off the target, and the filter's own length.

    Args:
        feat_stride: not used; the labels say where targets are.
        init_filter_reg: weight of the filter's length.
        hinge_threshold: cells with labels above it are the target's.
        activation_leak: how much of scores below zero counts in other cells.
        score_act: 'relu' for `LeakyReluPar`, 'bentpar' for `BentIdentPar` with `act_param`.
        learn_filter_reg: whether the weight is a parameter.
    """

    def __init__(
        self,
        feat_stride: int = 16,
        init_filter_reg: float = 1e-2,
        hinge_threshold: float = -999,
        activation_leak: float = 0.0,
        score_act: str = "bentpar",
        act_param: float | None = None,
        learn_filter_reg: bool = True,
    ) -> None:
        super().__init__()
        reg = torch.full((1,), float(init_filter_reg))
        self.filter_reg = nn.Parameter(reg) if learn_filter_reg else init_filter_reg
        self.feat_stride = feat_stride
        self.hinge_threshold = hinge_threshold
        self.activation_leak = activation_leak
        self.score_activation = activation.score_activation(score_act, act_param)[0]

    def forward(
        self,
        meta_parameter: TensorList,
        feat: Tensor,
        bb: Tensor | None = None,
        train_label: Tensor | None = None,
        sample_weight: Tensor | None = None,
        is_distractor: Tensor | None = None,
    ) -> TensorList:
        """Residuals of the scores and of the filter, sequences in the second dimension of both.

        Args:
            meta_parameter: one filter, (sequences, C, k, k).
            feat: (images, sequences, C, H, W), or (images, C, H, W) of one sequence.
            train_label: (images, sequences, H', W').
            sample_weight: broadcasts to the labels; None for the same for each image.
            bb, is_distractor: not used.

        Returns:
            (images, sequences, H', W') and (1, sequences, C k k).
        """
        if train_label is None:
            raise TypeError("LinearFilterHinge: got no train_label, expected the labels of its scores")
        weights = meta_parameter[0]
        scores = apply_filter(feat, weights)
        root = math.sqrt(1 / len(feat)) if sample_weight is None else sample_weight.sqrt()
        mask = ((train_label > self.hinge_threshold).to(scores.dtype) + self.activation_leak).clamp(max=1)
        residual = root * (self.score_activation(scores, mask) - mask * train_label)
        return TensorList([residual, self.filter_reg * weights.reshape(1, len(weights), -1)])
