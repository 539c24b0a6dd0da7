"""What a checkout changes in the process that imports it, put back afterwards."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch


@contextlib.contextmanager
def kept_process_state() -> Iterator[None]:
    """Restore sys.path, the working folder, gradient mode, cuDNN and OpenCV settings and warning filters on exit."""
    import cv2

    path, folder, bytecode = list(sys.path), Path.cwd(), sys.dont_write_bytecode
    gradients, threads = torch.is_grad_enabled(), cv2.getNumThreads()
    cudnn = torch.backends.cudnn
    flags = (cudnn.benchmark, cudnn.deterministic, cudnn.enabled)
    try:
        with warnings.catch_warnings():
            yield
    finally:
        sys.path[:] = path
        sys.dont_write_bytecode = bytecode
        os.chdir(folder)
        torch.set_grad_enabled(gradients)
        cv2.setNumThreads(threads)
        cudnn.benchmark, cudnn.deterministic, cudnn.enabled = flags
