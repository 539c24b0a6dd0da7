"""Axis-aligned boxes: one vocabulary for four formats, and their plain geometry.

    xyxy    (x0, y0, x1, y1)    two corners, x0 <= x1 and y0 <= y1
    xywh    (x0, y0, w, h)      corner and size; what annotation files hold
    cxcywh  (cx, cy, w, h)      center and size
    ltrb    (l, t, r, b)        distances from an anchor point to the four sides, positive inside;
                                the anchor is taken as the origin, so xyxy = (-l, -t, r, b)

Coordinates are continuous (a box from 0 to 10 is 10 wide, there is no "+ 1") and of any unit. Every function takes a
`torch.Tensor` or anything numpy reads, with any leading shape `(..., 4)`, and returns the same kind: a tensor on the
same device with gradients, or an array. Floating dtypes are kept; integers become floating (float64 for numpy, the
default dtype for torch), because half a pixel is not an integer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch

from siou_tracking.errors import InputError, unknown_name

FORMATS = ("xyxy", "xywh", "cxcywh", "ltrb")

Boxes = TypeVar("Boxes", torch.Tensor, np.ndarray)
Columns = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]

# Neighbors in this chain convert directly, so that a size never goes through corners and back without need.
_CHAIN = ("ltrb", "xyxy", "xywh", "cxcywh")
_STEPS: dict[tuple[str, str], Callable[..., Columns]] = {
    ("ltrb", "xyxy"): lambda l, t, r, b: (-l, -t, r, b),
    ("xyxy", "ltrb"): lambda x0, y0, x1, y1: (-x0, -y0, x1, y1),
    ("xyxy", "xywh"): lambda x0, y0, x1, y1: (x0, y0, x1 - x0, y1 - y0),
    ("xywh", "xyxy"): lambda x0, y0, w, h: (x0, y0, x0 + w, y0 + h),
    ("xywh", "cxcywh"): lambda x0, y0, w, h: (x0 + w / 2, y0 + h / 2, w, h),
    ("cxcywh", "xywh"): lambda cx, cy, w, h: (cx - w / 2, cy - h / 2, w, h),
}


def check_format(fmt: str) -> str:
    """Return `fmt`, or raise an `InputError` that lists the four formats and the nearest one."""
    if fmt not in FORMATS:
        raise unknown_name("box format", fmt, FORMATS)
    return fmt


def split(boxes: torch.Tensor, source: str, target: str) -> Columns:
    """The four columns, each `(...)`, of `(..., 4)` boxes after conversion from `source` to `target` format."""
    start, stop = _CHAIN.index(check_format(source)), _CHAIN.index(check_format(target))
    step = 1 if stop > start else -1
    a, b, c, d = boxes.unbind(-1)
    columns: Columns = (a, b, c, d)
    for position in range(start, stop, step):
        columns = _STEPS[_CHAIN[position], _CHAIN[position + step]](*columns)
    return columns


def convert(boxes: Boxes, source: str, target: str) -> Boxes:
    """Boxes `(..., 4)` in format `target` from boxes in format `source`, same shape; differentiable.

    Raises:
        InputError: unknown format, or a last dimension that is not 4.
    """
    tensor = _read_boxes(boxes, "boxes")
    return _return_like(torch.stack(split(tensor, source, target), dim=-1), boxes)


def area(boxes: Boxes, fmt: str = "xyxy") -> Boxes:
    """Areas `(...)` of boxes `(..., 4)`, in square units; a box with a zero, negative or reversed side has area 0.

    Raises:
        InputError: unknown format, or a last dimension that is not 4.
    """
    _, _, w, h = split(_read_boxes(boxes, "boxes"), fmt, "xywh")
    return _return_like(w.clamp_min(0) * h.clamp_min(0), boxes)


def elementwise_iou(a: Boxes, b: Boxes, fmt: str = "xyxy") -> Boxes:
    """Intersection over union, in [0, 1], of each box of `a` with the box of `b` at the same place.

    Two boxes without area have IoU 0, never NaN; a NaN coordinate gives NaN. Half precision is computed in float32.

    Args:
        a: boxes `(..., 4)`.
        b: boxes `(..., 4)`; the leading shapes broadcast.
        fmt: format of both.

    Returns:
        `(...)` of the broadcast leading shape, dtype of the boxes; differentiable in both.

    Raises:
        InputError: unknown format, last dimension not 4, or shapes that do not broadcast.
    """
    first, second = _read_pair(a, b)
    try:
        torch.broadcast_shapes(first.shape, second.shape)  # type: ignore[no-untyped-call]  # torch gives it no types
    except RuntimeError:
        shape, other = tuple(second.shape), tuple(first.shape)
        raise InputError(f"boxes: second argument: got shape {shape}, allowed broadcasts with {other}") from None
    return _return_like(_compute_iou(first, second, fmt), _choose_tensor(a, b))


def pairwise_iou(a: Boxes, b: Boxes, fmt: str = "xyxy") -> Boxes:
    """Intersection over union, in [0, 1], of every box of `a` with every box of `b`.

    Args:
        a: boxes `(..., N, 4)`.
        b: boxes `(..., M, 4)`; the leading shapes broadcast.
        fmt: format of both.

    Returns:
        `(..., N, M)`, dtype of the boxes; conventions as in `elementwise_iou`.

    Raises:
        InputError: unknown format, last dimension not 4, a single box without its N or M dimension.
    """
    first, second = _read_pair(a, b)
    for name, tensor in (("first", first), ("second", second)):
        if tensor.ndim < 2:
            raise InputError(f"boxes: {name} argument: got shape {tuple(tensor.shape)}, allowed is (..., N, 4)")
    overlap = _compute_iou(first.unsqueeze(-2), second.unsqueeze(-3), fmt)  # (..., N, 1, 4) with (..., 1, M, 4)
    return _return_like(overlap, _choose_tensor(a, b))


def clip(boxes: Boxes, width: float, height: float, fmt: str = "xyxy") -> Boxes:
    """Boxes `(..., 4)` cut to the image `[0, width] x [0, height]`; one that lies outside keeps no area.

    Raises:
        InputError: unknown format, last dimension not 4, or `ltrb`, which does not say where in the image a box is.
    """
    if check_format(fmt) == "ltrb":
        raise InputError("box format: clip: got 'ltrb', allowed are xyxy, xywh, cxcywh: ltrb has no place in the image")
    x0, y0, x1, y1 = split(_read_boxes(boxes, "boxes"), fmt, "xyxy")
    inside = torch.stack(
        (x0.clamp(0, width), y0.clamp(0, height), x1.clamp(0, width), y1.clamp(0, height)),
        dim=-1,
    )
    return _return_like(torch.stack(split(inside, "xyxy", fmt), dim=-1), boxes)


def is_valid(boxes: Boxes, fmt: str = "xyxy") -> Boxes:
    """Whether each box of `(..., 4)` is finite with positive width and height; bool `(...)`.

    Raises:
        InputError: unknown format, or a last dimension that is not 4.
    """
    tensor = _read_boxes(boxes, "boxes")
    _, _, w, h = split(tensor, fmt, "xywh")
    return _return_like(torch.isfinite(tensor).all(dim=-1) & (w > 0) & (h > 0), boxes)


def check_boxes(boxes: Boxes, fmt: str = "xyxy", where: str = "boxes") -> Boxes:
    """Return `boxes` when all are valid (`is_valid`), else name the first that is not.

    For the borders where data comes in. It reads the values, so on a GPU it waits for the device: the losses do not
    call it (there NaN in gives NaN out).

    Args:
        boxes: `(..., 4)`.
        fmt: their format.
        where: what to call them in the message, such as a sequence and its file.

    Raises:
        InputError: a box that is not finite or has no positive size; unknown format, last dimension not 4.
    """
    valid = np.atleast_1d(np.asarray(torch.as_tensor(is_valid(boxes, fmt)).cpu()))
    if not valid.all():
        index = tuple(int(axis[0]) for axis in np.nonzero(~valid))
        values = torch.as_tensor(boxes).detach().double().reshape(*valid.shape, 4)[index].tolist()
        place = ", ".join(str(axis) for axis in index)
        raise InputError(
            f"{where}: box {place} of {valid.size}: got {values} ({fmt}), allowed are finite boxes with positive size"
        )
    return boxes


def _compute_iou(a: torch.Tensor, b: torch.Tensor, fmt: str) -> torch.Tensor:
    half = a.dtype in (torch.float16, torch.bfloat16)
    pair = (a.float(), b.float()) if half else (a, b)
    first, second = (split(boxes, fmt, "xyxy") for boxes in pair)
    sizes = (split(boxes, fmt, "xywh") for boxes in pair)
    ax0, ay0, ax1, ay1 = first
    bx0, by0, bx1, by1 = second
    width = (torch.minimum(ax1, bx1) - torch.maximum(ax0, bx0)).clamp_min(0)
    height = (torch.minimum(ay1, by1) - torch.maximum(ay0, by0)).clamp_min(0)
    # From sizes, not corners: exact where the format holds sizes.
    area_a, area_b = (w.clamp_min(0) * h.clamp_min(0) for _, _, w, h in sizes)
    overlap = width * height
    union = area_a + area_b - overlap
    # Rounding can put the quotient a hair above 1; two boxes without area divide by 1 instead of 0.
    iou = (overlap / torch.where(union == 0, 1, union)).clamp_max(1)
    return iou.to(a.dtype) if half else iou


def _read_boxes(boxes: object, name: str) -> torch.Tensor:
    """A floating tensor of the boxes, which may be a tensor or whatever numpy reads."""
    if isinstance(boxes, torch.Tensor):
        tensor = boxes if boxes.is_floating_point() else boxes.to(torch.get_default_dtype())
    else:
        try:
            array = np.array(boxes)
            # torch reads native byte order only; annotation files of other tools may hold big-endian numbers.
            tensor = torch.from_numpy(array.astype(array.dtype.newbyteorder("=") if array.dtype.kind == "f" else float))
        except (TypeError, ValueError) as error:
            raise InputError(f"{name}: got {type(boxes).__name__} ({error}), allowed are numbers (..., 4)") from None
    if tensor.ndim == 0 or tensor.shape[-1] != 4:
        raise InputError(f"{name}: last dimension: got shape {tuple(tensor.shape)}, allowed is (..., 4)")
    return tensor


def _read_pair(a: object, b: object) -> tuple[torch.Tensor, torch.Tensor]:
    """Both in one floating dtype; an array beside a tensor takes that one's dtype and device."""
    first, second = _read_boxes(a, "first boxes"), _read_boxes(b, "second boxes")
    if isinstance(a, torch.Tensor) != isinstance(b, torch.Tensor):
        like = first if isinstance(a, torch.Tensor) else second
        first, second = first.to(like), second.to(like)
    dtype = torch.promote_types(first.dtype, second.dtype)
    return first.to(dtype), second.to(dtype)


def _choose_tensor(a: Boxes, b: Boxes) -> Boxes:
    """The one whose kind the result has: a tensor if there is one."""
    return a if isinstance(a, torch.Tensor) else b


def _return_like(tensor: torch.Tensor, like: Boxes) -> Boxes:
    """The result in the kind that was given: a tensor for a tensor, an array for all else."""
    return tensor if isinstance(like, torch.Tensor) else tensor.numpy()
