"""The sequences of MOTChallenge's benchmarks with their frames, and the three sets of detections of MOT17."""

from __future__ import annotations

from collections.abc import Mapping

DETECTORS = ("DPM", "FRCNN", "SDP")
"""MOT17 has every video three times, as <video>-<one of these>: the same pictures and truth, other detections."""
Lengths = Mapping[str, Mapping[str, int]]
"""Benchmark -> sequence -> frames."""

_MOT16_TRAIN = {"02": 600, "04": 1050, "05": 837, "09": 525, "10": 654, "11": 900, "13": 750}
_MOT16_TEST = {"01": 450, "03": 1500, "06": 1194, "07": 500, "08": 625, "12": 900, "14": 750}
_MOT20_TRAIN = {"01": 429, "02": 2782, "03": 2405, "05": 3315}
_MOT20_TEST = {"04": 2080, "06": 1008, "07": 585, "08": 806}
_MOT15_TRAIN = {
    "ADL-Rundle-6": 525,
    "ADL-Rundle-8": 654,
    "ETH-Bahnhof": 1000,
    "ETH-Pedcross2": 837,
    "ETH-Sunnyday": 354,
    "KITTI-13": 340,
    "KITTI-17": 145,
    "PETS09-S2L1": 795,
    "TUD-Campus": 71,
    "TUD-Stadtmitte": 179,
    "Venice-2": 600,
}
_MOT15_TEST = {
    "ADL-Rundle-1": 500,
    "ADL-Rundle-3": 625,
    "AVG-TownCenter": 450,
    "ETH-Crossing": 219,
    "ETH-Jelmoli": 440,
    "ETH-Linthescher": 1194,
    "KITTI-16": 209,
    "KITTI-19": 1059,
    "PETS09-S2L2": 436,
    "TUD-Crossing": 201,
    "Venice-1": 450,
}


def _split(mot15: dict[str, int], mot16: dict[str, int], mot20: dict[str, int]) -> dict[str, dict[str, int]]:
    return {
        "mot15": mot15,
        "mot16": {f"MOT16-{number}": frames for number, frames in mot16.items()},
        "mot17": {f"MOT17-{number}-{name}": frames for number, frames in mot16.items() for name in DETECTORS},
        "mot20": {f"MOT20-{number}": frames for number, frames in mot20.items()},
    }


TRAIN_LENGTHS: Lengths = _split(_MOT15_TRAIN, _MOT16_TRAIN, _MOT20_TRAIN)
TEST_LENGTHS: Lengths = _split(_MOT15_TEST, _MOT16_TEST, _MOT20_TEST)


def video_of(sequence: str) -> str:
    """The video that a sequence shows: its name without the detector at the end, which only MOT17's names have."""
    video, dash, detector = sequence.rpartition("-")
    return video if dash and detector in DETECTORS else sequence
