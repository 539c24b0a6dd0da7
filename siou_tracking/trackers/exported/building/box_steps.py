"""The steps of box refinement, which ATOM and DiMP share."""

from __future__ import annotations

import torch
from torch import Tensor

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.bbreg.atom_iou_net import AtomIoUNet
from siou_tracking.trackers.exported.building.box_graphs import Climb, Look, Target
from siou_tracking.trackers.exported.building.step import Repeat, Step
from siou_tracking.trackers.online.params import RefinementParams


def box_steps(head: object, params: RefinementParams, fine: Tensor, coarse: Tensor) -> list[Step]:
    """The graphs of a box predictor.

    Args:
        head: the network's.
        params: iterations and steps.
        fine, coarse: example features of its two layers, (1, C, H, W).

    Raises:
        InputError: a predictor without closed form, or parameters without box refinement.
    """
    if type(head) is not AtomIoUNet:  # a class derived from it may compute something else
        raise InputError(f"export: box predictor: got {type(head).__name__}, allowed is AtomIoUNet")
    if params.box_refinement_iter < 1:
        raise InputError("export: parameters: got no box refinement")
    target = Step(
        "target",
        Target(head),
        {"fine": fine, "coarse": coarse, "box": torch.tensor([80.0, 80.0, 40.0, 40.0])},
        ["modulation3", "modulation4"],
    )
    modulation3, modulation4 = target.example()
    look = Step(
        "look",
        Look(head),
        {
            "fine": fine,
            "inside3": torch.ones(fine.shape[2:]),
            "modulation3": modulation3,
            "coarse": coarse,
            "inside4": torch.ones(coarse.shape[2:]),
            "modulation4": modulation4,
        },
        ["map3", "map4"],
        {
            "fine": {2: "fine_rows", 3: "fine_columns"},
            "inside3": {0: "fine_rows", 1: "fine_columns"},
            "coarse": {2: "coarse_rows", 3: "coarse_columns"},
            "inside4": {0: "coarse_rows", 1: "coarse_columns"},
        },
    )
    map3, map4 = look.example()
    count = 1 + params.num_init_random_boxes
    inputs = {
        "boxes": torch.tensor([80.0, 80.0, 40.0, 40.0]).repeat(count, 1),
        "step": torch.ones(count, 4),
        "previous": torch.zeros(count),
        "size0": torch.ones(2),
        "map3": map3,
        "origin3": torch.zeros(2),
        "map4": map4,
        "origin4": torch.zeros(2),
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
