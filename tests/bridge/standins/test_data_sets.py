"""A checkout's data sets over a part of one: what is there is read with a note, what is complete as ever."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch

from siou_tracking.bridge.layouts.lib import LibLayout
from siou_tracking.bridge.layouts.pytracking import PyTrackingLayout
from siou_tracking.bridge.standins.data_sets import data_sets
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError


class Got10k:
    """As a checkout's: numbers in a list of the whole set, and files that are all expected to be there."""

    def __init__(self, root, split=None, seq_ids=None):
        self.root = root
        self.sequence_list = self._get_sequence_list()
        if split is not None:
            seq_ids = [0, 7086]
        self.sequence_list = [self.sequence_list[i] for i in (seq_ids or range(len(self.sequence_list)))]
        self.seq_per_class = self._build_seq_per_class()
        self.class_list = sorted(self.seq_per_class)

    def _get_sequence_list(self):
        return [line.split(",")[0] for line in (Path(self.root) / "list.txt").read_text().split("\n")[:-1]]

    def _build_seq_per_class(self):
        known = [(Path(self.root) / name / "meta_info.ini").exists() for name in self.sequence_list]
        return {"boat" if there else None: [index] for index, there in enumerate(known)}

    def _read_bb_anno(self, seq_path):
        return torch.tensor(np.loadtxt(Path(seq_path) / "groundtruth.txt", delimiter=",", ndmin=2))

    def _read_target_visible(self, seq_path):
        absent = torch.tensor(np.loadtxt(Path(seq_path) / "absence.label", dtype=np.uint8))
        return 1 - absent, torch.full((len(absent),), 0.5)


class Lasot(Got10k):
    def __init__(self, root, vid_ids=None, split=None):
        self.root = root
        self.sequence_list = self._build_sequence_list(vid_ids, split)

    def _build_sequence_list(self, vid_ids=None, split=None):
        return ["cat-1", "cat-2", "teddy-bear-3"]

    def _read_target_visible(self, seq_path):
        return 1 - torch.tensor(np.loadtxt(Path(seq_path) / "full_occlusion.txt", dtype=np.uint8))


class TrackingNet:
    def _get_class(self, seq_id):
        return {0: "boat"}[seq_id]


class MSCOCOSeq:
    anno_path = "/coco/instances.json"

    def __init__(self, boxes):
        self.coco_set = SimpleNamespace(anns={index: {"bbox": box} for index, box in enumerate(boxes)})
        self.sequence_list = self._get_sequence_list()

    def _get_sequence_list(self):
        return list(self.coco_set.anns)


@pytest.fixture
def mend():
    """Mend a class as a session does once its module is imported; undone after the test."""
    patches, after = Patches(), data_sets(PyTrackingLayout()).after_import

    def apply(module: str, **content: object) -> ModuleType:
        made = ModuleType(f"ltr.dataset.{module}")
        vars(made).update(content)
        after[made.__name__](made, patches)
        return made

    yield apply
    patches.undo()


def write_got10k(root: Path, names: list[str]) -> Path:
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "groundtruth.txt").write_text("1,2,3,4\n5,6,7,8\n")
        (root / name / "absence.label").write_text("0\n1\n")
        (root / name / "cover.label").write_text("8\n0\n")
    (root / "list.txt").write_text("".join(f"{name}\n" for name in names))
    return root


def test_a_whole_set_is_read_as_ever_and_nothing_is_said(mend, tmp_path, capsys):
    root = write_got10k(tmp_path, list("abcd"))
    mend("got10k", Got10k=Got10k)
    dataset = Got10k(root, seq_ids=[3, 1])
    assert dataset.sequence_list == ["d", "b"]
    assert dataset._read_target_visible(root / "d")[1].tolist() == [0.5, 0.5]
    assert capsys.readouterr().err == ""


def test_the_full_split_of_a_part_is_all_that_is_there(mend, tmp_path):
    root = write_got10k(tmp_path, list("abc"))
    mend("got10k", Got10k=Got10k)
    assert Got10k(root, split="train_full").sequence_list == list("abc")


def test_the_sets_of_another_layout_are_mended_under_its_names():
    layout = LibLayout()
    assert {name.removeprefix("lib.train.dataset.") for name in data_sets(layout).after_import} == {
        name.removeprefix("ltr.dataset.") for name in data_sets(PyTrackingLayout()).after_import
    }


def test_a_split_of_a_list_that_is_too_short_is_the_embedded_engines(mend, tmp_path):
    root = write_got10k(tmp_path, list("abcdefgh"))
    mend("got10k", Got10k=Got10k)
    train, held_out = (Got10k(root, split=split).sequence_list for split in ("vottrain", "votval"))
    assert sorted(train + held_out) == list("abcdefgh") and len(held_out) == 1
    with pytest.raises(InputError, match=r"list\.txt: has 8 sequences, fewer than split 'mine' needs"):
        Got10k(root, split="mine")
    with pytest.raises(InputError, match="has 8 sequences, fewer than seq_ids up to 12 needs"):
        Got10k(root, seq_ids=[12])


def test_a_list_with_a_mark_blank_lines_and_carriage_returns_is_read(mend, tmp_path):
    root = write_got10k(tmp_path, list("ab"))
    (root / "list.txt").write_bytes("\ufeffa,x\r\n\r\nb\r\n\r\n".encode())
    mend("got10k", Got10k=Got10k)
    assert Got10k(root).sequence_list == ["a", "b"]


def test_an_empty_folder_is_left_out_and_counted(mend, tmp_path, capsys):
    root = write_got10k(tmp_path, list("ab"))
    (root / "c").mkdir()
    (root / "list.txt").write_text("a\nb\nc\n")
    (root / "b" / "meta_info.ini").touch()  # one class is known, which upstream cannot sort among unknown ones
    mend("got10k", Got10k=Got10k)
    dataset = Got10k(root)
    assert dataset.sequence_list == ["a", "b"] and dataset.class_list == ["", "boat"]
    assert "1 of 3 sequences are left out" in capsys.readouterr().err


def test_without_labels_every_box_is_visible(mend, tmp_path, capsys):
    root = write_got10k(tmp_path, list("ab"))
    (root / "a" / "absence.label").unlink()
    mend("got10k", Got10k=Got10k)
    dataset = Got10k(root)
    visible, ratio = dataset._read_target_visible(root / "a")
    assert visible.tolist() == [1, 1] and visible.dtype == torch.uint8 and ratio.tolist() == [1, 1]
    assert dataset._read_target_visible(root / "b")[0].tolist() == [1, 0]
    assert "1 of 2 sequences have no labels of visibility" in capsys.readouterr().err


def test_what_is_there_of_lasot_is_read(mend, tmp_path, capsys):
    for name in ("cat/cat-2", "teddy-bear/teddy-bear-3"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "groundtruth.txt").write_text("1,2,3,4\n")
    mend("lasot", Lasot=Lasot)
    dataset = Lasot(tmp_path, split="train")
    assert dataset.sequence_list == ["cat-2", "teddy-bear-3"]
    assert dataset._read_target_visible(tmp_path / "cat/cat-2").tolist() == [1]
    told = capsys.readouterr().err
    assert "1 of 3 sequences are left out" in told and "2 of 2 sequences have no labels" in told


def test_the_sets_of_trackingnet_that_are_there_are_used(mend, tmp_path, capsys):
    (tmp_path / "TRAIN_2" / "anno").mkdir(parents=True)
    module = mend("tracking_net", TrackingNet=TrackingNet, list_sequences=lambda root, ids: [(i, "v") for i in ids])
    assert module.list_sequences(tmp_path, [0, 2]) == [(2, "v")]
    assert "TRAIN_0 not there; using the other sets" in capsys.readouterr().err
    assert module.list_sequences(tmp_path, [1]) == [(1, "v")]  # none: the checkout's own error names it
    assert [TrackingNet()._get_class(index) for index in (0, 1)] == ["boat", "Unknown"]


def test_objects_without_area_are_left_out_and_counted(mend, capsys):
    mend("coco_seq", MSCOCOSeq=MSCOCOSeq)
    assert MSCOCOSeq([[1, 1, 2, 2], [1, 1, 0, 2], [1, 1, 2, 0.0], [1, 1, 1, 0.5]]).sequence_list == [0, 3]
    assert "2 of 4 objects have a box without width or height and are left out" in capsys.readouterr().err


def test_a_fork_without_these_parts_is_left_alone(mend):
    for module in ("got10k", "lasot", "tracking_net", "coco_seq"):
        assert mend(module, Other=object)
