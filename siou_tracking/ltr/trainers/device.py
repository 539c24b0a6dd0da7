"""Which device a run uses."""

from __future__ import annotations

import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.overrides import current
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.trainers import distributed


def check_device(name: str | torch.device) -> torch.device:
    """The device called `name`.

    Raises:
        InputError: not a device name, or a device that is not here.
    """
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError) as error:
        raise InputError(f"device '{name}': not a device name: expected one such as cpu, cuda or cuda:0") from error
    if device.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= count:
            raise InputError(f"device '{name}': not here: this machine offers {count} CUDA devices and the cpu")
    elif device.type == "mps" and not torch.backends.mps.is_available():
        raise InputError(f"device '{name}': not available on this machine")
    elif device.type not in ("cpu", "mps"):
        raise InputError(f"device '{name}': not supported: expected cpu, cuda, cuda:<index> or mps")
    return device


def pick_device(settings: Settings) -> torch.device:
    """The device named on the command line, else in the settings file, else CUDA if there is one, else the CPU.

    Under `torchrun` each process takes its own CUDA device, unless the command line says cpu.
    """
    named = current().device
    own = distributed.local_device()
    if own is not None and (named is None or torch.device(named).type == "cuda"):
        return check_device(own)
    named = named or getattr(settings, "device", None)
    if named is not None:
        return check_device(named)
    return torch.device("cuda:0" if settings.use_gpu and torch.cuda.is_available() else "cpu")
