"""What a detector says about one frame."""

from __future__ import annotations

import dataclasses

import numpy as np

from siou_tracking.boxes import check_boxes
from siou_tracking.errors import InputError

_UNIT_TOLERANCE = 1e-3


@dataclasses.dataclass(frozen=True)
class Detections:
    """K boxes of one frame."""

    boxes: np.ndarray
    """(K, 4) float32 xyxy in pixels of the frame; may reach beyond it."""
    scores: np.ndarray
    """(K,) float32."""
    embeddings: np.ndarray
    """(K, D) float32 of unit length; D is 0 for a detector that tells no identities."""

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def of(cls, boxes: np.ndarray, scores: np.ndarray, embeddings: np.ndarray | None = None) -> Detections:
        """Detections from anything numpy reads; without `embeddings`, D is 0.

        Raises:
            InputError: see `check`.
        """
        scores = np.asarray(scores, dtype=np.float32).reshape(-1)
        vectors = np.zeros((len(scores), 0)) if embeddings is None else embeddings
        made = cls(np.asarray(boxes, dtype=np.float32).reshape(-1, 4), scores, np.asarray(vectors, dtype=np.float32))
        made.check("detections")
        return made

    def rows(self, index: np.ndarray) -> Detections:
        """The detections at `index`, integers or a mask."""
        return Detections(self.boxes[index], self.scores[index], self.embeddings[index])

    def ordered(self) -> Detections:
        """The same detections, best score first and equal ones by their boxes: the order they came in is forgotten."""
        return self.rows(np.lexsort((*self.boxes.T, -self.scores)))

    def check(self, where: str) -> None:
        """Refuse what cannot be tracked.

        Args:
            where: what to call the detections, such as a frame and its sequence.

        Raises:
            InputError: arrays of different lengths, a score or an embedding that is not finite, an embedding that is
                not of unit length, a box that is not finite or has no area.
        """
        count = len(self.scores)
        shapes = self.boxes.shape, self.scores.shape, self.embeddings.shape
        if shapes[:2] != ((count, 4), (count,)) or len(shapes[2]) != 2 or shapes[2][0] != count:
            raise InputError(f"{where}: got boxes, scores, embeddings of shapes {shapes}, allowed (K, 4), (K,), (K, D)")
        if not np.isfinite(self.scores).all():
            first = int(np.flatnonzero(~np.isfinite(self.scores))[0])
            raise InputError(f"{where}: score {first} of {count}: got {self.scores[first]}, allowed are finite numbers")
        # the quick test first: it is all that a good frame needs
        if not ((self.boxes[:, 2:] > self.boxes[:, :2]).all() and np.isfinite(self.boxes).all()):
            check_boxes(self.boxes, "xyxy", where)
        if self.embeddings.shape[1]:
            lengths = np.sqrt(np.einsum("kd,kd->k", self.embeddings, self.embeddings))
            wrong = np.flatnonzero(~(np.abs(lengths - 1) <= _UNIT_TOLERANCE))
            if wrong.size:
                first, length = wrong[0], lengths[wrong[0]]
                raise InputError(
                    f"{where}: embedding {first} of {count}: got length {length:g}, allowed is unit length"
                )
