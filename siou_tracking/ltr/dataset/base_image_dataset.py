"""What a data set of single images offers."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.ltr.dataset.base_video_dataset import ImageLoader


class BaseImageDataset(Dataset):
    """Annotated images, numbered from 0. A subclass fills `image_list` and gives the methods that raise here.

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
        self.image_list: list = []
        self.class_list: list[str] = []

    def get_name(self) -> str:
        """Short name of the data set."""
        raise NotImplementedError

    def get_image_info(self, im_id: int) -> dict[str, torch.Tensor]:
        """Annotation of an image, such as `bbox` (n, 4) float32 xywh."""
        raise NotImplementedError

    def get_image(
        self, image_id: int, anno: dict[str, torch.Tensor] | None = None
    ) -> tuple[np.ndarray, dict[str, torch.Tensor], dict[str, Any]]:
        """Image, its annotation, and what is known of the object's class."""
        raise NotImplementedError

    def __len__(self) -> int:
        return self.get_num_images()

    def get_num_images(self) -> int:
        return len(self.image_list)

    def has_class_info(self) -> bool:
        return False

    def has_segmentation_info(self) -> bool:
        return False

    def get_class_name(self, image_id: int) -> str | None:
        return None

    def get_num_classes(self) -> int:
        return len(self.class_list)

    def get_class_list(self) -> list[str]:
        return self.class_list

    def get_images_in_class(self, class_name: str) -> list[int]:
        raise NotImplementedError
