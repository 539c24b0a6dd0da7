"""COCO (Lin et al., ECCV 2014) as one-frame sequences: every annotated object is a sequence of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any  # JSON, and what is known of an object's class

import numpy as np
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.environment import env_settings
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.ltr.dataset.annotation_files import read_text
from siou_tracking.ltr.dataset.base_video_dataset import BaseVideoDataset, ImageLoader, SequenceInfo
from siou_tracking.ltr.dataset.folder_dataset import fill_class_fields
from siou_tracking.ltr.dataset.incomplete import note_flat_boxes
from siou_tracking.untrusted.reading import MIB

_LIMIT = 2048 * MIB
"""Bytes of an annotation: COCO's instances_train2017.json has 450 MB, LVIS's 1.1 GB."""


class MSCOCOSeq(BaseVideoDataset):
    """`annotations/instances_<split><version>.json` and `images/<split><version>/`.

    Crowds and boxes without area are left out; they mark no single object, and a note counts the latter. pycocotools
    is not needed.

    Args:
        root: the folder with both; `env_settings().coco_dir` when None.
        image_loader: path -> (H, W, 3) uint8 RGB array.
        data_fraction: random share of the objects to keep, in (0, 1].
        split: train or val.
        version: year of the annotations.

    Raises:
        InputError: missing or malformed annotations, a box that is not four finite numbers, or no usable object.
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        image_loader: ImageLoader = default_image_loader,
        data_fraction: float | None = None,
        split: str = "train",
        version: str = "2014",
    ) -> None:
        super().__init__("COCO", env_settings().coco_dir if root is None else root, image_loader)
        self.img_pth = os.fspath(Path(self.root) / "images" / f"{split}{version}")
        self.anno_path = os.fspath(Path(self.root) / "annotations" / f"instances_{split}{version}.json")
        self._load_annotations()
        self._keep_fraction(data_fraction)

    def _load_annotations(self) -> None:
        """Fill `sequence_list` with rows of the arrays below, which hold all that is kept of the large file."""
        self._check_year()
        content = _read_json(self.anno_path)
        try:
            images = {image["id"]: index for index, image in enumerate(content["images"])}
            self._files = np.array([image["file_name"] for image in content["images"]])
            categories = {c["id"]: c["name"] for c in content["categories"]}
            objects = [a for a in content["annotations"] if not a.get("iscrowd", 0)]
            boxes = [a["bbox"] for a in objects]
            self._image_of = np.array([images[a["image_id"]] for a in objects], dtype=np.int32)
            self.class_list = sorted(categories.values())
            order = {name: index for index, name in enumerate(self.class_list)}
            self._class_of = np.array([order[categories[a["category_id"]]] for a in objects], dtype=np.int16)
        except (KeyError, TypeError) as error:
            raise InputError(f"COCO: {self.anno_path}: got entries without {error}, allowed is COCO's format") from None
        wrong = next((i for i, box in enumerate(boxes) if not _is_box(box)), None)
        if wrong is not None:
            raise InputError(
                f"COCO: {self.anno_path}: annotation id {objects[wrong].get('id')}: got bbox {str(boxes[wrong])[:60]}, "
                "allowed are four finite numbers x, y, w, h"
            )
        self._boxes = np.array(boxes, dtype=np.float32).reshape(-1, 4)
        self.sequence_list = np.flatnonzero((self._boxes[:, 2:] > 0).all(axis=1)).tolist()
        if not self.sequence_list:
            raise InputError(f"COCO: {self.anno_path}: got no object with a box, allowed is at least one")
        note_flat_boxes(f"COCO {self.anno_path}", len(boxes) - len(self.sequence_list), len(boxes))

    def _check_year(self) -> None:
        """Annotations of another year than the settings file asks for are named."""
        path = Path(self.anno_path)
        others = sorted(path.parent.glob("instances_*.json"))
        if others and not path.is_file():
            raise InputError(
                f"COCO: {path}: No such file, there is {', '.join(other.name for other in others)}: the settings file "
                "says which, by MSCOCOSeq(split=, version=)"
            )

    def is_video_sequence(self) -> bool:
        return False

    def get_name(self) -> str:
        return "coco"

    def has_class_info(self) -> bool:
        return True

    def describe_sequence(self, seq_id: int) -> str:
        return f"{self.name} {self._files[self._image_of[self.sequence_list[seq_id]]]}"

    def get_class_name(self, seq_id: int) -> str:
        return self.class_list[self._class_of[self.sequence_list[seq_id]]]

    def get_sequences_in_class(self, class_name: str) -> list[int]:
        if class_name not in self.class_list:
            return []
        classes = self._class_of[np.array(self.sequence_list)]
        return np.flatnonzero(classes == self.class_list.index(class_name)).tolist()

    def get_sequence_info(self, seq_id: int) -> SequenceInfo:
        box = torch.from_numpy(self._boxes[self.sequence_list[seq_id]].copy()).view(1, 4)
        valid = (box[:, 2:] > 0).all(dim=1)
        return {"bbox": box, "valid": valid, "visible": valid.to(torch.uint8)}

    def get_frames(
        self, seq_id: int, frame_ids: Sequence[int], anno: SequenceInfo | None = None
    ) -> tuple[list[np.ndarray], dict[str, list[torch.Tensor]], dict[str, Any]]:
        """The object's one image for every entry of `frame_ids`, whatever the numbers are."""
        info = self.get_sequence_info(seq_id) if anno is None else anno
        file = self._files[self._image_of[self.sequence_list[seq_id]]]
        image = self.image_loader(os.fspath(Path(self.img_pth) / file))
        frames = [image.copy() if index else image for index in range(len(frame_ids))]
        chosen = {key: [value[0].clone() for _ in frame_ids] for key, value in info.items()}
        return frames, chosen, fill_class_fields({"object_class_name": self.get_class_name(seq_id)})


def _read_json(path: str) -> dict[str, Any]:
    """The file without its outlines, which are most of it."""

    def without_outline(entry: dict[str, Any]) -> dict[str, Any]:
        entry.pop("segmentation", None)
        return entry

    try:
        content = json.loads(read_text(path, _LIMIT), object_hook=without_outline)
    except json.JSONDecodeError as error:
        raise InputError(f"COCO: {path}: line {error.lineno}: {error.msg}, allowed is JSON") from None
    except (ValueError, RecursionError) as error:  # thousands of digits, or of lists inside one another
        if isinstance(error, InputError):
            raise
        raise InputError(f"COCO: {path}: {error}, allowed is JSON") from None
    if not isinstance(content, dict):
        raise InputError(f"COCO: {path}: got a {type(content).__name__}, allowed is COCO's object of lists")
    return content


def _is_box(box: object) -> bool:
    return isinstance(box, list) and len(box) == 4 and all(isinstance(v, (int, float)) and abs(v) < 1e30 for v in box)
