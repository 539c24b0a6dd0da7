"""What lies behind the moving things: a wide still picture of ground, buildings, trees, shadows and clutter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from siou_tracking.scenes import shapes, textures
from siou_tracking.scenes.photos import GROUND, load_photo, photo_names
from siou_tracking.scenes.sprites import Sprite, draw_layer, draw_sprite

KINDS = {"photo": 0.25, "street": 0.4, "field": 0.15, "walls": 0.2}
"""Kinds of backdrops and how often each is drawn."""


@dataclass
class Backdrop:
    """A picture larger than the frame, over which the camera moves."""

    picture: np.ndarray
    """(h, w, 3) uint8 RGB."""
    light: np.ndarray
    """(h, w) float32, 1 in the open and less inside a cast shadow; already applied to `picture`."""


def build_backdrop(
    rng: np.random.Generator,
    split: str,
    height: int,
    width: int,
    clutter: int,
    maker: Callable[[np.random.Generator, str], Sprite],
    kinds: Mapping[str, float] = KINDS,
) -> Backdrop:
    """A random backdrop: a photograph, a street, a field, or several walls.

    Args:
        clutter: how many still sprites are drawn into it.
        maker: makes one sprite.
        kinds: what may be drawn, with its chance; names as in `KINDS`.
    """
    kind = rng.choice(list(kinds), p=list(kinds.values()))
    if kind == "photo":
        picture = _view(rng, split, height, width)
    elif kind == "street":
        picture = _street(rng, split, height, width)
    elif kind == "field":
        picture = _floor(rng, split, height, width, lines=int(rng.integers(0, 7)))
    else:
        picture = _walls(rng, split, height, width)
    for _ in range(clutter):
        _place(rng, picture, maker(rng, split).whole())
    light = np.ones((height, width), np.float32)
    if rng.random() < 0.5:
        light = _cast_shadows(rng, height, width)
    picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 1.2)) * light[..., None]
    return Backdrop(np.clip(picture, 0, 255).astype(np.uint8), light)


def photograph(name: str, factor: float) -> Backdrop:
    """One photograph enlarged by `factor`, as it is."""
    photo = load_photo(name)
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    picture = cv2.resize(photo, None, fx=factor, fy=factor, interpolation=method)
    return Backdrop(picture, np.ones(picture.shape[:2], np.float32))


def _view(rng: np.random.Generator, split: str, height: int, width: int) -> np.ndarray:
    names = tuple(name for name in photo_names(split) if name not in GROUND[split])
    view = textures.patch(rng, split, height, width, zoom=(0.7, 2.2), names=names)
    return view * rng.uniform(0.85, 1.15, 3).astype(np.float32)


def _street(rng: np.random.Generator, split: str, height: int, width: int) -> np.ndarray:
    horizon = int(height * rng.uniform(0.2, 0.6))
    picture = np.zeros((height, width, 3), np.float32)
    picture[:horizon] = _view(rng, split, horizon, width) if rng.random() < 0.5 else _sky(rng, horizon, width)
    for _ in range(int(rng.integers(1, 6))):
        _building(rng, split, picture, horizon)
    for _ in range(int(rng.integers(0, 6))):
        _tree(rng, split, picture, horizon)
    picture[horizon:] = _floor(rng, split, height - horizon, width, lines=int(rng.integers(0, 9)))
    for _ in range(int(rng.integers(0, 6))):
        x, top = int(rng.uniform(0, width)), int(horizon * rng.uniform(0, 0.8))
        foot = int(horizon + (height - horizon) * rng.uniform(0, 0.6))
        cv2.line(
            picture, (x, top), (x, foot), _ink(textures.color(rng, vivid=0.05)), int(rng.integers(2, 9)), cv2.LINE_AA
        )
    return picture


def _sky(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    top = np.array([120, 150, 200], np.float32) * rng.uniform(0.5, 1.2)
    low = np.array([205, 210, 215], np.float32) * rng.uniform(0.7, 1.1)
    blend = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    cloud = textures.soft_noise(rng, height, width, 60)[..., None]
    return top * (1 - blend) + low * blend + 14 * cloud


def _building(rng: np.random.Generator, split: str, picture: np.ndarray, horizon: int) -> None:
    width = int(rng.uniform(0.15, 0.6) * picture.shape[1])
    left, top = int(rng.uniform(-0.2, 0.95) * picture.shape[1]), int(horizon * rng.uniform(-0.2, 0.6))
    left, top, right = max(left, 0), max(top, 0), min(left + width, picture.shape[1])
    if right - left < 12 or horizon - top < 12:
        return
    wall = textures.fabric(rng, split, horizon - top, right - left, textures.color(rng, vivid=0.05))
    columns, rows = int(rng.integers(2, 9)), int(rng.integers(1, 6))
    cell_x, cell_y = (right - left) / columns, (horizon - top) / rows
    glass = textures.color(rng, vivid=0.0) * 0.6
    for column in range(columns):
        for row in range(rows):
            x, y = int((column + 0.25) * cell_x), int((row + 0.2) * cell_y)
            corner = (int(x + 0.5 * cell_x), int(y + 0.6 * cell_y))
            cv2.rectangle(wall, (x, y), corner, _ink(glass * rng.uniform(0.6, 1.5)), -1)
            cv2.rectangle(wall, (x, y), corner, _ink(np.full(3, 200.0)), 1)
    picture[top:horizon, left:right] = wall


def _tree(rng: np.random.Generator, split: str, picture: np.ndarray, horizon: int) -> None:
    w, h = (int(v) for v in rng.uniform(0.15, 0.45, 2) * [picture.shape[1], 1.6 * horizon])
    x, y = int(rng.uniform(0, picture.shape[1] - w)), max(0, int(horizon * rng.uniform(0.3, 1.05)) - h)
    if h < 8 or w < 8:
        return
    leaves = np.array([70, 95, 45], np.float32) * rng.uniform(0.4, 1.3)
    grain = textures.soft_noise(rng, h, w, 4) + textures.soft_noise(rng, h, w, 14)
    cover = shapes.pixel_coverage(h, w, shapes.blob(rng, w - 1, h - 1, 0.3))
    cover = np.clip(cover * 1.5 - 0.4 * (grain < -0.4), 0, 1)[..., None]
    region = picture[y : y + h, x : x + w]
    cover = cover[: region.shape[0], : region.shape[1]]
    grain = grain[: region.shape[0], : region.shape[1], None]
    region *= 1 - cover
    region += cover * np.clip(leaves * (1 + 0.35 * grain), 0, 255)


def _floor(rng: np.random.Generator, split: str, height: int, width: int, lines: int) -> np.ndarray:
    """Ground seen at a slant, with `lines` painted stripes."""
    side = 640
    plane = textures.ground(rng, split, side, side)
    paint = _ink(np.array([225.0, 225.0, 215.0]) * rng.uniform(0.7, 1.1))
    if lines and rng.random() < 0.5:  # a crossing: equal stripes side by side
        start, pitch = rng.uniform(0, side, 2)
        pitch = 20 + pitch * 0.05
        top, low = sorted(int(v) for v in rng.uniform(0, side, 2))
        for index in range(2 * lines):
            x = int(start / 2 + index * pitch)
            cv2.rectangle(plane, (x, top), (int(x + pitch * 0.5), low), paint, -1)
    else:
        for _ in range(lines):
            ends = rng.uniform(-100, side + 100, (2, 2)).astype(int)
            cv2.line(
                plane, tuple(map(int, ends[0])), tuple(map(int, ends[1])), paint, int(rng.integers(2, 9)), cv2.LINE_AA
            )
    lean = rng.uniform(0.0, 0.9)
    skew = rng.uniform(-0.3, 0.3)
    far = np.array([(0.5 - (1 - lean) / 2 + skew, 0.0), (0.5 + (1 - lean) / 2 + skew, 0.0)]) * side
    # the far edge of the view sees the whole plane, the near edge only a part of it
    near = np.array([(0.5 - 0.25, 1.0), (0.5 + 0.25, 1.0)]) * side
    wide = np.array([(0.0, 0.0), (1.0, 0.0)]) * side
    left, right = wide if lean > 0.2 else far
    source = np.array([left, right, near[1], near[0]], np.float32)
    goal = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(source, goal)
    return cv2.warpPerspective(
        plane, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )


def _walls(rng: np.random.Generator, split: str, height: int, width: int) -> np.ndarray:
    """Several surfaces that meet in straight edges: a room, a shop front."""
    picture = _view(rng, split, height, width)
    for _ in range(int(rng.integers(1, 4))):
        outline = shapes.convex(rng, *(rng.uniform(0.4, 1.1, 2) * [width, height]))
        cover = shapes.pixel_coverage(height, width, outline + rng.uniform(-0.2, 0.6, 2) * [width, height])[..., None]
        other = _view(rng, split, height, width) if rng.random() < 0.5 else textures.fabric(rng, split, height, width)
        picture = picture * (1 - cover) + other * cover
    return picture


def _cast_shadows(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    cover = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        w, h = rng.uniform(0.3, 1.2, 2) * [width, height]
        outline = shapes.convex(rng, w, h) if rng.random() < 0.5 else shapes.blob(rng, w, h, 0.3)
        cover = np.maximum(
            cover, shapes.pixel_coverage(height, width, outline + rng.uniform(-0.3, 0.8, 2) * [width, height])
        )
    return 1 - rng.uniform(0.25, 0.6) * cv2.GaussianBlur(cover, (0, 0), rng.uniform(1, 8))


def _place(rng: np.random.Generator, picture: np.ndarray, sprite: Sprite) -> None:
    """Draw a still sprite somewhere on the picture."""
    scale = np.exp(rng.uniform(np.log(18), np.log(130))) / sprite.size
    turn = 0.0 if sprite.upright else rng.uniform(0, 2 * np.pi)
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    x, y = rng.uniform(0, 1, 2) * [picture.shape[1], picture.shape[0]]
    layer = draw_sprite(sprite, np.array([[c, -s, x], [s, c, y]]), rng.uniform(0, 6))
    if layer is not None:
        draw_layer(picture, layer)


def _ink(color: np.ndarray) -> tuple[float, float, float]:
    red, green, blue = (float(v) for v in np.clip(color, 0, 255))
    return red, green, blue
