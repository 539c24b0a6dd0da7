"""A sprite: one textured part, or several joined by swinging joints, drawn with any affine pose into a layer; and
layers put into a picture, with the annotation read off them.

A part's texture is premultiplied RGBA, so its soft edge never carries the color of what it was cut from or drawn on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

_UNIT = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
_SPARE = 40


@dataclass
class Part:
    """One rigid piece. Angles are radians; lengths are texture pixels, equal for all parts of a sprite."""

    texture: np.ndarray
    """(h, w, 4) uint8 premultiplied RGBA with a transparent border."""
    pivot: tuple[float, float]
    """The point of the texture that the joint turns about."""
    parent: int = -1
    """Index of the part it hangs on; -1 is the sprite itself."""
    joint: tuple[float, float] = (0.0, 0.0)
    """Where the pivot sits in the parent's texture."""
    bias: float = 0.0
    """Angle at rest."""
    swing: float = 0.0
    """Amplitude of the swing."""
    phase: float = 0.0
    """Phase of the swing relative to the sprite's gait."""
    target: bool = True
    """Whether the part belongs to the annotated thing (a head may be the target and its body not)."""
    levels: list[np.ndarray] = field(default_factory=list)
    """The texture at 1, 1/2, 1/4 ... of its size, made when first needed."""

    def level(self, scale: float) -> tuple[np.ndarray, int]:
        """The texture for drawing at `scale` without moire, and the factor by which it is smaller."""
        if not self.levels:
            self.levels.append(self.texture)
        wanted = min(max(math.floor(-math.log2(max(scale, 1e-3)) + 0.25), 0), 5)
        while len(self.levels) <= wanted and min(self.levels[-1].shape[:2]) >= 8:
            last = self.levels[-1]
            last = last[: last.shape[0] // 2 * 2, : last.shape[1] // 2 * 2]
            self.levels.append(cv2.resize(last, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        index = min(wanted, len(self.levels) - 1)
        return self.levels[index], 2**index


@dataclass
class Sprite:
    """Parts joined into one thing; `size` and `middle` are measured from them."""

    parts: list[Part]
    order: list[int]
    """Drawing order as indices into `parts`; parents may be drawn after their children."""
    name: str = "object"
    """The class name written into annotations."""
    gait: float = 0.0
    """Radians of swing per frame."""
    upright: bool = True
    """Whether it stays roughly upright (people, vehicles) or may turn freely."""
    soft: bool = False
    """Whether its outline may wobble (cloth, animals)."""

    size: float = field(init=False)
    """Square root of the area of the annotated box at scale 1 and rest, texture pixels."""
    middle: np.ndarray = field(init=False)
    """(2,) where that box has its center, relative to the root part's pivot."""

    def __post_init__(self) -> None:
        layer = draw_sprite(self, np.eye(2, 3), 0.0)
        solid = layer.target > 127.5 if layer is not None else np.zeros((1, 1), bool)
        if layer is None or not solid.any():
            raise ValueError(f"sprite '{self.name}' has nothing to annotate")
        rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
        self.size = float(np.sqrt((np.ptp(rows) + 1) * (np.ptp(columns) + 1)))
        self.middle = np.array([layer.x + (columns[0] + columns[-1]) / 2, layer.y + (rows[0] + rows[-1]) / 2])

    def whole(self) -> Sprite:
        """The sprite with all of its parts annotated."""
        if all(part.target for part in self.parts):
            return self
        return replace(self, parts=[replace(part, target=True) for part in self.parts])

    def poses(self, root: np.ndarray, phase: float) -> list[np.ndarray]:
        """The (2, 3) matrix of each part, texture pixels to frame pixels.

        Args:
            root: (2, 3) matrix from sprite coordinates (origin at the root part's pivot) to the frame.
            phase: position in the gait, radians.
        """
        done: list[np.ndarray] = []
        top = np.vstack([root, [0, 0, 1]])
        for part in self.parts:
            above = top if part.parent < 0 else done[part.parent]
            angle = part.bias + part.swing * np.sin(phase + part.phase)
            c, s = np.cos(angle), np.sin(angle)
            jx, jy = part.joint
            px, py = part.pivot
            turn = np.array([[c, -s, jx - c * px + s * py], [s, c, jy - s * px - c * py], [0, 0, 1]])
            done.append(above @ turn)
        return [matrix[:2] for matrix in done]


def premultiplied(rgb: np.ndarray, alpha: np.ndarray, border: int = 2) -> np.ndarray:
    """(h + 2 border, w + 2 border, 4) uint8 texture from RGB 0..255 and coverage 0..1."""
    stacked = np.dstack([np.clip(rgb, 0, 255) * alpha[..., None], 255 * alpha])
    return np.pad(np.round(stacked).astype(np.uint8), ((border, border), (border, border), (0, 0)))


def one_part_sprite(texture: np.ndarray, *, name: str = "object", upright: bool = True, soft: bool = False) -> Sprite:
    """A sprite of one part that turns about the center of its texture."""
    height, width = texture.shape[:2]
    return Sprite([Part(texture, (width / 2, height / 2))], [0], name, upright=upright, soft=soft)


@dataclass
class Layer:
    """A sprite as drawn: a window of the frame plane, which may reach outside the image."""

    x: int
    """Column of the window's left edge."""
    y: int
    """Row of its top edge."""
    rgba: np.ndarray
    """(h, w, 4) float32 premultiplied, 0..255."""
    target: np.ndarray
    """(h, w) float32 coverage 0..255 of the parts that belong to the annotated thing."""


def draw_sprite(
    sprite: Sprite, root: np.ndarray, phase: float, margin: int = 2, clip: tuple[int, int] | None = None
) -> Layer | None:
    """Draw all parts at the pose.

    Args:
        margin: transparent pixels around them, room for a later warp.
        clip: (width, height) of a frame that the window is cut to, with some pixels to spare; None draws it all.

    Returns:
        None when nothing is left to draw, or the window would be over 4000 pixels a side.
    """
    # All parts at once: a sprite has ten small ones, and numpy's time is in its calls.
    poses = np.stack(sprite.poses(root, phase))  # (k, 2, 3)
    sizes = np.array([part.texture.shape[1::-1] for part in sprite.parts])  # (k, 2): w, h
    corners = (_UNIT * sizes[:, None]) @ poses[:, :, :2].swapaxes(1, 2) + poses[:, None, :, 2]  # (k, 4, 2)
    lows, highs = np.floor(corners.min(1)), np.ceil(corners.max(1))  # (k, 2)
    low, high = lows.min(0) - margin, highs.max(0) + margin
    if clip is not None:
        low, high = np.maximum(low, -_SPARE), np.minimum(high, np.add(clip, _SPARE))
    (x0, y0), (x1, y1) = low.astype(int).tolist(), high.astype(int).tolist()
    if not (0 < x1 - x0 <= 4000 and 0 < y1 - y0 <= 4000):
        return None
    layer = np.zeros((y1 - y0, x1 - x0, 4), np.float32)
    target = np.zeros(layer.shape[:2], np.float32)
    starts = np.maximum(lows.astype(int) - (x0, y0) - 1, 0).tolist()
    ends = np.minimum(highs.astype(int) - (x0, y0) + 2, (x1 - x0, y1 - y0)).tolist()
    poses[:, :, 2] -= (x0, y0)
    for index in sprite.order:
        (left, top), (right, bottom) = starts[index], ends[index]
        if left < right and top < bottom:
            window = slice(top, bottom), slice(left, right)
            _draw_part(sprite.parts[index], poses[index], layer[window], target[window], (left, top))
    return Layer(x0, y0, layer, target)


def _draw_part(part: Part, pose: np.ndarray, layer: np.ndarray, target: np.ndarray, corner: tuple[int, int]) -> None:
    """Draw into a window of the layer, in place; `pose` is (2, 3) to the layer, `corner` the window's x and y there."""
    (a, b, x), (c, d, y) = pose.tolist()
    texture, shrink = part.level(math.sqrt(abs(a * d - b * c)))
    # pixel centers of a texture reduced by `shrink` lie half of (shrink - 1) full-size pixels further in
    inner = (shrink - 1) / 2
    x, y = x + (a + b) * inner - corner[0], y + (c + d) * inner - corner[1]
    matrix = np.array([[a * shrink, b * shrink, x], [c * shrink, d * shrink, y]])
    height, width = target.shape
    drawn = cv2.warpAffine(texture, matrix, (width, height), flags=cv2.INTER_LINEAR).astype(np.float32)
    layer *= 1 - drawn[..., 3:] * np.float32(1 / 255)
    layer += drawn
    if part.target:
        np.maximum(target, drawn[..., 3], out=target)


def common_window(layer: Layer, height: int, width: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Rows and columns of the picture that the layer lies over, and the same pixels' rows and columns in the layer."""
    h, w = layer.target.shape
    x0, y0 = max(layer.x, 0), max(layer.y, 0)
    x1, y1 = max(x0, min(layer.x + w, width)), max(y0, min(layer.y + h, height))
    picture = (slice(y0, y1), slice(x0, x1))
    return picture, (slice(y0 - layer.y, y1 - layer.y), slice(x0 - layer.x, x1 - layer.x))


def draw_layer(picture: np.ndarray, layer: Layer, light: float = 1.0) -> None:
    """Draw `layer` over `picture` (h, w, 3) float32 in place; `light` scales the layer's color."""
    there, here = common_window(layer, *picture.shape[:2])
    part = layer.rgba[here]
    region = picture[there]
    region *= 1 - part[..., 3:] * np.float32(1 / 255)
    region += part[..., :3] * np.float32(light)


def add_coverage(hidden: np.ndarray, layer: Layer) -> None:
    """Add the layer's coverage to `hidden` (h, w) float32 0..255 in place."""
    there, here = common_window(layer, *hidden.shape)
    region, alpha = hidden[there], layer.rgba[here][..., 3]
    region += alpha * (1 - region * np.float32(1 / 255))


def target_mask(layer: Layer | None, height: int, width: int) -> tuple[np.ndarray, int]:
    """The target's mask (height, width) in the image, and its area in pixels with what lies outside."""
    mask = np.zeros((height, width), bool)
    if layer is None:
        return mask, 0
    there, here = common_window(layer, height, width)
    solid = layer.target > 127.5
    mask[there] = solid[here]
    return mask, int(np.count_nonzero(solid))


def tight_box(mask: np.ndarray) -> np.ndarray:
    """Tight box (4,) x, y, w, h of a boolean mask: pixel i spans [i, i + 1]; zeros for an empty mask."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return np.zeros(4)
    x, y = float(columns[0]), float(rows[0])
    return np.array([x, y, columns[-1] + 1 - x, rows[-1] + 1 - y])
