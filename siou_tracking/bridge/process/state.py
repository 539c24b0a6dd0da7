"""What a checkout changes in the process that imports it, put back afterwards."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from siou_tracking.bridge.process.known_warnings import known_warnings_hidden


@contextlib.contextmanager
def kept_process_state(root: Path) -> Iterator[None]:
    """On exit restore working folder, gradient mode, bytecode, cuDNN and OpenCV settings and warning filters, and take
    `root` off sys.path.

    Args:
        root: the checkout; every entry of sys.path that leads into it and was not there before is taken out.
    """
    import cv2

    path, folder, bytecode = list(sys.path), Path.cwd(), sys.dont_write_bytecode
    gradients, threads = torch.is_grad_enabled(), cv2.getNumThreads()
    cudnn = torch.backends.cudnn
    flags = (cudnn.benchmark, cudnn.deterministic, cudnn.enabled)
    try:
        with known_warnings_hidden(root):
            yield
    finally:
        sys.path[:] = [entry for entry in sys.path if entry in path or not leads_into(entry, root)]
        if path.count(str(root)) < sys.path.count(str(root)):
            sys.path.remove(str(root))
        sys.dont_write_bytecode = bytecode
        os.chdir(folder)
        torch.set_grad_enabled(gradients)
        cv2.setNumThreads(threads)
        cudnn.benchmark, cudnn.deterministic, cudnn.enabled = flags


def leads_into(entry: str, root: Path) -> bool:
    """Whether an entry of sys.path is `root` or lies in it, however it is written."""
    return Path(entry).resolve().is_relative_to(root)
