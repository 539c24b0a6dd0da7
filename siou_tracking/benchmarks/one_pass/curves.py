"""Overlap, center error and the curves over thresholds, for all frames of all sequences in one array.

Boxes are float64 x, y, w, h in pixels as four planes, (4, N); a sequence is a slice of N. Thresholds are compared
exactly: a frame on one is decided by the float64 operations of the evaluator that is reproduced, in its order.
"""

from __future__ import annotations

import numpy as np

from siou_tracking.benchmarks.protocol import Protocol


def planes(boxes: np.ndarray) -> np.ndarray:
    """(4, N) x, y, w, h, each contiguous, from (N, 4): columns of a row-major array are several times slower."""
    return np.ascontiguousarray(boxes.T)


def overlap(prediction: np.ndarray, truth: np.ndarray, protocol: Protocol) -> np.ndarray:
    """(N,) intersection over union; NaN where it is 0/0 or a box is NaN.

    Args:
        prediction: (4, N) x, y, w, h.
        truth: (4, N).
        protocol: `last_pixel` and `overlap_range` are used.
    """
    one = 1.0 if protocol.last_pixel == "x+w-1" else 0.0
    sides = []
    for start in (0, 1):
        size = start + 2
        end = np.minimum(prediction[start] + prediction[size] - one, truth[start] + truth[size] - one)
        end -= np.maximum(prediction[start], truth[start])
        end += one
        sides.append(np.maximum(end, 0.0, out=end))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # a box of 1e300 pixels overlaps by nothing
        intersection = sides[0] * sides[1]
        union = prediction[2] * prediction[3] + truth[2] * truth[3] - intersection
        if protocol.overlap_range == "clamped, union + eps":
            union += np.finfo(np.float64).eps
        ratio: np.ndarray = intersection / union
    return ratio if protocol.overlap_range == "as is" else ratio.clip(0.0, 1.0)


def centers(boxes: np.ndarray) -> np.ndarray:
    """(2, N) centers of (4, N) boxes whose pixels are numbered inclusively: x + (w - 1) / 2."""
    return boxes[:2] + (boxes[2:] - 1.0) / 2.0


def center_error(prediction: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(N,) distance between (2, N) centers, in their unit."""
    offset = prediction - truth
    with np.errstate(over="ignore"):
        offset *= offset
        distance: np.ndarray = np.sqrt(offset[0] + offset[1])
    return distance


def normalized_error(prediction: np.ndarray, truth: np.ndarray, size: np.ndarray, protocol: Protocol) -> np.ndarray:
    """(N,) distance between (2, N) centers measured in the ground truth's (2, N) width and height."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if protocol.norm_form == "centers / wh":
            return center_error(prediction / size, truth / size)
        if protocol.norm_form == "centers / (wh + 1e-16)":
            return center_error(prediction / (size + 1e-16), truth / (size + 1e-16))
        if protocol.norm_form == "offset / max(1, wh)":
            return center_error((prediction - truth) / np.maximum(1.0, size), np.zeros((2, 1)))
        offset = truth - prediction
        square = offset / size * offset / size
        distance: np.ndarray = np.sqrt(square[0] + square[1])
    return distance


def clip_to_image(boxes: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Boxes as the GOT-10k toolkit cuts them: the corner into the image, then the size to what is left of it.

    A box that begins left of the image keeps its width; this is the toolkit's rule, not a geometric intersection.

    Args:
        boxes: (4, N) x, y, w, h.
        limits: (2, N) image width and height.
    """
    corner = np.clip(boxes[:2], 0.0, limits)
    return np.concatenate((corner, np.clip(boxes[2:], 0.0, limits - corner)))


def success_counts(
    overlaps: np.ndarray, lengths: np.ndarray, thresholds: np.ndarray, inclusive: bool = False
) -> np.ndarray:
    """(sequences, thresholds) frames whose overlap exceeds each threshold (reaches it, when inclusive).

    Args:
        overlaps: (N,) all frames, sequence after sequence; NaN counts for no threshold.
        lengths: (sequences,) frames of each; their sum is N.
        thresholds: ascending.
    """
    passed = _rank(np.where(np.isnan(overlaps), -1.0, overlaps), thresholds, inclusive)
    histogram = _histograms(passed, lengths, len(thresholds) + 1)
    counts: np.ndarray = lengths[:, None] - histogram.cumsum(axis=1)[:, :-1]
    return counts


def error_counts(errors: np.ndarray, lengths: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """(sequences, thresholds) frames whose error is at most each threshold; NaN counts for none."""
    first = _rank(np.where(np.isnan(errors), np.inf, errors), thresholds, inclusive=False)
    counts: np.ndarray = _histograms(first, lengths, len(thresholds) + 1).cumsum(axis=1)[:, :-1]
    return counts


def _rank(values: np.ndarray, thresholds: np.ndarray, inclusive: bool) -> np.ndarray:
    """(N,) int: how many thresholds lie below each value (or at it, when inclusive); no value is NaN.

    Thresholds are equally spaced from 0 but for rounding, so the rank is computed and then set right by one where
    rounding misled it: the comparisons decide, in a third of the time of a binary search.
    """
    count = len(thresholds)
    guess = np.ceil(values * ((count - 1) / thresholds[-1]))
    rank: np.ndarray = np.clip(guess, 0, count, out=guess).astype(np.intp)
    fence = np.concatenate(([-np.inf], thresholds, [np.inf]))
    below, above = (np.greater, np.less_equal) if inclusive else (np.greater_equal, np.less)
    rank -= below(fence[rank], values)
    rank += above(fence[rank + 1], values)
    return rank


def _histograms(values: np.ndarray, lengths: np.ndarray, bins: int) -> np.ndarray:
    """(sequences, bins) counts of the integers 0..bins-1 in each sequence's slice of `values`."""
    offset = np.repeat(np.arange(len(lengths)) * bins, lengths)
    return np.bincount(values + offset, minlength=len(lengths) * bins).reshape(len(lengths), bins)


def number_of(curve: np.ndarray, rule: str) -> np.ndarray:
    """One number a curve, over the last axis: the mean, the trapezoid area, or the value at the reported threshold."""
    number: np.ndarray
    if rule == "mean":
        number = curve.mean(axis=-1)
    elif rule == "area":
        number = ((curve[..., 1:] + curve[..., :-1]) / 2.0).sum(axis=-1) / (curve.shape[-1] - 1)
    else:
        number = curve[..., 20]
    return number
