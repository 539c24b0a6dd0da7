"""--skip-bad N%: other samples for unreadable ones, the same with and without workers, listed, and never too many."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.active_request import request_active
from siou_tracking.ltr.data.loader import LTRLoader
from siou_tracking.ltr.data.sampler import ATOMSampler
from siou_tracking.ltr.data.tensors import TensorDict
from siou_tracking.ltr.dataset.got10k import Got10k
from siou_tracking.retrain import TrainRequest


def summed(data: TensorDict) -> TensorDict:
    return TensorDict(images=torch.tensor([float(image.sum()) for image in data["train_images"]]))


@pytest.fixture
def make_loader(got10k_root: Path):
    for number in (3, 9, 10):
        (got10k_root / f"GOT-10k_Train_000002/{number:08d}.jpg").write_bytes(b"no image")

    def make(skip_bad: float | None, workers: int = 0, dataset=None) -> LTRLoader:
        torch.manual_seed(0)
        with request_active(TrainRequest("", skip_bad=skip_bad)):
            sampler = dataset or ATOMSampler([Got10k(str(got10k_root))], None, 40, 30, processing=summed)
            sampler.seed = 5
            return LTRLoader("train", sampler, batch_size=4, num_workers=workers)

    return make


def test_an_unreadable_sample_is_named_by_sequence_frame_and_file(make_loader, got10k_root: Path) -> None:
    for workers in (0, 1):
        with pytest.raises(InputError) as caught:
            list(make_loader(None, workers))
        words = r"GOT-10k GOT-10k_Train_000002: frame (3|9|10): image: {}/GOT-10k_Train_000002/000000(03|09|10)\.jpg: "
        assert re.match(words.format(got10k_root), str(caught.value)), caught.value


def test_others_are_drawn_the_same_with_workers_and_what_was_skipped_is_listed_once(make_loader, caplog) -> None:
    passes = []
    for workers in (0, 2):
        caplog.clear()
        loader = make_loader(50, workers)
        passes.append([torch.cat([batch["images"] for batch in loader]) for _ in range(2)])
        lines = [record.message for record in caplog.records]
        listed = [line for line in lines if ": skipped: GOT-10k GOT-10k_Train_000002: frame " in line]
        assert listed and len(listed) == len(set(listed)) <= 3
        assert len([line for line in lines if "samples skipped, allowed 20 of 40" in line]) == 2
    for alone, shared in zip(*passes, strict=True):
        assert len(alone) == 40 and torch.equal(alone, shared)


def test_samples_that_can_be_read_are_those_of_a_run_that_skips_nothing(make_loader) -> None:
    loader = make_loader(50)
    loader.set_epoch(1)
    skipping = [sample for batch in loader for sample in batch["images"].flatten().tolist()]
    sampler = make_loader(None).dataset
    sampler.set_epoch(1)
    for index, value in enumerate(skipping):
        try:
            assert sampler[index]["images"].item() == value
        except InputError:
            continue


def test_more_than_the_share_ends_the_run(make_loader) -> None:
    message = r"loader 'train': 2 samples cannot be read, --skip-bad 3% allows 1 of 40: the last: GOT-10k GOT.*: frame "
    with pytest.raises(InputError, match=message):
        list(make_loader(3))


def test_an_unreadable_annotation_is_one_too(make_loader, got10k_root: Path, caplog) -> None:
    (got10k_root / "GOT-10k_Train_000001/groundtruth.txt").write_text("1,2,x,4\n")
    with pytest.raises(InputError, match="GOT-10k GOT-10k_Train_000001: "):
        list(make_loader(None))
    assert len(list(make_loader(90))) == 10
    assert "skipped: GOT-10k GOT-10k_Train_000001: " in caplog.text


def test_a_data_set_that_draws_by_itself_is_refused(make_loader) -> None:
    with pytest.raises(InputError, match="--skip-bad: loader 'train': got a Own, which draws by code of its own"):
        make_loader(5, dataset=type("Own", (torch.utils.data.Dataset,), {"__len__": lambda self: 8})())


@pytest.mark.parametrize("share", [0.0, -1.0, 100.0, float("nan"), float("inf")])
def test_a_share_that_makes_no_sense_is_refused(share: float) -> None:
    with pytest.raises(InputError, match=r"--skip-bad: got .*, allowed are per cents above 0 and below 100"):
        TrainRequest("", skip_bad=share)
