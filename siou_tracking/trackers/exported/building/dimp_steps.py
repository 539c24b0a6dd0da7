"""The steps of online DiMP as graphs: what `dimp.tracker.DiMP` computes with tensors, with its own functions.

augment      region, shifts               -> copies of the first search region
features     pixels                       -> backbone layers of the box predictor, features for the filter
fit          features, boxes              -> filter: the initializer's, after the optimizer's steps on the first frame
target       box layers, box              -> the box predictor's modulation for this target
search       features, filter             -> scores, one a cell
look         box layers, modulation       -> the box predictor's maps around the boxes
refine       these maps, boxes            -> boxes after the gradient ascent, through Precise RoI pooling, and scores
update       remembered samples, filter   -> filter, after the optimizer's steps of a regular update
update_hard  the same                     -> filter, after those at a distractor
"""

from __future__ import annotations

import torch
from torch import Tensor

from siou_tracking.ltr.models.tracking.dimp_network import DiMPnet
from siou_tracking.trackers.dimp.params import DimpParams
from siou_tracking.trackers.dimp.places import region_size
from siou_tracking.trackers.exported.building.box_steps import box_steps
from siou_tracking.trackers.exported.building.dimp_graphs import Augment, Fit, Search, Update
from siou_tracking.trackers.exported.building.features import BackboneFeatures, features_step
from siou_tracking.trackers.exported.building.step import Step


def dimp_steps(net: DiMPnet, params: DimpParams) -> list[Step]:
    """The graphs of a network with these parameters.

    Raises:
        InputError: see `box_steps.box_steps`, `dimp_graphs.as_descent`.
    """
    size, settings = params.patch_size, params.augmentations
    copies = 1 + len(settings.shifts) + settings.flip + len(settings.blurs) + len(settings.rotations)
    extent = region_size(size, params.expansion)
    module = BackboneFeatures(
        net, params, net.bb_regressor_layer, net.classification_layer, net.extract_classification_feat
    )
    features = features_step(module, size, "sample")
    fine, coarse, sample = (one[:1] for one in features.example())
    return [
        Step(
            "augment",
            Augment(params),
            {"region": torch.zeros(extent, extent, 3), "shifts": torch.zeros(copies, 2)},
            ["copies"],
        ),
        features,
        *filter_steps(net, params, sample, copies + settings.dropouts),
        *box_steps(net.bb_regressor, params, fine, coarse),
    ]


def filter_steps(net: DiMPnet, params: DimpParams, sample: Tensor, samples: int) -> list[Step]:
    """The graphs of the target model.

    Args:
        net: its classifier.
        params: iterations.
        sample: an example of the features (1, C, H, W).
        samples: how many the first frame gives.
    """
    classifier, grid, kernel = net.classifier, sample.shape[-1], net.classifier.filter_size
    box = torch.tensor([params.patch_size / 2.5] * 2 + [params.patch_size / 5] * 2)
    filt = torch.ones(1, sample.shape[1], kernel, kernel)
    remembered = {
        "samples": sample.expand(3, -1, -1, -1).contiguous(),
        "boxes": box.repeat(3, 1),
        "weights": torch.full((3,), 1 / 3),
    }
    first = {"features": sample.expand(samples, -1, -1, -1).contiguous(), "boxes": box.repeat(samples, 1)}
    updates = {"update": params.update_iter, "update_hard": params.hard_negative_iter}
    return [
        Step("fit", Fit(classifier, params, grid), first, ["fitted_filter"]),
        Step("search", Search(classifier, params), {"sample": sample, "filter": filt}, ["scores"]),
        *(
            Step(
                name,
                Update(classifier, params, grid, iterations),
                {"filter": filt, **remembered},
                ["updated_filter"],
                {one: {0: "count"} for one in remembered},
            )
            for name, iterations in updates.items()
        ),
    ]
