"""A picture of box losses: their values and gradients as a box slides and scales against a target.

Each column is a loss at its defaults, the target is the unit box. First row: the value over the center offset, equal
sizes. Second row: the gradient's magnitude over the same offsets, gray where there is none. Third row: offset against
size, with arrows along the descent and gray where it has no direction.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any  # Any: what matplotlib takes by keyword

import numpy as np
import torch

from siou_tracking.errors import InputError
from siou_tracking.files import atomic_path
from siou_tracking.losses.box.registry import build_box_loss
from siou_tracking.untrusted.names import drawable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DRAWN = ("smooth_iou", "iou", "giou", "diou", "ciou", "eiou")
"""What the picture has where no one says otherwise: the losses that are compared most."""
OFFSET = 3.0
DOUBLINGS = 2.0
NO_GRADIENT = 1e-9
_SMALL = 9  # points, of the smallest print
PICTURES = (".png", ".svg", ".pdf")


@dataclass(frozen=True)
class LossField:
    """A loss sampled on a plane of boxes."""

    horizontal: np.ndarray
    """`(n,)` offset along x in target sizes."""
    vertical: np.ndarray
    """`(m,)` offset along y in target sizes, or log2 of the size ratio."""
    value: np.ndarray
    """`(m, n)` loss."""
    slope: np.ndarray
    """`(m, n, 2)` derivative by the two coordinates of the plane."""
    magnitude: np.ndarray
    """`(m, n)` norm of the gradient by (cx, cy, w, h), per target size."""


def sample_loss(name: str, plane: str, samples: int = 121) -> LossField:
    """A loss, at its defaults, against the unit box.

    Args:
        name: as `describe` takes it.
        plane: "offset" moves a box of equal size in x and y, "scale" moves it in x and scales both its sides.
        samples: points along each axis; an odd number includes the target itself.

    Raises:
        InputError: unknown name.
    """
    horizontal = torch.linspace(-OFFSET, OFFSET, samples, dtype=torch.float64)
    reach = OFFSET if plane == "offset" else DOUBLINGS
    vertical = torch.linspace(-reach, reach, samples, dtype=torch.float64)
    second, first = torch.meshgrid(vertical, horizontal, indexing="ij")
    zero, one = torch.zeros_like(first), torch.ones_like(first)
    size = one if plane == "offset" else 2**second
    boxes = torch.stack((first, second if plane == "offset" else zero, size, size), dim=-1).requires_grad_()
    target = torch.stack((zero, zero, one, one), dim=-1)
    value = build_box_loss(name, box_format="cxcywh", reduction="none").eval()(boxes, target)
    (gradient,) = torch.autograd.grad(value.sum(), boxes)
    along = gradient[..., 1] if plane == "offset" else (gradient[..., 2] + gradient[..., 3]) * size * np.log(2)
    slope = torch.stack((gradient[..., 0], along), dim=-1)
    arrays = (horizontal, vertical, value.detach(), slope, gradient.norm(dim=-1))
    return LossField(*(array.numpy() for array in arrays))


def draw_loss_map(names: Sequence[str] | None = None) -> Figure:
    """The picture as a matplotlib figure, one column for each name (default: `DRAWN`).

    Raises:
        InputError: unknown name.
    """
    from matplotlib.figure import Figure

    names = names or DRAWN
    fields = {plane: [sample_loss(name, plane) for name in names] for plane in ("offset", "scale")}
    figure = Figure(figsize=(2.35 * len(names) + 1.3, 7.4), layout="constrained")
    axes = figure.subplots(3, len(names), squeeze=False)
    for column, name in enumerate(names):
        offset, scale = fields["offset"][column], fields["scale"][column]
        axes[0, column].set_title(drawable(name), fontsize=13)
        value = _paint_field(axes[0, column], offset, offset.value, {"cmap": "magma", "vmin": 0})
        magnitude = _paint_field(axes[1, column], offset, _hide_flat(offset), _choose_gradient_colors())
        _paint_field(
            axes[2, column], scale, np.where(_hide_flat(scale) > 0, scale.value, np.nan), {"cmap": "magma", "vmin": 0}
        )
        axes[2, column].set_yticks(range(-2, 3), ("1/4", "1/2", "1", "2", "4"))
        _draw_arrows(axes[2, column], scale)
        for row in (0, 1):
            _outline_target(axes[row, column])
        axes[2, column].set_xlabel("offset x, target sizes", fontsize=_SMALL)
        bar = figure.colorbar(value, ax=axes[0, column], location="bottom", shrink=0.8, pad=0.02)
        bar.ax.tick_params(labelsize=_SMALL)
    bar = figure.colorbar(magnitude, ax=axes[1, -1], location="right")
    bar.ax.tick_params(labelsize=_SMALL)
    labels = (
        "loss\noffset y, target sizes",
        "size of the gradient\noffset y, target sizes",
        "descent\nbox size / target size",
    )
    for row, label in enumerate(labels):
        axes[row, 0].set_ylabel(label, fontsize=_SMALL + 1)
    figure.suptitle("A box that is moved around its target (dashed); gray: no gradient", fontsize=13)
    return figure


def save_loss_map(path: str | os.PathLike[str], names: Sequence[str] | None = None) -> Path:
    """Draw the loss map into a PNG, SVG or PDF file, by its suffix, and return the path.

    Raises:
        InputError: unknown name, or a suffix that is no picture's.
    """
    target = Path(path)
    if target.suffix.lower() not in PICTURES:
        raise InputError(f"loss map: {target}: got suffix '{target.suffix}', allowed are {', '.join(PICTURES)}")
    figure = draw_loss_map(names)
    with atomic_path(target) as temporary:
        figure.savefig(temporary, dpi=130)
    return target


def _hide_flat(field: LossField) -> np.ndarray:
    return np.where(field.magnitude > NO_GRADIENT, field.magnitude, np.nan)


def _choose_gradient_colors() -> dict[str, Any]:
    from matplotlib.colors import LogNorm

    return {"cmap": "viridis", "norm": LogNorm(1e-2, 10)}


def _paint_field(axes: Axes, field: LossField, values: np.ndarray, colors: dict[str, Any]) -> Any:
    extent = (field.horizontal[0], field.horizontal[-1], field.vertical[0], field.vertical[-1])
    axes.set_facecolor("0.75")
    axes.tick_params(labelsize=_SMALL)
    axes.label_outer()
    return axes.imshow(values, origin="lower", extent=extent, aspect="auto", interpolation="nearest", **colors)


def _outline_target(axes: Axes) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((-0.5, -0.5), 1, 1, fill=False, edgecolor="white", linestyle="--", linewidth=0.8))


def _draw_arrows(axes: Axes, field: LossField, every: int = 10) -> None:
    keep = (slice(every // 2, None, every),) * 2
    slope, shown = field.slope[keep], field.magnitude[keep] > NO_GRADIENT
    length = np.where(shown, np.linalg.norm(slope, axis=-1), np.nan)
    x, y = np.meshgrid(field.horizontal[keep[0]], field.vertical[keep[0]])
    axes.quiver(
        x, y, -slope[..., 0] / length, -slope[..., 1] / length, color="white", scale=16, width=0.006, pivot="mid"
    )
