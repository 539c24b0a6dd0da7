"""A network that says what a script tells it: a tracker's logic and geometry without a network's arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siou_tracking.ltr.models.transformer.filter_predictor import Tokens
from tests.parity.exact_values import noise

CELLS, FRAMES = 18, 30
_MEAN, _STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
_PEAKS = (0.97, 1.1, 0.6, 0.93, 0.2, 0.95, 0.4, 0.1, 0.15, 0.98)
"""Above 0.9 a frame is remembered, below 0.25 the target is lost."""


@dataclass(frozen=True)
class Scene:
    """A sequence and what the network says of it."""

    width: int
    height: int
    box: tuple[float, float, float, float]
    stream: int
    """Of all that looks random."""

    def images(self) -> list[np.ndarray]:
        """(H, W, 3) uint8: smooth colors, another view of them in every frame."""
        cells = noise((1, 3, math.ceil(self.height / 10) + 8, math.ceil(self.width / 10) + 8), self.stream)
        wide = F.interpolate(cells.float(), scale_factor=10, mode="bilinear")[0].permute(1, 2, 0).numpy()
        colors = np.round(127.5 + 120 * wide).astype(np.uint8)
        shifts = [(3 * index % 60, 5 * index % 60) for index in range(FRAMES)]
        return [np.ascontiguousarray(colors[y : y + self.height, x : x + self.width]) for x, y in shifts]

    def says(self, frame: int) -> tuple[Tensor, Tensor]:
        """Scores (18, 18) and distances to edges (4, 18, 18) for frame 1, 2, ... after the first."""
        drawn = noise((12,), 7000 + 100 * self.stream + frame)
        cells = torch.arange(CELLS, dtype=torch.float64)
        scores = torch.full((CELLS, CELLS), -0.1, dtype=torch.float64)
        first = _PEAKS[frame % len(_PEAKS)]
        rival = (0.95, 0.3, 0.7, 0.0, 0.85)[frame % 7 % 5] * first
        places = ((8.7 + 1.6 * drawn[0], 8.7 + 1.6 * drawn[1]), (8.5 + 8 * drawn[2], 8.5 + 8 * drawn[3]))
        for height, (row, column) in zip((first, rival), places, strict=True):
            # Inverse polynomials, which every machine computes alike.
            down, across = ((1 + ((cells - at) / 1.5) ** 2) ** -2 for at in (row, column))
            scores = torch.maximum(scores, height * down[:, None] * across[None, :])
        edges = 0.1 + 0.02 * drawn[4:8, None, None] + 0.01 * noise((4, CELLS, CELLS), self.stream + frame)
        return scores.float(), edges.float()


SCENES = {
    "small": Scene(200, 150, (40, 60, 30, 30), 1),
    "large": Scene(1300, 900, (1010.5, 300.25, 161, 118), 2),
    "narrow": Scene(96, 400, (20, 300, 44, 80), 3),
    "close": Scene(120, 101, (30, 25.5, 42, 40), 4),
}
"""Search regions that fit into the image, that are thinned, that hang over two sides, and that shrink to fit."""


@dataclass
class Seen:
    """What a tracker showed its network."""

    patches: list[Tensor] = field(default_factory=list)
    """(3, 288, 288), normalized, of every frame, the first one too."""
    memory: list[tuple[Tensor, Tensor]] = field(default_factory=list)
    """Of every frame but the first: label (18, 18) and distances to edges (4, 18, 18) of the latest remembered."""


class ScriptedNetwork(nn.Module):
    """Ours."""

    feature_sz = CELLS
    output_layers = ("layer3",)

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene, self.seen, self.frame = scene, Seen(), 0
        self._latest: tuple[Tensor, Tensor] | None = None

    @property
    def head(self) -> ScriptedNetwork:
        return self

    filter_predictor = head

    def extract_backbone_features(self, images: Tensor, layers: Sequence[str] = output_layers) -> dict[str, Tensor]:
        self.seen.patches.append(images[0].clone())
        return {"layer3": F.avg_pool2d(images, 16)}

    def get_backbone_head_feat(self, features: dict[str, Tensor]) -> Tensor:
        return features["layer3"]

    def extract_head_feat(self, features: Tensor, num_sequences: int | None = None) -> Tensor:
        return features if num_sequences is None else features.unflatten(0, (-1, num_sequences))

    def train_tokens(self, features: Tensor, label: Tensor, edges: Tensor) -> Tokens:
        self._latest = label[0, 0].clone(), edges[0, 0].clone()
        return self.test_tokens(features)

    def test_tokens(self, features: Tensor) -> Tokens:
        tokens = features[:, 0].permute(0, 2, 3, 1).flatten(0, 2).unsqueeze(1)
        return Tokens(tokens, torch.zeros_like(tokens))

    def read_both(self, train: Tokens, given: int, test: Tokens, size: Sequence[int]) -> tuple[Tensor, ...]:
        assert given == CELLS * CELLS and len(train.codes) in (given, 2 * given)
        return self._ask(test.codes)

    def _ask(self, filt: Tensor) -> tuple[Tensor, ...]:
        assert self._latest is not None
        self.seen.memory.append(self._latest)
        self.frame += 1
        return filt, filt, filt, filt

    def classifier(self, *_: Any) -> Tensor:
        return self.scene.says(self.frame)[0][None, None]

    def bb_regressor(self, *_: Any) -> Tensor:
        return self.scene.says(self.frame)[1][None, None]


class ScriptedUpstream(ScriptedNetwork):
    """The same as PyTracking's tracker calls it."""

    use_gpu = False

    def initialize(self) -> None:
        pass

    @property
    def net(self) -> ScriptedUpstream:
        return self

    def extract_backbone(self, images: Tensor) -> dict[str, Tensor]:
        shape = (1, 3, 1, 1)
        return self.extract_backbone_features((images / 255 - _MEAN.view(shape)) / _STD.view(shape))

    def get_filter_and_features_in_parallel(
        self, train: Tensor, test: Tensor, num_gth_frames: int, train_label: Tensor, train_ltrb_target: Tensor
    ) -> tuple[Tensor, ...]:
        assert num_gth_frames == 1
        self._latest = train_label[-1, 0].clone(), train_ltrb_target[-1].clone()
        return self._ask(test)


def summarize(boxes: Sequence[Sequence[float]], flags: Sequence[str], seen: Seen) -> dict[str, list[Any]]:
    """What is compared, a row a frame: enough numbers to tell any difference, few enough to keep."""
    return {
        "flag": list(flags),
        "box": [_rounded(box) for box in boxes],
        "pixels": [_rounded([patch.double().mean(), *patch[:, 17, 23], *patch[:, 280, 115]]) for patch in seen.patches],
        "label": [_rounded([*label[8, ::5], *label[::5, 9]]) for label, _ in seen.memory],
        "edges": [_rounded(edges[:, 5, 11]) for _, edges in seen.memory],
    }


def _rounded(values: Iterable[Any]) -> list[float]:
    return [float(f"{float(value):.7g}") for value in values]
