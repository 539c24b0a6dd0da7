"""Draws training samples: a data set, a sequence, then frames in which the target is visible."""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any  # Any: whatever the processing makes of a sample

import numpy as np
import torch
from torch.utils.data import Dataset

from siou_tracking.errors import InputError, unknown_name, users_reason
from siou_tracking.ltr.data.bad_samples import BadSample, are_skipped, read_next
from siou_tracking.ltr.data.tensors import TensorDict

if TYPE_CHECKING:
    from siou_tracking.ltr.dataset.base_video_dataset import BaseVideoDataset, SequenceInfo

SHORTEST_SEQUENCE = 20
GAP_GROWTH = 5
BLIND_DRAWS = 20
"""Sequences drawn before all of a data set are looked at to find those that can be used."""
MODES = ("causal", "interval")


def no_processing(data: TensorDict) -> TensorDict:
    """The sample as drawn."""
    return data


class TrackingSampler(Dataset):
    """Samples of training and test frames from one sequence each.

    A sequence can be used if it has 20 frames and shows the target in more than twice the frames to draw; of a set of
    images every object can. In mode 'interval' the first training frame is any visible one and all others lie within
    `max_gap` of it; in mode 'causal' the other training frames lie before it and the test frames after it. The gap
    grows by 5 until frames are found; frames are drawn with replacement.

    Every sample has its own random state, derived from the seed, the epoch and its index, so the samples of an epoch
    do not depend on the number of workers. Until `set_epoch` is called (LTRLoader does it) torch's random state takes
    the place of the three. The global random states are left as they were.

    Args:
        datasets: where sequences come from.
        p_datasets: relative probability of each data set; None weights them by their number of sequences.
        samples_per_epoch: the length of the data set that this is to a loader.
        max_gap: largest distance in frames, before it grows.
        num_test_frames: test frames of a sample.
        num_train_frames: training frames of a sample.
        processing: takes the `TensorDict` of a sample with `train_images`, `train_anno`, `test_images`, `test_anno`,
            `dataset`, `sequence` (its number there) and `test_class`, and returns what the loader batches.
        frame_sample_mode: 'causal' or 'interval'.

    Raises:
        InputError: unusable arguments or an empty data set; when drawing: no usable sequence, or a bad file.
    """

    drawn_by_index = True
    """A sample depends on seed, epoch and index alone: see `LTRLoader.leave_out`."""

    def __init__(
        self,
        datasets: Sequence[BaseVideoDataset],
        p_datasets: Sequence[float] | None,
        samples_per_epoch: int,
        max_gap: int,
        num_test_frames: int,
        num_train_frames: int = 1,
        processing: Callable[[TensorDict], Any] = no_processing,
        frame_sample_mode: str = "causal",
    ) -> None:
        if frame_sample_mode not in MODES:
            raise unknown_name("frame_sample_mode", frame_sample_mode, MODES)
        self.datasets = list(datasets)
        self.p_datasets = _check_probabilities(self.datasets, p_datasets)
        self.samples_per_epoch = samples_per_epoch
        self.max_gap = max_gap
        self.num_test_frames = num_test_frames
        self.num_train_frames = num_train_frames
        self.processing = processing
        self.frame_sample_mode = frame_sample_mode
        self.seed = random.getrandbits(63)
        self.epoch: int | None = None
        self.skips_bad = are_skipped()
        self._usable: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return self.samples_per_epoch

    def set_epoch(self, epoch: int) -> None:
        """Make the samples those of `epoch`: the same for the same seed, different from other epochs'."""
        self.epoch = epoch

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < self.samples_per_epoch:
            raise IndexError(f"sample {index} of {self.samples_per_epoch}")
        if self.epoch is None:
            key: tuple = (int(torch.randint(2**62, (1,))),)
        else:
            key = (self.seed, self.epoch, index)
        with isolate_random_state(key):
            return read_next(lambda tries: self._draw_sample(), self.skips_bad)

    def _draw_sample(self) -> Any:
        position = random.choices(range(len(self.datasets)), self.p_datasets)[0]
        dataset = self.datasets[position]
        seq_id, info = self._draw_sequence(position)
        if dataset.is_video_sequence():
            train_ids, test_ids = self._draw_frames(info["visible"].numpy().nonzero()[0], len(info["visible"]))
        else:
            # Which number is asked for does not matter; upstream asks for 1.
            train_ids, test_ids = [1] * self.num_train_frames, [1] * self.num_test_frames
        try:
            train_images, train_anno, _ = dataset.get_frames(seq_id, train_ids, info)
            test_images, test_anno, about = dataset.get_frames(seq_id, test_ids, info)
            return self.processing(
                TensorDict(
                    train_images=train_images,
                    train_anno=train_anno["bbox"],
                    test_images=test_images,
                    test_anno=test_anno["bbox"],
                    dataset=dataset.get_name(),
                    sequence=seq_id,
                    test_class=about.get("object_class_name"),
                )
            )
        except (InputError, OSError) as error:
            raise BadSample(f"{_describe_sequence(dataset, seq_id)}: {_reason(error)}") from None

    def _draw_sequence(self, position: int) -> tuple[int, SequenceInfo]:
        """A sequence drawn uniformly from those that can be used, and its annotation."""
        dataset = self.datasets[position]
        # Always the same draws, whatever is known from samples before: a sample depends on nothing but its own key.
        for _ in range(BLIND_DRAWS):
            seq_id = random.randrange(dataset.get_num_sequences())
            info = _read_info(dataset, seq_id)
            if self._can_be_used(dataset, info):
                return seq_id, info
        if position not in self._usable:
            count = dataset.get_num_sequences()
            usable = [i for i in range(count) if self._is_usable(dataset, i)]
            if not usable:
                raise InputError(
                    f"sampler: {dataset.get_name()}: none of {count} sequences has {SHORTEST_SEQUENCE} frames and "
                    f"shows its target in more than {self._count_needed()}, allowed is a set with at least one"
                )
            self._usable[position] = usable
        seq_id = random.choice(self._usable[position])
        return seq_id, _read_info(dataset, seq_id)

    def _is_usable(self, dataset: BaseVideoDataset, seq_id: int) -> bool:
        try:
            return self._can_be_used(dataset, _read_info(dataset, seq_id))
        except BadSample:
            if not self.skips_bad:
                raise
            return False

    def _count_needed(self) -> int:
        return 2 * (self.num_train_frames + self.num_test_frames)

    def _can_be_used(self, dataset: BaseVideoDataset, info: SequenceInfo) -> bool:
        if not dataset.is_video_sequence():
            return True
        visible = info["visible"]
        return len(visible) >= SHORTEST_SEQUENCE and int(torch.count_nonzero(visible)) > self._count_needed()

    def _draw_frames(self, visible: np.ndarray, count: int) -> tuple[list[int], list[int]]:
        """Training and test frame numbers out of the sorted numbers `visible` of a sequence of `count` frames."""
        causal, extra = self.frame_sample_mode == "causal", self.num_train_frames - 1
        gap = self.max_gap
        while True:
            if causal:
                base = _choose_frames(visible, extra, count - self.num_test_frames, 1)
                train = base and _choose_frames(visible, base[0] - gap, base[0], extra)
                test = base and _choose_frames(visible, base[0] + 1, base[0] + gap, self.num_test_frames)
            else:
                base = _choose_frames(visible, 0, count, 1)
                train = base and _choose_frames(visible, base[0] - gap, base[0] + gap, extra)
                test = base and _choose_frames(visible, base[0] - gap, base[0] + gap, self.num_test_frames)
            if base and train is not None and test is not None:
                return base + train, test
            gap += GAP_GROWTH


class DiMPSampler(TrackingSampler):
    """As `TrackingSampler`, under the name that the DiMP settings use."""


class ATOMSampler(TrackingSampler):
    """As `TrackingSampler`, with ATOM's defaults: one test frame and one training frame, in mode 'interval'."""

    def __init__(
        self,
        datasets: Sequence[BaseVideoDataset],
        p_datasets: Sequence[float] | None,
        samples_per_epoch: int,
        max_gap: int,
        num_test_frames: int = 1,
        num_train_frames: int = 1,
        processing: Callable[[TensorDict], Any] = no_processing,
        frame_sample_mode: str = "interval",
    ) -> None:
        super().__init__(
            datasets,
            p_datasets,
            samples_per_epoch,
            max_gap,
            num_test_frames,
            num_train_frames,
            processing,
            frame_sample_mode,
        )


def _check_probabilities(datasets: Sequence[BaseVideoDataset], weights: Sequence[float] | None) -> list[float]:
    if not datasets:
        raise InputError("sampler: datasets: got none, allowed is at least one")
    for dataset in datasets:
        if dataset.get_num_sequences() == 0:
            raise InputError(f"sampler: {dataset.get_name()}: got no sequences, allowed is at least one")
    weights = [dataset.get_num_sequences() for dataset in datasets] if weights is None else list(weights)
    if len(weights) != len(datasets) or min(weights) < 0 or not 0 < sum(weights) < float("inf"):
        raise InputError(
            f"sampler: p_datasets: got {weights} for {len(datasets)} data sets, allowed is one number >= 0 for each, "
            "not all 0"
        )
    return [weight / sum(weights) for weight in weights]


def _choose_frames(visible: np.ndarray, start: int, stop: int, count: int) -> list[int] | None:
    """`count` of the sorted numbers in [start, stop), with replacement; None when there are none to choose from."""
    if count == 0:
        return []
    first, last = np.searchsorted(visible, (start, stop))
    return [int(visible[random.randrange(first, last)]) for _ in range(count)] if first < last else None


def _read_info(dataset: BaseVideoDataset, seq_id: int) -> SequenceInfo:
    try:
        return dataset.get_sequence_info(seq_id)
    except (InputError, OSError) as error:
        raise BadSample(f"{_describe_sequence(dataset, seq_id)}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    return users_reason(error) or f"{type(error).__name__}: {error}"


def _describe_sequence(dataset: BaseVideoDataset, seq_id: int) -> str:
    describe = getattr(dataset, "describe_sequence", None)
    return f"{dataset.get_name()} sequence {seq_id}" if describe is None else describe(seq_id)


@contextlib.contextmanager
def isolate_random_state(key: tuple) -> Iterator[None]:
    """Seed Python, numpy and torch (CPU) from `key` inside the block and restore them after it."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=8).digest()
    seed = int.from_bytes(digest, "little")
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.default_generator.manual_seed(seed % 2**63)  # not torch.manual_seed, which would seed the GPUs' as well
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        torch.set_rng_state(before[2])
