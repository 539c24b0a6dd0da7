"""Boxes relative to a size: (centre / size, log size), in which a step means the same for small and large targets."""

from __future__ import annotations

import torch


def rect_to_rel(bb: torch.Tensor, sz_norm: torch.Tensor | None = None) -> torch.Tensor:
    """Relative form of boxes.

    Args:
        bb: (..., 4) boxes, xywh, w and h > 0.
        sz_norm: (..., 2) width and height to divide the centre by; each box's own size when None.

    Returns:
        (..., 4): centre x / width, centre y / height, log w, log h.
    """
    size = bb[..., 2:]
    centre = bb[..., :2] + size / 2
    return torch.cat((centre / (size if sz_norm is None else sz_norm), size.log()), dim=-1)


def rel_to_rect(bb: torch.Tensor, sz_norm: torch.Tensor | None = None) -> torch.Tensor:
    """Boxes (..., 4) xywh from their relative form (..., 4); the inverse of `rect_to_rel` with the same `sz_norm`."""
    size = bb[..., 2:].exp()
    centre = bb[..., :2] * (size if sz_norm is None else sz_norm)
    return torch.cat((centre - size / 2, size), dim=-1)
