"""Another score to learn for a head that scores proposals: ATOM's, DiMP's."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from siou_tracking.losses.box.entry import Similarity


def score_target(data: Mapping[str, torch.Tensor], similarity: Similarity) -> torch.Tensor:
    """What the head shall predict for each proposal: 2 S - 1 in [-1, 1], on the boxes' device, without a graph.

    Args:
        data: a batch with `test_proposals` (nf, ns, P, 4) and `test_anno` (nf, ns, 4), xywh in crop pixels.
        similarity: S of boxes in xywh, in [0, 1] and 1 for equal boxes; it broadcasts.

    Returns:
        (nf, ns, P). With the plain IoU it is what the data layer puts in `proposal_iou`.
    """
    with torch.no_grad():
        return 2 * similarity(data["test_proposals"], data["test_anno"].unsqueeze(-2)) - 1
