"""What a checkout changes in the process that imports it, put back afterwards."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch


@contextlib.contextmanager
def kept_process_state(root: Path) -> Iterator[None]:
    """On exit restore working folder, gradient mode, bytecode, cuDNN and OpenCV settings, and take `root` off sys.path.

    Args:
        root: the checkout; every entry of sys.path that leads into it and was not there before is taken out.
    """
    import cv2

    path, folder, bytecode = list(sys.path), Path.cwd(), sys.dont_write_bytecode
    gradients, threads = torch.is_grad_enabled(), cv2.getNumThreads()
    cudnn = torch.backends.cudnn
    flags = (cudnn.benchmark, cudnn.deterministic, cudnn.enabled)
    try:
        with _uncommented_compilation(root):
            yield
    finally:
        sys.path[:] = [entry for entry in sys.path if entry in path or not _leads_into(entry, root)]
        if path.count(str(root)) < sys.path.count(str(root)):
            sys.path.remove(str(root))
        sys.dont_write_bytecode = bytecode
        os.chdir(folder)
        torch.set_grad_enabled(gradients)
        cv2.setNumThreads(threads)
        cudnn.benchmark, cudnn.deterministic, cudnn.enabled = flags


@contextlib.contextmanager
def _uncommented_compilation(root: Path) -> Iterator[None]:
    """Python's remarks on the source under `root`, such as on escape sequences, come at every run without bytecode."""
    added = []
    for category in (SyntaxWarning, DeprecationWarning):
        warnings.filterwarnings("ignore", category=category, module=re.escape(str(root)))
        added.append(warnings.filters[0])
    try:
        yield
    finally:
        for entry in added:
            with contextlib.suppress(ValueError):  # gone already, with a filter list that was replaced meanwhile
                warnings.filters.remove(entry)


def _leads_into(entry: str, root: Path) -> bool:
    return Path(entry).resolve().is_relative_to(root)
