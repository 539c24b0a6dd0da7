"""The data set over one store: maps and boxes read, proposals drawn."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any  # a processing class is the settings file's

import numpy as np
import torch
from torch.utils.data import Dataset

from siou_tracking.ltr.data.sampler import isolate_random_state
from siou_tracking.ltr.data.tensors import TensorDict, TensorList
from siou_tracking.untrusted.reading import read_input

NOTE, SOURCES = "made_from.json", "sources.json"
PARTS = ("train", "test")
ABOUT = ("dataset", "sequence", "test_class")
"""What is known of where a pair comes from."""


class StoredPairs(Dataset):
    """What `keep_features` kept, for an `LTRLoader`: samples with the names that the image sampler gives.

    `train_images` and `test_images` are TensorLists of float32 maps (frames, C, H, W), one a layer; `train_anno` and
    `test_anno` (frames, 4) xywh in crop pixels; what `processing` makes of these boxes, such as `test_proposals`
    (frames, P, 4) or `test_label` (frames, H, W), made for all pairs of a batch at once and drawn anew in each epoch;
    `dataset`, `sequence` (its number in the data set) and `test_class`. An epoch goes on in the store where the last
    one ended, and begins again at its end.

    Args:
        folder: of one store.
        processing: of the sampler that the pairs are from; its `draw_fields` is called.
        samples_per_epoch: length of the data set that this is to a loader.
        seed: of the proposals; None for torch's random state.
    """

    def __init__(self, folder: Path, processing: Any, samples_per_epoch: int, seed: int | None = None) -> None:
        self.folder = Path(folder)
        self.processing = processing
        self.samples_per_epoch = samples_per_epoch
        self.seed = seed
        self.epoch: int | None = None
        note = json.loads(read_input(self.folder / NOTE, "stored features"))
        self.layers: list[str] = note["layers"]
        self.pairs: int = note["pairs"]

    def __len__(self) -> int:
        return self.samples_per_epoch

    def set_epoch(self, epoch: int) -> None:
        """Make the samples those of `epoch`: the same for the same seed and the same batches."""
        self.epoch = epoch

    def __getitem__(self, index: int) -> TensorDict:
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[TensorDict]:  # what torch's loader calls for a batch
        for index in indices:
            if not 0 <= index < self.samples_per_epoch:
                raise IndexError(f"sample {index} of {self.samples_per_epoch}")
        first = 0 if self.epoch is None else (self.epoch - 1) * self.samples_per_epoch
        rows = [(first + index) % self.pairs for index in indices]
        batch = {name: torch.from_numpy(self._arrays[f"{name}_anno"][rows]) for name in PARTS}
        maps = {
            name: [torch.from_numpy(self._arrays[f"{name}_{layer}"][rows]).float() for layer in self.layers]
            for name in PARTS
        }
        fields = self._draw_fields(batch, indices)
        return [
            TensorDict(
                **{f"{name}_images": TensorList(one[k] for one in maps[name]) for name in PARTS},
                **{f"{name}_anno": batch[name][k] for name in PARTS},
                **{name: values[k] for name, values in fields.items()},
                **{name: self._sources[name][row] for name in ABOUT},
            )
            for k, row in enumerate(rows)
        ]

    def _draw_fields(self, boxes: dict[str, torch.Tensor], indices: Sequence[int]) -> dict[str, torch.Tensor]:
        """Field -> (n, *frames, ...) for boxes (n, *frames, 4) of both parts."""
        if self.epoch is None or self.seed is None:
            key: tuple = (int(torch.randint(2**62, (1,))),)
        else:
            key = (self.seed, self.epoch, *map(int, indices))
        with isolate_random_state(key):
            drawn = self.processing.draw_fields({part: boxes[part].reshape(-1, 4) for part in PARTS})
        frames = {name: boxes["train" if name.startswith("train_") else "test"].shape[:-1] for name in drawn}
        return {name: values.reshape(*frames[name], *values.shape[1:]) for name, values in drawn.items()}

    @functools.cached_property
    def _arrays(self) -> dict[str, np.ndarray]:
        names = [f"{part}_{kind}" for part in PARTS for kind in (*self.layers, "anno")]
        return {name: np.load(self.folder / f"{name}.npy", mmap_mode="r") for name in names}

    @functools.cached_property
    def _sources(self) -> dict[str, list]:
        content: dict[str, list] = json.loads(read_input(self.folder / SOURCES, "stored features"))
        return content

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_arrays", "_sources")}
