"""What the camera does to the picture: its own motion, exposure, white balance, blur, noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from siou_tracking.scenes.motion import drift


def motion_blur(image: np.ndarray, shift: np.ndarray, *, grow: bool = False, longest: float = 24.0) -> np.ndarray:
    """Average `image` along the line `shift` (pixels traveled while the shutter is open), centered on the frame.

    Args:
        image: (h, w, c) or (h, w), uint8 or float32.
        shift: (2,) x, y; longer ones are cut to `longest`.
        grow: surround the image with zeros and return it larger by `blur_reach` on each side; else its border is
            mirrored and the size stays.

    Returns:
        float32, or `image` itself when the line is shorter than a pixel.
    """
    reach = blur_reach(shift, longest)
    if not reach:
        return image
    shift = shift * min(1.0, longest / float(np.hypot(*shift)))
    edge = 2 * reach if grow else reach
    border = cv2.BORDER_CONSTANT if grow else cv2.BORDER_REFLECT_101
    wide = cv2.copyMakeBorder(image, edge, edge, edge, edge, border)
    height, width = wide.shape[0] - 2 * reach, wide.shape[1] - 2 * reach
    total = np.zeros((height, width, *image.shape[2:]), np.float32)
    steps = 2 * int(np.ceil(np.abs(shift).max() / 2)) + 1
    for t in np.linspace(-0.5, 0.5, steps):
        x, y = (reach + round(t * float(v)) for v in shift)
        cv2.accumulate(wide[y : y + height, x : x + width], total)
    total /= steps
    return total


def blur_reach(shift: np.ndarray, longest: float = 24.0) -> int:
    """Pixels by which `motion_blur` widens what it blurs; 0 for a line too short to show."""
    length = float(np.hypot(*shift))
    if length < 1.2:
        return 0
    return int(np.ceil(np.abs(shift).max() * min(1.0, longest / length) / 2))


def similarity(x: float, y: float, scale: float, turn: float, center: np.ndarray) -> np.ndarray:
    """(2, 3) matrix that takes `center` to (x, y), scaled and turned (radians)."""
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    linear = np.array([[c, -s], [s, c]])
    return np.column_stack([linear, np.array([x, y]) - linear @ center])


@dataclass
class Sensor:
    """Exposure, color and noise over a sequence; `develop` applies them to one frame."""

    tables: np.ndarray
    """(frames, 256, 3) uint8 tone curves."""
    focus: np.ndarray
    """(frames,) blur in pixels."""
    grain: np.ndarray
    """(h + 64, w + 64, 3) int8 noise, read at a new place in each frame."""
    places: np.ndarray
    """(frames, 2) where it is read."""
    gray: bool = False
    """Whether it records no color."""

    @classmethod
    def random(
        cls,
        rng: np.random.Generator,
        length: int,
        width: int,
        height: int,
        *,
        light: float,
        blur: float,
        noise: float,
        exposure: float = 1.0,
    ) -> Sensor:
        """Draw a camera.

        Args:
            light: strength of the changes of exposure and tone.
            blur: strength of the loss of focus.
            noise: deviation in gray levels.
            exposure: factor that the scene's mean brightness calls for.
        """
        gain = np.exp(drift(rng, length, 14, 0.12 * light) + rng.normal(0, 0.1))
        if rng.random() < 0.3 * light:  # a lamp, a tunnel, the automatic exposure
            start = rng.integers(length)
            gain[start:] *= rng.choice([0.7, 1.35])
        gain = exposure * np.clip(gain, 0.6, 1.4)
        gamma = np.exp(np.clip(drift(rng, length, 25, 0.1 * light) + rng.normal(0, 0.12), -0.4, 0.4))
        balance = (
            np.exp(rng.normal(0, 0.06, 3))[None, None] * np.exp(drift(rng, length, 20, 0.02 * light))[:, None, None]
        )
        contrast, level = rng.uniform(0.75, 1.1), rng.uniform(0, 18)
        tone = np.linspace(0, 1, 256)[None, :, None] ** gamma[:, None, None] * gain[:, None, None] * balance
        tables = np.clip(level + 255 * contrast * tone, 0, 255).astype(np.uint8)
        base = rng.uniform(0.0, 0.8)
        focus = np.clip(base + np.abs(drift(rng, length, 9, 0.35 * blur)), 0, 3.0)
        sigma = noise * rng.uniform(0.3, 1.3)
        grain = np.clip(rng.standard_normal((height + 64, width + 64, 3), np.float32) * sigma, -127, 127)
        places, gray = rng.integers(0, 65, (length, 2)), bool(rng.random() < 0.06)
        return cls(tables, focus, grain.astype(np.int8), places, gray)

    def develop(self, frame: int, image: np.ndarray) -> np.ndarray:
        """(h, w, 3) uint8 in and out."""
        if self.focus[frame] > 0.35:
            image = cv2.GaussianBlur(image, (0, 0), float(self.focus[frame]))
        if self.gray:
            image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        image = cv2.LUT(image, self.tables[frame][:, None, :])
        row, column = self.places[frame]
        grain = self.grain[row : row + image.shape[0], column : column + image.shape[1]]
        return cv2.add(image, grain, dtype=cv2.CV_8U)
