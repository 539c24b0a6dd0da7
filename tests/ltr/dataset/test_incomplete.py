"""Data sets of which a part is missing: what is left out or taken for granted is counted, and said once."""

from __future__ import annotations

import shutil

import pytest

from siou_tracking.errors import InputError
from siou_tracking.ltr.dataset import Got10k, Lasot, MSCOCOSeq


@pytest.mark.parametrize(
    "listed",
    [
        b"\xef\xbb\xbf%s",  # a byte order mark
        b"\n\n%s\n\n",
        b"%s\r\n \r\n",
    ],
)
def test_a_list_may_have_a_byte_order_mark_blank_lines_and_carriage_returns(got10k_root, listed):
    path = got10k_root / "list.txt"
    names = path.read_text().split()
    path.write_bytes(listed % "\r\n\r\n".join(names).encode())
    assert Got10k(got10k_root).sequence_list == names


def test_an_empty_listed_folder_is_left_out_and_counted(got10k_root, lasot_root, capsys):
    first = got10k_root / "GOT-10k_Train_000001"
    shutil.rmtree(first)
    first.mkdir()
    dataset = Got10k(got10k_root)
    assert len(dataset) == 11 and dataset.sequence_list[0] == "GOT-10k_Train_000002"
    assert f"1 of 12 sequences are left out, first {first / 'groundtruth.txt'} is not there" in capsys.readouterr().err
    empty = lasot_root / "bear" / "bear-7"
    empty.mkdir()
    assert "bear-7" not in Lasot(lasot_root, split="train").sequence_list
    assert f"first {empty / 'groundtruth.txt'} is not there" in capsys.readouterr().err
    for path in got10k_root.rglob("groundtruth.txt"):
        path.unlink()
    with pytest.raises(InputError, match="none of 12 sequences is there"):
        Got10k(got10k_root)


def test_without_labels_every_box_is_visible_and_a_note_says_so(got10k_root, lasot_root, capsys):
    (got10k_root / "GOT-10k_Train_000001" / "absence.label").unlink()
    (got10k_root / "GOT-10k_Train_000001" / "cover.label").unlink()
    info = Got10k(got10k_root).get_sequence_info(0)
    assert info["visible"].tolist() == [1] * 25 and info["visible_ratio"].tolist() == [1.0] * 25
    assert "1 of 12 sequences have no labels of visibility" in capsys.readouterr().err
    for path in lasot_root.rglob("full_occlusion.txt"):
        path.unlink()
    info = Lasot(lasot_root, split="train").get_sequence_info(0)
    assert info["visible"].tolist() == [int(frame != 5) for frame in range(25)]  # out_of_view.txt is still there
    assert "3 of 3 sequences have no labels of visibility" in capsys.readouterr().err


def test_complete_sets_are_silent(got10k_root, lasot_root, capsys):
    Got10k(got10k_root)
    Lasot(lasot_root, split="train")
    assert capsys.readouterr().err == ""


def test_objects_without_area_are_left_out_and_counted(coco_root, capsys):
    dataset = MSCOCOSeq(coco_root)
    assert len(dataset) == 2
    assert "1 of 3 objects have a box without width or height and are left out" in capsys.readouterr().err


def test_annotations_of_another_year_are_named(coco_root):
    with pytest.raises(
        InputError, match=r"instances_train2017\.json: No such file, there is instances_train2014\.json"
    ):
        MSCOCOSeq(coco_root, version="2017")
