"""A small network with ATOM's interface, and a moving textured square."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
import torch
import torch.nn.functional as F


class QuadraticPredictor:
    """Scores a box by its distance from the one where the template fits: no learning, so its maximum is known."""

    def __init__(self, goal: torch.Tensor | None = None) -> None:
        self.goal = goal

    def get_modulation(self, features: list[torch.Tensor], boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if self.goal is None:
            self.goal = boxes[0].clone()
        return features[0].mean((2, 3), keepdim=True), features[1].mean((2, 3), keepdim=True)

    def get_iou_feat(self, features: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        return features[0], features[1]

    def predict_iou(self, modulation: object, features: object, proposals: torch.Tensor) -> torch.Tensor:
        return 1 - ((proposals[..., 2:] - self.goal[2:]) ** 2).sum(-1) / 1000


class RandomFeatureNet(torch.nn.Module):
    """Fixed random convolutions at strides 8 and 16: enough for a target model to tell textures apart."""

    bb_regressor_layer = ("layer2", "layer3")

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        first = torch.randn(24, 3, 9, 9, generator=generator) / 9
        self.first = torch.nn.Parameter(first - first.mean((1, 2, 3), keepdim=True))  # blind to plain gray
        self.second = torch.nn.Parameter(torch.randn(32, 24, 3, 3, generator=generator) / 12)
        self.bb_regressor = QuadraticPredictor()

    def extract_backbone_features(self, images: torch.Tensor, layers: list[str]) -> OrderedDict[str, torch.Tensor]:
        fine = F.avg_pool2d(F.conv2d(F.pad(images, [4] * 4, mode="replicate"), self.first, stride=4).relu(), 3, 2, 1)
        coarse = F.conv2d(fine, self.second, stride=2, padding=1)
        return OrderedDict((name, {"layer2": fine, "layer3": coarse}[name]) for name in layers)


def textured(height: int, width: int, seed: int, low: int, high: int) -> np.ndarray:
    """Smooth random colors."""
    import cv2

    noise = np.random.default_rng(seed).integers(low, high, (height // 4, width // 4, 3), dtype=np.uint8)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)


@pytest.fixture()
def net() -> RandomFeatureNet:
    return RandomFeatureNet()


@pytest.fixture(scope="session")
def square_sequence() -> tuple[list[np.ndarray], np.ndarray]:
    """16 frames (160, 200, 3) and boxes (16, 4): a bright 32 x 24 patch drifting over a dull background."""
    background, patch = textured(160, 200, 1, 60, 130), textured(24, 32, 2, 0, 255)
    frames, boxes = [], []
    for index in range(16):
        x, y = 40 + 5 * index, 60 + round(20 * np.sin(index / 4))
        frame = background.copy()
        frame[y : y + 24, x : x + 32] = patch
        frames.append(frame)
        boxes.append([x, y, 32, 24])
    return frames, np.array(boxes, dtype=float)
