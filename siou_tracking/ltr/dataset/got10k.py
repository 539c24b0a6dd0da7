"""GOT-10k (Huang, Zhao and Huang, arXiv:1810.11981): the `train` or `val` folder of the official layout."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.environment import env_settings
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.ltr.dataset.annotation_files import read_boxes, read_flags_if_any, read_text
from siou_tracking.ltr.dataset.base_video_dataset import ImageLoader
from siou_tracking.ltr.dataset.folder_dataset import CLASS_FIELDS, FolderVideoDataset, folder_names
from siou_tracking.ltr.dataset.incomplete import keep_annotated, note_unlabeled
from siou_tracking.ltr.dataset.splits import got10k_split

COVER_LEVELS = 8
LABELS = ("absence.label", "cover.label")


class Got10k(FolderVideoDataset):
    """`list.txt` and `<sequence>/{%08d.jpg from 1, groundtruth.txt, absence.label, cover.label, meta_info.ini}`.

    Listed folders without boxes are left out, and where a label file is missing the target counts as visible; a note
    counts both.

    Args:
        root: the folder with `list.txt`, such as GOT-10k's `train`; `env_settings().got10k_dir` when None.
        image_loader: path -> (H, W, 3) uint8 RGB array.
        split: train, val, vottrain, votval (parts of the training set) or a list file, see `splits.got10k_split`.
        seq_ids: numbers of sequences in `list.txt`, from 0; not together with `split`.
        data_fraction: random share of the sequences to keep, in (0, 1].

    Raises:
        InputError: missing folder, list or sequence, unknown split; a bad annotation when it is read.
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        image_loader: ImageLoader = default_image_loader,
        split: str | None = None,
        seq_ids: Sequence[int] | None = None,
        data_fraction: float | None = None,
    ) -> None:
        super().__init__("GOT-10k", env_settings().got10k_dir if root is None else root, image_loader)
        if split is not None and seq_ids is not None:
            raise InputError(f"GOT-10k: got split '{split}' and seq_ids, allowed is one of them")
        names = self._read_list()
        if split is not None:
            names = got10k_split(split, names, self.root)
        elif seq_ids is not None:
            wrong = [i for i in seq_ids if not 0 <= i < len(names)]
            if wrong:
                raise InputError(f"GOT-10k: seq_ids: got {wrong[0]}, allowed are 0 to {len(names) - 1}")
            names = [names[i] for i in seq_ids]
        where, root = f"GOT-10k {self.root}", Path(self.root)
        self.sequence_list = keep_annotated(where, names, lambda name: root / name / "groundtruth.txt")
        note_unlabeled(where, self.sequence_list, lambda name: [root / name / label for label in LABELS])
        self._keep_fraction(data_fraction)

    def _read_list(self) -> list[str]:
        path = Path(self.root) / "list.txt"
        present, names = folder_names(self.root), []
        for number, line in enumerate(read_text(path).split("\n"), start=1):
            name = line.strip()
            if name and name not in present:
                raise InputError(f"GOT-10k: {path}: line {number}: got '{name}', allowed are folders beside list.txt")
            if name:
                names.append(name)
        if not names:
            raise InputError(f"GOT-10k: {path}: got no sequence, allowed is one folder name a line")
        return names

    def get_name(self) -> str:
        return "got10k"

    def has_occlusion_info(self) -> bool:
        return True

    def _folder(self, seq_id: int) -> Path:
        return Path(self.root) / self.sequence_list[seq_id]

    def _read_boxes(self, seq_id: int) -> np.ndarray:
        return read_boxes(self._folder(seq_id) / "groundtruth.txt")

    def _read_visibility(self, seq_id: int, count: int) -> dict[str, np.ndarray]:
        absent = read_flags_if_any(self._folder(seq_id) / LABELS[0], count, 0)
        cover = read_flags_if_any(self._folder(seq_id) / LABELS[1], count, COVER_LEVELS)
        visible = ((absent == 0) & (cover > 0)).astype(np.uint8)
        return {"visible": visible, "visible_ratio": cover.astype(np.float32) / COVER_LEVELS}

    def _frame_path(self, seq_id: int, frame_id: int) -> str:
        return os.fspath(self._folder(seq_id) / f"{frame_id + 1:08d}.jpg")

    def _class_info(self, seq_id: int) -> dict[str, str | None]:
        path = self._folder(seq_id) / "meta_info.ini"
        if not path.is_file():
            return {}
        pairs = dict(line.split(": ", 1) for line in read_text(path).splitlines() if ": " in line)
        known = {field: pairs.get(field) for field in CLASS_FIELDS}
        return {**known, "object_class_name": pairs.get("object_class")}
