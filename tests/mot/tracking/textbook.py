"""The tracker as a textbook has it: one object a track, one filter of 8x8 matrices each, one pair at a time."""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.optimize import linear_sum_assignment

from siou_tracking.mot.tracking.detections import Detections
from siou_tracking.mot.tracking.params import MOTParams


class TextbookFilter:
    """The filter of one track with its 8x8 matrices (Kalman 1960), noise as in DeepSORT."""

    def __init__(self, measured: np.ndarray) -> None:
        h = measured[3]
        self.mean = np.concatenate([measured, np.zeros(4)])
        self.covariance = np.diag(
            np.array([h / 10, h / 10, 1e-2, h / 10, h / 16, h / 16, 1e-5, h / 16], dtype=float) ** 2
        )
        self.motion = np.eye(8) + np.eye(8, k=4)
        self.seen = np.eye(4, 8)

    def predict(self) -> None:
        h = self.mean[3]
        noise = np.diag(np.array([h / 20, h / 20, 1e-2, h / 20, h / 160, h / 160, 1e-5, h / 160]) ** 2)
        self.mean = self.motion @ self.mean
        self.covariance = self.motion @ self.covariance @ self.motion.T + noise

    def innovation(self) -> np.ndarray:
        h = self.mean[3]
        return self.seen @ self.covariance @ self.seen.T + np.diag(np.array([h / 20, h / 20, 1e-1, h / 20]) ** 2)

    def update(self, measured: np.ndarray) -> None:
        innovation = self.innovation()  # its noise is of the predicted height
        gain = self.covariance @ self.seen.T @ np.linalg.inv(innovation)
        self.mean = self.mean + gain @ (measured - self.seen @ self.mean)
        self.covariance = self.covariance - gain @ innovation @ gain.T

    def distance(self, measured: np.ndarray) -> float:
        surprise = measured - self.seen @ self.mean
        return float(surprise @ np.linalg.inv(self.innovation()) @ surprise)


@dataclasses.dataclass(eq=False)
class TextbookTrack:
    identity: int
    status: str
    filter: TextbookFilter
    feature: np.ndarray
    box: np.ndarray
    first: int
    last: int

    def predicted(self) -> np.ndarray:
        cx, cy, aspect, h = self.filter.mean[:4]
        return np.array([cx - aspect * h / 2, cy - h / 2, cx + aspect * h / 2, cy + h / 2])


class TextbookTracker:
    """Three stages over lists of tracks, as MOTParams describes them."""

    def __init__(self, params: MOTParams, buffer: int) -> None:
        self.params, self.buffer = params, buffer
        self.tracks: list[TextbookTrack] = []
        self.frame = self.born = 0

    def update(self, found: Detections) -> dict[int, list[float]]:
        """Identity -> detected box of the tracks reported in this frame."""
        self.frame += 1
        params = self.params
        rows = [row for row in range(len(found)) if found.scores[row] >= params.detection_threshold]
        rows.sort(key=lambda row: (-found.scores[row], *found.boxes[row]))
        boxes, looks = found.boxes[rows].astype(float), found.embeddings[rows].astype(float)
        for track in self.tracks:
            if track.status == "lost":
                track.filter.mean[7] = 0
            track.filter.predict()
        free = list(range(len(rows)))
        confirmed = [track for track in self.tracks if track.status != "fresh"]
        if params.association == "iou":
            self._stage(confirmed, free, boxes, looks, self._overlap, params.iou_only_limit)
        else:
            self._stage(confirmed, free, boxes, looks, self._look, params.embedding_limit)
            left = [track for track in confirmed if track.status == "tracked" and track.last < self.frame]
            self._stage(left, free, boxes, looks, self._overlap, params.iou_limit)
        fresh = [track for track in self.tracks if track.status == "fresh"]
        self._stage(fresh, free, boxes, looks, self._overlap, params.unconfirmed_limit)
        for track in list(self.tracks):
            if track.last == self.frame:
                track.status = "tracked"
            elif track.status == "fresh" or self.frame - track.last > self.buffer:
                self.tracks.remove(track)
            else:
                track.status = "lost"
        for row in free:
            if found.scores[rows[row]] >= params.birth_threshold:
                self.born += 1
                status = "tracked" if self.frame == 1 else "fresh"
                self.tracks.append(
                    TextbookTrack(
                        self.born,
                        status,
                        TextbookFilter(measured(boxes[row])),
                        looks[row],
                        boxes[row],
                        *[self.frame] * 2,
                    )
                )
        self._drop_duplicates()
        return {track.identity: track.box.tolist() for track in self.tracks if track.status == "tracked"}

    def _stage(
        self, tracks: list, free: list[int], boxes: np.ndarray, looks: np.ndarray, cost_of, limit: float
    ) -> None:
        n, m = len(tracks), len(free)
        # every track and every detection may also be left alone, for half the limit each
        cost = np.full((n + m, n + m), 0.0)
        cost[:n, :m] = (
            [[cost_of(track, boxes[row], looks[row]) for row in free] for track in tracks] if n and m else 0.0
        )
        cost[:n, :m][cost[:n, :m] >= limit] = 1e6
        cost[:n, m:] = cost[n:, :m] = limit / 2
        pairs = [(i, j) for i, j in zip(*linear_sum_assignment(cost), strict=True) if i < n and j < m]
        for i, row in [(i, free[j]) for i, j in pairs]:
            track, free[:] = tracks[i], [other for other in free if other != row]
            track.filter.update(measured(boxes[row]))
            momentum = self.params.feature_momentum
            mixed = momentum * track.feature + (1 - momentum) * looks[row]
            track.feature = mixed / (np.linalg.norm(mixed) or 1)
            track.box, track.last = boxes[row], self.frame

    def _overlap(self, track: TextbookTrack, box: np.ndarray, look: np.ndarray) -> float:
        return 1 - iou(track.predicted(), box)

    def _look(self, track: TextbookTrack, box: np.ndarray, look: np.ndarray) -> float:
        distance = track.filter.distance(measured(box))
        if distance > self.params.gate:
            return np.inf
        params, overlap = self.params, self._overlap(track, box, look)
        rest = 1 - params.overlap_weight - params.motion_weight
        return rest * (1 - track.feature @ look) + params.overlap_weight * overlap + params.motion_weight * distance

    def _drop_duplicates(self) -> None:
        gone = []
        for one in (track for track in self.tracks if track.status == "tracked"):
            for other in (track for track in self.tracks if track.status == "lost"):
                if iou(one.predicted(), other.predicted()) > self.params.duplicate_iou:
                    gone.append(other if one.last - one.first > other.last - other.first else one)
        self.tracks = [track for track in self.tracks if track not in gone]


def measured(box: np.ndarray) -> np.ndarray:
    w, h = box[2] - box[0], box[3] - box[1]
    return np.array([box[0] + w / 2, box[1] + h / 2, w / h, h])


def iou(a: np.ndarray, b: np.ndarray) -> float:
    inner = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    return inner / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inner)
