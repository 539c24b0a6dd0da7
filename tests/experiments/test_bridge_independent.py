"""What checkouts are held against is what the flag asks for by default."""

from __future__ import annotations

import numpy as np
import torch

from experiments.bridge import independent
from siou_tracking.losses import build_box_loss, build_box_similarity, describe


def xyxy(seed: int) -> torch.Tensor:
    corner, size = torch.rand(2, 50, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 0.1
    return torch.cat((corner, corner + size), dim=1)


def test_the_loss_of_boxes_is_the_products() -> None:
    pred, target = xyxy(0), xyxy(1)
    expected = build_box_loss("smooth_iou", box_format="xyxy", reduction="mean")(pred, target)
    np.testing.assert_allclose(independent.box_loss(pred.numpy(), target.numpy()), expected)
    expected = build_box_loss("smooth_iou", box_format="ltrb", reduction="mean")(pred, target)
    np.testing.assert_allclose(independent.dense_loss(pred.numpy(), target.numpy(), None)[0], expected)


def test_the_score_of_proposals_is_the_products() -> None:
    proposals, target = xyxy(0).view(5, 10, 4), xyxy(1)[:5]
    batch = {"test_proposals": proposals.numpy(), "test_anno": target.numpy()}
    expected = 2 * build_box_similarity("smooth_iou", box_format="xywh")(proposals, target[:, None]) - 1
    np.testing.assert_allclose(independent.score_target(batch), expected)


def test_the_density_has_the_products_sharpness() -> None:
    assert describe("smooth_iou").density_defaults["sharpness"] == independent.DENSITY_SHARPNESS
