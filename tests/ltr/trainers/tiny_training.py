"""A network and batches small enough that a run takes a fraction of a second, with everything a real run has."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from siou_tracking.ltr.data.tensors import TensorDict

PROPOSALS = 4
SIDE = 16


class TinyNet(nn.Module):
    """Scores proposals from pooled image features; dropout makes it draw random numbers, batch norm keeps a state."""

    def __init__(self, batch_norm: bool = True, dropout: float = 0.2) -> None:
        super().__init__()
        self.feature_extractor = nn.Sequential(
            nn.Conv2d(3, 4, 3, stride=4), nn.BatchNorm2d(4) if batch_norm else nn.Identity(), nn.ReLU()
        )
        self.unused = nn.Linear(2, 2)
        self.head = nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, 1))

    def forward(self, train_images, test_images, train_boxes, proposals):
        features = [
            self.feature_extractor(images.flatten(0, 1)).mean((2, 3)).unflatten(0, images.shape[:2])
            for images in (train_images, test_images)
        ]
        both = torch.cat(features, -1).unsqueeze(2).expand(-1, -1, proposals.shape[2], -1)
        return self.head(torch.cat([both, proposals / SIDE], -1)).squeeze(-1)


class OtherNet(TinyNet):
    """The same layers under another class name."""


class TinyLoader:
    """Batches of (1, ns, ...) tensors, drawn anew from torch's generator in each pass as a real loader's are."""

    stack_dim = 1

    def __init__(self, name: str, training: bool, batches: int = 3, batch_size: int = 4, epoch_interval: int = 1):
        self.name, self.training, self.epoch_interval = name, training, epoch_interval
        self.batches, self.batch_size = batches, batch_size
        self.dataset = range(batches * batch_size)
        self.poison: Callable[[int, TensorDict], None] = lambda step, data: None

    def __len__(self) -> int:
        return self.batches

    def __iter__(self):
        for step in range(1, self.batches + 1):
            data = make_batch(self.batch_size)
            self.poison(step, data)
            yield data


def make_batch(sequences: int) -> TensorDict:
    boxes = torch.rand(1, sequences, 4) * 4 + 4
    proposals = boxes.unsqueeze(2) + torch.rand(1, sequences, PROPOSALS, 4) * 2
    return TensorDict(
        {
            "train_images": torch.randn(1, sequences, 3, SIDE, SIDE),
            "test_images": torch.randn(1, sequences, 3, SIDE, SIDE),
            "train_anno": boxes.clone(),
            "test_anno": boxes,
            "test_proposals": proposals,
            "proposal_iou": torch.rand(1, sequences, PROPOSALS) * 2 - 1,
            "dataset": ["made"] * sequences,
        }
    )
