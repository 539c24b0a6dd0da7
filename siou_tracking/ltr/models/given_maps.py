"""What a frozen backbone makes of pictures, given to a network in place of the pictures."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from siou_tracking.errors import InputError


def flatten_maps(maps: Sequence[Tensor], layers: Sequence[str], network: str) -> list[Tensor]:
    """Maps as the backbone would give them.

    Args:
        maps: (..., C, H, W), one a layer.
        layers: names of the layers that the network reads.
        network: for the message.

    Returns:
        (N, C, H, W) each.

    Raises:
        InputError: another number of maps.
    """
    if len(maps) != len(layers):
        raise InputError(f"feature maps: {network}: got {len(maps)}, expected {len(layers)} ({', '.join(layers)})")
    flat = [one.reshape(-1, *one.shape[-3:]) for one in maps]
    # On a CPU in the layout that the backbone would give them: the head is a tenth faster, and rounds as it does.
    return [one.contiguous(memory_format=torch.channels_last) if one.is_cpu else one for one in flat]


def named_features(
    images: Tensor | Sequence[Tensor],
    layers: Sequence[str],
    network: str,
    part: str,
    extract: Callable[[Tensor], OrderedDict[str, Tensor]],
) -> OrderedDict[str, Tensor]:
    """The layers (images * sequences, C, H, W) by name, of images, or of maps as they are.

    Args:
        images: (images, sequences, 3, H, W), or a list of maps, see `flatten_maps`.
        part: of the sample, for the message: "train", "test".
        extract: the backbone, for (N, 3, H, W).

    Raises:
        InputError: images of other dimensions, or another number of maps.
    """
    if not isinstance(images, Tensor):
        return OrderedDict(zip(layers, flatten_maps(images, layers, network), strict=True))
    if images.dim() != 5:
        raise InputError(
            f"{part} images: {network}: got {tuple(images.shape)}, allowed: (images, sequences, 3, rows, columns)"
        )
    return extract(images.flatten(0, 1))
