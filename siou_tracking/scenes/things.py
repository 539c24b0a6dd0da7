"""Vehicles, animals, balls, printed boxes, things of several materials, and real objects cut out of photographs."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from siou_tracking.scenes import shapes, textures
from siou_tracking.scenes.photos import load_photo, silhouettes
from siou_tracking.scenes.sprites import Part, Sprite, one_part_sprite, premultiplied


def vehicle(rng: np.random.Generator, split: str) -> Sprite:
    """A car, van or bus from the side: body, windows, lights, wheels, gloss."""
    width = 240
    tall = rng.uniform(0.32, 0.62)
    height = int(width * tall)
    boxy = tall > 0.45
    front, back = rng.uniform(0.05, 0.35, 2) * (0.25 if boxy else 1.0)
    waist = rng.uniform(0.42, 0.55)
    body = np.array(
        [
            (0.01, waist + 0.03), (back * 0.7, waist), (back + 0.07, 0.02), (0.95 - front, 0.02),
            (1 - front * 0.55, waist), (0.99, waist + 0.12), (0.99, 0.86), (0.01, 0.86),
        ]
    ) * [width - 1, height - 1]  # fmt: skip
    radius = height * rng.uniform(0.15, 0.2)
    wheels = [
        (width * rng.uniform(0.16, 0.23), height - radius - 1),
        (width * rng.uniform(0.77, 0.84), height - radius - 1),
    ]
    tires = [shapes.superellipse(2 * radius, 2 * radius) + np.array([x - radius, y - radius]) for x, y in wheels]
    mask = shapes.pixel_coverage(height, width, shapes.rounded(body, 0.22), *tires)

    paint = textures.fabric(rng, split, height, width, textures.color(rng))
    paint = cv2.GaussianBlur(paint, (0, 0), 3)
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    paint *= 1.15 - 0.5 * rows + 0.25 * np.exp(-(((rows - waist - 0.06) / 0.05) ** 2))
    _windows(rng, paint, body, waist, boxy)
    lamp = int(height * (waist + 0.18))
    cv2.ellipse(paint, (width - 9, lamp), (7, 4), 0, 0, 360, (250.0, 245.0, 215.0), -1, cv2.LINE_AA)
    cv2.ellipse(paint, (7, lamp), (5, 5), 0, 0, 360, (190.0, 25.0, 20.0), -1, cv2.LINE_AA)
    for x, y in wheels:
        center = (round(x), round(y))
        cv2.circle(paint, center, round(radius * 1.12), (18.0, 18.0, 20.0), -1, cv2.LINE_AA)
        cv2.circle(paint, center, round(radius * 0.55), (150.0, 150.0, 155.0), -1, cv2.LINE_AA)
        cv2.circle(paint, center, round(radius * 0.2), (60.0, 60.0, 62.0), -1, cv2.LINE_AA)
    texture = premultiplied(paint, mask)
    return one_part_sprite(texture if rng.random() < 0.5 else np.ascontiguousarray(texture[:, ::-1]), name="car")


def _windows(rng: np.random.Generator, paint: np.ndarray, body: np.ndarray, waist: float, boxy: bool) -> None:
    height, width = paint.shape[:2]
    left, right = body[2][0] + 4, body[3][0] - 4
    low, high = waist * height - 1, 0.09 * height
    tint = np.array([40, 50, 60], np.float32) * rng.uniform(0.6, 2.0)
    panes = int(rng.integers(4, 7)) if boxy else int(rng.integers(2, 4))
    edges = np.linspace(left, right, panes + 1)
    for index, (a, b) in enumerate(pairwise(edges)):
        lean_a = (body[1][0] - body[2][0]) * 0.8 if index == 0 else 0.0
        lean_b = (body[4][0] - body[3][0]) * 0.8 if index == panes - 1 else 0.0
        pane = np.array([(a + 3, high), (b - 3, high), (b - 3 + lean_b, low), (a + 3 + lean_a, low)])
        glass = shapes.pixel_coverage(height, width, shapes.rounded(pane, 0.12))[..., None]
        shine = np.linspace(1.7, 0.7, height, dtype=np.float32)[:, None, None]
        paint *= 1 - glass
        paint += glass * tint * shine


def animal(rng: np.random.Generator, split: str) -> Sprite:
    """A four-legged animal from the side with swinging legs, neck and tail."""
    coat = textures.color(rng, vivid=0.1) * 0.8 + 20
    length, depth = 130, int(rng.uniform(42, 62))
    light = rng.uniform(-1, 1)
    legs = rng.uniform(0.35, 0.8) * depth * 1.6

    def piece(outline: np.ndarray, h: int, w: int, tone: float = 1.0) -> np.ndarray:
        mask = shapes.pixel_coverage(h, w, outline)
        fur = textures.fabric(rng, split, h, w, coat * tone)
        return premultiplied(fur * shapes.shade(mask, light, 0.4)[..., None], mask)

    body = piece(shapes.blob(rng, length - 1, depth - 1, 0.06), depth, length)
    parts = [Part(body, (length / 2, depth / 2), swing=0.04)]
    pace = rng.uniform(0.2, 0.6)
    for index, x in enumerate((0.14, 0.84, 0.22, 0.76)):
        top = depth * 0.36
        outline = shapes.limb(legs, top, top * 0.4) + top / 2
        texture = piece(outline, int(legs + top), int(top + 1), 0.7 if index < 2 else 1.0)
        joint = (length * x, depth * 0.72)
        parts.append(Part(texture, (top / 2 + 2, top / 2 + 2), 0, joint, 0.0, pace, index * np.pi * 0.75))
    neck = rng.uniform(0.5, 1.3) * depth
    head = int(depth * 0.62)
    outline = shapes.limb(neck, depth * 0.5, depth * 0.34) + depth * 0.25
    parts.append(
        Part(piece(outline, int(neck + depth * 0.5), int(depth * 0.5 + 1)), (depth * 0.25, depth * 0.25), 0,
             (length * 0.9, depth * 0.34), -rng.uniform(1.7, 2.6), 0.12, 1.0)
    )  # fmt: skip
    muzzle = piece(shapes.blob(rng, head * 1.5, head - 1, 0.08), head, int(head * 1.5) + 1)
    parts.append(
        Part(muzzle, (head * 0.35, head / 2), 5, (depth * 0.25, neck + depth * 0.2), rng.uniform(1.8, 2.6), 0.1)
    )
    tail = piece(shapes.limb(depth, 9, 5) + 5, depth + 10, 11)
    parts.append(Part(tail, (6, 6), 0, (4, depth * 0.3), rng.uniform(0.3, 1.2), 0.4, 2.0))
    return Sprite(parts, [1, 2, 7, 0, 5, 6, 3, 4], "animal", gait=rng.uniform(0.3, 0.7), soft=rng.random() < 0.5)


def ball(rng: np.random.Generator, split: str) -> Sprite:
    """A ball or wheel with a pattern, a dark rim and a highlight."""
    side = 96
    mask = shapes.pixel_coverage(side, side, shapes.superellipse(side - 1, side - 1))
    skin = textures.fabric(rng, split, side, side)
    for _ in range(int(rng.integers(0, 6))):
        spot = shapes.pixel_coverage(side, side, shapes.convex(rng, 34, 34) + rng.uniform(-10, 72, 2))[..., None]
        skin = skin * (1 - spot) + spot * textures.color(rng)
    skin *= shapes.shade(mask, rng.uniform(-1, 1), 0.55)[..., None]
    return one_part_sprite(premultiplied(skin, mask), name="ball", upright=False)


def parcel(rng: np.random.Generator, split: str) -> Sprite:
    """A printed box, sign, book or screen: a picture with a frame and lettering."""
    height, width = (int(v) for v in rng.uniform(60, 130, 2))
    face = textures.patch(rng, split, height, width, zoom=(0.25, 1.0))
    if rng.random() < 0.6:
        band = slice(*sorted(int(v) for v in rng.uniform(0, height, 2)))
        face[band] = textures.color(rng, vivid=0.7)
    text = "".join(rng.choice(list("ABCDEFGHKLMNOPRSTUXYZ0123456789"), int(rng.integers(2, 6))))
    place = (int(width * 0.06), int(height * rng.uniform(0.35, 0.9)))
    textures.letter(face, text, place, rng.uniform(0.5, 1.3), textures.color(rng, vivid=0.6))
    edge = tuple(float(v) for v in textures.color(rng))
    cv2.rectangle(face, (0, 0), (width - 1, height - 1), edge, int(rng.integers(2, 9)))
    mask = shapes.pixel_coverage(height, width, shapes.superellipse(width - 1, height - 1, rng.uniform(5, 20)))
    slope = 1 + rng.uniform(-0.25, 0.25) * np.linspace(-1, 1, width, dtype=np.float32)[None, :, None]
    return one_part_sprite(premultiplied(face * slope, mask), name="box", upright=bool(rng.random() < 0.5))


def compound(rng: np.random.Generator, split: str) -> Sprite:
    """An unnamed thing of two to five pieces with different surfaces: a toy, a bird, a boat, a bag."""
    height, width = (int(v) for v in rng.uniform(60, 150, 2))
    mask = np.zeros((height, width), np.float32)
    surface = np.zeros((height, width, 3), np.float32)
    light = rng.uniform(-1, 1)
    for index in range(int(rng.integers(2, 6))):
        share = rng.uniform(0.75, 1.0, 2) if index == 0 else rng.uniform(0.2, 0.65, 2)
        w, h = share * [width - 1, height - 1]
        kind = rng.integers(3)
        outline = (
            shapes.blob(rng, w, h) if kind == 0
            else shapes.superellipse(w, h, rng.uniform(1.8, 6)) if kind == 1
            else shapes.convex(rng, w, h)
        )  # fmt: skip
        outline = outline + rng.uniform(0, 1, 2) * [width - 1 - w, height - 1 - h]
        cover = shapes.pixel_coverage(height, width, outline)
        plain = rng.random() < 0.6
        skin = textures.fabric(rng, split, height, width) if plain else textures.patch(rng, split, height, width)
        skin *= shapes.shade(cover, light, rng.uniform(0.15, 0.5))[..., None]
        surface = surface * (1 - cover[..., None]) + skin * cover[..., None]
        mask = np.maximum(mask, cover)
    return one_part_sprite(
        premultiplied(surface, mask), name="object", upright=bool(rng.random() < 0.4), soft=rng.random() < 0.4
    )


def cutout(rng: np.random.Generator, split: str) -> Sprite:
    """A real thing cut out along its traced outline, with a slight change of color."""
    choices = silhouettes(split, whole_only=True)
    names = sorted({(entry.photo, entry.name) for entry in choices})
    photo, name = names[int(rng.integers(len(names)))]
    same = [entry for entry in choices if (entry.photo, entry.name) == (photo, name)]
    polygon = same[int(rng.integers(len(same)))].polygon
    low, high = np.floor(polygon.min(0)).astype(int), np.ceil(polygon.max(0)).astype(int) + 1
    scale = min(2.0, 180 / float((high - low).max()))
    picture = load_photo(photo)[low[1] : high[1], low[0] : high[0]]
    mask = shapes.pixel_coverage(*picture.shape[:2], shapes.rounded(polygon - low, 0.3))
    size = (max(8, round(picture.shape[1] * scale)), max(8, round(picture.shape[0] * scale)))
    picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    # one pixel in from the traced line, so that none of the old surroundings comes along
    mask = np.clip(2 * cv2.GaussianBlur(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), (0, 0), 0.9) - 1, 0, 1)
    if photo == "horse.png":
        picture = textures.fabric(rng, split, size[1], size[0]) * shapes.shade(mask, 0.5, 0.45)[..., None]
    elif picture.std(axis=2).mean() < 1:
        picture *= 0.55 + 0.45 * textures.color(rng) / 128
    else:
        picture *= rng.uniform(0.85, 1.15, 3)
    texture = premultiplied(picture, mask)
    free = name in {"coin", "badge", "wheel", "saucer", "helmet"}
    return one_part_sprite(np.ascontiguousarray(texture[:, :: int(rng.choice([-1, 1]))]), name=name, upright=not free)
