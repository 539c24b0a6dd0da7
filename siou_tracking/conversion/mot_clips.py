"""MOTChallenge sequences: every pedestrian of gt/gt.txt that counts becomes a target."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from siou_tracking.conversion.clips import WHOLE_COVER, Clip, Target, make_target
from siou_tracking.mot.data.motchallenge import read_truth
from siou_tracking.mot.data.sequences import find_sequences
from siou_tracking.mot.data.tracks import PEDESTRIAN, Tracks


def read_mot_clips(folder: Path) -> Iterator[Clip]:
    """A clip for each sequence of a split such as MOT17/train, or for the one that `folder` is.

    Raises:
        InputError: no sequence, or one without pictures or ground truth; names file and line.
    """
    for sequence in find_sequences(folder):
        tracks = read_truth(sequence)
        counted = tracks.select(tracks.considered & (tracks.category == PEDESTRIAN))
        found = (_target(counted, identity, str(sequence.truth_path)) for identity in np.unique(counted.identity))
        targets = tuple(target for target in found if target is not None)
        if targets:
            files = tuple(Path(sequence.image_path(frame)) for frame in range(1, sequence.length + 1))
            yield Clip(sequence.name, files[0].parent, targets, files)


def _target(tracks: Tracks, identity: int, where: str) -> Target | None:
    own = tracks.select(tracks.identity == identity)
    cover = np.ceil(own.visibility.clip(0, 1) * WHOLE_COVER).astype(int)
    rows = zip(own.frame - 1, zip(own.xywh, cover, strict=True), strict=True)
    return make_target(str(identity), "person", ((int(frame), (box, int(seen))) for frame, (box, seen) in rows), where)
