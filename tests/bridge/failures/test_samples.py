"""What goes wrong while a sample is drawn names the data set, the sequence and the image, in workers as well."""

from __future__ import annotations

import pytest

from siou_tracking.bridge.failures import drawing
from siou_tracking.bridge.training import train_checkout
from siou_tracking.errors import InputError
from siou_tracking.retrain import TrainRequest


@pytest.fixture
def train(fake_checkout, tiny_got10k, tmp_path):
    def run(workers: int) -> None:
        train_checkout(
            fake_checkout,
            TrainRequest(
                *("bbreg", "atom"),
                data={"got10k": tiny_got10k},
                workspace=tmp_path / "w",
                workers=workers,
                pretrained=False,
                quiet=True,
            ),
        )

    return run


def edit(checkout, file: str, old: str, new: str) -> None:
    path = checkout.root / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


@pytest.mark.parametrize("workers", [0, 1])
def test_the_image_and_the_line_of_the_checkout_are_named(train, fake_checkout, workers):
    edit(fake_checkout, "ltr/data/processing.py", "        pictures, scaled = [], []\n", "        {}['nokey']\n")
    with pytest.raises(
        InputError,
        match=r"drawing a sample: got10k GOT-10k_Train_00000\d, image \S+\.jpg.*: checkout: "
        r"\S.*processing\.py: line \d+: KeyError: 'nokey'$",
    ):
        train(workers)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_missing_file_is_told_with_its_data_set(train, fake_checkout, workers):
    edit(fake_checkout, "ltr/dataset/got10k.py", '"groundtruth.txt"', '"nowhere.txt"')
    with pytest.raises(
        InputError, match=r"data set 'got10k': \S+nowhere\.txt: No such file or directory: --data got10k=DIR needs"
    ):
        train(workers)


def test_a_sampler_of_the_settings_files_own_is_told_by_its_line(train, fake_checkout, tiny_got10k, tmp_path):
    edit(fake_checkout, "ltr/train_settings/common.py", "samples = sampler.DiMPSampler(", "samples = Own(")
    edit(
        fake_checkout,
        "ltr/train_settings/common.py",
        "def loaders",
        "class Own(sampler.DiMPSampler):\n    def __getitem__(self, index):\n        return [][3]\n\n\ndef loaders",
    )
    with pytest.raises(InputError, match=r"common\.py: line \d+: IndexError: list index out of range"):
        train(1)


def test_a_data_set_of_two_samplers_may_be_drawn_from_for_ever(train, fake_checkout, monkeypatch):
    """The fake checkout's validation draws from the training's data set; each sample is counted by itself."""
    monkeypatch.setattr(drawing, "_DRAWS", 1)
    edit(fake_checkout, "ltr/train_settings/common.py", "samples_per_epoch=4", "samples_per_epoch=100")
    train(0)


def test_a_search_without_end_for_a_sequence_ends(train, fake_checkout, monkeypatch):
    monkeypatch.setattr(drawing, "_DRAWS", 50)
    edit(
        fake_checkout,
        "ltr/data/sampler.py",
        "info = dataset.get_sequence_info(sequence)\n",
        "while True:\n            info = dataset.get_sequence_info(sequence)\n",
    )
    with pytest.raises(InputError, match="data set 'got10k': none of 51 drawn of its 2 sequences can be used"):
        train(0)
