"""Annotated tracking sequences: a target that moves through a scene, and its exact box in every frame.

    sequence = RenderedSequence(SeedSequence(3), length=60)
    for frame in sequence: frame.image, frame.box, frame.cover

The box is the tight bound of the pixels that the target covers by more than one half, inside the image, before
anything in front hides part of it (as GOT-10k annotates).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

from siou_tracking.errors import InputError
from siou_tracking.scenes import backdrop, cast
from siou_tracking.scenes.camera import Sensor, blur_reach, motion_blur, similarity
from siou_tracking.scenes.motion import drift, wander
from siou_tracking.scenes.photos import check_split
from siou_tracking.scenes.sprites import Layer, add_coverage, draw_layer, target_mask, tight_box

SIZES = ((480, 360), (352, 288), (480, 270), (320, 240), (426, 320), (270, 360))
"""Frame sizes (width, height) that are drawn from when none is given."""


@dataclass(frozen=True)
class Difficulty:
    """How hard sequences are. 0 switches a difficulty off; the defaults are about as hard as OTB and GOT-10k."""

    speed: float = 0.10
    """Typical motion of the target in the frame, in target sizes a frame."""
    jump: float = 0.03
    """Chance in a frame that the target darts off at several times its speed."""
    scale: float = 0.25
    """Standard deviation of the log of the size over the sequence."""
    aspect: float = 0.12
    """Standard deviation of the log of width over height: turning away, foreshortening."""
    turn: float = 0.12
    """Standard deviation of in-plane rotation in radians; things without an upright pose turn further."""
    wobble: float = 0.03
    """Amplitude of non-rigid warping, in target sizes."""
    camera: float = 1.0
    """Strength of pan, shake, zoom and roll of the camera."""
    light: float = 1.0
    """Strength of exposure, color and tone changes."""
    blur: float = 1.0
    """Share of the frame time that the shutter is open (motion blur), and strength of loss of focus."""
    noise: float = 4.0
    """Deviation of sensor noise in gray levels."""
    distractors: float = 2.5
    """Mean number of other moving things; some are look-alikes of the target."""
    clutter: float = 8.0
    """Mean number of still things in the background."""
    occluders: float = 0.7
    """Mean number of things that pass in front of the target."""
    resident: float = 0.25
    """Share of sequences whose target is a real thing inside its own photograph."""
    outside: float = 0.15
    """How far the target's center may leave the middle of the image, as a share of the margin to its edge."""


@dataclass
class Frame:
    """One frame and its annotation."""

    image: np.ndarray
    """(h, w, 3) uint8 RGB."""
    box: np.ndarray
    """(4,) float64 x, y, w, h in pixels, top-left corner 0-based; all 0 when no pixel of the target is in the image."""
    cover: int
    """Visible part of the target in eighths, 0..8: neither hidden nor cut off by the image."""
    cut: bool
    """Whether the image cuts off part of the target."""
    mask: np.ndarray = field(repr=False)
    """(h, w) bool, pixels covered by the target before occlusion."""
    visible: np.ndarray = field(repr=False)
    """(h, w) bool, the same less what is hidden."""
    others: np.ndarray = field(repr=False)
    """(k, 4) boxes of the other moving things that pass behind the target, when asked for."""

    @property
    def absent(self) -> bool:
        """Whether nothing of the target can be seen."""
        return not self.visible.any()


class RenderedSequence:
    """A seeded scene; iterate for its frames. Equal arguments give equal bytes on every run and machine type.

    Args:
        seed: an int or numpy SeedSequence.
        length: number of frames, at least 2.
        size: (width, height) in pixels, each 64..2000; drawn from `SIZES` when None.
        split: "train" or "heldout": which photographs it is made from.
        difficulty: see `Difficulty`.

    Raises:
        InputError: for an argument outside its range.
    """

    def __init__(
        self,
        seed: int | np.random.SeedSequence,
        length: int = 60,
        size: tuple[int, int] | None = None,
        split: str = "train",
        difficulty: Difficulty | None = None,
    ) -> None:
        check_split(split)
        self.check(length, size)
        if isinstance(seed, int | np.integer) and seed < 0:
            raise InputError(f"seed: got {seed}, allowed: 0 or larger")
        rng = np.random.default_rng(seed)
        self.length, self.split = int(length), split
        self.difficulty = difficulty or Difficulty()
        width, height = size if size is not None else SIZES[int(rng.integers(len(SIZES)))]
        self.size = width, height
        self.quality = int(rng.integers(55, 96))
        """JPEG quality that the sequence is stored with."""
        self._build(rng)

    @staticmethod
    def check(length: int, size: tuple[int, int] | None) -> None:
        """Raise InputError unless a sequence can have this length and frame size."""
        if not isinstance(length, int | np.integer) or length < 2:
            raise InputError(f"sequence length: got {length!r}, allowed: integers from 2")
        if size is not None and (len(size) != 2 or not all(64 <= v <= 2000 for v in size)):
            raise InputError(f"frame size: got {tuple(size)}, allowed: (width, height) of 64..2000 pixels each")

    @property
    def name(self) -> str:
        """Class name of the target."""
        return self._target.sprite.name

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[Frame]:
        return (self.frame(index) for index in range(self.length))

    def _build(self, rng: np.random.Generator) -> None:
        width, height = self.size
        d = self.difficulty
        self._canvas = np.array([width, height]) * 1.7
        self._camera(rng)
        self._pinned: np.ndarray | None = None
        if rng.random() < d.resident:
            self._target, self._scene, self._pinned = cast.resident(rng, self.split, self.length, self.size, d)
        else:
            wide, tall = (int(v) for v in self._canvas)
            still = int(rng.poisson(d.clutter))
            self._scene = backdrop.build_backdrop(rng, self.split, tall, wide, still, cast.supporting)
            self._target = cast.lead(rng, self.split, self.length, self.size, d)
        lead = self._target
        self._behind = [
            cast.companion(rng, lead, self.split, self.length, self.size, d) for _ in range(rng.poisson(d.distractors))
        ]
        self._front = [cast.occluder(rng, lead, self.split, self.length) for _ in range(rng.poisson(d.occluders))]
        exposure = float(np.clip(105 / self._scene.picture.mean(), 0.75, 1.6))
        self._sensor = Sensor.random(
            rng, self.length, width, height, light=d.light, blur=d.blur, noise=d.noise, exposure=exposure
        )
        self._shutter = d.blur * rng.uniform(0, 0.6)

    def _camera(self, rng: np.random.Generator) -> None:
        width, height = self.size
        n, strength = self.length, self.difficulty.camera
        reach = np.array([width, height]) * 0.3
        pan = wander(rng, n, self._canvas / 2 - reach, self._canvas / 2 + reach, 0.012 * width * rng.uniform(0, 1.6))
        shake = rng.standard_normal((n, 2)) * rng.uniform(0, 1.2) * strength
        self._look = self._canvas / 2 + strength * (pan - self._canvas / 2) + shake
        self._zoom = np.exp(drift(rng, n, 22, 0.1 * strength) * rng.uniform(0, 1))
        self._roll = drift(rng, n, 18, 0.05 * strength) * rng.uniform(0, 1)

    def _view(self, index: int) -> np.ndarray:
        """(2, 3) matrix from the backdrop's pixels to the frame."""
        if self._pinned is not None:
            root = self._target.root(index)
            return np.column_stack([root[:, :2], root[:, 2] - root[:, :2] @ self._pinned])
        width, height = self.size
        return similarity(width / 2, height / 2, self._zoom[index], self._roll[index], self._look[index])

    def frame(self, index: int, with_target: bool = True, others: bool = False) -> Frame:
        """Render frame `index`, 0-based.

        Args:
            with_target: False leaves the target out of the picture, not out of the annotation.
            others: annotate the other moving things too.
        """
        width, height = self.size
        view = self._view(index)
        picture = cv2.warpAffine(self._scene.picture, view, (width, height), borderMode=cv2.BORDER_REFLECT_101)
        picture = motion_blur(picture, self._shutter * self._pan(index))
        picture = picture.astype(np.float32)
        boxes = []
        for actor in self._behind:
            other = self._layer(actor, index)
            self._draw(actor, index, view, picture, other)
            if others:
                boxes.append(tight_box(target_mask(other, height, width)[0]))
        layer = self._layer(self._target, index)
        mask, area = target_mask(layer, height, width)
        if with_target:
            self._draw(self._target, index, view, picture, layer)
        hidden = np.zeros((height, width), np.float32)
        for actor in self._front:
            cover = self._layer(actor, index)
            self._draw(actor, index, view, picture, cover)
            if cover is not None:
                add_coverage(hidden, cover)
        visible = mask & (hidden <= 127.5)
        image = self._sensor.develop(index, np.clip(picture, 0, 255).astype(np.uint8))
        count = int(np.count_nonzero(mask))
        eighths = round(8 * np.count_nonzero(visible) / area) if area else 0
        return Frame(image, tight_box(mask), eighths, count < area, mask, visible, np.reshape(boxes, (-1, 4)))

    def _pan(self, index: int) -> np.ndarray:
        """How far the background moves in the image during this frame, pixels."""
        middle = np.array(self.size) / 2
        now, other = self._view(index), self._view(index - 1 if index else 1)
        seen = np.linalg.solve(other[:, :2], middle - other[:, 2])
        return (now @ np.append(seen, 1.0) - middle) * (1 if index else -1)

    def _layer(self, actor: cast.Actor, index: int) -> Layer | None:
        layer = actor.layer(index, None if actor is self._target else self.size)
        shift = self._shutter * actor.velocity(index)
        reach = blur_reach(shift)
        if layer is not None and reach:
            rgba, solid = motion_blur(layer.rgba, shift, grow=True), motion_blur(layer.target, shift, grow=True)
            layer = Layer(layer.x - reach, layer.y - reach, rgba, solid)
        return layer

    def _draw(self, actor: cast.Actor, index: int, view: np.ndarray, picture: np.ndarray, layer: Layer | None) -> None:
        if layer is None:
            return
        if actor.shadow:
            actor.draw_shadow(picture, index, layer)
        draw_layer(picture, layer, self._light_at(actor.center[index], view))

    def _light_at(self, point: np.ndarray, view: np.ndarray) -> float:
        """Brightness of the place in the scene that is seen at `point` of the frame."""
        x, y = cv2.invertAffineTransform(view) @ np.array([point[0], point[1], 1.0])
        rows, columns = self._scene.light.shape
        return float(self._scene.light[int(np.clip(y, 0, rows - 1)), int(np.clip(x, 0, columns - 1))])
