"""Where a dense head looks for the target: a center map, trained once for each seed and shared by all losses.

On frozen features a tower for the center and one for the box do not see each other: a box loss has no part in this map.
So all losses of a seed read boxes at the same cells, and what differs between them is the box alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from experiments.head_ablation.head import Draw
from experiments.head_ablation.pairs import CROP, SPLITS, Split, Stores
from experiments.head_ablation.towers import Conditioner, cell_centers, make_tower
from siou_tracking.boxes import convert
from siou_tracking.files import atomic_path

BATCH = 32
RATE = 0.003
SIGMA = 1 / 4
"""Deviation of the Gaussian label over sqrt(w h), as ATOM's classifier has it."""
_CHUNK = 256
Cells = dict[str, torch.Tensor]
"""Name of a split -> (N,) cell of each region, row by row; that of its first reference."""


def read_cells(seed: int, stores: Stores, iterations: int) -> Cells:
    """The cells of a seed: trained where no other loss of that seed did so before."""
    path = stores.folder and stores.folder / "centers" / f"seed{seed}-{iterations}.npz"
    if path is not None and path.is_file():
        with np.load(path) as stored:
            return {name: torch.from_numpy(stored[f"arr_{place}"]) for place, name in enumerate(SPLITS)}
    cells = train_cells(seed, stores, iterations)
    if path is not None:
        write_cells(path, cells)
    return cells


def write_cells(path: Path, cells: Cells) -> None:
    """Write them in one move: two processes may train the same, and get the same."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, *[cells[name].numpy() for name in SPLITS])


def train_cells(seed: int, stores: Stores, iterations: int) -> Cells:
    """Train a center map and find its highest cell in every region."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tower = make_tower(1, bias=-2.0)  # few cells are the target's
    draw, train = Draw.seeded(seed), stores.train
    condition = Conditioner(train)
    optimizer = torch.optim.Adam(tower.parameters(), lr=RATE)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, iterations)
    for _ in range(iterations):
        rows = torch.randint(len(train), (BATCH,), generator=draw.torch)
        maps = tower(condition(train, rows, train.draw_references(rows, draw.torch)))[:, 0]
        loss = focal_loss(maps, gaussian_label(train.box[rows]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    return {name: find_cells(tower.eval(), condition, stores.split(name)) for name in SPLITS}


def find_cells(tower: nn.Module, condition: Conditioner, split: Split) -> torch.Tensor:
    """(N,) highest cell of each region, with its first reference."""
    with torch.inference_mode():
        chunks = torch.arange(len(split)).split(_CHUNK)
        found = [tower(condition(split, rows, split.first[rows])).flatten(1).argmax(1) for rows in chunks]
    return torch.cat(found).clone()


def gaussian_label(boxes: torch.Tensor) -> torch.Tensor:
    """(B, 14, 14) in [0, 1] around the centers of boxes (B, 4) xywh, exactly 1 at the cell that holds the center."""
    center, size = convert(boxes / CROP, "xywh", "cxcywh").split(2, 1)
    sigma = SIGMA * size.prod(1).sqrt()
    square = (cell_centers() - center[:, :, None, None]).square().sum(1)
    label = (-square / (2 * sigma.square())[:, None, None]).exp()
    return label / label.amax((1, 2), keepdim=True).clamp_min(1e-12)


def focal_loss(maps: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """CornerNet's focal loss of logits (B, 14, 14), as OSTrack's center map has it: alpha 2, beta 4."""
    chance = maps.sigmoid()
    peak = label == 1
    hit = (1 - chance).square() * functional.logsigmoid(maps) * peak
    miss = (1 - label).pow(4) * chance.square() * functional.logsigmoid(-maps) * ~peak
    return -(hit + miss).sum() / peak.sum().clamp_min(1)
