"""One training: a head, a loss, a seed. `train_head` is what this study and others call.

Adam with a cosine schedule; the weights that are best on validation targets are kept (early stopping), the step of the
refinement is chosen on them too, and test targets are seen once, at the end. A step whose loss or gradient is not
finite is not taken, and counted.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any  # a run as JSON has it

import torch
from torch import nn

from experiments.common import rounded
from experiments.head_ablation.dense_heads import CenterHead, LtrbHead
from experiments.head_ablation.head import Draw, Head, Schedule
from experiments.head_ablation.losses import LossSpec
from experiments.head_ablation.metrics import measure_iou, summarize
from experiments.head_ablation.pairs import Split, Stores
from experiments.head_ablation.refinement import choose_rung
from experiments.head_ablation.score_heads import DensityHead, ScoreHead
from experiments.ladder import rung_step
from siou_tracking.errors import InputError, unknown_name

__all__ = ["HEADS", "LossSpec", "Run", "Schedule", "best_rate", "choose_rate", "train_head"]

HEADS: dict[str, type[Head]] = {
    "score": ScoreHead,
    "density": DensityHead,
    "ltrb": LtrbHead,
    "center": CenterHead,
}
RATE_SEEDS = (1000,)
"""Seeds that learning rates are chosen with; no reported run has one of them."""


@dataclass(frozen=True)
class Run:
    """What a training came to."""

    head: str
    loss: str
    """The spec's label."""
    seed: int
    rate: float
    iterations: int
    curve: list[tuple[int, float | None]]
    """(steps, mean validation IoU) of every look, at the best step of the refinement then."""
    best: int
    """Steps after which the kept weights were had."""
    step: float
    """Of the refinement; 0 for a head without."""
    not_finite: float
    """Share of the training's steps that were not taken."""
    val_iou: float
    """Mean IoU on all validation regions."""
    test: dict[str, dict[str, float]]
    """Metric -> target -> value, see `metrics`."""
    seconds: float
    """CPU time of this process."""

    def mean(self, metric: str) -> float:
        """A test metric, averaged over targets."""
        values = self.test[metric].values()
        return sum(values) / len(values) if values else math.nan

    def to_json(self) -> dict[str, Any]:
        """The run for a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Run:
        """The run of a file."""
        return cls(**{**content, "curve": [(steps, iou) for steps, iou in content["curve"]]})


def train_head(
    head: str, loss: LossSpec, seed: int, stores: Stores, rate: float | None = None, schedule: Schedule | None = None
) -> Run:
    """Train one head with one loss and test it. Equal arguments give equal numbers on a machine.

    Args:
        head: one of `HEADS`.
        loss: what it trains with.
        seed: of initial weights, order and proposals.
        stores: regions, see `build_stores`.
        rate: learning rate; None chooses it, see `choose_rate`.
        schedule: default: the study's.

    Raises:
        InputError: unknown head, or a loss that it cannot train with.
    """
    check(head, loss)
    schedule = schedule or Schedule()
    if rate is None:
        rate = choose_rate(head, loss, stores, schedule)
    began = time.process_time()
    trained = Training(head, loss, seed, stores, rate, schedule)
    trained.run()
    rung, val_iou = trained.look(math.inf)
    step = rung_step(rung) if trained.head.refines else 0.0
    return Run(
        head=head,
        loss=loss.label,
        seed=seed,
        rate=rate,
        iterations=trained.iterations,
        curve=[(steps, rounded([iou])[0]) for steps, iou in trained.curve],
        best=trained.best,
        step=step,
        not_finite=trained.lost / trained.iterations,
        val_iou=round(val_iou, 5),
        test=test_head(trained.head, step, stores),
        seconds=round(time.process_time() - began, 2),
    )


def choose_rate(
    head: str,
    loss: LossSpec,
    stores: Stores,
    schedule: Schedule | None = None,
    seeds: tuple[int, ...] = RATE_SEEDS,
) -> float:
    """The rate of the head's ladder with the best mean IoU on validation targets, on seeds of their own."""
    rates = HEADS[head].rates
    return best_rate(head, [train_head(head, loss, seed, stores, rate, schedule) for rate in rates for seed in seeds])


def best_rate(head: str, tried: Sequence[Run]) -> float:
    """The rate with the best validation IoU over its runs; the middle one of the head's where none was tried."""
    if not tried:
        return HEADS[head].rates[len(HEADS[head].rates) // 2]
    reached: dict[float, float] = {}
    for run in tried:
        reached[run.rate] = reached.get(run.rate, 0.0) + run.val_iou
    return max(reached, key=lambda rate: reached[rate])


def check(head: str, loss: LossSpec) -> None:
    """Refuse what cannot be trained.

    Raises:
        InputError: unknown head or loss, or a loss that the head cannot train with.
    """
    if head not in HEADS:
        raise unknown_name("head", head, tuple(HEADS))
    if not HEADS[head].takes(loss):
        raise InputError(f"head {head}: loss {loss.label}: it has no target for this head")


class Training:
    """A training under way."""

    def __init__(self, name: str, loss: LossSpec, seed: int, stores: Stores, rate: float, schedule: Schedule) -> None:
        self.stores, self.schedule = stores, schedule
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.head = HEADS[name](loss, seed, stores, schedule)
        self.draw = Draw.seeded(seed)
        self.iterations = schedule.iterations or self.head.iterations
        self.optimizer = torch.optim.Adam(self.head.network.parameters(), lr=rate)
        self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, self.iterations)
        self.curve: list[tuple[int, float]] = []
        self.rung = 0
        self.best = self.lost = 0

    def run(self) -> None:
        """Train, and end with the weights that were best on validation targets."""
        looks = {math.ceil(self.iterations * (k / self.schedule.looks) ** 2) for k in range(1, self.schedule.looks + 1)}
        network, kept, highest = self.head.network, None, -1.0
        for number in range(1, self.iterations + 1):
            self.make_step()
            if number in looks:
                self.rung, iou = self.look(self.schedule.regions)
                self.curve.append((number, iou))
                if iou > highest:
                    highest, self.best, kept = iou, number, copy.deepcopy(network.state_dict())
        if kept is not None:
            network.load_state_dict(kept)

    def make_step(self) -> None:
        """One step on a batch, unless its loss or gradient is not finite."""
        network = self.head.network.train()
        rows = torch.randint(len(self.stores.train), (self.head.batch,), generator=self.draw.torch)
        loss = self.head.objective(rows, self.draw)
        self.optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(network.parameters(), math.inf)
        if bool(loss.isfinite() & norm.isfinite()):
            self.optimizer.step()
        else:
            self.lost += 1
        self.scheduler.step()

    def look(self, most: float) -> tuple[int, float]:
        """The best rung of the refinement and the mean IoU there, on at most so many validation regions."""
        self.head.network.eval()
        val = self.stores.val
        rows = (~val.far).nonzero()[:, 0]
        starts = val.starts[rows]
        if most < len(rows):
            some = torch.linspace(0, len(rows) - 1, int(most)).long()
            rows, starts = rows[some], starts[some, :1]
        seen = self.head.look("val", rows)

        def reach(rung: int) -> float:
            boxes = self.head.locate(seen, starts, rung_step(rung))
            return float(measure_iou(boxes, val.box[rows]).mean())

        return choose_rung(reach, self.rung) if self.head.refines else (0, reach(0))


def test_head(head: Head, step: float, stores: Stores) -> dict[str, dict[str, float]]:
    """Metrics on the test targets.

    A head that refines is tested on usual regions, from usual and from far starts; one that does not on usual regions
    and on those whose target is far from the middle.
    """
    head.network.eval()
    test = stores.test
    usual, far = ((test.far == value).nonzero()[:, 0] for value in (False, True))
    if head.refines:
        seen, far = head.look("test", usual), usual
        boxes, far_boxes = (head.locate(seen, starts[usual], step) for starts in (test.starts, test.far_starts))
    else:
        boxes, far_boxes = (head.locate(head.look("test", rows), test.starts[rows], step) for rows in (usual, far))
    return describe_boxes(test, usual, boxes, far, far_boxes)


def describe_starts(test: Split) -> dict[str, dict[str, float]]:
    """The same metrics of the starts themselves: what a score head that does nothing has."""
    usual = (~test.far).nonzero()[:, 0]
    return describe_boxes(test, usual, test.starts[usual], usual, test.far_starts[usual])


def describe_boxes(
    test: Split, usual: torch.Tensor, boxes: torch.Tensor, far: torch.Tensor, far_boxes: torch.Tensor
) -> dict[str, dict[str, float]]:
    """Metric -> target -> value of boxes (N, K, 4) in the regions `usual` (N,), and of others in the regions `far`."""
    owners, far_owners = ([test.target[row] for row in rows.tolist()] for rows in (usual, far))
    found = summarize(boxes, test.box[usual], owners, far_boxes, test.box[far], far_owners)
    return {metric: {target: round(value, 5) for target, value in values.items()} for metric, values in found.items()}
