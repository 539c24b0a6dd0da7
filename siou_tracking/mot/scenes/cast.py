"""Who is in a crowd and where: people who walk through, their look-alikes, pillars, and things taken for people."""

from __future__ import annotations

import copy
import dataclasses

import cv2
import numpy as np

from siou_tracking.scenes import people, shapes, textures, things
from siou_tracking.scenes.cast import Actor
from siou_tracking.scenes.motion import drift
from siou_tracking.scenes.sprites import Layer, Sprite, draw_sprite, one_part_sprite, premultiplied

FRAME_RATE = 10
"""Frames a second that people walk at: low, as in surveillance, so that boxes of two frames overlap little."""
PEDESTRIAN, STATIC_PERSON, DISTRACTOR, UNLISTED = 1, 7, 8, 0
"""Classes of MOTChallenge; UNLISTED is scenery that no annotation names."""


@dataclasses.dataclass(frozen=True)
class Stage:
    """The ground people walk on, as the camera sees it: the lower in the picture, the nearer and the larger."""

    width: int
    height: int
    horizon: float
    """Row at which a person would have no height, pixels; may lie above the picture."""
    tall: float
    """Height of a person whose feet are at the lower edge, pixels."""

    @classmethod
    def random(cls, rng: np.random.Generator, width: int, height: int) -> Stage:
        """A camera a little above the heads."""
        return cls(width, height, rng.uniform(-0.5, 0.0) * height, rng.uniform(0.42, 0.56) * height)

    def size_at(self, row: np.ndarray | float) -> np.ndarray:
        """Height in pixels of a person whose feet are at `row`."""
        return self.tall * (np.asarray(row) - self.horizon) / (self.height - self.horizon)

    def lane(self, rng: np.random.Generator) -> float:
        """A random row for someone's feet."""
        return float(rng.uniform(0.48, 1.04) * self.height)


@dataclasses.dataclass(kw_only=True)
class Walker(Actor):
    """Someone or something that stands on the ground from frame `first` to before `last`; rows are frames from 0."""

    feet: np.ndarray
    """(n,) row of the feet: the depth by which one hides the other."""
    facing: np.ndarray
    """(n,) 1 to the right, -1 to the left."""
    stride: np.ndarray
    """(n,) position in the gait, radians."""
    first: int
    last: int
    category: int = PEDESTRIAN

    def layer(self, index: int, clip: tuple[int, int] | None = None) -> Layer | None:
        self.mirror = int(self.facing[index])
        return draw_sprite(self.sprite, self.root(index), self.phase + float(self.stride[index]), clip=clip)


def stand(
    stage: Stage, sprite: Sprite, x: np.ndarray, feet: np.ndarray, *, relative: float = 1.0, **more: object
) -> Walker:
    """Put a sprite's feet on the rows `feet` (n,) at the columns `x` (n,), as large as a person is there.

    Args:
        relative: its height over a person's.
        more: fields of `Walker` other than these would give.
    """
    _, tall = _extent(sprite)
    heights = relative * stage.size_at(feet)
    still = np.zeros(len(x))
    fields: dict[str, object] = {
        "facing": np.where(np.diff(x, append=x[-1]) < 0, -1, 1),
        "stride": still,
        "first": 0,
        "last": len(x),
        "shadow": True,
        **more,
    }
    return Walker(
        sprite,
        np.column_stack([x, feet - heights / 2]),
        heights * sprite.size / tall,
        still,
        still,
        0.0,
        feet=feet,
        **fields,  # type: ignore[arg-type]  # one dict holds fields of several types
    )


def _extent(sprite: Sprite) -> tuple[int, int]:
    """Width and height of the sprite at rest, texture pixels."""
    layer = draw_sprite(sprite, np.eye(2, 3), 0.0)
    solid = layer.target > 127.5 if layer is not None else np.ones((1, 1), bool)
    return int(np.ptp(np.flatnonzero(solid.any(0)))) + 1, int(np.ptp(np.flatnonzero(solid.any(1)))) + 1


def walkers(
    rng: np.random.Generator, split: str, stage: Stage, length: int, people_at_once: float, alike: float
) -> list[Walker]:
    """People who are there at the start and people who come in later, some of them with a look-alike.

    Args:
        split: of the photographs their looks are made from.
        length: frames.
        people_at_once: mean number in the picture.
        alike: share of people who meet someone who looks much like them, walking the other way.
    """
    crossing = 0.9 * stage.width / _speed(stage, 0.75 * stage.height)
    later = rng.poisson(people_at_once * length / crossing)
    starts = [0] * max(2, int(rng.poisson(people_at_once))) + sorted(rng.integers(1, length, later).tolist())
    crowd: list[Walker] = []
    for start in starts:
        sprite = people.person(rng, split, upright=True).whole()
        lane, heading = stage.lane(rng), int(rng.choice([-1, 1]))
        crowd.append(_walk(rng, stage, length, sprite, start, lane, heading))
        if rng.random() < alike:
            other = lane + rng.choice([-1, 1]) * rng.uniform(0.02, 0.07) * stage.height
            crowd.append(_walk(rng, stage, length, look_alike(rng, sprite), start, other, -heading))
    return crowd


def _speed(stage: Stage, row: float) -> float:
    """Pixels a frame at a usual pace: one's own height in a second, at `FRAME_RATE`."""
    return float(stage.size_at(row)) / FRAME_RATE


def _walk(
    rng: np.random.Generator, stage: Stage, length: int, sprite: Sprite, start: int, lane: float, heading: int
) -> Walker:
    """A path across the picture: changes of pace, some stops, some who turn round. Frame 0 finds people anywhere."""
    half = 0.25 * float(stage.size_at(lane))
    pace = _speed(stage, lane) * np.exp(rng.normal(0, 0.3)) * np.clip(1 + drift(rng, length, 6, 0.35), 0.1, 2.0)
    frames = np.arange(length)
    if rng.random() < 0.35:  # stands still for a while
        pause = int(rng.integers(start, length))
        pace[(frames >= pause) & (frames < pause + rng.integers(5, 15))] = 0.0
    signs = np.full(length, heading)
    if rng.random() < 0.25:  # turns round
        signs[frames >= rng.integers(start, length)] *= -1
    steps = np.where(frames > start, pace * signs, 0.0)
    inside = rng.uniform(0, stage.width)
    origin = inside if start == 0 else (-half if heading > 0 else stage.width + half)
    x = origin + np.cumsum(steps)
    feet = lane + drift(rng, length, 15, 0.02 * stage.height) + np.cumsum(pace) * rng.normal(0, 0.12)
    feet = np.clip(feet, 0.42 * stage.height, 1.08 * stage.height)
    away = (frames > start) & ((x < -2 * half) | (x > stage.width + 2 * half))
    last = int(np.argmax(away)) if away.any() else length
    stride = np.cumsum(pace) / max(float(pace.mean()), 1e-6) * sprite.gait
    facing = np.where(signs < 0, -1, 1)
    phase = float(rng.uniform(0, 6))
    return stand(stage, sprite, x, feet, facing=facing, stride=stride, first=start, last=last, phase=phase)


def look_alike(rng: np.random.Generator, sprite: Sprite) -> Sprite:
    """The same person in slightly other colors: every part's tint changes by some per cent, never by nothing."""
    twin = copy.copy(sprite)
    tint = 1 + rng.choice([-1, 1], 3) * rng.uniform(0.06, 0.16, 3)
    twin.parts = []
    for part in sprite.parts:
        color = np.clip(part.texture * np.append(tint, 1.0), 0, part.texture[..., 3:])
        twin.parts.append(dataclasses.replace(part, texture=color.astype(np.uint8), levels=[]))
    return twin


def scenery(rng: np.random.Generator, split: str, stage: Stage, length: int, pillars: float) -> list[Walker]:
    """Pillars, posts and parked things that people pass behind."""
    found = []
    for _ in range(rng.poisson(pillars)):
        x, row = rng.uniform(0.05, 0.95) * stage.width, rng.uniform(0.6, 1.0) * stage.height
        if rng.random() < 0.65:
            sprite, relative = _pillar(rng, split), rng.uniform(1.5, 2.6)
        else:
            sprite, relative = things.vehicle(rng, split).whole(), rng.uniform(0.6, 0.85)
        place = np.full(length, x), np.full(length, row)
        found.append(stand(stage, sprite, *place, relative=relative, category=UNLISTED))
    return found


def _pillar(rng: np.random.Generator, split: str) -> Sprite:
    height, width = 240, int(rng.uniform(14, 44))
    outline = shapes.superellipse(width - 1, height - 1, 12)
    mask = shapes.pixel_coverage(height, width, outline)
    surface = textures.fabric(rng, split, height, width, textures.color(rng, vivid=0.05))
    round_ = 1.15 - 0.6 * np.linspace(-1, 1, width, dtype=np.float32) ** 2
    return one_part_sprite(
        premultiplied(cv2.GaussianBlur(surface, (0, 0), 1) * round_[None, :, None], mask), name="pillar"
    )


def bystanders(rng: np.random.Generator, split: str, stage: Stage, length: int, mean: float) -> list[Walker]:
    """Persons who never move, and things of a person's size: annotated, but not to be tracked."""
    found = []
    for _ in range(rng.poisson(mean)):
        place = np.full(length, rng.uniform(0.05, 0.95) * stage.width), np.full(length, stage.lane(rng))
        if rng.random() < 0.5:
            sprite, category, relative = people.person(rng, split, upright=True).whole(), STATIC_PERSON, 1.0
        else:
            sprite, category = things.compound(rng, split), DISTRACTOR
            wide, tall = _extent(sprite)
            relative = min(1.0, 0.6 * tall / wide)
        phase, facing = float(rng.uniform(0, 6)), np.full(length, rng.choice([-1, 1]))
        still = stand(stage, sprite, *place, relative=relative, category=category, phase=phase, facing=facing)
        found.append(still)
    return found


def furniture(rng: np.random.Generator, split: str) -> Sprite:
    """Something to lie about in the background; never a person."""
    makers = (things.vehicle, things.parcel, things.compound, things.ball)
    return makers[int(rng.choice(len(makers), p=(0.35, 0.25, 0.3, 0.1)))](rng, split)
