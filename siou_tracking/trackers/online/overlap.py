"""The box predictor of one target, as what box refinement climbs on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from siou_tracking.ltr.models.bbreg.atom_iou_net import AtomIoUNet
from siou_tracking.ltr.models.bbreg.box_scores import TargetHead
from siou_tracking.trackers.online.network import OverlapPredictor
from siou_tracking.trackers.online.refinement import ScoreFunction, by_autograd

OverlapFunction = Callable[[Sequence[torch.Tensor]], ScoreFunction]
"""Backbone features of a frame, one (1, C, H, W) a layer, to the scores of boxes in it."""


def overlap_function(
    predictor: OverlapPredictor, features: Sequence[torch.Tensor], box: torch.Tensor
) -> OverlapFunction:
    """The predictor for the target in `box` (4,), xywh in patch pixels, of a patch with these backbone features.

    Our own head has its gradient in closed form; any other is differentiated by autograd.
    """
    modulation = predictor.get_modulation(features, box[None])
    if type(predictor) is AtomIoUNet:  # a class derived from it may compute something else
        return TargetHead(predictor, modulation).look

    def look(features: Sequence[torch.Tensor]) -> ScoreFunction:
        maps = predictor.get_iou_feat(features)
        return by_autograd(lambda boxes: predictor.predict_iou(modulation, maps, boxes[None])[0])

    return look
