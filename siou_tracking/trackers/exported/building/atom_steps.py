"""The steps of online ATOM as graphs: what `atom.tracker.ATOM` computes with tensors, with its own functions.

augment    region, motions                 -> copies of the first search region
features   pixels                          -> backbone layers of the box predictor, stacked layers of the target model
fit        stacked layers, labels, start   -> filter and projection (Gauss-Newton, conjugate gradients)
target     box layers, box                 -> the box predictor's weights for this target
search     stacked layers, filter          -> projected layers, scores, one a patch pixel
refine     box layers, weights, boxes      -> boxes after the gradient ascent, through Precise RoI pooling, and scores
update     remembered samples, filter      -> filter
"""

from __future__ import annotations

import torch
from torch import Tensor

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.bbreg.atom_iou_net import AtomIoUNet
from siou_tracking.trackers.atom.params import EXPANSION, AtomParams
from siou_tracking.trackers.exported.building.atom_graphs import (
    Augment,
    Climb,
    Features,
    Fit,
    Look,
    Search,
    Target,
    Update,
)
from siou_tracking.trackers.exported.building.step import Repeat, Step
from siou_tracking.trackers.online.network import TrackingNetwork


def atom_steps(net: TrackingNetwork, params: AtomParams) -> list[Step]:
    """The graphs of a network with these parameters.

    Raises:
        InputError: a box predictor without closed form, or parameters without box refinement.
    """
    head, size, settings = net.bb_regressor, params.patch_size, params.augmentations
    if type(head) is not AtomIoUNet:  # a class derived from it may compute something else
        raise InputError(f"export: box predictor: got {type(head).__name__}, allowed is AtomIoUNet")
    if params.box_refinement_iter < 1 or params.compressed_dim * params.kernel_size**2 < 16:
        raise InputError("export: parameters: got no box refinement or a filter of less than 16 numbers")
    layers = tuple(getattr(net, "bb_regressor_layer", ("layer2", "layer3")))
    copies = 1 + len(settings.shifts) + settings.flip + len(settings.blurs) + len(settings.rotations)
    region, theta = torch.zeros(EXPANSION * size, EXPANSION * size, 3), torch.zeros(copies, 2, 3)
    features = Step(
        "features",
        Features(net, params, layers),
        {"pixels": torch.zeros(2, size, size, 3)},
        ["fine", "coarse", "stacked"],
        {"pixels": {0: "images"}},
    )
    fine, coarse, stacked = (one[:1] for one in features.example())
    return [
        Step("augment", Augment(params), {"region": region, "theta": theta}, ["copies"]),
        features,
        *_model_steps(stacked, params, copies + settings.dropouts),
        *_box_steps(head, params, fine, coarse),
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


def _box_steps(head: AtomIoUNet, params: AtomParams, fine: Tensor, coarse: Tensor) -> list[Step]:
    target = Step(
        "target",
        Target(head),
        {"fine": fine, "coarse": coarse, "box": torch.tensor([80.0, 80.0, 40.0, 40.0])},
        ["weight3", "bias3", "weight4", "bias4"],
    )
    look = Step(
        "look",
        Look(head),
        {"fine": fine, "coarse": coarse},
        ["map3", "map4"],
        {"fine": {2: "fine_rows", 3: "fine_columns"}, "coarse": {2: "coarse_rows", 3: "coarse_columns"}},
    )
    weight3, bias3, weight4, bias4 = target.example()
    map3, map4 = look.example()
    count = 1 + params.num_init_random_boxes
    inputs = {
        "boxes": torch.tensor([80.0, 80.0, 40.0, 40.0]).repeat(count, 1),
        "step": torch.ones(count, 4),
        "previous": torch.zeros(count),
        "size0": torch.ones(2),
        "map3": map3,
        "origin3": torch.zeros(2),
        "weight3": weight3,
        "bias3": bias3,
        "map4": map4,
        "origin4": torch.zeros(2),
        "weight4": weight4,
        "bias4": bias4,
    }
    climbs = params.box_refinement_iter + params.rank_after_last_step
    refine = Step(
        "refine",
        Climb(head, params),
        inputs,
        ["moved", "steps", "overlaps", "scored"],
        {"map3": {0: "fine_rows", 1: "fine_columns"}, "map4": {0: "coarse_rows", 1: "coarse_columns"}},
        repeat=Repeat(climbs, 3),
    )
    return [target, look, refine]
