"""Loading: shapes along the batch dimension, reproducibility over workers, overrides, and errors from workers."""

import logging
import multiprocessing
import random

import pytest
import torch
from torch.utils.data import TensorDataset

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.active_request import request_active
from siou_tracking.ltr.data import LTRLoader, processing, sampler
from siou_tracking.ltr.data import transforms as tfm
from siou_tracking.ltr.data.collate import collate
from siou_tracking.ltr.data.tensors import TensorDict, TensorList
from siou_tracking.ltr.dataset import Got10k
from siou_tracking.retrain import TrainRequest


def build(root, samples=6, batch_size=3, **options):
    random.seed(11)
    atom = processing.ATOMProcessing(
        5.0,
        32,
        {"train": 0, "test": 4.5},
        {"train": 0, "test": 0.5},
        {"min_iou": 0.1, "boxes_per_frame": 4, "sigma_factor": [0.1, 0.3]},
        mode="sequence",
        transform=tfm.Transform(tfm.ToTensorAndJitter(0.2), tfm.Normalize([0.5] * 3, [0.2] * 3)),
        joint_transform=tfm.Transform(tfm.ToGrayscale(0.05)),
    )
    drawn = sampler.ATOMSampler([Got10k(root)], [1], samples, max_gap=20, processing=atom)
    return LTRLoader("train", drawn, batch_size=batch_size, stack_dim=1, shuffle=True, drop_last=True, **options)


def flat(batches):
    return [tensor for batch in batches for tensor in batch.values() if isinstance(tensor, torch.Tensor)]


def same(first, second):
    return len(first) == len(second) and all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("workers", [0, 1])
def test_batches_have_frames_first_and_sequences_second(got10k_root, workers):
    batches = list(build(got10k_root, num_workers=workers))
    assert len(batches) == 2
    shapes = {key: tuple(v.shape) for key, v in batches[0].items() if isinstance(v, torch.Tensor)}
    assert shapes == {
        "train_images": (1, 3, 3, 32, 32),
        "train_anno": (1, 3, 4),
        "test_images": (1, 3, 3, 32, 32),
        "test_anno": (1, 3, 4),
        "test_proposals": (1, 3, 4, 4),
        "proposal_iou": (1, 3, 4),
        "sequence": (3,),
    }
    assert isinstance(batches[0], TensorDict)
    assert (batches[0]["dataset"], batches[0]["test_class"]) == (["got10k"] * 3, [None] * 3)


def test_the_number_of_workers_changes_nothing(got10k_root):
    alone = build(got10k_root)
    shared = build(got10k_root, num_workers=2)
    for _ in range(2):
        assert same(flat(alone), flat(shared))


def test_passes_differ_and_a_set_epoch_repeats_one(got10k_root):
    loader = build(got10k_root)
    first, second = flat(loader), flat(loader)
    assert not same(first, second)
    loader.set_epoch(1)
    assert same(flat(loader), first)
    assert same(flat(loader), second)


def test_overrides_replace_the_settings_numbers(got10k_root):
    with request_active(TrainRequest("", batch_size=2, workers=0, samples_per_epoch=8)):
        loader = build(got10k_root, samples=100, batch_size=50, num_workers=3)
        validation = LTRLoader("val", loader.dataset, training=False, batch_size=50)
    assert (loader.batch_size, loader.num_workers) == (2, 0)
    assert validation.batch_size == 2


@pytest.mark.parametrize(("asked", "had", "expected"), [(800, 500, 200), (800, 100, 100), (4, 100, 16)])
def test_validation_takes_a_quarter_but_at_least_a_batch_and_at_most_what_it_had(got10k_root, asked, had, expected):
    drawn = sampler.ATOMSampler([Got10k(got10k_root)], [1], had, max_gap=20)
    with request_active(TrainRequest("", samples_per_epoch=asked)):
        LTRLoader("val", drawn, training=False, batch_size=16)
    assert len(drawn) == expected


def test_validation_takes_at_least_a_batch_of_each_process(got10k_root, monkeypatch):
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda group=None: 3)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda group=None: 2)
    drawn = sampler.ATOMSampler([Got10k(got10k_root)], [1], 100, max_gap=20)
    with request_active(TrainRequest("", samples_per_epoch=4, seed=5)):
        loader = LTRLoader("val", drawn, training=False, batch_size=16, drop_last=True)
    assert (len(drawn), len(loader), loader.sampler.seed) == (48, 1, 5)


def test_a_set_of_fixed_length_refuses_another():
    with (
        request_active(TrainRequest("", samples_per_epoch=8)),
        pytest.raises(InputError, match="loader 'train': got a TensorDataset"),
    ):
        LTRLoader("train", TensorDataset(torch.zeros(4)))


def test_sizes_that_give_no_batch_are_refused(got10k_root):
    with pytest.raises(InputError, match="got 6 samples per epoch and process for batches of 7, allowed are 7 or more"):
        build(got10k_root, batch_size=7)
    with pytest.raises(InputError, match="batch_size 0"):
        build(got10k_root, batch_size=0)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("fault", ["truncated", "missing", "annotation"])
def test_a_bad_file_stops_the_pass_with_one_line_that_names_it(got10k_root, workers, fault):
    for folder in got10k_root.glob("GOT-10k_*"):
        if fault == "annotation":
            (folder / "groundtruth.txt").write_text("1,2,3,4\nnan,1,1,1\n")
        for image in folder.glob("*.jpg"):
            if fault == "truncated":
                image.write_bytes(image.read_bytes()[:-30])
            elif fault == "missing":
                image.unlink()
    with pytest.raises(InputError) as caught:
        list(build(got10k_root, num_workers=workers))
    assert not multiprocessing.active_children()
    message = str(caught.value)
    assert "\n" not in message
    assert "Traceback" not in message
    expected = {"truncated": ".jpg: truncated after", "missing": ".jpg: No such file", "annotation": ".txt: line 2"}
    assert expected[fault] in message
    assert message.startswith("GOT-10k GOT-10k_Train_")


def test_an_empty_box_in_a_crop_is_named_with_its_sequence(got10k_root):
    dataset = Got10k(got10k_root)
    drawn = sampler.ATOMSampler([dataset], [1], 4, 20, processing=build(got10k_root).dataset.processing)
    for seq_id in range(3):
        dataset.get_sequence_info(seq_id)["bbox"][:, 2] = 0  # the cache shares its tensors
    with pytest.raises(InputError, match=r"GOT-10k GOT-10k_Train_00000\d: crop: box x=.* w=0 h=8"):
        drawn[0]


def test_workers_started_by_spawn_read_the_same(got10k_root):
    alone, spawned = build(got10k_root), build(got10k_root, num_workers=1)
    spawned.multiprocessing_context = "spawn"
    assert same(flat(alone), flat(spawned))


def test_a_process_group_divides_the_samples(got10k_root, tmp_path):
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'meet'}", rank=0, world_size=1)
    try:
        loader = build(got10k_root)
        assert isinstance(loader.sampler, torch.utils.data.DistributedSampler)
        loader.set_epoch(4)
        assert len(list(loader)) == 2
        assert (loader.sampler.epoch, loader.dataset.epoch) == (4, 4)
    finally:
        torch.distributed.destroy_process_group()


def test_collate_keeps_the_kinds_it_is_given():
    samples = [
        TensorDict(
            t=torch.full((2, 3), i), l=TensorList([torch.tensor([i])]), i=i, f=i / 2, s="x", n=None, d={"k": [i]}
        )
        for i in range(4)
    ]
    batch = collate(samples, dim=1)
    assert isinstance(batch, TensorDict)
    assert batch["t"].shape == (2, 4, 3)
    assert isinstance(batch["l"], TensorList)
    assert batch["l"][0].tolist() == [[0, 1, 2, 3]]
    assert (batch["i"].dtype, batch["i"].tolist()) == (torch.int64, [0, 1, 2, 3])
    assert (batch["f"].dtype, batch["f"].tolist()) == (torch.float64, [0, 0.5, 1, 1.5])
    assert (batch["s"], batch["n"]) == (["x"] * 4, [None] * 4)
    assert batch["d"]["k"][0].tolist() == [0, 1, 2, 3]


def test_collate_names_what_does_not_fit_together():
    with pytest.raises(InputError, match=r"shapes \(2,\) and \(3,\)"):
        collate([torch.zeros(2), torch.zeros(3)])
    with pytest.raises(InputError, match="differ in the keys b"):
        collate([{"a": 1}, {"a": 1, "b": 2}])
    with pytest.raises(InputError, match="lists of 1 and 2 elements"):
        collate([[1], [1, 2]])
    with pytest.raises(InputError, match="type object"):
        collate([object()])


def test_class_names_may_be_missing_in_part_of_a_batch():
    assert collate([{"c": "dog"}, {"c": None}]) == {"c": ["dog", None]}


def test_nothing_is_logged_in_an_ordinary_pass(got10k_root, caplog):
    with caplog.at_level(logging.WARNING):
        list(build(got10k_root))
    assert not caplog.records
