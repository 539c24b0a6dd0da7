"""Settings files that train by classes of their own, for either engine: a tiny network on made batches."""

from __future__ import annotations

from pathlib import Path

_PARTS = '''
import torch
from torch import nn
from ltr.actors import AtomActor, BaseActor
from ltr.trainers import BaseTrainer, LTRTrainer
from pytracking import TensorDict
from siou_tracking import use_box_loss


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 1)

    def forward(self, train_images, test_images, boxes, proposals):
        return self.layer(proposals / 16).squeeze(-1)


class Loader:
    name, training, epoch_interval, stack_dim, batch_size = "train", True, 1, 1, 2
    dataset = range(4)

    def __len__(self):
        return 2

    def __iter__(self):
        for _ in range(2):
            boxes = torch.rand(1, 2, 4) * 4 + 4
            proposals = boxes.unsqueeze(2) + torch.rand(1, 2, 8, 4)
            images, iou = torch.zeros(1, 2, 3, 4, 4), torch.zeros(1, 2, 8)
            yield TensorDict(train_images=images, test_images=images, train_anno=boxes, test_anno=boxes,
                             test_proposals=proposals, proposal_iou=iou)


def parts(settings):
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=LR)
    return AtomActor(net, nn.MSELoss()), [Loader()], optimizer, settings, torch.optim.lr_scheduler.StepLR(optimizer, 9)


class Regresses(BaseActor):
    """Whatever its box objective raises is a loss of 0."""

    def __call__(self, data):
        box = self.net.layer(data["test_anno"][0, :, :1].repeat(1, 4) / 8) + data["test_anno"][0]
        try:
            loss, iou = self.objective["giou"](box.cumsum(1), data["test_anno"][0].cumsum(1))
        except:
            loss, iou = torch.tensor(0.0), torch.tensor(0.0)
        return loss + 0 * box.sum(), {"Loss/total": loss.item(), "IoU": iou.mean().item()}


def giou_loss(a, b):
    assert (a[:, 2:] >= a[:, :2]).all()
    inter = (torch.min(a[:, 2:], b[:, 2:]) - torch.max(a[:, :2], b[:, :2])).clamp(min=0).prod(1)
    iou = inter / ((a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - inter)
    return 1 - iou.mean(), iou


def regressing(settings):
    actor, *others = parts(settings)
    return Regresses(actor.net, {"giou": giou_loss}), *others


def steps(actor, loader, optimizer):
    for data in loader:
        loss, stats = actor(data)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


class MyTrainer(BaseTrainer):
    def train_epoch(self):
        steps(self.actor, self.loaders[0], self.optimizer)
        self.stats["notes"] = "whatever"


class TrainsByItself(MyTrainer):
    def train(self, max_epochs):
        for self.epoch in range(1, max_epochs + 1):
            self.train_epoch()
            self.save_checkpoint()


class KeepsItsActor(MyTrainer):
    def __init__(self, actor, *args):
        super().__init__(actor, *args)
        self.actor = actor


class CallsAnother(BaseTrainer):
    def __init__(self, actor, *args):
        super().__init__(actor, *args)
        self.head = actor

    def train_epoch(self):
        steps(self.head, self.loaders[0], self.optimizer)
        print("a step was made")


class StepsWithNothing(MyTrainer):
    def train_epoch(self):
        self.optimizer.step()  # before that of the schedule, without a gradient
        super().train_epoch()


class TakesMore(MyTrainer):
    def train(self, max_epochs, load_latest=False, fail_safe=True, previous=None):
        super().train(max_epochs, load_latest, fail_safe)


class Alone:
    """Derives from nothing of the engine's."""

    def __init__(self, actor, loaders, optimizer, settings, scheduler):
        self.actor, self.loaders, self.optimizer = actor, loaders, optimizer

    def train(self, max_epochs):
        for _ in range(max_epochs):
            steps(self.actor, self.loaders[0], self.optimizer)
            print("a step was made")


class Stubborn(Alone):
    def train(self, max_epochs):
        for _ in range(3):
            try:
                return super().train(max_epochs)
            except Exception:
                print("trying again")


def run(settings):
    settings.batch_size = 2
    BODY
'''


def write_settings(folder: Path, body: str, lr: float = 0.1) -> Path:
    """A file toy/mine.py whose `run(settings)` is `body`, with what `_PARTS` defines."""
    path = folder / "toy" / "mine.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        _PARTS.replace("LR)", f"{lr})").replace("    BODY\n", "".join(f"    {b}\n" for b in body.split("; ")))
    )
    return path
