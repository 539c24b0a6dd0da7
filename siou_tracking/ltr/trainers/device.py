"""Which device a run uses."""

from __future__ import annotations

import torch

from siou_tracking.device import check_device
from siou_tracking.ltr.admin.active_request import active_request
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.trainers import distributed


def pick_device(settings: Settings) -> torch.device:
    """The device named on the command line, else in the settings file, else CUDA if there is one, else the CPU.

    Under `torchrun` each process takes its own CUDA device, unless the command line says cpu.
    """
    chosen = distributed.process_device(active_request().device)
    if chosen is not None:
        return chosen
    named = getattr(settings, "device", None)
    if named is not None:
        return check_device(named)
    return torch.device("cuda:0" if settings.use_gpu and torch.cuda.is_available() else "cpu")
