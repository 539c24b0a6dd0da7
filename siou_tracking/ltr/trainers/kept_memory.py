"""Keep freed memory for the next step of a training on a CPU.

glibc gives blocks above 32 MB back to the system at every free, so that a step of a full-size network asks for
gigabytes anew, and the kernel clears each page of them. experiments/engine_speed measures what that costs.
"""

from __future__ import annotations

import ctypes
import platform

import torch

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""Parameters of glibc's mallopt(3)."""


def keep_freed_memory(device: torch.device) -> bool:
    """Let this process keep what it frees, from now on; whether it does so.

    Nothing is done for another device than a CPU, whose memory is torch's, or under another library than glibc.
    """
    if device.type != "cpu" or platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    # No block has a mapping of its own, and the heap's free end is never cut off.
    return bool(mallopt(_MMAP_MAX, 0) and mallopt(_TRIM_THRESHOLD, -1))
