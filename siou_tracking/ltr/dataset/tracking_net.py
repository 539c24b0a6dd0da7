"""TrackingNet (Müller et al., ECCV 2018): the training sets `TRAIN_<i>` in the official layout."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.environment import env_settings
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.ltr.dataset.annotation_files import read_boxes, read_text
from siou_tracking.ltr.dataset.base_video_dataset import ImageLoader
from siou_tracking.ltr.dataset.folder_dataset import FolderVideoDataset, folder_names
from siou_tracking.ltr.dataset.splits import checkout_file

TRAINING_SETS = 12
CLASS_MAP = "trackingnet_classmap.txt"
"""Lines `<video>\\t<class>`; optional, beside the sets or in the checkout at `$PYTRACKING_HOME`."""

_log = logging.getLogger(__name__)


class TrackingNet(FolderVideoDataset):
    """`TRAIN_<i>/{anno/<video>.txt, frames/<video>/<k>.jpg}` with k counted from 0, without leading zeros.

    Args:
        root: the folder with the sets; `env_settings().trackingnet_dir` when None.
        image_loader: path -> (H, W, 3) uint8 RGB array.
        set_ids: numbers of the sets to use, 0 to 11; all when None. Sets that are not on disk are named in a warning.
        data_fraction: random share of the videos to keep, in (0, 1].

    Raises:
        InputError: none of the sets is there, or a video without frames; a bad annotation when it is read.
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        image_loader: ImageLoader = default_image_loader,
        set_ids: Sequence[int] | None = None,
        data_fraction: float | None = None,
    ) -> None:
        super().__init__("TrackingNet", env_settings().trackingnet_dir if root is None else root, image_loader)
        self.set_ids = list(range(TRAINING_SETS)) if set_ids is None else list(set_ids)
        self.sequence_list = [(i, video) for i in self.set_ids for video in self._list_videos(i)]
        present = {i for i, _ in self.sequence_list}
        missing = ", ".join(f"TRAIN_{i}" for i in self.set_ids if i not in present)
        if not present:
            raise InputError(f"TrackingNet: {self.root}: got none of {missing}, allowed are TRAIN_<i>/anno/<video>.txt")
        if missing:
            _log.warning("TrackingNet %s: %s not there; using the other sets", self.root, missing)
        self._keep_fraction(data_fraction)
        self.seq_to_class_map = self._read_class_map()

    def _list_videos(self, set_id: int) -> list[str]:
        folder = Path(self.root) / f"TRAIN_{set_id}"
        videos = sorted(path.stem for path in (folder / "anno").glob("*.txt"))
        with_frames = folder_names(folder / "frames")
        for video in videos:
            if video not in with_frames:
                raise InputError(
                    f"TrackingNet: {folder / 'frames' / video}: no such folder, but anno/{video}.txt exists"
                )
        return videos

    def _read_class_map(self) -> dict[str, str]:
        beside = Path(self.root) / CLASS_MAP
        path = beside if beside.is_file() else checkout_file(CLASS_MAP)
        if path is None:
            return {}
        return dict(line.rstrip().split("\t", 1) for line in read_text(path).splitlines() if "\t" in line)

    def get_name(self) -> str:
        return "trackingnet"

    def describe_sequence(self, seq_id: int) -> str:
        set_id, video = self.sequence_list[seq_id]
        return f"{self.name} TRAIN_{set_id}/{video}"

    def _read_boxes(self, seq_id: int) -> np.ndarray:
        set_id, video = self.sequence_list[seq_id]
        return read_boxes(Path(self.root) / f"TRAIN_{set_id}" / "anno" / f"{video}.txt")

    def _frame_path(self, seq_id: int, frame_id: int) -> str:
        set_id, video = self.sequence_list[seq_id]
        return os.fspath(Path(self.root) / f"TRAIN_{set_id}" / "frames" / video / f"{frame_id}.jpg")

    def _class_info(self, seq_id: int) -> dict[str, str | None]:
        return {"object_class_name": self.seq_to_class_map.get(self.sequence_list[seq_id][1])}
