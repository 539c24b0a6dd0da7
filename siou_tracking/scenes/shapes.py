"""Closed outlines (n, 2) in pixels, anti-aliased coverage masks, and the shading that makes a flat shape look solid."""

from __future__ import annotations

import cv2
import numpy as np


def blob(rng: np.random.Generator, width: float, height: float, rough: float = 0.18) -> np.ndarray:
    """A smooth random closed curve that fills a width x height box with its corner at the origin."""
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    radius = np.ones_like(angle)
    for order in range(2, 7):
        radius += rough * rng.standard_normal() / order**0.7 * np.cos(order * angle + rng.uniform(0, 2 * np.pi))
    return _fit(np.stack([np.cos(angle), np.sin(angle)], 1) * np.clip(radius, 0.35, None)[:, None], width, height)


def superellipse(width: float, height: float, power: float = 2.0) -> np.ndarray:
    """An ellipse (power 2), a rounded rectangle (4..8) or a diamond-like star (below 2)."""
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    cosine, sine = np.cos(angle), np.sin(angle)
    points = np.stack([np.sign(cosine) * np.abs(cosine) ** (2 / power), np.sign(sine) * np.abs(sine) ** (2 / power)], 1)
    return _fit(points, width, height)


def convex(rng: np.random.Generator, width: float, height: float) -> np.ndarray:
    """A random convex polygon with slightly rounded corners."""
    hull = cv2.convexHull(rng.standard_normal((9, 2)).astype(np.float32))[:, 0]
    return _fit(rounded(hull, 0.15), width, height)


def rounded(polygon: np.ndarray, share: float = 0.2) -> np.ndarray:
    """The polygon with each corner cut by a short curve; `share` is the part of each edge that is used up, 0..0.5."""
    before, after = np.roll(polygon, 1, 0), np.roll(polygon, -1, 0)
    start, end = polygon + (before - polygon) * share, polygon + (after - polygon) * share
    t = np.linspace(0, 1, 6)[None, :, None]
    curve = (1 - t) ** 2 * start[:, None] + 2 * t * (1 - t) * polygon[:, None] + t**2 * end[:, None]
    return curve.reshape(-1, 2)


def limb(length: float, top: float, bottom: float) -> np.ndarray:
    """A tapered capsule hanging down from (0, 0): half-round ends, `top` and `bottom` are its widths."""
    upper = np.linspace(np.pi, 2 * np.pi, 16)
    lower = np.linspace(0, np.pi, 16)
    head = np.stack([np.cos(upper) * top / 2, np.sin(upper) * top / 2], 1)
    foot = np.stack([np.cos(lower) * bottom / 2, length + np.sin(lower) * bottom / 2], 1)
    return np.concatenate([head, foot])


def pixel_coverage(height: int, width: int, *outlines: np.ndarray) -> np.ndarray:
    """(height, width) float32 in [0, 1]: how much of each pixel the union of the outlines covers."""
    mask = np.zeros((height, width), np.uint8)
    for outline in outlines:
        points = np.round(np.asarray(outline, np.float64) * 16).astype(np.int32)
        cv2.fillPoly(mask, [points], 255, lineType=cv2.LINE_AA, shift=4)
    return mask.astype(np.float32) / 255


def shade(mask: np.ndarray, direction: float, depth: float = 0.35) -> np.ndarray:
    """(h, w) brightness factor of a rounded body: darker toward its rim and on the side away from the light.

    Args:
        mask: coverage in [0, 1].
        direction: x component of the light, -1..1.
        depth: how much darker the rim is than the middle.
    """
    distance = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    inner = np.sqrt(np.clip(distance / max(1.0, 0.9 * float(distance.max())), 0, 1))
    across = np.linspace(-1, 1, mask.shape[1], dtype=np.float32)[None]
    down = np.linspace(0.08, -0.12, mask.shape[0], dtype=np.float32)[:, None]
    return (1 - depth) + depth * inner + 0.22 * direction * across + down


def _fit(points: np.ndarray, width: float, height: float) -> np.ndarray:
    low, high = points.min(0), points.max(0)
    return (points - low) / (high - low) * np.array([width, height])
