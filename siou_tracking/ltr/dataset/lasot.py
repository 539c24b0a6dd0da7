"""LaSOT (Fan et al., CVPR 2019) in its official layout."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError, unknown_name
from siou_tracking.ltr.admin.environment import env_settings
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.ltr.dataset.annotation_files import read_boxes, read_flags_if_any
from siou_tracking.ltr.dataset.base_video_dataset import ImageLoader
from siou_tracking.ltr.dataset.folder_dataset import FolderVideoDataset, folder_names
from siou_tracking.ltr.dataset.incomplete import keep_annotated, note_unlabeled
from siou_tracking.ltr.dataset.splits import lasot_test_names

LABELS = ("full_occlusion.txt", "out_of_view.txt")


class Lasot(FolderVideoDataset):
    """`<class>/<class>-<n>/{img/%08d.jpg from 1, groundtruth.txt, full_occlusion.txt, out_of_view.txt}`.

    Folders without boxes are left out, and where a label file is missing the target counts as visible; a note counts
    both.

    Args:
        root: the folder with the class folders; `env_settings().lasot_dir` when None.
        image_loader: path -> (H, W, 3) uint8 RGB array.
        vid_ids: take sequence `<class>-<n>` of every class for each number n given.
        split: 'train' takes what is on disk except the 280 test sequences of protocol II. Give this or `vid_ids`.
        data_fraction: random share of the sequences to keep, in (0, 1].

    Raises:
        InputError: missing folder or sequence, no sequence left; a bad annotation when it is read.
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        image_loader: ImageLoader = default_image_loader,
        vid_ids: Sequence[int] | None = None,
        split: str | None = None,
        data_fraction: float | None = None,
    ) -> None:
        super().__init__("LaSOT", env_settings().lasot_dir if root is None else root, image_loader)
        if (split is None) == (vid_ids is None):
            raise InputError(f"LaSOT: got split {split} and vid_ids {vid_ids}, allowed is exactly one of them")
        found = self._sequences_by_class()
        self.class_list = sorted(found)
        self.class_to_id = {name: index for index, name in enumerate(self.class_list)}
        if vid_ids is not None:
            self.sequence_list = [f"{name}-{number}" for name in self.class_list for number in vid_ids]
            missing = [name for name in self.sequence_list if name not in found[name.rsplit("-", 1)[0]]]
            if missing:
                raise InputError(f"LaSOT: {self.root}: vid_ids: sequence {missing[0]} has no folder")
        else:
            if split != "train":
                raise unknown_name("LaSOT split", str(split), ["train"])
            test = lasot_test_names()
            self.sequence_list = [n for name in self.class_list for n in found[name] if n not in test]
        if not self.sequence_list:
            raise InputError(
                f"LaSOT: {self.root}: got no training sequence, allowed are folders <class>/<class>-<n> "
                "other than the 280 test sequences"
            )
        where = f"LaSOT {self.root}"
        self.sequence_list = keep_annotated(
            where, self.sequence_list, lambda name: self._place(name) / "groundtruth.txt"
        )
        note_unlabeled(where, self.sequence_list, lambda name: [self._place(name) / label for label in LABELS])
        self._keep_fraction(data_fraction)

    def _sequences_by_class(self) -> dict[str, list[str]]:
        found = {}
        for category in sorted(folder_names(self.root)):
            pattern = re.compile(re.escape(category) + r"-(\d+)")
            numbers = [m for name in folder_names(Path(self.root) / category) if (m := pattern.fullmatch(name))]
            if numbers:
                found[category] = [m.group() for m in sorted(numbers, key=lambda m: int(m.group(1)))]
        return found

    def get_name(self) -> str:
        return "lasot"

    def has_occlusion_info(self) -> bool:
        return True

    def _folder(self, seq_id: int) -> Path:
        return self._place(self.sequence_list[seq_id])

    def _place(self, name: str) -> Path:
        return Path(self.root) / name.rsplit("-", 1)[0] / name

    def _read_boxes(self, seq_id: int) -> np.ndarray:
        return read_boxes(self._folder(seq_id) / "groundtruth.txt")

    def _read_visibility(self, seq_id: int, count: int) -> dict[str, np.ndarray]:
        occluded, outside = (read_flags_if_any(self._folder(seq_id) / label, count, 0) for label in LABELS)
        return {"visible": ((occluded == 0) & (outside == 0)).astype(np.uint8)}

    def _frame_path(self, seq_id: int, frame_id: int) -> str:
        return os.fspath(self._folder(seq_id) / "img" / f"{frame_id + 1:08d}.jpg")

    def _class_info(self, seq_id: int) -> dict[str, str | None]:
        return {"object_class_name": self.sequence_list[seq_id].rsplit("-", 1)[0]}
