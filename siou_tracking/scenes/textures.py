"""Surfaces: patches of photographs, cloth in a color, soft noise. RGB float32 in 0..255."""

from __future__ import annotations

import cv2
import numpy as np

from siou_tracking.scenes.photos import GROUND, load_photo, photo_names


def patch(
    rng: np.random.Generator,
    split: str,
    height: int,
    width: int,
    *,
    zoom: tuple[float, float] = (0.6, 2.0),
    names: tuple[str, ...] | None = None,
) -> np.ndarray:
    """A random piece of a random photograph, (height, width, 3).

    Args:
        zoom: range of the magnification of the photograph's pixels (drawn on a log scale).
        names: photographs to choose from; all of the split's when None.
    """
    photo = load_photo(str(rng.choice(names or photo_names(split))))
    factor = np.exp(rng.uniform(*np.log(zoom)))
    limit = max(height / photo.shape[0], width / photo.shape[1])
    factor = max(factor, limit)
    h = min(photo.shape[0], max(2, round(height / factor)))
    w = min(photo.shape[1], max(2, round(width / factor)))
    y = int(rng.integers(0, photo.shape[0] - h + 1))
    x = int(rng.integers(0, photo.shape[1] - w + 1))
    piece = photo[y : y + h, x : x + w]
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    piece = cv2.resize(np.ascontiguousarray(piece), (width, height), interpolation=method)
    return piece.astype(np.float32)


def color(rng: np.random.Generator, *, vivid: float = 0.22) -> np.ndarray:
    """A clothing or paint color, (3,): mostly muted, sometimes strong, sometimes black, white or gray."""
    saturation = rng.uniform(0.5, 0.9) if rng.random() < vivid else rng.beta(1.2, 3.0)
    value = rng.choice([rng.uniform(0.05, 0.25), rng.uniform(0.25, 0.75), rng.uniform(0.8, 1.0)], p=[0.3, 0.45, 0.25])
    pixel = np.array([[[rng.uniform(0, 360), saturation, value]]], np.float32)
    return cv2.cvtColor(pixel, cv2.COLOR_HSV2RGB)[0, 0] * 255


def skin(rng: np.random.Generator) -> np.ndarray:
    """A skin tone, (3,)."""
    dark, light = np.array([70.0, 45.0, 32.0]), np.array([236.0, 190.0, 160.0])
    return (dark + (light - dark) * rng.uniform(0, 1) ** 0.7).astype(np.float32)


def soft_noise(rng: np.random.Generator, height: int, width: int, cell: float) -> np.ndarray:
    """Smooth random field, (height, width), zero mean, unit deviation; `cell` is the feature size in pixels."""
    rows, columns = max(2, round(height / cell) + 1), max(2, round(width / cell) + 1)
    coarse = rng.standard_normal((rows, columns)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def fabric(rng: np.random.Generator, split: str, height: int, width: int, base: np.ndarray | None = None) -> np.ndarray:
    """Cloth, paint or fur: one color with the detail of a photograph, folds, and sometimes stripes; (h, w, 3)."""
    base = color(rng) if base is None else base
    detail = patch(rng, split, height, width).mean(axis=2)
    detail = (detail - detail.mean()) / (detail.std() + 8.0)
    folds = soft_noise(rng, height, width, max(4.0, 0.25 * max(height, width)))
    light = 1 + rng.uniform(0.04, 0.3) * detail + rng.uniform(0.05, 0.2) * folds
    surface = base * np.clip(light, 0.3, 1.9)[..., None] + 4 * detail[..., None]
    if rng.random() < 0.25:
        surface = _striped(rng, surface)
    return np.clip(surface, 0, 255).astype(np.float32)


def letter(surface: np.ndarray, text: str, origin: tuple[int, int], scale: float, ink: np.ndarray) -> None:
    """Write `text` onto `surface` (h, w, 3) float32 in place; `origin` is the lower left corner of the first letter."""
    mask = np.zeros(surface.shape[:2], np.uint8)
    cv2.putText(mask, text, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 2, cv2.LINE_AA)
    share = mask[..., None].astype(np.float32) / 255
    surface += share * (ink.astype(np.float32) - surface)


def ground(rng: np.random.Generator, split: str, height: int, width: int) -> np.ndarray:
    """An even surface such as asphalt, grass or paving seen from above, (h, w, 3)."""
    photo = load_photo(str(rng.choice(GROUND[split])))[..., 0]
    factor = np.exp(rng.uniform(np.log(0.2), np.log(0.7)))
    tile = cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA).astype(np.float32)
    short = np.maximum(0, np.array([height, width]) - tile.shape)
    gray = np.pad(tile, ((0, short[0]), (0, short[1])), mode="symmetric")[:height, :width]
    gray = (gray - gray.mean()) / (gray.std() + 8.0)
    tone = np.array(
        [(105, 105, 108), (150, 145, 135), (95, 120, 60), (130, 120, 70), (170, 150, 120), (75, 80, 90)][
            int(rng.integers(6))
        ],
        np.float32,
    ) * rng.uniform(0.6, 1.3)
    broad = soft_noise(rng, height, width, 0.3 * max(height, width))
    light = 1 + rng.uniform(0.05, 0.35) * gray + 0.08 * broad
    return np.clip(tone * light[..., None], 0, 255).astype(np.float32)


def _striped(rng: np.random.Generator, surface: np.ndarray) -> np.ndarray:
    height, width = surface.shape[:2]
    angle = rng.choice([0.0, np.pi / 2, rng.uniform(0, np.pi)])
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    period = rng.uniform(0.08, 0.5) * max(height, width)
    wave = np.sin(2 * np.pi * (columns * np.cos(angle) + rows * np.sin(angle)) / period + rng.uniform(0, 6))
    share = np.clip(wave * 3 - rng.uniform(-1, 2), 0, 1)[..., None]
    return surface * (1 - share) + color(rng) * (surface.mean(axis=2, keepdims=True) / 140 + 0.2).clip(0.4, 1.3) * share
