"""Splits: parts are disjoint, stable and complete; list files and VOT's exclusions are obeyed; LaSOT's facts hold."""

import logging

import pytest

from siou_tracking.errors import InputError
from siou_tracking.ltr.dataset import Got10k, Lasot
from siou_tracking.ltr.dataset.splits import got10k_split, lasot_test_names
from tests.reference_data import reference_file

NAMES = [f"GOT-10k_Train_{i:06d}" for i in range(1, 401)]


@pytest.fixture(autouse=True)
def _no_checkout(monkeypatch):
    monkeypatch.delenv("PYTRACKING_HOME", raising=False)


@pytest.mark.parametrize(("train", "val"), [("train", "val"), ("vottrain", "votval")])
@pytest.mark.parametrize("count", [2, 3, 12, 400])
def test_own_parts_are_disjoint_complete_and_never_empty(tmp_path, train, val, count):
    first, second = (got10k_split(split, NAMES[:count], tmp_path) for split in (train, val))
    assert first
    assert second
    assert sorted(first + second) == NAMES[:count]


def test_own_split_holds_out_the_stated_share_and_never_changes(tmp_path):
    held_out = got10k_split("val", NAMES, tmp_path)
    assert len(held_out) == 60
    # Stored: the partition must be the same on every machine and in every version.
    assert held_out[:3] == ["GOT-10k_Train_000010", "GOT-10k_Train_000012", "GOT-10k_Train_000020"]
    assert got10k_split("val", NAMES[::-1], tmp_path) == held_out[::-1]


def test_own_split_is_announced(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        got10k_split("vottrain", NAMES, tmp_path)
        got10k_split("vottrain", NAMES, tmp_path)
    (record,) = caplog.records
    assert "not PyTracking's" in record.message
    assert "got10k_vot_exclude.txt" in record.message


def test_prohibited_sequences_leave_the_vot_splits_only(tmp_path):
    (tmp_path / "got10k_vot_exclude.txt").write_text("\n".join(NAMES[:100]))
    vot = got10k_split("vottrain", NAMES, tmp_path) + got10k_split("votval", NAMES, tmp_path)
    assert sorted(vot) == NAMES[100:]
    assert len(got10k_split("train", NAMES, tmp_path) + got10k_split("val", NAMES, tmp_path)) == 400


def test_a_list_file_beside_the_data_wins_and_keeps_its_order(tmp_path):
    (tmp_path / "got10k_vot_train_split.txt").write_text("7\nGOT-10k_Train_000002\n0\n")
    assert got10k_split("vottrain", NAMES, tmp_path) == [NAMES[7], NAMES[1], NAMES[0]]
    assert got10k_split(str(tmp_path / "got10k_vot_train_split.txt"), NAMES, tmp_path)[0] == NAMES[7]


def test_a_checkouts_list_is_used_for_the_complete_set_only(tmp_path, monkeypatch):
    specs = tmp_path / "home" / "ltr" / "data_specs"
    specs.mkdir(parents=True)
    (specs / "got10k_train_split.txt").write_text("9334\n5\n")
    monkeypatch.setenv("PYTRACKING_HOME", str(tmp_path / "home"))
    complete = [f"GOT-10k_Train_{i:06d}" for i in range(1, 9336)]
    assert got10k_split("train", complete, tmp_path) == [complete[9334], complete[5]]
    assert len(got10k_split("train", NAMES, tmp_path)) == 340


@pytest.mark.parametrize(
    ("content", "message"),
    [("0\n400\n", "line 2: got '400'"), ("no_such_sequence", "line 1: got 'no_such_sequence'"), ("\n", "no sequence")],
)
def test_a_list_that_does_not_fit_is_refused_by_line(tmp_path, content, message):
    path = tmp_path / "mine.txt"
    path.write_text(content)
    with pytest.raises(InputError, match=r"mine\.txt") as caught:
        got10k_split(str(path), NAMES, tmp_path)
    assert message in str(caught.value)


def test_unknown_splits_list_the_known_ones(got10k_root, lasot_root):
    with pytest.raises(InputError, match=r"unknown GOT-10k split 'votrain'.*did you mean 'vottrain'"):
        Got10k(got10k_root, split="votrain")
    with pytest.raises(InputError, match="unknown LaSOT split 'test': allowed are train"):
        Lasot(lasot_root, split="test")


def test_constructors_refuse_contradictions_and_missing_folders(got10k_root, lasot_root, tmp_path):
    with pytest.raises(InputError, match="got split 'train' and seq_ids"):
        Got10k(got10k_root, split="train", seq_ids=[0])
    with pytest.raises(InputError, match="seq_ids: got 12, allowed are 0 to 11"):
        Got10k(got10k_root, seq_ids=[0, 12])
    with pytest.raises(InputError, match="exactly one of them"):
        Lasot(lasot_root)
    with pytest.raises(InputError, match="data_fraction: got 0"):
        Got10k(got10k_root, data_fraction=0)
    with pytest.raises(InputError, match="nowhere: no such folder"):
        Got10k(tmp_path / "nowhere")
    with pytest.raises(InputError, match="got no training sequence"):
        Lasot(tmp_path, split="train")
    (got10k_root / "list.txt").write_text("GOT-10k_Train_000001\nGOT-10k_Train_999999\n")
    with pytest.raises(InputError, match=r"list\.txt: line 2: got 'GOT-10k_Train_999999'"):
        Got10k(got10k_root)


def test_lasot_test_names_are_the_toolkits():
    import tarfile

    with tarfile.open(reference_file("data/lasot/lasot280_annotations.tar.xz")) as archive:
        official = archive.extractfile("testing_set.txt").read().decode().split()
    assert lasot_test_names() == set(official)
    assert len(official) == 280
