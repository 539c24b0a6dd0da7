"""Sampling: only visible frames, the gap and order of the two modes, reproducibility, and no endless search."""

import random
from collections import Counter

import numpy as np
import pytest
import torch
from scipy import stats
from torch.utils.data import DataLoader

from siou_tracking.errors import InputError
from siou_tracking.ltr.data.sampler import ATOMSampler, DiMPSampler, TrackingSampler
from siou_tracking.ltr.dataset.base_video_dataset import BaseVideoDataset


class Numbers(BaseVideoDataset):
    """Sequences without images: the 'image' of a frame is its number, the box holds (sequence, frame)."""

    def __init__(self, visible_frames, length=40, name="numbers", video=True):
        super().__init__(name, "")
        self.visible_frames, self.length, self.video = visible_frames, length, video
        self.sequence_list = list(range(len(visible_frames)))
        self.asked = []

    def get_name(self):
        return self.name

    def is_video_sequence(self):
        return self.video

    def get_sequence_info(self, seq_id):
        self.asked.append(seq_id)
        visible = torch.zeros(self.length, dtype=torch.uint8)
        visible[list(self.visible_frames[seq_id])] = 1
        return {"bbox": torch.zeros(self.length, 4), "visible": visible, "valid": visible.bool()}

    def get_frames(self, seq_id, frame_ids, anno=None):
        boxes = [torch.tensor([float(seq_id), float(f), 1.0, 1.0]) for f in frame_ids]
        return list(frame_ids), {"bbox": boxes}, {"object_class_name": f"class {seq_id}"}


def draws(sampler, count=300):
    sampler.samples_per_epoch = count
    sampler.set_epoch(0)
    return [sampler[i] for i in range(count)]


def test_a_sample_has_the_agreed_fields():
    sample = ATOMSampler([Numbers([range(40)])], [1], 10, 5)[0]
    assert list(sample) == [
        "train_images",
        "train_anno",
        "test_images",
        "test_anno",
        "dataset",
        "sequence",
        "test_class",
    ]
    assert (sample["dataset"], sample["test_class"]) == ("numbers", "class 0")
    assert len(sample["train_images"]) == len(sample["test_images"]) == 1


def test_interval_mode_stays_within_the_gap_on_both_sides_and_in_visible_frames():
    visible = set(range(0, 40, 2))
    pairs = [(s["train_images"][0], s["test_images"][0]) for s in draws(ATOMSampler([Numbers([visible])], [1], 1, 6))]
    assert {frame for pair in pairs for frame in pair} <= visible
    assert {b - a for a, b in pairs} == {-6, -4, -2, 0, 2, 4}


def test_causal_mode_puts_test_frames_after_and_training_frames_before_the_base():
    sampler = DiMPSampler([Numbers([range(40)])], [1], 1, 10, num_test_frames=3, num_train_frames=3)
    for sample in draws(sampler):
        base, *others = sample["train_images"]
        assert all(base - 10 <= frame < base for frame in others)
        assert all(base < frame < base + 10 for frame in sample["test_images"])


@pytest.mark.parametrize("mode", ["causal", "interval"])
def test_the_gap_grows_until_far_frames_are_found(mode):
    visible = set(range(0, 200, 20))
    sampler = TrackingSampler([Numbers([visible], length=200)], [1], 1, 3, 1, 2, frame_sample_mode=mode)
    for sample in draws(sampler, 50):
        assert set(sample["train_images"] + sample["test_images"]) <= visible


@pytest.mark.parametrize("at", ["start", "end"])
def test_causal_search_ends_when_the_target_shows_at_one_end_only(at):
    visible = range(13) if at == "start" else range(27, 40)
    sampler = DiMPSampler([Numbers([visible])], [1], 1, 1, num_test_frames=3, num_train_frames=3)
    assert len(draws(sampler, 100)) == 100


def test_sequences_are_drawn_uniformly_from_the_usable_ones():
    hidden, shown = range(3), range(40)
    dataset = Numbers([hidden] * 90 + [shown] * 5 + [range(4)])
    counts = Counter(int(s["train_anno"][0][0]) for s in draws(ATOMSampler([dataset], [1], 1, 5), 1000))
    assert set(counts) == {90, 91, 92, 93, 94}
    assert stats.chisquare(list(counts.values())).pvalue > 0.001


def test_datasets_are_drawn_by_their_probability_or_their_size():
    sets = [Numbers([range(40)], name="a"), Numbers([range(40)] * 3, name="b"), Numbers([range(40)], name="c")]
    counts = Counter(s["dataset"] for s in draws(ATOMSampler(sets, [1, 3, 0], 1, 5), 800))
    assert stats.chisquare([counts["a"], counts["b"]], [200, 600]).pvalue > 0.001
    assert counts["c"] == 0
    assert ATOMSampler(sets, None, 1, 5).p_datasets == [0.2, 0.6, 0.2]


@pytest.mark.parametrize(
    ("visible", "length"),
    [(range(4), 40), (range(19), 19)],  # not more than 2 * (1 + 1) visible frames; shorter than 20 frames
)
def test_a_set_without_a_usable_sequence_is_named_instead_of_searched_for_ever(visible, length):
    sampler = ATOMSampler([Numbers([visible] * 3, length, name="lasot")], [1], 10, 5)
    with pytest.raises(InputError, match=r"sampler: lasot: none of 3 sequences has 20 frames"):
        sampler[0]


def test_image_sets_repeat_their_only_frame():
    sample = ATOMSampler([Numbers([[0]], length=1, video=False)], [1], 10, 5, 2, 3)[0]
    assert (sample["train_images"], sample["test_images"]) == ([1, 1, 1], [1, 1])


def test_samples_depend_on_seed_epoch_and_index_alone():
    random.seed(5)
    first = ATOMSampler([Numbers([range(40)] * 9)], [1], 50, 20)
    random.seed(5)
    second = ATOMSampler([Numbers([range(40)] * 9)], [1], 50, 20)
    other = ATOMSampler([Numbers([range(40)] * 9)], [1], 50, 20)

    def contents(sampler, epoch, order=range(50)):
        sampler.set_epoch(epoch)
        return {i: str(sampler[i]) for i in order}

    assert contents(first, 3) == contents(second, 3, reversed(range(50)))
    assert contents(first, 4) != contents(first, 3)
    assert contents(other, 3) != contents(first, 3)


def test_processing_draws_from_the_same_state_and_global_states_are_left_alone():
    def noise(data):
        return (random.random(), np.random.rand(), torch.rand(1).item())

    sampler = ATOMSampler([Numbers([range(40)])], [1], 5, 5, processing=noise)
    sampler.set_epoch(1)
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()
    first = sampler[2]
    assert random.getstate() == before[0]
    assert np.random.get_state()[1].tolist() == before[1]
    assert torch.equal(torch.get_rng_state(), before[2])
    assert sampler[2] == first
    assert len(set(sampler[3] + first)) == 6


@pytest.mark.parametrize("workers", [0, 2])
def test_a_plain_loader_sees_new_samples_in_every_pass(workers):
    sampler = ATOMSampler([Numbers([range(40)] * 9)], [1], 8, 20)
    loader = DataLoader(sampler, batch_size=None, num_workers=workers)
    passes = [[str(sample) for sample in loader] for _ in range(2)]
    assert passes[0] != passes[1]
    assert len(set(passes[0])) > 4


def test_bad_arguments_are_named():
    with pytest.raises(InputError, match="unknown frame_sample_mode 'casual'"):
        TrackingSampler([Numbers([range(40)])], [1], 1, 5, 1, frame_sample_mode="casual")
    with pytest.raises(InputError, match="datasets: got none"):
        ATOMSampler([], [], 1, 5)
    with pytest.raises(InputError, match="lasot: got no sequences"):
        ATOMSampler([Numbers([], name="lasot")], [1], 1, 5)
    with pytest.raises(InputError, match=r"p_datasets: got \[1, 1\] for 1 data sets"):
        ATOMSampler([Numbers([range(40)])], [1, 1], 1, 5)
