"""Draws pairs, computes their maps on all cores, and writes a store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any  # what JSON may hold

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from siou_tracking.errors import InputError
from siou_tracking.files import write_json
from siou_tracking.log import get_logger, is_quiet
from siou_tracking.ltr.data.sampler import TrackingSampler
from siou_tracking.ltr.data.stored_features.pairs import ABOUT, NOTE, PARTS, SOURCES
from siou_tracking.parallel import cores, run_jobs

logger = get_logger(__name__)

_BATCH, PAIRS_PER_JOB = 16, 128


def make_store(
    folder: Path, pairs: TrackingSampler, extractor: nn.Module, note: dict[str, Any], workers: int | None
) -> None:
    """Fill a folder under a temporary name and move it into place."""
    making = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    _remove_leftovers(folder)
    making.mkdir(parents=True)
    try:
        _reserve(making, pairs, extractor, note)
        parts = [range(len(pairs))[start : start + PAIRS_PER_JOB] for start in range(0, len(pairs), PAIRS_PER_JOB)]
        jobs = [(making, pairs, extractor, note["layers"], part) for part in parts]
        sources: list[Any] = [None] * len(jobs)
        with tqdm(total=len(pairs), desc="features", unit="pair", disable=True if is_quiet() else None) as bar:
            for number, found in run_jobs(_fill, jobs, bar.refresh, 1 if len(jobs) == 1 or cores() == 1 else workers):
                sources[number] = found
                bar.update(len(found))
        rows = [row for found in sources for row in found]
        write_json(making / SOURCES, dict(zip(ABOUT, map(list, zip(*rows, strict=True)), strict=True)))
        write_json(making / NOTE, note)
        try:
            making.replace(folder)
        except OSError:
            if not (folder / NOTE).is_file():
                raise  # else another process has made the same meanwhile
    finally:
        shutil.rmtree(making, ignore_errors=True)
    logger.info(f"stored features: {len(pairs)} pairs in {folder}")


def _remove_leftovers(folder: Path) -> None:
    """Remove what processes that were killed had made of this store."""
    for leftover in folder.parent.glob(f".{folder.name}.*.tmp"):
        try:
            os.kill(int(leftover.name.split(".")[2]), 0)  # signal 0 only asks whether there is such a process
        except ProcessLookupError:
            shutil.rmtree(leftover, ignore_errors=True)
        except OSError:
            continue


def _reserve(folder: Path, pairs: TrackingSampler, extractor: nn.Module, note: dict[str, Any]) -> None:
    """Make the files at full size: one row a pair."""
    first = _compute(pairs, extractor, note["layers"], range(1))
    shapes = {name: values.shape[1:] for name, values in first.items()}
    types = {name: np.dtype(np.float32 if name.endswith("_anno") else note["dtype"]) for name in shapes}
    needed = sum(len(pairs) * int(np.prod(shape)) * types[name].itemsize for name, shape in shapes.items())
    free = shutil.disk_usage(folder).free
    if needed > free:  # a full disk under a mapped file ends the process without a word
        raise InputError(
            f"stored features: {folder.parent}: {needed / 1e9:.1f} GB are needed for {len(pairs)} pairs, and "
            f"{free / 1e9:.1f} GB are free: give fewer, or settings.stored_features another folder"
        )
    for name, shape in shapes.items():
        top = np.abs(first[name]).max()
        if top < np.finfo(types[name]).tiny * 2**10:  # below tiny, digits are lost
            logger.warning(f"note: stored features: {name}: values up to {top:.1g} only, which {types[name]} rounds")
        np.lib.format.open_memmap(folder / f"{name}.npy", "w+", types[name], (len(pairs), *shape))


def _fill(
    folder: Path, pairs: TrackingSampler, extractor: nn.Module, layers: Sequence[str], part: range
) -> list[list[Any]]:
    """Compute the pairs of one job into the files; gives where each comes from."""
    about: list[list[Any]] = []
    for first in range(0, len(part), _BATCH):
        rows = part[first : first + _BATCH]
        computed = _compute(pairs, extractor, layers, rows, about)
        for name, values in computed.items():
            stored = np.load(folder / f"{name}.npy", mmap_mode="r+")
            stored[rows.start : rows.stop] = values
            if not np.isfinite(stored[rows.start : rows.stop]).all():
                raise InputError(f"stored features: {name}: a value that {stored.dtype} cannot hold: give float32")
    return about


def _compute(
    pairs: TrackingSampler,
    extractor: nn.Module,
    layers: Sequence[str],
    rows: range,
    about: list[list[Any]] | None = None,
) -> dict[str, np.ndarray]:
    """Maps and boxes of some pairs, (n, *frames, ...) by file; appends to `about` where each pair comes from."""
    samples = [pairs[row] for row in rows]
    found: dict[str, np.ndarray] = {}
    for part in PARTS:
        images = torch.stack([sample[f"{part}_images"] for sample in samples])  # (n, *frames, 3, S, S)
        with torch.inference_mode():
            maps = extractor(images.flatten(0, -4), layers)
        for layer in layers:
            found[f"{part}_{layer}"] = maps[layer].unflatten(0, images.shape[:-3]).numpy()
        found[f"{part}_anno"] = torch.stack([sample[f"{part}_anno"] for sample in samples]).numpy()
    if about is not None:
        about.extend([sample[name] for name in ABOUT] for sample in samples)
    return found
