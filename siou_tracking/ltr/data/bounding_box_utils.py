"""Boxes relative to a size: (center / size, log size), in which a step means the same for small and large targets."""

from __future__ import annotations

import torch


def rect_to_rel(bb: torch.Tensor, sz_norm: torch.Tensor | None = None) -> torch.Tensor:
    """Relative form of boxes.

    Args:
        bb: (..., 4) boxes, xywh, w and h > 0.
        sz_norm: (..., 2) width and height to divide the center by; each box's own size when None.

    Returns:
        (..., 4): center x / width, center y / height, log w, log h.
    """
    size = bb[..., 2:]
    center = bb[..., :2] + size / 2
    return torch.cat((center / (size if sz_norm is None else sz_norm), size.log()), dim=-1)


def rel_to_rect(bb: torch.Tensor, sz_norm: torch.Tensor | None = None) -> torch.Tensor:
    """Boxes (..., 4) xywh from their relative form (..., 4); the inverse of `rect_to_rel` with the same `sz_norm`."""
    size = bb[..., 2:].exp()
    center = bb[..., :2] * (size if sz_norm is None else sz_norm)
    return torch.cat((center - size / 2, size), dim=-1)
