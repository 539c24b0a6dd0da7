"""Correlation of feature maps with a filter for each sequence, and its adjoint.

A filter f scores position p with s[p] = sum over i, j of f[:, i, j] . x[:, p + (i, j) - k // 2], zeros around the map.
Both directions are one matrix product over the channels, which reads the features once, and a sum of k k
shifted maps: a convolution of one output channel, as grouped convolutions have it, leaves most of a processor idle.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional

from siou_tracking.errors import InputError


def apply_filter(feat: Tensor, filter: Tensor) -> Tensor:
    """Scores of a filter, or of several, of each sequence.

    Args:
        feat: (images, sequences, C, H, W), or (images, C, H, W) of one sequence.
        filter: (sequences, C, kH, kW), or (sequences, filters, C / groups, kH, kW), where filter i reads group
            i // (filters / groups) of the channels.

    Returns:
        (images, sequences, H', W') or (images, sequences, filters, H', W'), with H' = H + 1 for an even kH, else H.
        Upstream's mixes images and sequences when kH = kW = 1 and there are several of both; this one does not.

    Raises:
        InputError: sequences or channels of the two do not fit.
    """
    filters = filter.unsqueeze(1) if filter.dim() == 4 else filter
    feat = feat.unsqueeze(1) if feat.dim() == 4 else feat
    images, sequences, channels, height, width = feat.shape
    count, depth, kernel = filters.shape[1], filters.shape[2], (filters.shape[3], filters.shape[4])
    groups = channels // depth
    if len(filters) != sequences or groups * depth != channels or count % groups:
        got = f"features {tuple(feat.shape)} and filters {tuple(filter.shape)}"
        raise InputError(f"apply_filter: got {got}, allowed: as many sequences, channels in equal groups")
    taps = filters.flip(-2, -1).flatten(-2).transpose(-2, -1)  # [sequences, filters, kH * kW, depth]
    taps = taps.reshape(sequences, groups, -1, depth)  # [..., filters / groups * kH * kW, depth]
    products = taps @ feat.reshape(images, sequences, groups, depth, height * width)
    size = (height + (kernel[0] + 1) % 2, width + (kernel[1] + 1) % 2)
    if kernel != (1, 1):
        columns = products.reshape(images * sequences * count, -1, height * width)  # [..., kH * kW, H * W]
        products = functional.fold(columns, size, kernel, padding=_padding(kernel))
    scores = products.reshape(images, sequences, count, *size)
    return scores.squeeze(2) if filter.dim() == 4 else scores


def apply_feat_transpose(
    feat: Tensor, input: Tensor, filter_ksz: int | Sequence[int], training: bool = True, groups: int = 1
) -> Tensor:
    """The adjoint of `apply_filter` in the filter: what residuals of scores say about the filter, summed over images.

    Args:
        feat: (images, sequences, C, H, W), or (images, C, H, W) of one sequence.
        input: (images, sequences, H', W') or (images, sequences, filters, H', W').
        filter_ksz: kH and kW, or one number for both.
        training: not used; upstream has one way that is fast forwards and one that is fast backwards.
        groups: 1.

    Returns:
        (sequences, C, kH, kW) or (sequences, filters, C, kH, kW).

    Raises:
        InputError: groups other than 1.
    """
    if groups != 1:
        raise InputError(f"apply_feat_transpose: groups: got {groups}, allowed: 1")
    rows, columns = (filter_ksz, filter_ksz) if isinstance(filter_ksz, int) else filter_ksz
    kernel = (rows, columns)
    feat = feat.unsqueeze(1) if feat.dim() == 4 else feat
    images, sequences, channels, height, width = feat.shape
    residuals = input.reshape(images, sequences, -1, *input.shape[-2:])
    count = residuals.shape[2]
    shifted = residuals.flatten(0, 2).unsqueeze(1)
    if kernel != (1, 1):
        shifted = functional.unfold(shifted, kernel, padding=_padding(kernel))
    shifted = shifted.reshape(images, sequences, -1, height * width)  # [..., filters * kH * kW, H * W]
    # One product a sequence over the cells of all its images would need the features in another order: a copy.
    summed = (shifted @ feat.flatten(-2).transpose(-2, -1)).sum(0)  # [sequences, filters * kH * kW, C]
    filters = summed.view(sequences, count, *kernel, channels).permute(0, 1, 4, 2, 3).flip(-2, -1)
    return filters.squeeze(1) if input.dim() == 4 else filters


def filter_gradient(feat: Tensor, filter: Tensor, label: Tensor | None = None, training: bool = True) -> Tensor:
    """Gradient in the filter of half the squared distance of its scores to `label` (to zero, if there is none).

    Args:
        feat, filter: as in `apply_filter`. label: as its scores. training: as in `apply_feat_transpose`.

    Returns:
        As the filter.
    """
    scores = apply_filter(feat, filter)
    residuals = scores if label is None else scores - label
    return apply_feat_transpose(feat, residuals, filter.shape[-2:], training=training)


def _padding(kernel: tuple[int, int]) -> tuple[int, int]:
    """Of fold and unfold, whose taps are counted from the other end than a filter's."""
    return (kernel[0] - 1) // 2, (kernel[1] - 1) // 2
