"""Small stores whose features say where the target is: a head can learn them, whatever the backbone."""

from __future__ import annotations

from dataclasses import replace

import torch

from experiments.head_ablation.pairs import CROP, LAYERS, Split, Stores


def make_split(count: int, targets: int, seed: int, far_every: int = 4) -> Split:
    """A split of `count` regions of `targets` targets with two references each, boxes drawn into every channel."""
    generator = torch.Generator().manual_seed(seed)

    def draw(low: float, high: float, *shape: int) -> torch.Tensor:
        return low + (high - low) * torch.rand(*shape, generator=generator)

    size = draw(40, 72, count, 2)
    box = torch.cat((draw(60, CROP - 60, count, 2) - size / 2, size), 1)
    owner = torch.arange(count) % targets
    references = torch.tensor([84.0, 84, 56, 56]).expand(2 * targets, 4).clone()
    shift = torch.cat((draw(-8, 8, count, 2, 2), draw(-8, 8, count, 2, 2)), 2)
    far_starts = box[:, None].expand(-1, 2, -1).clone()
    far_starts[..., :2] += size[:, None]
    return Split(
        search=_paint(box, generator),
        reference=_paint(references, generator),
        box=box,
        reference_box=references,
        vector=torch.ones(2 * targets, LAYERS["layer3"][0]),
        first=2 * owner,
        count=torch.full((count,), 2),
        target=tuple(f"target{number}" for number in owner.tolist()),
        starts=box[:, None] + shift,
        far_starts=far_starts,
        far=torch.arange(count) % far_every == far_every - 1,
    )


def make_stores(count: int = 32, val: int = 12, test: int = 12) -> Stores:
    """Stores in memory."""
    return Stores(make_split(count, 4, 0), make_split(val, 3, 1), make_split(test, 3, 2), {"made": "here"})


def repeat_train(stores: Stores) -> Stores:
    """Stores whose validation and test regions are those of training."""
    return replace(stores, val=stores.train, test=stores.train)


def _paint(boxes: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Channels that are the signed distances of a cell to the four edges, in cells, and noise."""
    maps = []
    for channels, side in LAYERS.values():
        along = (torch.arange(side) + 0.5) * CROP / side
        x, y = along[None, None, :], along[None, :, None]
        left, top, right, bottom = (
            edge[:, None, None]
            for edge in (boxes[:, 0], boxes[:, 1], boxes[:, 0] + boxes[:, 2], boxes[:, 1] + boxes[:, 3])
        )
        known = (
            torch.stack(torch.broadcast_tensors(x - left, right - x, y - top, bottom - y), 1).clamp(-32, 32) / 16
        )  # [N, 4, side, side]
        noise = 0.1 * torch.randn(len(boxes), channels, side, side, generator=generator)
        maps.append((noise + known.repeat(1, channels // 4, 1, 1)).half())
    return maps[0], maps[1]
