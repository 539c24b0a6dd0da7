"""A seeded street with people: every frame's picture and, for everyone in it, box, class and visible share.

for frame in Crowd(SeedSequence(3), length=30): frame.image, frame.boxes, frame.visibility
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.mot.scenes import cast as crowd_cast
from siou_tracking.scenes import backdrop
from siou_tracking.scenes.camera import Sensor
from siou_tracking.scenes.motion import drift
from siou_tracking.scenes.photos import check_split
from siou_tracking.scenes.sprites import Layer, add_coverage, common_window, draw_layer, tight_box

ENTERED = 0.1
"""Share of a person that must be in the image for it to be annotated; hidden parts count."""
_MARGIN = 16
_KINDS = {"field": 0.6, "street": 0.4}


@dataclass(frozen=True)
class Crowdedness:
    """How hard crowds are. 0 switches a difficulty off."""

    people: float = 7.0
    """Mean number of people in the picture."""
    alike: float = 0.12
    """Share of people with a look-alike."""
    pillars: float = 1.0
    """Mean number of pillars and parked things that hide people."""
    bystanders: float = 0.3
    """Mean number of static persons and of things taken for persons."""
    camera: float = 1.0
    """Strength of the camera's drift and shake."""
    light: float = 0.4
    """Strength of the changes of exposure and color, and of the flicker from frame to frame."""
    noise: float = 3.0
    """Deviation of sensor noise in gray levels."""


@dataclass
class CrowdFrame:
    """One frame; the arrays have one row per listed person or thing of which a tenth or more is in the image."""

    image: np.ndarray
    """(h, w, 3) uint8 RGB."""
    identity: np.ndarray
    """(k,) int64 from 0, the same person in every frame."""
    boxes: np.ndarray
    """(k, 4) float64 x, y, w, h of all of the person, also what is hidden or outside the image; 0-based pixels."""
    category: np.ndarray
    """(k,) int64 class of MOTChallenge: 1 pedestrian, 7 static person, 8 distractor."""
    visibility: np.ndarray
    """(k,) float64 0..1: the share of the person's pixels that is in the image and not hidden."""


class Crowd:
    """A seeded scene; iterate for its frames. Equal arguments give equal bytes.

    Args:
        seed: an int or numpy SeedSequence.
        length: frames, at least 2.
        size: (width, height) of the frames in pixels, each 64..2000.
        photos: "train" or "heldout": which photographs looks and backdrops are made from.
        crowdedness: see `Crowdedness`.

    Raises:
        InputError: an argument outside its range.
    """

    def __init__(
        self,
        seed: int | np.random.SeedSequence,
        length: int = 30,
        size: tuple[int, int] = (256, 160),
        photos: str = "train",
        crowdedness: Crowdedness | None = None,
    ) -> None:
        check_split(photos)
        if length < 2 or not all(64 <= side <= 2000 for side in size):
            raise InputError(
                f"crowd: length {length}, frame size {size[0]}x{size[1]}: allowed are 2 frames or more of 64..2000 "
                "pixels a side"
            )
        if isinstance(seed, int | np.integer) and seed < 0:
            raise InputError(f"crowd: seed: got {seed}, allowed: 0 or larger")
        rng, d = np.random.default_rng(seed), crowdedness or Crowdedness()
        self.length, self.size = length, size
        self.quality = int(rng.integers(75, 95))
        """JPEG quality that the frames are stored with."""
        width, height = size
        canvas = (height + 2 * _MARGIN, width + 2 * _MARGIN)
        scene = backdrop.build_backdrop(rng, photos, *canvas, int(rng.poisson(2)), crowd_cast.furniture, _KINDS)
        self.scene = dataclasses.replace(scene, picture=_out_of_focus(scene.picture))
        stage = crowd_cast.Stage.random(rng, width, height)
        self.listed = [
            *crowd_cast.walkers(rng, photos, stage, length, d.people, d.alike),
            *crowd_cast.bystanders(rng, photos, stage, length, d.bystanders),
        ]
        """Everyone who is annotated; the place in this list is the identity."""
        self._standing = crowd_cast.scenery(rng, photos, stage, length, d.pillars)
        sway = np.column_stack([drift(rng, length, 10, 5 * d.camera), drift(rng, length, 10, 2 * d.camera)])
        shake = rng.standard_normal((length, 2)) * 1.2 * d.camera
        self._offset = np.clip(sway + shake, 1 - _MARGIN, _MARGIN - 1)
        exposure = float(np.clip(110 / self.scene.picture.mean(), 0.8, 1.4))
        self._sensor = Sensor.random(
            rng, length, width, height, light=d.light, blur=0.4 * d.light, noise=d.noise, exposure=exposure
        )
        self._flicker = np.exp(rng.normal(0, 0.04 * d.light, length))

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[CrowdFrame]:
        return (self.frame(index) for index in range(self.length))

    def layers(self, index: int) -> list[tuple[int, crowd_cast.Walker, Layer]]:
        """What stands in frame `index` from the farthest to the nearest: (identity or -1, who, as drawn)."""
        there = [(who, self.listed[who]) for who in range(len(self.listed))]
        there = [(who, one) for who, one in there if one.first <= index < one.last]
        there += [(-1, one) for one in self._standing]
        there.sort(key=lambda entry: float(entry[1].feet[index]))
        shift = np.round(self._offset[index]).astype(int)
        drawn = []
        for who, one in there:
            layer = one.layer(index)
            if layer is not None:
                drawn.append((who, one, Layer(layer.x + shift[0], layer.y + shift[1], layer.rgba, layer.target)))
        return drawn

    def frame(self, index: int) -> CrowdFrame:
        """Render frame `index`, 0-based."""
        width, height = self.size
        drawn = self.layers(index)
        shift = np.round(self._offset[index]).astype(int)
        top, left = _MARGIN - shift[1], _MARGIN - shift[0]
        window = slice(top, top + height), slice(left, left + width)
        picture, light = self.scene.picture[window].astype(np.float32), self.scene.light[window]
        for _, one, layer in drawn:
            if one.shadow:
                _lay_shadow(picture, layer)
            column = int(np.clip(layer.x + layer.target.shape[1] / 2, 0, width - 1))
            row = int(np.clip(layer.y + layer.target.shape[0], 0, height - 1))
            draw_layer(picture, layer, float(light[row, column]))
        picture *= np.float32(self._flicker[index])
        image = self._sensor.develop(index, np.clip(picture, 0, 255).astype(np.uint8))
        return CrowdFrame(image, *self._annotate(drawn))

    def _annotate(self, drawn: list[tuple[int, crowd_cast.Walker, Layer]]) -> tuple[np.ndarray, ...]:
        width, height = self.size
        hidden = np.zeros((height, width), np.float32)
        rows = []
        for who, one, layer in reversed(drawn):
            there, here = common_window(layer, height, width)
            solid = layer.target > 127.5
            inside = solid[here]
            area = np.count_nonzero(solid)
            if who >= 0 and np.count_nonzero(inside) >= ENTERED * area > 0:
                seen = np.count_nonzero(inside & (hidden[there] <= 127.5)) / area
                rows.append((who, tight_box(solid) + np.array([layer.x, layer.y, 0, 0]), one.category, seen))
            add_coverage(hidden, layer)
        rows.sort(key=lambda row: row[0])
        return (
            np.array([row[0] for row in rows], np.int64),
            np.array([row[1] for row in rows], np.float64).reshape(-1, 4),
            np.array([row[2] for row in rows], np.int64),
            np.array([row[3] for row in rows], np.float64),
        )


def _out_of_focus(picture: np.ndarray) -> np.ndarray:
    """A backdrop as a lens that is set to the people shows it: soft and pale."""
    soft = cv2.GaussianBlur(picture, (0, 0), 1.6).astype(np.float32)
    mean = soft.mean(axis=(0, 1))
    return np.clip(mean + 0.7 * (soft - mean), 0, 255).astype(np.uint8)


def _lay_shadow(picture: np.ndarray, layer: Layer) -> None:
    """Darken the ground under the feet of a drawn layer, in place."""
    box = tight_box(layer.target > 127.5)
    width, depth = 0.75 * box[2] + 4, 0.16 * box[2] + 2
    x, y = layer.x + box[0] + box[2] / 2 + 0.1 * width, layer.y + box[1] + box[3] - 0.2 * depth
    left, right = np.clip([int(x - width), int(x + width) + 1], 0, picture.shape[1])
    top, bottom = np.clip([int(y - depth), int(y + depth) + 1], 0, picture.shape[0])
    across = (np.arange(left, right) - x) / width
    down = (np.arange(top, bottom) - y) / depth
    dark = 0.5 * np.clip(1 - across[None] ** 2 - down[:, None] ** 2, 0, 1)
    picture[top:bottom, left:right] *= (1 - dark[..., None]).astype(np.float32)
