"""All boxes of all regions climb at once as each would alone, and the ladder finds its best rung."""

from __future__ import annotations

import torch

from experiments.head_ablation.refinement import HIGHEST, LOWEST, choose_rung, refine
from siou_tracking.losses import build_box_similarity
from siou_tracking.trackers.atom.params import AtomParams
from siou_tracking.trackers.online.refinement import ascend, by_autograd


def test_many_boxes_climb_as_each_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    targets = 60 + 60 * torch.rand(5, 4, generator=generator)
    starts = targets[:, None] + 20 * torch.rand(5, 3, 4, generator=generator)
    similarity = build_box_similarity("smooth_iou", sharpness=4, box_format="xywh")
    together = refine(lambda boxes: similarity(boxes, targets[:, None]), starts, 30.0)
    params = AtomParams(box_refinement_iter=10, box_refinement_step=(30.0, 30.0))
    for row in range(5):
        for place in range(3):
            score = by_autograd(lambda box, row=row: similarity(box, targets[row]))
            alone, _ = ascend(score, starts[row, place][None], params)
            torch.testing.assert_close(together[row, place], alone[0])
    assert (similarity(together, targets[:, None]) > similarity(starts, targets[:, None])).all()


def test_no_side_is_under_a_pixel() -> None:
    starts = torch.tensor([[[10.0, 10, 2, 2]]])
    assert refine(lambda boxes: -boxes[..., 2] - boxes[..., 3], starts, 100.0)[0, 0, 2:].tolist() == [1, 1]


def test_a_ladder_is_climbed_to_its_best_rung_and_no_rung_is_tried_twice() -> None:
    for best in (LOWEST, -1, 2, HIGHEST):
        tried: list[int] = []

        def reach(rung: int, best: int = best, tried: list[int] = tried) -> float:
            tried.append(rung)
            return -abs(rung - best)

        assert choose_rung(reach, 0) == (best, 0)
        assert len(tried) == len(set(tried))
        assert min(tried) >= LOWEST and max(tried) <= HIGHEST
