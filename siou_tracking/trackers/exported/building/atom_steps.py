"""The steps of online ATOM as graphs: what `atom.tracker.ATOM` computes with tensors, with its own functions.

augment    region, motions                 -> copies of the first search region
features   pixels                          -> backbone layers of the box predictor, stacked layers of the target model
fit        stacked layers, labels, start   -> filter and projection (Gauss-Newton, conjugate gradients)
target     box layers, box                 -> the box predictor's modulation for this target
look       box layers, modulation          -> the box predictor's maps around the boxes
search     stacked layers, filter          -> projected layers, scores, one a patch pixel
refine     these maps, boxes               -> boxes after the gradient ascent, through Precise RoI pooling, and scores
update     remembered samples, filter      -> filter
"""

from __future__ import annotations

import torch
from torch import Tensor

from siou_tracking.errors import InputError
from siou_tracking.trackers.atom.classifier import stack_layers
from siou_tracking.trackers.atom.params import EXPANSION, AtomParams
from siou_tracking.trackers.exported.building.atom_graphs import Augment, Fit, Search, Update
from siou_tracking.trackers.exported.building.box_steps import box_steps
from siou_tracking.trackers.exported.building.features import BackboneFeatures, features_step
from siou_tracking.trackers.exported.building.step import Repeat, Step
from siou_tracking.trackers.online.network import TrackingNetwork


def atom_steps(net: TrackingNetwork, params: AtomParams) -> list[Step]:
    """The graphs of a network with these parameters.

    Raises:
        InputError: see `box_steps`; a filter too small to be drawn as torch does.
    """
    size, settings = params.patch_size, params.augmentations
    if params.compressed_dim * params.kernel_size**2 < 16:
        raise InputError("export: parameters: got a filter of less than 16 numbers")
    layers = tuple(getattr(net, "bb_regressor_layer", ("layer2", "layer3")))
    names = params.classifier_layers
    copies = 1 + len(settings.shifts) + settings.flip + len(settings.blurs) + len(settings.rotations)
    region, theta = torch.zeros(EXPANSION * size, EXPANSION * size, 3), torch.zeros(copies, 2, 3)
    module = BackboneFeatures(net, params, layers, names, lambda features: stack_layers(features, names))
    features = features_step(module, size, "stacked")
    fine, coarse, stacked = (one[:1] for one in features.example())
    return [
        Step("augment", Augment(params), {"region": region, "theta": theta}, ["copies"]),
        features,
        *_model_steps(stacked, params, copies + settings.dropouts),
        *box_steps(net.bb_regressor, params, fine, coarse),
    ]


def _model_steps(stacked: Tensor, params: AtomParams, samples: int) -> list[Step]:
    channels, grid, kernel, width = stacked.shape[1], stacked.shape[-1], params.kernel_size, params.compressed_dim
    filt, projection = torch.ones(width, kernel, kernel), torch.ones(width, channels)
    start = {"filter": filt, "projection": projection}
    fitted, labels = {"stacked": torch.ones(samples, channels, grid, grid)}, {"labels": torch.ones(samples, grid, grid)}
    remembered = {
        "samples": torch.ones(3, width, grid, grid),
        "labels": torch.ones(3, grid, grid),
        "weights": torch.ones(3),
    }
    return [
        Step(
            "fit",
            Fit(params),
            {**start, **fitted, **labels},
            ["fitted_filter", "fitted_projection"],
            repeat=Repeat(params.init_gn_iter, 2),
        ),
        Step(
            "search",
            Search(params.patch_size, grid),
            {"stacked": stacked, "projection": projection, "filter": filt},
            ["projected", "scores"],
        ),
        Step(
            "update",
            Update(params),
            {"filter": filt, **remembered},
            ["updated_filter"],
            {name: {0: "count"} for name in remembered},
        ),
    ]
