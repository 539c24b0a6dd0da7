"""Sequences stored as folders of images with text annotations: what GOT-10k, LaSOT and TrackingNet share."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any  # what is known of an object's class

import numpy as np
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.ltr.dataset.base_video_dataset import BaseVideoDataset, ImageLoader, SequenceInfo
from siou_tracking.ltr.dataset.info_cache import InfoCache

CLASS_FIELDS = ("object_class_name", "motion_class", "major_class", "root_class", "motion_adverb")


class FolderVideoDataset(BaseVideoDataset):
    """A subclass says where a sequence's boxes and frames lie, and which frames show the target."""

    def __init__(
        self, name: str, root: str | os.PathLike[str], image_loader: ImageLoader = default_image_loader
    ) -> None:
        super().__init__(name, root, image_loader)
        if not Path(self.root).is_dir():
            raise InputError(f"{name}: {self.root}: no such folder")
        self._cache = InfoCache()

    def _read_boxes(self, seq_id: int) -> np.ndarray:
        raise NotImplementedError

    def _read_visibility(self, seq_id: int, count: int) -> dict[str, np.ndarray]:
        """`visible` (count,) uint8 before the boxes' validity is added, and what else is known per frame."""
        return {"visible": np.ones(count, dtype=np.uint8)}

    def _frame_path(self, seq_id: int, frame_id: int) -> str:
        raise NotImplementedError

    def _class_info(self, seq_id: int) -> dict[str, str | None]:
        """Values for some of `CLASS_FIELDS`."""
        return {}

    def get_sequence_info(self, seq_id: int) -> SequenceInfo:
        return self._cache.get(seq_id, lambda: self._read_info(seq_id))

    def _read_info(self, seq_id: int) -> SequenceInfo:
        boxes = self._read_boxes(seq_id)
        valid = (boxes[:, 2:] > 0).all(axis=1)
        labels = self._read_visibility(seq_id, len(boxes))
        labels["visible"] = labels["visible"] & valid.astype(np.uint8)
        info = {"bbox": boxes, "valid": valid, **labels}
        return {key: torch.from_numpy(value) for key, value in info.items()}

    def get_frames(
        self, seq_id: int, frame_ids: Sequence[int], anno: SequenceInfo | None = None
    ) -> tuple[list[np.ndarray], dict[str, list[torch.Tensor]], dict[str, Any]]:
        info = self.get_sequence_info(seq_id) if anno is None else anno
        frames = [self._read_frame(seq_id, frame_id) for frame_id in frame_ids]
        chosen = {key: [value[frame_id].clone() for frame_id in frame_ids] for key, value in info.items()}
        return frames, chosen, fill_class_fields(self._class_info(seq_id))

    def _read_frame(self, seq_id: int, frame_id: int) -> np.ndarray:
        try:
            return self.image_loader(self._frame_path(seq_id, frame_id))
        except InputError as error:
            raise InputError(f"frame {frame_id + 1}: {error}") from None

    def get_class_name(self, seq_id: int) -> str | None:
        return self._class_info(seq_id).get("object_class_name")

    def has_class_info(self) -> bool:
        return True

    def get_class_list(self) -> list[str]:
        return self.class_list or sorted(name for name in self.seq_per_class if name is not None)

    @cached_property
    def seq_per_class(self) -> dict[str | None, list[int]]:
        """Sequence numbers by class name."""
        grouped: dict[str | None, list[int]] = {}
        for seq_id in range(self.get_num_sequences()):
            grouped.setdefault(self.get_class_name(seq_id), []).append(seq_id)
        return grouped

    def get_sequences_in_class(self, class_name: str) -> list[int]:
        return self.seq_per_class.get(class_name, [])


def fill_class_fields(known: Mapping[str, str | None]) -> OrderedDict[str, str | None]:
    """All of `CLASS_FIELDS`, in order, None where nothing is known."""
    return OrderedDict((field, known.get(field)) for field in CLASS_FIELDS)


def folder_names(path: str | os.PathLike[str]) -> set[str]:
    """Names of the folders inside `path`, in one pass over it; empty when there is no such folder."""
    if not Path(path).is_dir():
        return set()
    with os.scandir(path) as entries:
        return {entry.name for entry in entries if entry.is_dir()}
