"""Overlap, centre error and the curves over thresholds, for all frames of all sequences in one array.

Boxes are (N, 4) float64 x, y, w, h in pixels; a sequence is a slice of N. Thresholds are compared exactly: a frame that
lies on a threshold is decided by the same float64 operations in the same order as the evaluator that is reproduced.
"""

from __future__ import annotations

import numpy as np

from siou_tracking.benchmarks.protocol import Protocol


def overlap(prediction: np.ndarray, truth: np.ndarray, protocol: Protocol) -> np.ndarray:
    """(N,) intersection over union; NaN where it is 0/0 or a box is NaN.

    Args:
        prediction: (N, 4) xywh.
        truth: (N, 4) xywh.
        protocol: `last_pixel` and `overlap_range` are used.
    """
    one = 1.0 if protocol.last_pixel == "x+w-1" else 0.0
    sides = []
    for axis in (0, 1):
        a, b = prediction[:, axis], truth[:, axis]
        end = np.minimum(a + prediction[:, axis + 2] - one, b + truth[:, axis + 2] - one)
        end -= np.maximum(a, b)
        end += one
        sides.append(np.maximum(end, 0.0, out=end))
    intersection = sides[0] * sides[1]
    union = prediction[:, 2] * prediction[:, 3] + truth[:, 2] * truth[:, 3] - intersection
    if protocol.overlap_range == "clamped, union + eps":
        union += np.finfo(np.float64).eps
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = intersection / union
    return ratio if protocol.overlap_range == "as is" else np.clip(ratio, 0.0, 1.0)


def centres(boxes: np.ndarray) -> np.ndarray:
    """(N, 2) centres of xywh boxes whose pixels are numbered inclusively: x + (w - 1) / 2."""
    return boxes[:, :2] + (boxes[:, 2:] - 1.0) / 2.0


def centre_error(prediction: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(N,) distance in pixels between (N, 2) centres."""
    offset = prediction - truth
    return np.sqrt(offset[:, 0] * offset[:, 0] + offset[:, 1] * offset[:, 1])


def normalised_error(prediction: np.ndarray, truth: np.ndarray, size: np.ndarray, protocol: Protocol) -> np.ndarray:
    """(N,) distance between (N, 2) centres measured in the ground truth's (N, 2) width and height."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if protocol.norm_form == "centres / wh":
            return centre_error(prediction / size, truth / size)
        if protocol.norm_form == "centres / (wh + 1e-16)":
            return centre_error(prediction / (size + 1e-16), truth / (size + 1e-16))
        if protocol.norm_form == "offset / max(1, wh)":
            return centre_error((prediction - truth) / np.maximum(1.0, size), np.zeros(2)[None])
        offset = truth - prediction
        square = offset / size * offset / size
        return np.sqrt(square[:, 0] + square[:, 1])


def clip_to_image(boxes: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Boxes as the GOT-10k toolkit cuts them: the corner into the image, then the size to what is left of it.

    A box that begins left of the image keeps its width; this is the toolkit's rule, not a geometric intersection.

    Args:
        boxes: (N, 4) xywh.
        limits: (N, 2) image width and height.
    """
    corner = np.clip(boxes[:, :2], 0.0, limits)
    return np.hstack((corner, np.clip(boxes[:, 2:], 0.0, limits - corner)))


def success_counts(
    overlaps: np.ndarray, lengths: np.ndarray, thresholds: np.ndarray, inclusive: bool = False
) -> np.ndarray:
    """(sequences, thresholds) frames whose overlap exceeds each threshold (reaches it, when inclusive).

    Args:
        overlaps: (N,) all frames, sequence after sequence; NaN counts for no threshold.
        lengths: (sequences,) frames of each; their sum is N.
        thresholds: ascending.
    """
    passed = np.searchsorted(thresholds, overlaps, side="right" if inclusive else "left")
    passed[np.isnan(overlaps)] = 0
    histogram = _histograms(passed, lengths, len(thresholds) + 1)
    return lengths[:, None] - histogram.cumsum(axis=1)[:, :-1]


def error_counts(errors: np.ndarray, lengths: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """(sequences, thresholds) frames whose error is at most each threshold; NaN counts for none."""
    first = np.searchsorted(thresholds, errors, side="left")
    return _histograms(first, lengths, len(thresholds) + 1).cumsum(axis=1)[:, :-1]


def _histograms(values: np.ndarray, lengths: np.ndarray, bins: int) -> np.ndarray:
    """(sequences, bins) counts of the integers 0..bins-1 in each sequence's slice of `values`."""
    offset = np.repeat(np.arange(len(lengths)) * bins, lengths)
    return np.bincount(values + offset, minlength=len(lengths) * bins).reshape(len(lengths), bins)


def number_of(curve: np.ndarray, rule: str) -> np.ndarray:
    """One number a curve, over the last axis: the mean, the trapezoid area, or the value at the reported threshold."""
    if rule == "mean":
        return curve.mean(axis=-1)
    if rule == "area":
        return ((curve[..., 1:] + curve[..., :-1]) / 2.0).sum(axis=-1) / (curve.shape[-1] - 1)
    return curve[..., 20]
