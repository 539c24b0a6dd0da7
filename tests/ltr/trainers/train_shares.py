"""Run by test_distributed.py: train on this process's share of fixed batches.

Arguments: workspace, epochs, sequences in a batch of all processes, and how many batches make a step.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import nn

from siou_tracking.ltr.actors import AtomActor
from siou_tracking.ltr.admin.active_request import request_active
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.data.tensors import TensorDict
from siou_tracking.ltr.trainers import LTRTrainer, distributed
from siou_tracking.retrain import TrainRequest
from tests.ltr.trainers.tiny_training import TinyLoader, TinyNet, make_batch

SEQUENCES = 8


class Shares(TinyLoader):
    """Each process gets its part of the same batch of `batch_size` sequences, of which all make eight."""

    def __iter__(self):
        generator_state = torch.get_rng_state()
        torch.manual_seed(11)
        whole = make_batch(SEQUENCES)
        torch.set_rng_state(generator_state)
        share = self.batch_size // distributed.world_size()
        for step in range(self.batches):
            first = step * self.batch_size + distributed.rank() * share
            part = slice(first, first + share)
            tensors = {name: value[:, part] for name, value in whole.items() if isinstance(value, torch.Tensor)}
            yield TensorDict(tensors)


def main(workspace: str, epochs: int, batch_size: int, batches: int) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(distributed.rank())  # the first process's weights must win
    net = TinyNet(batch_norm=False, dropout=0.0)
    net.feature_extractor[0].bias.requires_grad_(False)
    settings = Settings(build_environment(workspace), use_gpu=False)
    settings.project_path = "shares"
    optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.5)
    loaders = [Shares(name, name == "train", SEQUENCES // batch_size, batch_size) for name in ("train", "val")]
    with request_active(TrainRequest("", accumulate=batches)):
        trainer = LTRTrainer(AtomActor(net, nn.MSELoss()), loaders, optimizer, settings)
        trainer.train(epochs, load_latest=True)
    Path(workspace, f"seen_by_{distributed.rank()}").write_text(str(trainer.epoch))
    distributed.stop()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
