"""A checkout's data sets on a disk that holds a part of them: read as the embedded engine reads them, with a note.

The lists of a checkout are of complete data sets, and its classes end with an error where a part of one is there, or,
drawing samples, at some later hour. Where everything is there nothing changes.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any  # a checkout's data sets and what their methods return

import torch

from siou_tracking.bridge.layouts.base import Layout
from siou_tracking.bridge.supply.component import AfterImport, StandIn
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.dataset import got10k, lasot
from siou_tracking.ltr.dataset.annotation_files import read_text
from siou_tracking.ltr.dataset.incomplete import keep_annotated, note_flat_boxes, note_unlabeled
from siou_tracking.ltr.dataset.splits import SPLIT_FILES, got10k_split

logger = get_logger(__name__)

Call = Callable[..., Any]


def data_sets(layout: Layout) -> StandIn | None:
    """Mends the four classes that the trackers' settings use, once they are imported."""
    after = {f"{layout.training}.dataset.{name}": mend for name, mend in _MENDS.items()}
    consequence = "a part of one is read, with a note; complete ones as ever"
    return StandIn("data sets", "expected to be complete", consequence, "", after_import=after)


def _replace(owner: object, name: str, patches: Patches, make: Callable[[Call], Call]) -> None:
    """Replace a method or function that is there by what `make` makes of it."""
    original = getattr(owner, "__dict__", {}).get(name)
    if inspect.isfunction(original):
        patches.set(owner, name, functools.wraps(original)(make(original)))


def _mend_got10k(module: ModuleType, patches: Patches) -> None:
    owner = getattr(module, "Got10k", None)
    _replace(owner, "_get_sequence_list", patches, _read_plain_list)
    _replace(owner, "__init__", patches, _divide_short_list)
    _replace(owner, "_read_target_visible", patches, lambda original: _all_visible(original, with_ratio=True))
    _replace(owner, "_build_seq_per_class", patches, _name_no_class)


def _read_plain_list(original: Call) -> Call:
    """The names in list.txt without a byte order mark and blank lines, which a checkout trips over."""

    def read(self: Any) -> list[Any]:
        try:
            names = original(self)
        except IndexError:
            names = [line.partition(",")[0] for line in read_text(Path(self.root) / "list.txt").splitlines()]
        plain = [name.strip("\ufeff \t\r") if isinstance(name, str) else name for name in names]
        return [name for name in plain if name != ""]

    return read


def _divide_short_list(init: Call) -> Call:
    signature = inspect.signature(init)

    def start(self: Any, *args: Any, **options: Any) -> None:
        call = signature.bind(self, *args, **options)
        try:
            init(self, *args, **options)
        except IndexError:
            _replace_split(call.arguments, self)
            init(*call.args, **call.kwargs)
        if not all(hasattr(self, name) for name in ("root", "sequence_list")):
            return  # a fork's own, kept otherwise
        where, root = f"GOT-10k {self.root}", Path(self.root)
        kept = keep_annotated(where, self.sequence_list, lambda name: root / name / "groundtruth.txt")
        if len(kept) < len(self.sequence_list):
            self.sequence_list = kept
            for table, make in (("sequence_meta_info", "_load_meta_info"), ("seq_per_class", "_build_seq_per_class")):
                if hasattr(self, make):
                    setattr(self, table, getattr(self, make)())
        note_unlabeled(where, kept, lambda name: [root / name / label for label in got10k.LABELS])

    return start


def _name_no_class(group: Call) -> Call:
    """Sequences without meta_info.ini under a text, for the classes are sorted."""

    def group_sortably(self: Any) -> dict[Any, Any]:
        grouped = group(self)
        if len(grouped) > 1 and None in grouped:
            grouped[""] = grouped.pop(None)
        return grouped

    return group_sortably


def _replace_split(arguments: dict[str, Any], dataset: Any) -> None:
    """Numbers in list.txt in place of a split that asks for more sequences than it has."""
    names, split, ids = dataset._get_sequence_list(), arguments.get("split"), arguments.get("seq_ids")
    if split == "train_full":
        arguments.update(split=None)
        return
    if split in SPLIT_FILES:
        chosen = set(got10k_split(split, names, dataset.root))
        arguments.update(split=None, seq_ids=[index for index, name in enumerate(names) if name in chosen])
        return
    asked = f"split '{split}'" if split else f"seq_ids up to {max(ids or [0])}"
    raise InputError(
        f"GOT-10k: {Path(dataset.root) / 'list.txt'}: has {len(names)} sequences, fewer than {asked} needs"
    )


def _mend_lasot(module: ModuleType, patches: Patches) -> None:
    owner = getattr(module, "Lasot", None)
    _replace(owner, "_build_sequence_list", patches, _keep_what_is_there)
    _replace(owner, "_read_target_visible", patches, lambda original: _all_visible(original, with_ratio=False))


def _keep_what_is_there(build: Call) -> Call:
    def build_present(self: Any, *args: Any, **options: Any) -> list[str]:
        where, root = f"LaSOT {self.root}", Path(self.root)
        names = [name for name in build(self, *args, **options) if isinstance(name, str)]
        kept = keep_annotated(where, names, lambda name: root / name.rpartition("-")[0] / name / "groundtruth.txt")
        note_unlabeled(
            where, kept, lambda name: [root / name.rpartition("-")[0] / name / label for label in lasot.LABELS]
        )
        return kept

    return build_present


def _all_visible(read: Call, with_ratio: bool) -> Call:
    """Visibility of every frame that has a box, where a label file is missing; counted when the set was made."""

    def read_or_assume(self: Any, seq_path: Any) -> Any:
        try:
            return read(self, seq_path)
        except FileNotFoundError:
            count = len(self._read_bb_anno(seq_path))
            visible = torch.ones(count, dtype=torch.uint8)
            return (visible, torch.ones(count)) if with_ratio else visible

    return read_or_assume


def _mend_trackingnet(module: ModuleType, patches: Patches) -> None:
    _replace(module, "list_sequences", patches, _list_present_sets)
    _replace(getattr(module, "TrackingNet", None), "_get_class", patches, _name_unknown_class)


def _list_present_sets(list_sequences: Call) -> Call:
    def list_present(root: Any, set_ids: Any) -> Any:
        present = [number for number in set_ids if (Path(root) / f"TRAIN_{number}" / "anno").is_dir()]
        missing = ", ".join(f"TRAIN_{number}" for number in set_ids if number not in present)
        if missing and present:
            logger.warning(f"note: TrackingNet {root}: {missing} not there; using the other sets")
        return list_sequences(root, present or set_ids)

    return list_present


def _name_unknown_class(get_class: Call) -> Call:
    """A video that is not TrackingNet's own has no class, which no tracker asks for."""

    def get_class_or_unknown(self: Any, seq_id: int) -> Any:
        try:
            return get_class(self, seq_id)
        except KeyError:
            return "Unknown"

    return get_class_or_unknown


def _mend_coco(module: ModuleType, patches: Patches) -> None:
    _replace(getattr(module, "MSCOCOSeq", None), "_get_sequence_list", patches, _leave_out_flat_boxes)


def _leave_out_flat_boxes(list_objects: Call) -> Call:
    def list_usable(self: Any) -> list[Any]:
        found = list_objects(self)
        usable = [one for one in found if min(self.coco_set.anns[one]["bbox"][2:]) > 0]
        note_flat_boxes(f"COCO {self.anno_path}", len(found) - len(usable), len(found))
        return usable

    return list_usable


_MENDS: dict[str, AfterImport] = {
    "got10k": _mend_got10k,
    "lasot": _mend_lasot,
    "tracking_net": _mend_trackingnet,
    "coco_seq": _mend_coco,
}
