"""Where the shared features of held-out people lie: what the DIM loss acts on, measured after the training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from siou_tracking.losses.feature.foreground import gather_centers
from siou_tracking.losses.feature.margin import DetectionMarginLoss
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.mot.data.letterbox import letterbox, normalize_images
from siou_tracking.mot.data.motchallenge import find_sequences, read_truth
from siou_tracking.mot.data.tracks import PEDESTRIAN
from siou_tracking.mot.models.loading import load_mot_net
from siou_tracking.mot.training.targets import build_targets


@torch.no_grad()
def feature_distances(checkpoint: Path, root: Path, every: int = 5, batch_size: int = 8) -> np.ndarray:
    """Distances of the features at the centers of annotated people to their mean.

    Args:
        checkpoint: of `mot train`.
        root: folder of sequences with ground truth.
        every: takes each `every`-th frame.
        batch_size: frames whose people share a center, as in a training step.

    Returns:
        (n,) float64 root-mean-square distances per channel, the unit of the margins.
    """
    net = load_mot_net(checkpoint).eval()
    width, height = net.input_size
    ruler = DetectionMarginLoss(0.0)
    frames = _annotated_frames(root, net.input_size, every)
    found = []
    for start in range(0, len(frames), batch_size):
        images, boxes = zip(*frames[start : start + batch_size], strict=True)
        outputs = net(normalize_images(torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)))
        padded = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(rows) for rows in boxes], batch_first=True)
        nobody = torch.full(padded.shape[:2], -1)
        targets = build_targets(padded, nobody, width, height, net.stride)
        rows = gather_centers(outputs["feature"], targets.cells, targets.mask)
        distances, weights = ruler.distances(*rows)
        found.append(distances[weights > 0].double().numpy())
    return np.concatenate(found)


def quantiles(distances: np.ndarray) -> dict[str, float]:
    """5, 50 and 95 per cent of distances."""
    return dict(zip(("d05", "d50", "d95"), np.quantile(distances, (0.05, 0.5, 0.95)).tolist(), strict=True))


def read_margins(checkpoint: Path, dim: str) -> list[float | None]:
    """m_D and m_I that a network was trained with; None for a term that did not act."""
    far, near = load_mot_net(checkpoint).margins.tolist()
    return [far if dim in ("det", "both") else None, near if dim in ("id", "both") else None]


def _annotated_frames(root: Path, size: tuple[int, int], every: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Letterboxed pictures (h, w, 3) uint8 and the boxes (k, 4) float32 xyxy of the people in them."""
    frames = []
    for sequence in find_sequences(root):
        truth = read_truth(sequence)
        truth = truth.select(truth.considered & (truth.category == PEDESTRIAN) & (truth.visibility > 0.5))
        slices = truth.frame_slices(sequence.length)
        for frame in range(1, sequence.length + 1, every):
            picture, scale, pad = letterbox(default_image_loader(sequence.image_path(frame)), *size)
            xywh = truth.xywh[slices[frame - 1]]
            boxes = np.column_stack([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]]) * scale + np.array([*pad, *pad])
            frames.append((picture, boxes.astype(np.float32)))
    return frames
