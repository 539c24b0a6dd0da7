"""Samplers that swallow every error and draw again: what went wrong ends the run and is told, in workers as well."""

from __future__ import annotations

import shutil

import pytest

from siou_tracking.bridge.training import train_checkout
from siou_tracking.errors import InputError
from siou_tracking.retrain import TrainRequest

SAMPLER = "lib/train/data/sampler.py"


@pytest.fixture
def train(fake_kin, tiny_got10k, tmp_path):
    data = tmp_path / "got10k"
    shutil.copytree(tiny_got10k, data)

    def run(workers: int = 0) -> None:
        options = {"data": {"got10k": data}, "workspace": tmp_path / "w", "workers": workers}
        train_checkout(fake_kin, TrainRequest("ostrack", "vitb_256", **options, pretrained=False, quiet=True))

    run.data = data
    return run


def edit(checkout, file: str, old: str, new: str) -> None:
    path = checkout.root / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def inside_the_try(checkout) -> None:
    """As in some of the kin: the sequence is drawn where errors are swallowed as well."""
    draw = "            seq_id, visible, info = self.sample_seq_from_dataset(dataset, dataset.is_video_sequence())\n"
    edit(checkout, SAMPLER, draw, "")
    frames = "            frames = [index for index in range(len(visible)) if visible[index]]\n"
    ids = [
        f"            {part}_ids = random.choices(frames, k=self.num_{part}_frames)\n"
        for part in ("template", "search")
    ]
    for line in (frames, *ids):
        edit(checkout, SAMPLER, line, "")
    body = "".join(f"    {line}" for line in (draw, frames, *ids))
    edit(checkout, SAMPLER, "            try:\n", f"            try:\n{body}")


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("handler", ["except:  # noqa: E722", "except Exception:"])
@pytest.mark.parametrize("inside", [False, True])
def test_unreadable_images_end_the_run_with_their_name(train, fake_kin, workers, handler, inside):
    if inside:
        inside_the_try(fake_kin)
    edit(fake_kin, SAMPLER, "except:  # noqa: E722", handler)
    for image in train.data.rglob("*.jpg"):
        image.write_bytes(b"")
    with pytest.raises(
        InputError,
        match=r"^drawing a sample: got10k GOT-10k_Train_00000\d, image \S+\.jpg.*: \d+ draws in a row failed, "
        "the last one: it cannot be read as an image$",
    ):
        train(workers)


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_of_the_processing_is_told_by_its_line(train, fake_kin, workers):
    edit(fake_kin, "lib/train/data/processing.py", "            images, boxes = [], []\n", "            {}['nokey']\n")
    with pytest.raises(InputError, match=r"100 draws in a row failed.*processing\.py: line \d+: KeyError: 'nokey'$"):
        train(workers)


def test_a_missing_file_is_told_with_its_data_set(train, fake_kin):
    edit(fake_kin, "lib/train/dataset/got10k.py", "self.image_loader(self._frame_path(seq_id, index))", "open('/no/x')")
    with pytest.raises(InputError, match=r"draws in a row failed, the last one: .*got10k\.py: line \d+: FileNotFound"):
        train()


def test_a_set_that_is_never_valid_ends_and_the_last_error_is_told(train, fake_kin):
    edit(fake_kin, "lib/train/data/processing.py", 'data["valid"] = True', 'data["valid"] = False')
    with pytest.raises(InputError, match=r"data set 'got10k': none of 1001 drawn of its 1 sequences can be used"):
        train()


def test_what_a_package_that_is_not_there_is_wanted_for_is_told_though_the_sampler_swallows_it(train, fake_kin):
    wanted = "            import siou_tracking.errors\n"
    wanted += "            raise siou_tracking.errors.InputError('cvxopt.matrix: not installed')\n"
    edit(fake_kin, "lib/train/data/processing.py", "            images, boxes = [], []\n", wanted)
    with pytest.raises(InputError, match=r"100 draws in a row failed, the last one: cvxopt\.matrix: not installed$"):
        train()


def test_sequences_too_short_for_the_sampler_are_told_with_their_length(train, fake_kin):
    edit(fake_kin, "lib/train/data/sampler.py", ">= 2 * (", ">= 1000 * (")
    with pytest.raises(InputError, match=r"in enough frames for a sample: at most \d+ of \d+ here"):
        train()


def test_a_few_bad_images_are_drawn_past_as_ever(train):
    for image in sorted(train.data.rglob("*.jpg"))[::3]:
        image.write_bytes(b"")
    train()


def test_an_interrupt_that_the_sampler_swallows_ends_the_run(train, fake_kin):
    begin = "            images, boxes = [], []\n"
    once = "            if not vars(self).setdefault('once', []):\n                self.once.append(1)\n"
    once += "                raise KeyboardInterrupt\n"
    edit(fake_kin, "lib/train/data/processing.py", begin, once + begin)
    with pytest.raises(KeyboardInterrupt):
        train()
