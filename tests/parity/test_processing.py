"""Our data functions give upstream's numbers, which `processing_recipe.py` recorded."""

from __future__ import annotations

import importlib
import json

import numpy as np
import pytest
import torch

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.ltr.data import processing, processing_utils, transforms
from tests.parity.processing_recipe import REFERENCE, evaluate
from tests.reference_data import reference_checkout


def test_crops_labels_densities_and_draws_equal_upstreams() -> None:
    stored = json.loads(REFERENCE.read_text(encoding="utf-8"))
    assert stored.pop("source")["repository"] == "visionml/pytracking"
    values = evaluate(processing_utils, processing, transforms)
    assert values.keys() == stored.keys()
    for name, expected in stored.items():
        tolerance = 1 if name.startswith("pixels") else 2e-5 * max(1.0, np.abs(expected).max())
        assert values[name] == pytest.approx(expected, abs=tolerance), name


def test_noisy_proposals_are_distributed_as_upstreams() -> None:
    checkout, box, sigmas = find_checkout(reference_checkout()), torch.tensor([30.0, 40, 60, 40]), [0.01, 0.1, 0.3]
    with checkout_session(checkout, pretrained=False, announce=False):
        perturb = importlib.import_module("ltr.data.processing_utils").perturb_box
        drawn = [perturb(box, min_iou=0.1, sigma_factor=sigmas) for _ in range(2000)]
    theirs = torch.cat((torch.stack([one for one, _ in drawn]), torch.stack([iou for _, iou in drawn])), dim=1)
    proposals, overlap = processing_utils.sample_proposals(box[None], 8000, 0.1, sigmas)
    ours = torch.cat((proposals[0], overlap[0, :, None]), dim=1)
    spread = theirs.std(dim=0)
    assert ((ours.mean(dim=0) - theirs.mean(dim=0)).abs() < 0.12 * spread).all()  # five standard errors
    assert ours.std(dim=0).numpy() == pytest.approx(spread.numpy(), rel=0.1)
    assert ours[:, 4].min() > 0.1
