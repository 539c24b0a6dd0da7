"""Run by test_distributed.py: train on this process's share of fixed batches. Arguments: workspace, epochs."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import nn

from siou_tracking.ltr.actors import AtomActor
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.data.tensors import TensorDict
from siou_tracking.ltr.trainers import LTRTrainer, distributed
from tests.ltr.trainers.tiny_training import TinyLoader, TinyNet, make_batch

SEQUENCES = 4


class Shares(TinyLoader):
    """Each process gets its part of the same batch of four sequences."""

    def __iter__(self):
        generator_state = torch.get_rng_state()
        torch.manual_seed(11)
        whole = [make_batch(SEQUENCES) for _ in range(self.batches)]
        torch.set_rng_state(generator_state)
        share = SEQUENCES // distributed.world_size()
        part = slice(distributed.rank() * share, (distributed.rank() + 1) * share)
        for batch in whole:
            tensors = {name: value[:, part] for name, value in batch.items() if isinstance(value, torch.Tensor)}
            yield TensorDict(tensors)


def main(workspace: str, epochs: int) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(distributed.rank())  # the first process's weights must win
    net = TinyNet(batch_norm=False, dropout=0.0)
    net.feature_extractor[0].bias.requires_grad_(False)
    settings = Settings(build_environment(workspace), use_gpu=False)
    settings.project_path = "shares"
    optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.5)
    loaders = [Shares("train", True, batches=2), Shares("val", False, batches=2)]
    trainer = LTRTrainer(AtomActor(net, nn.MSELoss()), loaders, optimizer, settings)
    trainer.train(epochs, load_latest=True)
    Path(workspace, f"seen_by_{distributed.rank()}").write_text(str(trainer.epoch))
    distributed.stop()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
