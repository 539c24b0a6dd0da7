"""Heads that regress boxes on a grid: distances to the four edges as ToMP has them, and OSTrack's size and offset."""

from __future__ import annotations

import abc
import math
from typing import ClassVar

import torch

from experiments.head_ablation.centers import read_cells
from experiments.head_ablation.head import Draw, Head, Schedule
from experiments.head_ablation.losses import GAUSSIAN, USUAL_SIDE, LossSpec
from experiments.head_ablation.pairs import CROP, Stores
from experiments.head_ablation.towers import CELLS, Conditioner, cell_centers, make_tower, take_cells
from siou_tracking.boxes import convert
from siou_tracking.retrain.dense_loss import DenseLTRBLoss

SIZE_LOGIT = math.log(1 / USUAL_SIDE - 1)
"""Minus this a sigmoid is the usual side, where a new tower begins."""
NEAR = 1 / 4
"""Cells this close to the target's center learn its box: the share of its width and height, or the next cell."""


class DenseHead(Head):
    """A tower with four maps, read at the cell where the seed's center map is highest."""

    role = "loss"
    baseline = "giou"
    rates = (0.003, 0.01, 0.03)
    batch = 32
    iterations = 300
    refines = False
    box_format: ClassVar[str]
    """Of the boxes that the loss compares, in shares of the crop."""

    def __init__(self, spec: LossSpec, seed: int, stores: Stores, schedule: Schedule) -> None:
        super().__init__(spec, seed, stores, schedule)
        self.cells = read_cells(seed, stores, schedule.center_iterations)
        self.condition = Conditioner(stores.train)
        self.network = make_tower(4)
        self.loss = spec.build_loss(self.box_format)

    @staticmethod
    def takes(spec: LossSpec) -> bool:
        return spec.name != GAUSSIAN

    @abc.abstractmethod
    def read(self, maps: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
        """Boxes (B, 4) xywh in shares of the crop of raw maps (B, 4, 14, 14) at one cell each (B,)."""

    def watch(self, rows: torch.Tensor, draw: Draw) -> tuple[torch.Tensor, torch.Tensor]:
        """Raw maps (B, 4, 14, 14) of the training regions `rows`, and their targets (B, 4) xywh in shares."""
        train = self.stores.train
        maps = self.network(self.condition(train, rows, train.draw_references(rows, draw.torch)))
        return maps, train.box[rows] / CROP

    def look(self, name: str, rows: torch.Tensor) -> torch.Tensor:
        split = self.stores.split(name)
        with torch.no_grad():
            maps = self.network(self.condition(split, rows, split.first[rows]))
            return self.read(maps, self.cells[name][rows])[:, None] * CROP

    def locate(self, seen: torch.Tensor, starts: torch.Tensor, step: float) -> torch.Tensor:
        return seen


class LtrbHead(DenseHead):
    """ToMP's: exp of each map is the distance to an edge, and cells near the target's center learn."""

    box_format = "ltrb"

    def __init__(self, spec: LossSpec, seed: int, stores: Stores, schedule: Schedule) -> None:
        super().__init__(spec, seed, stores, schedule)
        self.dense = DenseLTRBLoss(self.loss)

    def objective(self, rows: torch.Tensor, draw: Draw) -> torch.Tensor:
        maps, target = self.watch(rows, draw)
        anchors, box = cell_centers(), convert(target, "xywh", "xyxy")[:, :, None, None]
        distances = torch.cat((anchors - box[:, :2], box[:, 2:] - anchors), 1)  # [B, 4, 14, 14]
        loss: torch.Tensor = self.dense(self.read_distances(maps), distances, near_center(target))[0]
        return loss

    def read(self, maps: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
        left, top, right, bottom = take_cells(self.read_distances(maps), cells).unbind(1)
        x, y = cell_centers().flatten(1)[:, cells]
        return torch.stack((x - left, y - top, left + right, top + bottom), 1)

    @staticmethod
    def read_distances(maps: torch.Tensor) -> torch.Tensor:
        """Distances from raw maps: 0 is half the usual side, and no distance is beyond e^4 times that."""
        return USUAL_SIDE / 2 * maps.clamp(-4, 4).exp()


class CenterHead(DenseHead):
    """OSTrack's: size, and offset within the cell, learned at the one cell where the center map is highest.

    As there, the cell may be a wrong one: then the box cannot meet a small target, whatever the loss.
    """

    box_format = "xywh"

    def objective(self, rows: torch.Tensor, draw: Draw) -> torch.Tensor:
        maps, target = self.watch(rows, draw)
        return self.loss(self.read(maps, self.cells["train"][rows]), target).mean()

    def read(self, maps: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
        offset, size = take_cells(maps, cells).split(2, 1)
        size = (size - SIZE_LOGIT).sigmoid()
        corner = cell_centers().flatten(1)[:, cells].t() - 0.5 / CELLS
        return torch.cat((corner + offset.sigmoid() / CELLS - size / 2, size), 1)


def near_center(targets: torch.Tensor) -> torch.Tensor:
    """(B, 14, 14) cells whose middle is near the center of targets (B, 4) xywh in shares; at least the nearest cell."""
    center, size = convert(targets, "xywh", "cxcywh").split(2, 1)
    reach = (NEAR * size).clamp_min(0.5 / CELLS)
    return ((cell_centers() - center[:, :, None, None]).abs() <= reach[:, :, None, None]).all(1)
