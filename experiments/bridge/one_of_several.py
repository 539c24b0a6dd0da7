"""A short training of a checkout in this process, or in this one of several: `one_of_several.py CONFIG.json`.

`fixed`: sample i is drawn from a seed made of i, and batch norms, dropout and dropped paths are off, so that a batch is
the same whoever reads which part of it. `kill`: (process, sample): the process ends itself, by SIGKILL, when it reads
that sample, unless torchrun has started it again.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import nn

from siou_tracking.bridge.checkout import Checkout, find_checkout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.training import train_checkout
from siou_tracking.ltr.trainers import distributed
from siou_tracking.retrain import BoxLossChoice, TrainRequest


@contextlib.contextmanager
def altered(checkout: Checkout, config: dict[str, Any]) -> Iterator[None]:
    """Samples as `config` wants them, and networks without what draws or remembers."""
    sampler = importlib.import_module(f"{checkout.layout.training}.data.sampler").TrackingSampler
    draw, set_mode, drawn = sampler.__getitem__, nn.Module.train, [0]

    def read(self: Any, index: int) -> Any:
        drawn[0] += 1
        if config["kill"] == [distributed.rank(), drawn[0]] and distributed.restarts() == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if config["fixed"]:
            random.seed(1000 + index)
            np.random.seed(1000 + index)
            torch.manual_seed(1000 + index)
        return draw(self, index)

    def without_chance(self: Any, mode: bool = True) -> Any:
        set_mode(self, mode)
        kinds = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd, nn.MultiheadAttention)
        if isinstance(self, kinds) or type(self).__name__ == "DropPath":
            self.training = False
        return self

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(sampler, "__getitem__", read))
        if config["fixed"]:
            stack.enter_context(mock.patch.object(nn.Module, "train", without_chance))
        yield


def main() -> None:
    config = json.loads(Path(sys.argv[1]).read_text())
    torch.set_num_threads(1)
    checkout = find_checkout(config["checkout"])
    loss = config["box_loss"]
    request = TrainRequest(
        *config["settings"],
        box_loss=BoxLossChoice(loss) if loss else None,
        device="cpu",
        pretrained=False,
        values=config["values"],
        **config["options"],
    )
    with checkout_session(checkout, pretrained=False, announce=False), altered(checkout, config):
        train_checkout(checkout, request)


if __name__ == "__main__":
    main()
