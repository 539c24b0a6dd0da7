"""A device by name, checked before any work."""

from __future__ import annotations

import torch

from siou_tracking.errors import InputError


def default_device() -> torch.device:
    """A GPU when there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


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
