"""What the tracker is compared with: the same steps in the usual form, one filter object and one pair at a time."""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor
from torch.nn import functional

from siou_tracking.mot.models import decode_boxes


class Track:
    """One track with its 8x8 Kalman matrices."""

    motion = np.eye(8) + np.eye(8, k=4)
    seen = np.eye(4, 8)

    def __init__(self, measured: np.ndarray, feature: np.ndarray) -> None:
        h = measured[3]
        self.mean = np.concatenate([measured, np.zeros(4)])
        self.covariance = np.diag(np.square([h / 10, h / 10, 1e-2, h / 10, h / 16, h / 16, 1e-5, h / 16]))
        self.feature = feature
        self.missing = 0

    def predict(self) -> None:
        h = self.mean[3]
        noise = np.diag(np.square([h / 20, h / 20, 1e-2, h / 20, h / 160, h / 160, 1e-5, h / 160]))
        self.mean = self.motion @ self.mean
        self.covariance = self.motion @ self.covariance @ self.motion.T + noise
        self.missing += 1

    def project(self) -> tuple[np.ndarray, np.ndarray]:
        h = self.mean[3]
        noise = np.diag(np.square([h / 20, h / 20, 1e-1, h / 20]))
        return self.seen @ self.mean, self.seen @ self.covariance @ self.seen.T + noise

    def distances(self, measured: np.ndarray) -> np.ndarray:
        """Squared Mahalanobis distances `(m,)`."""
        mean, covariance = self.project()
        solved = np.linalg.solve(np.linalg.cholesky(covariance), (measured - mean).T)
        return (solved**2).sum(axis=0)

    def update(self, measured: np.ndarray, feature: np.ndarray) -> None:
        mean, covariance = self.project()
        gain = np.linalg.solve(covariance, self.seen @ self.covariance).T
        self.mean = self.mean + gain @ (measured - mean)
        self.covariance = self.covariance - gain @ covariance @ gain.T
        mixed = 0.9 * self.feature + 0.1 * feature
        self.feature = mixed / np.linalg.norm(mixed)
        self.missing = 0


class LoopTracker:
    """Appearance with a motion gate, track by track: predict, match, update, begin. Half of what ours does a frame."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []

    def update(self, boxes: np.ndarray, embeddings: np.ndarray) -> None:
        size = boxes[:, 2:] - boxes[:, :2]
        measured = np.column_stack([boxes[:, :2] + size / 2, size[:, 0] / size[:, 1], size[:, 1]])
        for track in self.tracks:
            track.predict()
        cost = np.full((len(self.tracks), len(boxes)), 1e5)
        for row, track in enumerate(self.tracks):
            distance = track.distances(measured)
            near = distance <= 9.4877
            cost[row, near] = (0.98 * (1 - embeddings @ track.feature) + 0.02 * distance)[near]
        free = set(range(len(boxes)))
        for row, column in zip(*linear_sum_assignment(cost), strict=True):
            if cost[row, column] < 0.4:
                self.tracks[row].update(measured[column], embeddings[column])
                free.discard(column)
        self.tracks = [track for track in self.tracks if track.missing <= 30]
        self.tracks += [Track(measured[column], embeddings[column]) for column in sorted(free)]


def decode_whole_maps(outputs: dict[str, Tensor], stride: int, top_k: int, threshold: float) -> list[np.ndarray]:
    """Frame after frame, boxes and unit embeddings of every cell, of which the best peaks are taken."""
    found = []
    for frame in range(len(outputs["heatmap"])):
        maps = {name: values[frame : frame + 1] for name, values in outputs.items()}
        heat = maps["heatmap"].sigmoid()
        heat = heat * (functional.max_pool2d(heat, 3, 1, 1) == heat)
        scores, cells = heat.flatten().topk(top_k)
        boxes = decode_boxes(maps, stride)[0].flatten(1).T[cells]
        embeddings = functional.normalize(maps["embedding"], dim=1)[0].flatten(1).T[cells]
        rows = torch.cat((scores[:, None], boxes, embeddings), dim=1)
        found.append(rows[scores >= threshold].cpu().numpy())
    return found
