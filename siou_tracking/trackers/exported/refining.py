"""Box refinement of an exported tracker: the predictor's graphs, and in NumPy where boxes start and which are good."""

from __future__ import annotations

import numpy as np

from siou_tracking.trackers.exported.boxes import cut_map, hull_of, mean_of_best, start_boxes, with_margin
from siou_tracking.trackers.exported.session import Steps
from siou_tracking.trackers.exported.torch_random import TorchRandom
from siou_tracking.trackers.online.params import RefinementParams

_ROOMS = 2
"""So often boxes that left the part of the maps that was computed are refined again in a wider one, then in all."""
_EVERYWHERE = np.full(4, np.inf)


class BoxRefiner:
    """The box predictor of one target.

    Args:
        steps: the graphs.
        params: see `RefinementParams`.
        fine, coarse: features of the first frame, (1, C, H, W) each.
        box: (4,) of the target there, xywh in patch pixels.
        size: side of the patch.
    """

    def __init__(
        self, steps: Steps, params: RefinementParams, fine: np.ndarray, coarse: np.ndarray, box: np.ndarray, size: int
    ) -> None:
        self._steps, self._params, self._size = steps, params, size
        self._modulation3, self._modulation4 = steps.run("target", fine=fine, coarse=coarse, box=box)

    def refine(self, box: np.ndarray, fine: np.ndarray, coarse: np.ndarray, random: TorchRandom) -> np.ndarray | None:
        """As `refinement.refine_box`: (4,) xywh in patch pixels to the mean of the best, or None."""
        start = start_boxes(box, self._params, random)
        room = with_margin(hull_of(start))
        for _ in range(_ROOMS):
            boxes, scores, visited = self._climb(start, room, fine, coarse)
            seen = hull_of(visited)
            if (seen[:2] >= room[:2]).all() and (seen[2:] <= room[2:]).all():
                break
            room = with_margin(seen)
        else:
            boxes, scores, _ = self._climb(start, _EVERYWHERE, fine, coarse)
        return mean_of_best(boxes, scores, self._params)

    def _climb(
        self, start: np.ndarray, room: np.ndarray, fine: np.ndarray, coarse: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Refined boxes (P, 4), their scores (P,), and all boxes on the way, computed from what lies within `room`."""
        params = self._params
        fine, inside3, origin3 = cut_map(fine, room, self._size / fine.shape[-1])
        coarse, inside4, origin4 = cut_map(coarse, room, self._size / coarse.shape[-1])
        map3, map4 = self._steps.run(
            "look",
            fine=fine,
            inside3=inside3,
            modulation3=self._modulation3,
            coarse=coarse,
            inside4=inside4,
            modulation4=self._modulation4,
        )
        position, extent = params.box_refinement_step
        moved, _, scores, visited = self._steps.run(
            "refine",
            boxes=start,
            step=np.tile(np.array([position, position, extent, extent], np.float32), (len(start), 1)),
            previous=np.full(len(start), -np.inf, np.float32),
            size0=start[0, 2:],
            map3=map3,
            origin3=origin3,
            map4=map4,
            origin4=origin4,
        )
        # Ranked after the last step, boxes are scored once more and those scored last are the result.
        return (visited[-1] if params.rank_after_last_step else moved), scores, visited
