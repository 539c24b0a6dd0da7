"""Frames of MOTChallenge sequences as training samples."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional
from torch.utils.data import Dataset

from siou_tracking.errors import InputError, users_reason
from siou_tracking.ltr.data.bad_samples import BadSample, are_skipped, read_next
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.ltr.data.tensors import TensorDict
from siou_tracking.ltr.trainers import distributed
from siou_tracking.mot.data.motchallenge import find_sequences, read_truth
from siou_tracking.mot.data.processing import MOTProcessing
from siou_tracking.mot.data.sequences import INFO, SequenceInfo
from siou_tracking.mot.data.tracks import PEDESTRIAN, Tracks
from siou_tracking.wording import listed

PERSONS = (1, 2, 7, 12)
"""Classes that show people: pedestrian, on a vehicle, static, reflection."""
DETECTORS = ("-DPM", "-FRCNN", "-SDP")
"""What the names of MOT17's copies of a video end with."""
PADDING = 8
"""The boxes of a batch are padded to a multiple of this, so that few shapes occur."""


class MOTFrames(Dataset):
    """Annotated frames of a split, drawn in an order that depends on the seed and the epoch alone.

    Learned are the boxes that MOTChallenge counts: flag "considered" and class pedestrian. Identities are renumbered
    over all sequences, 0 ... identities - 1. Frames without such boxes are samples too: they teach what is empty.
    People that MOTChallenge does not count, and those of whom too little can be seen, are neither learned nor taken for
    background; the evaluator does not count them either way.

    A sample has `train_images` (3, H, W) uint8 RGB, `boxes` (K, 4) and `ignored` (Q, 4) float32 xyxy in input pixels,
    `identities` (K,) int64 and `rivals` (2,) int64, first and last + 1 of the identities in its sequence;
    `collate_frames` makes batches of them.

    Args:
        root: folder of a split, or one sequence.
        processing: from frame to input.
        samples_per_epoch: by default as many as there are frames.
        sequences: names of those to use, None for all. MOT17 has every video three times, with the detections of three
            detectors; then only one of them is used, or its persons would be three identities each.
        identities: classes of the classifier that is trained, where it exists already.
        smallest_visibility: boxes whose annotated visibility is below are not learned.
        image_loader: reads an image file as (H, W, 3) uint8 RGB.

    Raises:
        InputError: what the readers raise; no box to learn; more identities than the classifier has.
    """

    drawn_by_index = True
    """See `LTRLoader.leave_out`."""

    def __init__(
        self,
        root: str | os.PathLike[str],
        processing: MOTProcessing,
        samples_per_epoch: int | None = None,
        sequences: Iterable[str] | None = None,
        identities: int | None = None,
        smallest_visibility: float = 0.0,
        image_loader: Callable[[Any], np.ndarray] = default_image_loader,
    ) -> None:
        self.root = root
        self.processing = processing
        self.image_loader = image_loader
        self.sequences = find_sequences(root, sequences)
        if sequences is None:
            self.sequences = _first_of_each_video(self.sequences)
        self._index([_people(read_truth(sequence), smallest_visibility) for sequence in self.sequences])
        if not self.identities:
            names = listed([sequence.name for sequence in self.sequences])
            raise InputError(f"{root}: no box to learn in {names}, allowed are considered boxes of class pedestrian")
        if identities is not None and self.identities > identities:
            raise InputError(
                f"{root}: got {self.identities} identities, allowed are the {identities} of the network's classifier"
            )
        self.samples_per_epoch = self.frames if samples_per_epoch is None else samples_per_epoch
        self.seed = distributed.broadcast(random.getrandbits(63))  # processes share out one order
        self.epoch = 0
        self.skips_bad = are_skipped()
        self._order: tuple[int, np.ndarray] | None = None

    @property
    def frames(self) -> int:
        """How many there are."""
        return len(self._ends)

    def __len__(self) -> int:
        return self.samples_per_epoch

    def set_epoch(self, epoch: int) -> None:
        """Make the samples those of `epoch`."""
        self.epoch = epoch

    def __getitem__(self, index: int) -> TensorDict:
        if not 0 <= index < self.samples_per_epoch:
            raise IndexError(f"sample {index} of {self.samples_per_epoch}")
        return read_next(lambda tries: self._sample(index, tries), self.skips_bad)

    def _sample(self, index: int, tries: int) -> TensorDict:
        """The sample of that number, of a frame so many after the one in its turn."""
        frame = (self._frame_of(index) + tries) % self.frames
        rng = np.random.default_rng((self.seed, self.epoch, index))
        boxes, identities = self.annotation(frame)
        image, boxes, inside = self.processing(self.image(frame), boxes, rng)
        learned = inside & (identities >= 0)
        return TensorDict(
            train_images=image,
            boxes=torch.from_numpy(boxes[learned]).float(),
            ignored=torch.from_numpy(boxes[~learned]).float(),
            identities=torch.from_numpy(identities[learned]),
            rivals=torch.from_numpy(self._rivals[self._sequence_of(frame)]),
        )

    def annotation(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """Boxes (K, 4) xyxy in frame pixels and identities (K,), of the frame of that number, 0 ... frames - 1.

        The identity is -1 where the box is not learned.
        """
        rows = slice(self._ends[frame - 1] if frame else 0, self._ends[frame])
        return self._boxes[rows], self._identities[rows]

    def image(self, frame: int) -> np.ndarray:
        """(H, W, 3) uint8 RGB of the frame of that number.

        Raises:
            InputError: it cannot be read, or has another size than seqinfo.ini says: boxes would lie elsewhere in it.
        """
        path, sequence = self.image_path(frame), self.sequences[self._sequence_of(frame)]
        number = frame - int(self._starts[self._sequence_of(frame)]) + 1
        try:
            image = self.image_loader(path)
        except (InputError, OSError) as error:
            reason = users_reason(error) or f"{type(error).__name__}: {error}"
            raise BadSample(f"{sequence.name}: frame {number}: {reason}") from None
        if image.shape[:2] != (sequence.height, sequence.width):
            got, allowed = f"{image.shape[1]}x{image.shape[0]}", f"{sequence.width}x{sequence.height}"
            wrong = f"image: {path}: got {got} pixels, allowed are {allowed}, as {INFO} says"
            raise BadSample(f"{sequence.name}: frame {number}: {wrong}")
        return image

    def image_path(self, frame: int) -> os.PathLike[str]:
        """The image file of the frame of that number."""
        number = self._sequence_of(frame)
        return self.sequences[number].image_path(frame - int(self._starts[number]) + 1)

    def _index(self, people: Sequence[tuple[Tracks, np.ndarray]]) -> None:
        """One table over all sequences, by frame; frames and identities are numbered from 0.

        Args:
            people: of each sequence their boxes, and which of them are learned.
        """
        learned = np.concatenate([chosen for _, chosen in people])
        tables = [table for table, _ in people]
        lengths = [sequence.length for sequence in self.sequences]
        self._starts = np.cumsum([0, *lengths[:-1]])
        frame = np.concatenate([t.frame - 1 + start for t, start in zip(tables, self._starts, strict=True)])
        self._ends = np.cumsum(np.bincount(frame, minlength=sum(lengths)))
        xywh = np.concatenate([table.xywh for table in tables])
        self._boxes = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
        number = np.repeat(np.arange(len(tables)), [len(table) for table in tables])
        pairs = np.column_stack([number, np.concatenate([table.identity for table in tables])])
        known, renumbered = np.unique(pairs[learned], axis=0, return_inverse=True)
        self.identities = len(known)
        self._identities = np.full(len(pairs), -1)
        self._identities[learned] = renumbered.reshape(-1)
        ends = np.searchsorted(known[:, 0], np.arange(len(tables)), side="right")
        self._rivals = np.column_stack([np.concatenate([[0], ends[:-1]]), ends])

    def _sequence_of(self, frame: int) -> int:
        return int(np.searchsorted(self._starts, frame, side="right")) - 1

    def _frame_of(self, index: int) -> int:
        """Every frame once before any comes twice."""
        if self._order is None or self._order[0] != self.epoch:
            rng = np.random.default_rng((self.seed, self.epoch))
            rounds = -(-self.samples_per_epoch // self.frames)
            self._order = self.epoch, np.concatenate([rng.permutation(self.frames) for _ in range(rounds)])
        return int(self._order[1][index])


def collate_frames(samples: Sequence[TensorDict]) -> TensorDict:
    """A batch of `MOTFrames` samples: images stacked, boxes padded with zeros and identities with -1."""
    return TensorDict(
        train_images=torch.stack([sample["train_images"] for sample in samples]),
        boxes=_padded([sample["boxes"] for sample in samples], 0.0),
        ignored=_padded([sample["ignored"] for sample in samples], 0.0),
        identities=_padded([sample["identities"] for sample in samples], -1),
        rivals=torch.stack([sample["rivals"] for sample in samples]),
    )


def _first_of_each_video(sequences: Iterable[SequenceInfo]) -> list[SequenceInfo]:
    """MOT17 has every video once per public detector: the first of these."""
    videos: dict[str, SequenceInfo] = {}
    for sequence in sequences:
        name = sequence.name
        for detector in DETECTORS:
            name = name.removesuffix(detector)
        videos.setdefault(name, sequence)
    return list(videos.values())


def _padded(rows: Sequence[torch.Tensor], value: float) -> torch.Tensor:
    room = -(-max(1, *map(len, rows)) // PADDING) * PADDING
    return torch.stack([functional.pad(r, (0, 0) * (r.ndim - 1) + (0, room - len(r)), value=value) for r in rows])


def _people(tracks: Tracks, smallest_visibility: float) -> tuple[Tracks, np.ndarray]:
    """The boxes of people, and which of them are learned."""
    people = tracks.select(np.isin(tracks.category, PERSONS))
    learned = people.considered & (people.category == PEDESTRIAN) & (people.visibility >= smallest_visibility)
    return people, learned
