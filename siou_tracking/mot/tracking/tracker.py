"""Detections of one frame after another in, identities out: on-line association in FairMOT's manner.

Every frame all tracks are predicted by `kalman`, then matched in stages, each with what the one before left:

1.  tracked and lost tracks by appearance and overlap, gated by motion;
2.  tracked ones by overlap;
3.  tracks seen once by overlap; those not seen again die.

Detections left over begin tracks, which are reported from their second match on (in the first frame at once). A track
not matched is lost, and dies when its buffer is over. `association="iou"` replaces 1 and 2 by one stage, tracked and
lost tracks by overlap, and leaves everything else alone: a tracker that has detections only.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from siou_tracking.boxes import pairwise_iou
from siou_tracking.errors import InputError
from siou_tracking.mot.tracking import kalman
from siou_tracking.mot.tracking.association import assign, cosine_cost, fuse_costs, iou_cost
from siou_tracking.mot.tracking.detections import Detections
from siou_tracking.mot.tracking.live_tracks import LOST, TRACKED, UNCONFIRMED, LiveTracks
from siou_tracking.mot.tracking.params import MOTParams

_BUFFER_RATE = 30.0  # frames a second that `lost_buffer` is meant for
_HEIGHT = 3


class TrackedFrame(NamedTuple):
    """The reported tracks of one frame, in order of their identities."""

    identities: np.ndarray
    """(n,) int64, from 1."""
    boxes: np.ndarray
    """(n, 4) float64 xyxy in pixels: see `MOTParams.boxes`."""
    scores: np.ndarray
    """(n,) float32 of the detections."""


class OnlineTracker:
    """One sequence's tracks.

    Args:
        params: see `MOTParams`.
        frame_rate: frames a second of the sequence; it scales how many frames a lost track is kept.

    Raises:
        InputError: a frame rate that is not a positive number.
    """

    def __init__(self, params: MOTParams | None = None, frame_rate: float = 30.0) -> None:
        if not (math.isfinite(frame_rate) and frame_rate > 0):
            raise InputError(f"tracker: frame rate: got {frame_rate}, allowed are positive numbers")
        self.params = params or MOTParams()
        self.buffer = round(frame_rate / _BUFFER_RATE * self.params.lost_buffer)
        self.frame = 0
        self._born = 0
        self._tracks = LiveTracks.empty(0)

    def update(self, detections: Detections) -> TrackedFrame:
        """Take in the next frame's detections, which may be none; their order does not matter.

        Returns:
            Identities, boxes and scores of the tracks seen in this frame.

        Raises:
            InputError: detections that cannot be used (`Detections.check`), or without embeddings where they are
                needed. The tracker is as it was before.
        """
        found = self._accepted(detections, f"frame {self.frame + 1}")
        self.frame += 1
        known = self._tracks if len(self._tracks) else LiveTracks.empty(found.embeddings.shape[1])
        tracks = self._predicted(known)
        measured = kalman.measure_box(found.boxes)
        match = self._match(tracks, found, measured)
        self._absorb(tracks, match, found, measured)
        kept = self._retired(tracks, match >= 0)
        unused = np.ones(len(found), dtype=bool)
        unused[match[match >= 0]] = False
        if unused.any():
            kept = kept.joined(self._births(found.rows(unused), measured[unused]))
        self._tracks = self._without_duplicates(kept)
        return self._answer()

    def _accepted(self, detections: Detections, where: str) -> Detections:
        """The detections that count, in an order of their own."""
        detections.check(where)
        if self.params.association == "iou":
            bare = np.zeros((len(detections), 0), dtype=np.float32)
            detections = Detections(detections.boxes, detections.scores, bare)
        elif len(detections):
            got, known = detections.embeddings.shape[1], self._tracks.feature.shape[1]
            if not got:
                raise InputError(f"{where}: detections: got no embeddings, allowed with association='iou' only")
            if len(self._tracks) and got != known:
                raise InputError(f"{where}: embeddings: got {got} dimensions, allowed {known} as in the frames before")
        return detections.rows(detections.scores >= self.params.detection_threshold).ordered()

    @staticmethod
    def _predicted(tracks: LiveTracks) -> LiveTracks:
        motion = tracks.motion.copy()
        motion[tracks.status == LOST, kalman.VELOCITY, _HEIGHT] = 0  # a height last seen shrinking must not vanish
        return LiveTracks(**{**vars(tracks), "motion": kalman.predict(motion)})

    def _match(self, tracks: LiveTracks, found: Detections, measured: np.ndarray) -> np.ndarray:
        """For each track the detection that continues it, or -1; `(n,)`."""
        params, match = self.params, np.full(len(tracks), -1)
        if not len(tracks) or not len(found):
            return match
        free, predicted = np.arange(len(found)), kalman.boxes_of(tracks.motion)

        def stage(rows: np.ndarray, limit: float, cost: np.ndarray | None = None) -> None:
            """Match rows and free detections, by overlap unless a cost is given."""
            nonlocal free
            if not rows.size or not free.size:
                return
            picked, columns = assign(iou_cost(predicted[rows], found.boxes[free]) if cost is None else cost, limit)
            match[rows[picked]] = free[columns]
            free = np.delete(free, columns)

        confirmed = np.flatnonzero(tracks.status != UNCONFIRMED)
        if params.association == "iou":
            stage(confirmed, params.iou_only_limit)
        else:
            stage(confirmed, params.embedding_limit, self._fused(tracks.rows(confirmed), found, measured))
            stage(np.flatnonzero((tracks.status == TRACKED) & (match < 0)), params.iou_limit)
        stage(np.flatnonzero(tracks.status == UNCONFIRMED), params.unconfirmed_limit)
        return match

    def _fused(self, tracks: LiveTracks, found: Detections, measured: np.ndarray) -> np.ndarray:
        """Cost `(n, m)` of the first stage."""
        params = self.params
        return fuse_costs(
            cosine_cost(tracks.feature, found.embeddings),
            iou_cost(kalman.boxes_of(tracks.motion), found.boxes),
            kalman.mahalanobis(tracks.motion, measured),
            params.gate,
            params.overlap_weight,
            params.motion_weight,
        )

    def _absorb(self, tracks: LiveTracks, match: np.ndarray, found: Detections, measured: np.ndarray) -> None:
        """Take the matched detections into their tracks' motion, appearance and score."""
        rows = np.flatnonzero(match >= 0)
        if not rows.size:
            return
        seen = found.rows(match[rows])
        tracks.motion[rows] = kalman.update(tracks.motion[rows], measured[match[rows]])
        mixed = tracks.feature[rows]
        mixed += (1 - self.params.feature_momentum) * (seen.embeddings - mixed)
        lengths = np.sqrt(np.einsum("kd,kd->k", mixed, mixed))[:, None]
        tracks.feature[rows] = mixed / np.where(lengths > 0, lengths, 1)
        tracks.box[rows], tracks.score[rows] = seen.boxes, seen.scores

    def _retired(self, tracks: LiveTracks, seen: np.ndarray) -> LiveTracks:
        """The tracks that live on, with their new status."""
        last = np.where(seen, self.frame, tracks.last)
        status = np.where(seen, TRACKED, LOST).astype(np.int8)
        dead = ~seen & ((tracks.status == UNCONFIRMED) | (self.frame - last > self.buffer))
        return LiveTracks(**{**vars(tracks), "last": last, "status": status}).rows(~dead)

    def _births(self, found: Detections, measured: np.ndarray) -> LiveTracks:
        """New tracks from what no track explains."""
        strong = found.scores >= self.params.birth_threshold
        fit = found.rows(strong)
        count, now = len(fit), np.full(len(fit), self.frame, dtype=np.int64)
        identity = np.arange(self._born + 1, self._born + 1 + count)
        self._born += count
        return LiveTracks(
            identity=identity,
            status=np.full(count, TRACKED if self.frame == 1 else UNCONFIRMED, dtype=np.int8),
            motion=kalman.initiate(measured[strong]),
            feature=fit.embeddings,
            box=fit.boxes.astype(np.float64),
            score=fit.scores,
            first=now,
            last=now,
        )

    def _without_duplicates(self, tracks: LiveTracks) -> LiveTracks:
        """Where a tracked and a lost track cover the same place, the one that has lived longer stays."""
        seen, lost = np.flatnonzero(tracks.status == TRACKED), np.flatnonzero(tracks.status == LOST)
        if not seen.size or not lost.size:
            return tracks
        boxes = kalman.boxes_of(tracks.motion)
        pair = np.nonzero(pairwise_iou(boxes[seen], boxes[lost]) > self.params.duplicate_iou)
        one, other = seen[pair[0]], lost[pair[1]]
        age = tracks.last - tracks.first
        keep = np.ones(len(tracks), dtype=bool)
        keep[np.where(age[one] > age[other], other, one)] = False
        return tracks.rows(keep)

    def _answer(self) -> TrackedFrame:
        tracks, params = self._tracks, self.params
        shown = tracks.rows(tracks.status == TRACKED)
        boxes = shown.box if params.boxes == "detected" else kalman.boxes_of(shown.motion)
        width, height = (boxes[:, 2:] - boxes[:, :2]).T
        fit = width * height >= params.min_area
        if params.max_aspect is not None:
            fit &= width <= params.max_aspect * height
        order = np.argsort(shown.identity)
        order = order[fit[order]]
        return TrackedFrame(shown.identity[order], boxes[order], shown.score[order])
