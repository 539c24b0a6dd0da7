"""From an annotated frame to the network's input: fitted into its size; for training also moved and recolored."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from siou_tracking.errors import InputError
from siou_tracking.mot.data.letterbox import GRAY, letterbox

SMALLEST_SHARE = 0.2
"""Of a box's area inside the picture, below which it is left out: so little of a person is neither found nor known."""


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """How training frames are changed; every amount is drawn uniformly, for each frame anew."""

    flip: float = 0.5
    """Probability of mirroring left to right."""
    scale: tuple[float, float] = (0.5, 1.2)
    """Range of the factor on the fitted size; a larger picture is cut, a smaller one gets a border."""
    shift: float = 0.1
    """Largest shift, as a share of width and height."""
    color: float = 0.5
    """Largest relative change of saturation and of brightness."""

    def __post_init__(self) -> None:
        low, high = self.scale
        if not (0 <= self.flip <= 1 and 0 < low <= high and self.shift >= 0 and 0 <= self.color <= 1):
            raise InputError(
                f"augmentation: got {self}: allowed are flip and color from 0 to 1, 0 < scale[0] <= scale[1], and "
                "shift from 0"
            )


class MOTProcessing:
    """Called with a frame and its boxes; the result is what one sample of a batch consists of.

    Args:
        width, height: of the network's input in pixels.
        augmentation: None changes nothing but the size.
        smallest_share: boxes with less of their area inside the picture are left out.
    """

    def __init__(
        self,
        width: int,
        height: int,
        augmentation: Augmentation | None = None,
        smallest_share: float = SMALLEST_SHARE,
    ) -> None:
        self.width, self.height = width, height
        self.augmentation = augmentation
        self.smallest_share = smallest_share

    def __call__(
        self, image: np.ndarray, boxes: np.ndarray, rng: np.random.Generator
    ) -> tuple[torch.Tensor, np.ndarray, np.ndarray]:
        """The input, and where the boxes are in it.

        Args:
            image: (H, W, 3) uint8 RGB.
            boxes: (K, 4) xyxy in pixels of the frame, amodal.
            rng: draws the augmentation.

        Returns:
            (3, height, width) uint8; (K, 4) xyxy in pixels of the input; (K,) bool, which boxes are to be learned.
        """
        picture, scale, pad = letterbox(image, self.width, self.height)
        boxes = boxes * scale + np.array([*pad, *pad])
        if self.augmentation is not None:
            picture, boxes = self._augment(picture, boxes, self.augmentation, rng)
        tensor = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))
        return tensor, boxes, inside_share(boxes, self.width, self.height) >= self.smallest_share

    def _augment(
        self, picture: np.ndarray, boxes: np.ndarray, how: Augmentation, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        import cv2

        limits = np.array([self.width, self.height])
        factor = rng.uniform(*how.scale)
        shift = limits * (0.5 + rng.uniform(-how.shift, how.shift, 2)) - factor * limits / 2
        boxes = boxes * factor + np.tile(shift, 2)
        across = factor
        if rng.random() < how.flip:
            across, shift[0] = -factor, self.width - shift[0]
            boxes = np.column_stack([self.width - boxes[:, 2], boxes[:, 1], self.width - boxes[:, 0], boxes[:, 3]])
        # OpenCV counts from the middle of the first pixel, boxes from its edge.
        half = np.array([across, factor]) / 2 - 0.5
        matrix = np.array([[across, 0, shift[0] + half[0]], [0, factor, shift[1] + half[1]]])
        picture = cv2.warpAffine(picture, matrix, (self.width, self.height), borderValue=(GRAY,) * 3)
        return recolor(picture, *rng.uniform(1 - how.color, 1 + how.color, 2)), boxes


def recolor(image: np.ndarray, saturation: float, brightness: float) -> np.ndarray:
    """The RGB image (H, W, 3) uint8 with its saturation and its brightness multiplied, clipped to the range."""
    import cv2

    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    values = np.arange(256)
    factors = (1, saturation, brightness)
    table = np.stack([np.clip(values * factor, 0, 255) for factor in factors], axis=-1).astype(np.uint8)
    return cv2.cvtColor(cv2.LUT(hsv, table[None]), cv2.COLOR_HSV2RGB)


def inside_share(boxes: np.ndarray, width: int, height: int) -> np.ndarray:
    """The share (K,) of the area of each box (K, 4) xyxy that lies in the picture; 0 for boxes without area."""
    low, high = boxes[:, :2], boxes[:, 2:]
    whole = np.clip(high - low, 0, None).prod(1)
    seen = np.clip(np.minimum(high, [width, height]) - np.maximum(low, 0), 0, None).prod(1)
    return np.divide(seen, whole, out=np.zeros(len(boxes)), where=whole > 0)
