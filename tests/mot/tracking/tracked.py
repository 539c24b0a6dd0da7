"""Small MOTChallenge folders of moving rectangles, and an untrained network for them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch

from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.mot.data.motchallenge import make_tracks
from siou_tracking.mot.data.motchallenge import write_truth as write_truth_file
from siou_tracking.mot.models import MOTNet, mot_net

WIDTH, HEIGHT = 96, 64


def paths_of(seed: int, frames: int, objects: int = 3) -> np.ndarray:
    """xywh (objects, frames, 4) of rectangles moving at constant speed."""
    rng = np.random.default_rng(seed)
    start, speed = rng.uniform([5, 5], [60, 30], (objects, 2)), rng.uniform(-1, 1, (objects, 2))
    corners = start[:, None] + speed[:, None] * np.arange(frames)[None, :, None]
    sizes = np.broadcast_to(rng.uniform([10, 16], [16, 28], (objects, 1, 2)), corners.shape)
    return np.concatenate([corners, sizes], axis=2).round(2)


def write_sequence(root: Path, name: str, frames: int, seed: int = 0, rate: int = 30) -> Path:
    """A sequence with images, gt/gt.txt and det/det.txt (equal to it)."""
    folder = root / name
    (folder / "img1").mkdir(parents=True)
    (folder / "det").mkdir()
    (folder / "seqinfo.ini").write_text(
        f"[Sequence]\nname={name}\nimDir=img1\nframeRate={rate}\nseqLength={frames}\n"
        f"imWidth={WIDTH}\nimHeight={HEIGHT}\nimExt=.jpg\n"
    )
    boxes = paths_of(seed, frames)
    objects = len(boxes)
    truth = make_tracks(
        np.tile(np.arange(1, frames + 1), objects), np.repeat(np.arange(1, objects + 1), frames), boxes.reshape(-1, 4)
    )
    write_truth_file(folder / "gt/gt.txt", truth)
    lines = (
        f"{frame},-1,{x + 1:.2f},{y + 1:.2f},{w:.2f},{h:.2f},0.9,-1,-1,-1\n"
        for frame, (x, y, w, h) in zip(truth.frame, truth.xywh, strict=True)
    )
    (folder / "det/det.txt").write_text("".join(lines))
    rng = np.random.default_rng(seed)
    backdrop, colors = rng.integers(0, 90, (HEIGHT, WIDTH, 3)), rng.integers(120, 255, (objects, 3)).tolist()
    for frame in range(frames):
        picture = backdrop.astype(np.uint8)
        for (x, y, w, h), color in zip(boxes[:, frame].astype(int).tolist(), colors, strict=True):
            cv2.rectangle(picture, (x, y), (x + w, y + h), color, cv2.FILLED)
        cv2.imwrite(str(folder / f"img1/{frame + 1:06d}.jpg"), picture)
    return folder


def write_network(path: Path, seed: int = 0) -> MOTNet:
    """An untrained small network and its checkpoint; it finds something nearly everywhere, as an untrained one does."""
    torch.manual_seed(seed)
    net = mot_net("small", feature_channels=8, head_channels=8, embedding_dim=4, identities=3, input_size=(96, 64))
    torch.nn.init.normal_(net.heads.out["heatmap"].weight, std=3.0)
    torch.nn.init.zeros_(net.heads.out["heatmap"].bias)
    write_checkpoint(path, {"net": net.state_dict(), "net_type": "MOTNet", "constructor": net.constructor})
    return net.eval()
