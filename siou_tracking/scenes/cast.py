"""Who appears in a scene: the target, its companions and what passes in front, each with a path."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from siou_tracking.scenes import backdrop, people, shapes, things
from siou_tracking.scenes.motion import drift, wander
from siou_tracking.scenes.photos import load_photo, photo_names, silhouettes
from siou_tracking.scenes.sprites import Layer, Part, Sprite, draw_sprite, one_part_sprite, premultiplied

if TYPE_CHECKING:
    from siou_tracking.scenes.world import Difficulty

_MAKERS = (people.person, things.vehicle, things.animal, things.ball, things.parcel, things.compound, things.cutout)
_TARGET_SHARE = (0.36, 0.1, 0.1, 0.06, 0.08, 0.12, 0.18)


@dataclass
class Actor:
    """A sprite and where it is in each frame (all arrays have one row a frame)."""

    sprite: Sprite
    center: np.ndarray
    """(n, 2) where the middle of the annotated part is at rest: x, y in the frame, pixels."""
    size: np.ndarray
    """(n,) pixels, see `Sprite.size`."""
    turn: np.ndarray
    """(n,) radians."""
    stretch: np.ndarray
    """(n,) log of width over height relative to the sprite's own."""
    wobble: float
    """Amplitude of the warp, in sizes."""
    shadow: bool = False
    """Whether a soft shadow lies at its feet."""
    phase: float = 0.0
    """Gait in the first frame, radians."""
    mirror: int = 1
    """-1 draws it left-right reversed."""

    def velocity(self, index: int) -> np.ndarray:
        """(2,) pixels a frame."""
        other = index - 1 if index else 1
        return (self.center[index] - self.center[other]) * (1 if index else -1)

    def root(self, index: int) -> np.ndarray:
        """(2, 3) matrix from the sprite's coordinates (origin at its pivot) to the frame."""
        scale = self.size[index] / self.sprite.size
        wide, high = scale * np.exp(self.stretch[index] / 2), scale * np.exp(-self.stretch[index] / 2)
        c, s = np.cos(self.turn[index]), np.sin(self.turn[index])
        linear = np.array([[c, -s], [s, c]]) @ np.diag([wide * self.mirror, high])
        return np.column_stack([linear, self.center[index] - linear @ self.sprite.middle])

    def layer(self, index: int, clip: tuple[int, int] | None = None) -> Layer | None:
        """The sprite as drawn in this frame; `clip` as for `sprites.draw_sprite`."""
        amplitude = self.wobble * self.size[index] if self.sprite.soft else 0.0
        margin = 2 + int(np.ceil(amplitude))
        layer = draw_sprite(self.sprite, self.root(index), self.phase + self.sprite.gait * index, margin, clip)
        if layer is not None and amplitude > 0.3:
            layer = _warped(layer, amplitude, self.phase + 0.35 * index, float(self.size[index]))
        return layer

    def draw_shadow(self, picture: np.ndarray, index: int, layer: Layer) -> None:
        """Darken the ground under the feet of the drawn layer, in place."""
        size = float(self.size[index])
        x, y = self.center[index][0] + 0.15 * size, layer.y + layer.target.shape[0] - 0.15 * size
        w, h = int(1.6 * size), max(4, int(0.5 * size))
        x0, y0 = int(x - w / 2), int(y - h / 2)
        left, top = max(x0, 0), max(y0, 0)
        region = picture[top : max(y0 + h, 0), left : max(x0 + w, 0)]
        if not region.size:
            return
        columns = (np.arange(left, left + region.shape[1]) - x) / (w / 2)
        rows = (np.arange(top, top + region.shape[0]) - y) / (h / 2)
        depth = 0.45 * np.clip(1 - columns[None] ** 2 - rows[:, None] ** 2, 0, 1)
        region *= (1 - depth[..., None]).astype(np.float32)


def _warped(layer: Layer, amplitude: float, phase: float, size: float) -> Layer:
    """Shift rows and columns along two slow waves."""
    h, w = layer.target.shape
    rows, columns = np.arange(h, dtype=np.float32)[:, None], np.arange(w, dtype=np.float32)[None]
    wave = 2 * np.pi / size
    across = columns + amplitude * np.sin(0.7 * wave * rows + phase)
    down = rows + amplitude * np.sin(0.8 * wave * columns + 1.3 * phase)
    across, down = across.astype(np.float32), down.astype(np.float32)
    rgba = cv2.remap(layer.rgba, across, down, cv2.INTER_LINEAR)
    return Layer(layer.x, layer.y, rgba, cv2.remap(layer.target, across, down, cv2.INTER_LINEAR))


def supporting(rng: np.random.Generator, split: str) -> Sprite:
    """A sprite of any kind."""
    return _MAKERS[int(rng.choice(len(_MAKERS), p=_TARGET_SHARE))](rng, split)


def lead(rng: np.random.Generator, split: str, length: int, size: tuple[int, int], d: Difficulty) -> Actor:
    """The thing to be tracked, about 18..130 pixels large."""
    sprite = supporting(rng, split)
    frame = np.array(size, float)
    middle = float(np.clip(np.exp(rng.normal(np.log(0.13), 0.45)) * frame.mean(), 26, 0.4 * frame.min()))
    return _actor(rng, sprite, length, frame, middle, d)


def _actor(
    rng: np.random.Generator,
    sprite: Sprite,
    length: int,
    frame: np.ndarray,
    middle: float,
    d: Difficulty,
    limits: tuple[np.ndarray, np.ndarray] | None = None,
) -> Actor:
    zoom = drift(rng, length, max(8.0, length / 3), d.scale)
    large = np.clip(middle * np.exp(zoom), 18, 0.55 * frame.min())
    edge = np.minimum(frame * 0.45, 0.6 * middle * (1 - 2 * d.outside) + 4)
    step = d.speed * min(middle, 0.2 * frame.min()) * np.exp(rng.normal(0, 0.4))
    low, high = limits or (edge, frame - edge)
    path = wander(rng, length, low, high, step, d.jump, d.outside * middle)
    turn = drift(rng, length, 12, d.turn)
    if not sprite.upright:
        turn = turn + rng.uniform(0, 2 * np.pi) + np.arange(length) * rng.normal(0, 0.4 * d.turn)
    stretch = drift(rng, length, 10, d.aspect) + rng.normal(0, 0.15)
    mirror = 1 if path[-1, 0] >= path[0, 0] else -1
    shadow = sprite.upright and sprite.name in {"person", "car", "animal"} and rng.random() < 0.6
    return Actor(sprite, path, large, turn, stretch, d.wobble, shadow, rng.uniform(0, 6), mirror)


def resident(
    rng: np.random.Generator, split: str, length: int, size: tuple[int, int], d: Difficulty
) -> tuple[Actor, backdrop.Backdrop, np.ndarray]:
    """A real thing tracked where it is: inside its own photograph, which moves with it.

    Returns:
        The actor, its photograph, and the place (2,) of the actor's pivot in that picture.
    """
    frame = np.array(size, float)
    entries = [entry for entry in silhouettes(split) if entry.photo in photo_names(split)]
    kinds = sorted({(entry.photo, entry.name) for entry in entries})
    options = []
    for _ in range(12):
        kind = kinds[int(rng.integers(len(kinds)))]
        same = [entry for entry in entries if (entry.photo, entry.name) == kind]
        entry = same[int(rng.integers(len(same)))]
        covering = float((frame / load_photo(entry.photo).shape[1::-1]).max())
        factor = covering * rng.uniform(1.2, 2.2)
        options.append((factor * float(np.ptp(entry.polygon, axis=0).max()), factor, entry))
    # the first that leaves room to move, else the smallest
    fitting = [option for option in options if option[0] <= 0.5 * frame.min()]
    _, factor, entry = fitting[0] if fitting else min(options, key=lambda option: option[0])
    extent = float(np.sqrt(np.prod(np.ptp(entry.polygon, axis=0))))
    scene, polygon = backdrop.photograph(entry.photo, factor), entry.polygon
    room = np.array(scene.picture.shape[1::-1])
    middle = factor * extent
    outline = polygon * (scene.picture.shape[1] / load_photo(entry.photo).shape[1])
    low, high = np.floor(outline.min(0)).astype(int), np.ceil(outline.max(0)).astype(int) + 1
    piece = scene.picture[low[1] : high[1], low[0] : high[0]].astype(np.float32)
    mask = shapes.pixel_coverage(*piece.shape[:2], outline - low)
    sprite = one_part_sprite(premultiplied(piece, mask), name=entry.name)
    place = low + np.array(sprite.parts[0].pivot) - 2
    # where the thing may be in the frame so that its photograph still fills the frame
    limits = np.sort([frame - (room - place), place], axis=0)
    edge = 0.3 * middle
    calm = replace(d, aspect=0.5 * d.aspect, scale=0.6 * d.scale, turn=0.6 * d.turn)
    actor = _actor(
        rng,
        sprite,
        length,
        frame,
        middle,
        calm,
        (limits[0].clip(edge, frame - edge), limits[1].clip(edge, frame - edge)),
    )
    actor.mirror, actor.shadow = 1, False
    return actor, scene, place


def companion(
    rng: np.random.Generator, leader: Actor, split: str, length: int, size: tuple[int, int], d: Difficulty
) -> Actor:
    """Another moving thing behind the target; two of five look much like it."""
    frame = np.array(size, float)
    middle = float(leader.size.mean() * np.exp(rng.normal(0, 0.3)))
    if rng.random() < 0.4:
        sprite = copy.copy(leader.sprite)
        tint = rng.uniform(0.75, 1.1, 3) if rng.random() < 0.5 else np.ones(3)
        sprite.parts = [_tinted(part, tint) for part in sprite.parts]
    else:
        sprite = supporting(rng, split).whole()
    return _actor(rng, sprite, length, frame, middle, d)


def _tinted(part: Part, tint: np.ndarray) -> Part:
    color = np.clip(part.texture * np.append(tint, 1.0), 0, part.texture[..., 3:])
    return replace(part, texture=color.astype(np.uint8), levels=[])


def occluder(rng: np.random.Generator, leader: Actor, split: str, length: int) -> Actor:
    """Something that passes in front of the target for a short while."""
    sprite = supporting(rng, split).whole()
    meet = max(1, int(rng.uniform(0.25, 1.0) * (length - 1)))
    size = leader.size[meet] * rng.uniform(0.6, 1.3)
    angle = rng.choice([0.0, np.pi]) + rng.normal(0, 0.4)
    # away from the target in the first frame, from which trackers learn it
    speed = size * max(rng.uniform(0.15, 0.5), 2.5 / meet)
    offset = (np.arange(length) - meet)[:, None] * speed * np.array([np.cos(angle), np.sin(angle)])
    place = leader.center[meet] + rng.normal(0, 0.25, 2) * size
    ones = np.ones(length)
    return Actor(sprite, place + offset, size * ones, 0 * ones, 0 * ones, 0.0, False, rng.uniform(0, 6))
