"""What a sampler asks of a data set of sequences. Derive from this to train on data of your own."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from typing import Any  # what is known of an object's class

import numpy as np
import torch
from torch.utils.data import Dataset

from siou_tracking.errors import InputError
from siou_tracking.ltr.data.image_loader import default_image_loader

ImageLoader = Callable[[str], np.ndarray]
SequenceInfo = dict[str, torch.Tensor]


class BaseVideoDataset(Dataset):
    """Annotated sequences, numbered from 0. A subclass fills `sequence_list` and gives the methods that raise here.

    Args:
        name: what messages call the data set.
        root: its folder.
        image_loader: path -> (H, W, 3) uint8 RGB array.
    """

    def __init__(
        self, name: str, root: str | os.PathLike[str], image_loader: ImageLoader = default_image_loader
    ) -> None:
        self.name = name
        self.root = os.fspath(root)
        self.image_loader = image_loader
        self.sequence_list: list = []
        self.class_list: list[str] = []

    def get_name(self) -> str:
        """Short name that goes into every sample."""
        raise NotImplementedError

    def get_sequence_info(self, seq_id: int) -> SequenceInfo:
        """Annotation of all n frames: `bbox` (n, 4) float32 xywh, `valid` (n,) bool, `visible` (n,) uint8."""
        raise NotImplementedError

    def get_frames(
        self, seq_id: int, frame_ids: Sequence[int], anno: SequenceInfo | None = None
    ) -> tuple[list[np.ndarray], dict[str, list[torch.Tensor]], dict[str, Any]]:
        """Images, their annotation as one list per key of `anno`, and what is known of the object's class."""
        raise NotImplementedError

    def __len__(self) -> int:
        return self.get_num_sequences()

    def get_num_sequences(self) -> int:
        return len(self.sequence_list)

    def is_video_sequence(self) -> bool:
        """False for still images, whose one frame stands for a whole sequence."""
        return True

    def is_synthetic_video_dataset(self) -> bool:
        return False

    def is_mot_dataset(self) -> bool:
        return False

    def has_class_info(self) -> bool:
        return False

    def has_occlusion_info(self) -> bool:
        return False

    def has_segmentation_info(self) -> bool:
        return False

    def get_num_classes(self) -> int:
        return len(self.get_class_list())

    def get_class_list(self) -> list[str]:
        return self.class_list

    def get_sequences_in_class(self, class_name: str) -> list[int]:
        raise NotImplementedError

    def describe_sequence(self, seq_id: int) -> str:
        """How messages call a sequence."""
        known = seq_id < len(self.sequence_list)
        return f"{self.name} {self.sequence_list[seq_id] if known else seq_id}"

    def _keep_fraction(self, data_fraction: float | None) -> None:
        """Keep a random share of the sequences; the choice follows Python's random state."""
        if data_fraction is not None:
            if not 0 < data_fraction <= 1:
                raise InputError(f"{self.name}: data_fraction: got {data_fraction}, allowed are numbers in (0, 1]")
            keep = max(1, int(len(self.sequence_list) * data_fraction))
            self.sequence_list = random.sample(self.sequence_list, keep)
