"""Walking, running and crouching people: articulated, clothed, with a face, hair, helmet or cap."""

from __future__ import annotations

import cv2
import numpy as np

from siou_tracking.scenes import shapes, textures
from siou_tracking.scenes.photos import faces
from siou_tracking.scenes.sprites import Part, Sprite, premultiplied

_HEIGHT = 200.0


def person(rng: np.random.Generator, split: str, *, upright: bool = False) -> Sprite:
    """A person of about 200 texture pixels; in one of six only the head is the annotated target.

    Args:
        upright: nobody crouches or runs bent; what else is drawn stays the same.
    """
    light = rng.uniform(-1, 1)
    pace = rng.choice([0.05, 0.35, 0.65], p=[0.25, 0.5, 0.25])
    crouch = rng.uniform(0.3, 0.9) if rng.random() < 0.2 else 0.0
    if upright:
        crouch, pace = 0.0, min(pace, 0.35)
    broad = rng.uniform(0.85, 1.35)
    trousers, shirt, tone = textures.color(rng), textures.color(rng, vivid=0.5), textures.skin(rng)
    sleeves = shirt if rng.random() < 0.6 else tone
    bare = rng.random() < 0.25

    parts = [_torso(rng, split, shirt, light, broad, crouch)]
    th, tw = parts[0].texture.shape[:2]
    shoulder, hip = th * 0.2, th * 0.9
    spread = 0.3 * tw * rng.uniform(0.2, 1.0)
    for side in (-1, 1):
        phase = 0.0 if side < 0 else np.pi
        arm = len(parts)
        bend = -crouch * 0.8 + rng.normal(0, 0.1)
        upper = _limb(rng, split, 0.18, 0.07 * broad, 0.055 * broad, sleeves, light)
        parts.append(_hang_part(upper, 0, (tw / 2 + side * spread, shoulder), bend, pace, phase + np.pi))
        lower = _limb(rng, split, 0.17, 0.055 * broad, 0.042, tone if bare else sleeves, light, end=tone)
        parts.append(_hang_part(lower, arm, _limb_end(parts[arm]), -0.25 - pace * 0.6, 0.3 * pace, phase))
        leg = len(parts)
        thigh = _limb(rng, split, 0.25, 0.1 * broad, 0.08 * broad, trousers, light)
        joint = (tw / 2 + side * 0.45 * spread, hip)
        parts.append(_hang_part(thigh, 0, joint, -crouch * (1.5 if side > 0 else 0.9), pace, phase))
        shank = _limb(rng, split, 0.25, 0.075 * broad, 0.05 * broad, tone if bare else trousers, light, shoe=True)
        parts.append(_hang_part(shank, leg, _limb_end(parts[leg]), 0.5 * pace + crouch * 1.1, 0.5 * pace, phase - 1.2))
    head = _head(rng, split, tone, light)
    parts.append(_hang_part(head, 0, (tw / 2, th * 0.09), crouch * -0.5, 0.05, 0.0))
    order = [1, 2, 3, 4, 7, 8, 0, 9, 5, 6]  # far limbs, near leg, torso, head, near arm
    name = "person"
    if rng.random() < 1 / 6:
        for index, part in enumerate(parts):
            part.target = index == 9
        name = "head"
    gait = rng.uniform(0.25, 0.7) * (0.6 + pace)
    return Sprite(parts, order, name, gait=gait, soft=rng.random() < 0.3)


def _hang_part(
    texture_and_pivot: tuple[np.ndarray, tuple[float, float]],
    parent: int,
    joint: tuple[float, float],
    bias: float,
    swing: float,
    phase: float,
) -> Part:
    texture, pivot = texture_and_pivot
    return Part(texture, pivot, parent, joint, bias, swing, phase)


def _limb_end(part: Part) -> tuple[float, float]:
    """The far joint of a limb: as far from the lower edge as its pivot is from the upper one."""
    return part.pivot[0], part.texture.shape[0] - part.pivot[1]


def _limb(
    rng: np.random.Generator,
    split: str,
    length: float,
    top: float,
    bottom: float,
    base: np.ndarray,
    light: float,
    end: np.ndarray | None = None,
    shoe: bool = False,
) -> tuple[np.ndarray, tuple[float, float]]:
    """Texture and pivot of a capsule; lengths are shares of the body height. `end` colors the last sixth (a hand)."""
    length, top, bottom = length * _HEIGHT, top * _HEIGHT, bottom * _HEIGHT
    radius = top / 2
    width, height = int(np.ceil(top + (10 if shoe else 0))), int(np.ceil(length + 2 * radius))
    outline = shapes.limb(length, top, bottom) + radius
    outlines = [outline]
    cloth = textures.fabric(rng, split, height, width, base)
    if end is not None:
        cloth[int(height * 0.84) :] = end
    if shoe:
        foot = int(height * 0.86)
        sole = shapes.superellipse(0.075 * _HEIGHT, height - foot, 3)
        outlines.append(sole + np.array([radius - bottom / 2, foot]))
        cloth[foot:] = textures.color(rng, vivid=0.1)
    mask = shapes.pixel_coverage(height, width, *outlines)
    return premultiplied(cloth * shapes.shade(mask, light)[..., None], mask), (radius + 2, radius + 2)


def _torso(rng: np.random.Generator, split: str, base: np.ndarray, light: float, broad: float, crouch: float) -> Part:
    long = rng.uniform(1.0, 1.5) if rng.random() < 0.25 else 1.0
    height, width = int(0.34 * _HEIGHT), int(0.25 * _HEIGHT * broad * rng.uniform(0.75, 1.0))
    tall = int(height * long)
    waist, hem = rng.uniform(0.72, 0.95), rng.uniform(0.75, 1.1)
    side = np.array([[0.32, 0.0], [0.02, 0.12], [0.5 - waist / 2, 0.62], [0.5 - hem / 2, 1.0]])
    outline = np.concatenate([side, (side * [-1, 1] + [1, 0])[::-1]]) * [width - 1, tall - 1]
    mask = shapes.pixel_coverage(tall, width, shapes.rounded(outline, 0.25))
    cloth = textures.fabric(rng, split, tall, width, base)
    choice = rng.random()
    if choice < 0.3:
        _number(rng, cloth, textures.color(rng))
    elif choice < 0.45:  # an open jacket over another shirt
        cloth[:, int(width * 0.4) : int(width * 0.6)] = textures.color(rng)
    elif choice < 0.6:  # a bag or a band across
        points = np.array([[width * 0.1, 0], [width * 0.3, 0], [width, tall * 0.8], [width, tall]], np.int32)
        cv2.fillPoly(cloth, [points], tuple(float(v) for v in textures.color(rng)), cv2.LINE_AA)
    texture = premultiplied(cloth * shapes.shade(mask, light)[..., None], mask)
    # the body turns about its hips, which stay at the same height when the coat is long
    return Part(texture, (width / 2 + 2, height * 0.9), bias=0.8 * crouch, swing=0.04)


def _number(rng: np.random.Generator, cloth: np.ndarray, ink: np.ndarray) -> None:
    height, width = cloth.shape[:2]
    text = str(rng.integers(1, 99))
    scale = width / (22.0 * len(text)) * 0.8
    textures.letter(cloth, text, (int(width * 0.2), int(height * 0.55)), scale, ink)


def _head(
    rng: np.random.Generator, split: str, tone: np.ndarray, light: float
) -> tuple[np.ndarray, tuple[float, float]]:
    height, width = int(0.15 * _HEIGHT), int(0.15 * _HEIGHT * rng.uniform(0.75, 0.95))
    outline = shapes.superellipse(width - 1, height - 1, 2.2)
    mask = shapes.pixel_coverage(height, width, outline)
    kind = rng.choice(["face", "back", "side", "helmet", "cap"], p=[0.3, 0.15, 0.2, 0.2, 0.15])
    hair = textures.skin(rng) * rng.uniform(0.1, 0.8)
    picture: np.ndarray = np.broadcast_to(tone, (height, width, 3)).astype(np.float32).copy()
    if kind in ("face", "cap"):
        stack = faces(split)
        face = cv2.resize(stack[int(rng.integers(len(stack)))], (width, height), interpolation=cv2.INTER_CUBIC)
        picture *= (face.astype(np.float32) / max(60.0, float(face.mean())))[..., None]
    hairline = {"face": 0.25, "back": 0.8, "side": 0.4, "helmet": 0.0, "cap": 0.0}[kind]
    if hairline:
        picture[: int(hairline * height)] = hair
    if kind == "side":
        picture[: int(0.8 * height), : int(width * 0.5)] = hair
    if kind in ("helmet", "cap"):
        paint = textures.color(rng, vivid=0.7)
        cover = slice(0, int(height * (0.75 if kind == "helmet" else 0.38)))
        picture[cover] = paint
        if kind == "helmet":
            _visor(rng, picture)
    picture *= shapes.shade(mask, light, 0.4)[..., None]
    if kind == "helmet":
        spot = (int(width * (0.5 + 0.25 * light)), int(height * 0.22))
        cv2.circle(picture, spot, max(2, width // 9), (250.0, 250.0, 250.0), -1, cv2.LINE_AA)
        picture = cv2.GaussianBlur(picture, (0, 0), 0.8)
    return premultiplied(picture, mask), (width / 2 + 2, height * 0.92)


def _visor(rng: np.random.Generator, picture: np.ndarray) -> None:
    height, width = picture.shape[:2]
    ink = (30.0, 30.0, 35.0) if rng.random() < 0.6 else (200.0, 200.0, 205.0)
    edge = int(width * rng.uniform(0.45, 0.6))
    picture[int(height * 0.45) : int(height * 0.62), edge:] = ink
    for row in (0.7, 0.85):
        cv2.line(picture, (edge, int(height * row)), (width, int(height * row)), ink, 2, cv2.LINE_AA)
    stripe = tuple(float(v) for v in textures.color(rng, vivid=0.8))
    cv2.line(picture, (0, int(height * 0.12)), (width, int(height * 0.2)), stripe, 3, cv2.LINE_AA)
