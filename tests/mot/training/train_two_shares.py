"""Run by torchrun in a test: a short training with the DIM loss, whose end every process tells."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from siou_tracking.ltr import trainers
from siou_tracking.ltr.trainers import LTRTrainer, distributed
from siou_tracking.mot.training import margins
from siou_tracking.mot.training.train import DIMRequest, train_mot
from siou_tracking.retrain import TrainRequest


class KeptTrainer(LTRTrainer):
    """Remembers the last one made."""

    last: LTRTrainer

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        KeptTrainer.last = self


if __name__ == "__main__":
    torch.set_num_threads(1)
    margins.CALIBRATION_STEPS = 2
    trainers.LTRTrainer = KeptTrainer
    settings, data, out = (Path(argument) for argument in sys.argv[1:])
    train_mot(
        TrainRequest(settings, data={"mot": data}, workspace=out, epochs=3, device="cpu", resume=False),
        DIMRequest(mode="both"),
    )
    torch.save(KeptTrainer.last.net.state_dict(), out / f"seen_by_{distributed.rank()}.pt")
