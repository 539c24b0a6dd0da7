"""Random draws of a run that depend on nothing that ran before it."""

from __future__ import annotations

import random
import zlib

import numpy as np


def seed_generators(seed: int, sequence: str, repetition: int) -> None:
    """Seed Python's, numpy's and torch's global generators for one run, whatever ran before it."""
    import torch

    value = zlib.crc32(f"{seed}/{sequence}/{repetition}".encode())
    random.seed(value)
    np.random.seed(value)
    torch.manual_seed(value)
