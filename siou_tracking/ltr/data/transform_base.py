"""How transforms are applied: together to several images or separately, and to boxes in step with their image."""

from __future__ import annotations

from typing import Any  # arrays, tensors, lists and dicts of them; random parameters of a subclass

import numpy as np
import torch

from siou_tracking.errors import InputError, unknown_name

INPUTS = ("image", "coords", "bbox", "bboxes", "mask")
OPTIONS = ("joint", "new_roll")


class TransformBase:
    """One augmentation. Subclasses draw random parameters in `roll` and use them in `transform_image` and the others.

    What `roll` returns (nothing, a value, or a tuple) is passed on after the other arguments. A subclass whose effect
    on a byte does not depend on its neighbors may also define `map_values(values, *params)`: what becomes of `values`
    (channels, 256) float32, with `needs_tensor` telling whether it must come after a conversion to a tensor.
    """

    map_values: Any = None
    needs_tensor = False

    def __init__(self) -> None:
        self._params: tuple = ()

    def roll(self) -> Any:
        """Random parameters of one application."""
        return None

    def draw(self, new_roll: bool = True) -> tuple:
        """The random parameters to use now: fresh ones, or with `new_roll` False those of the last application."""
        if new_roll:
            rolled = self.roll()
            self._params = () if rolled is None else rolled if isinstance(rolled, tuple) else (rolled,)
        return self._params

    def __call__(self, new_roll: bool = True, **inputs: Any) -> dict[str, Any]:
        """Transform `inputs`, named as in `Transform`, each a value or a list that shares the random parameters."""
        return self.apply(inputs, self.draw(new_roll))

    def apply(self, inputs: dict[str, Any], params: tuple, size: tuple[int, int] | None = None) -> dict[str, Any]:
        """`inputs` transformed with the given parameters; the image `size` (H, W) is read from them when not given."""
        outputs = {}
        for name, value in inputs.items():
            if value is None:
                continue
            function = getattr(self, f"transform_{name}")
            arguments = params if name in ("image", "mask") else (size or _find_image_size(inputs), *params)
            if isinstance(value, (list, tuple)):
                outputs[name] = [function(v, *arguments) for v in value]
            else:
                outputs[name] = function(value, *arguments)
        return outputs

    def transform_image(self, image: Any, *params: Any) -> Any:
        """Array (H, W, C) or tensor (C, H, W) in, the transformed image out."""
        return image

    def transform_coords(self, coords: torch.Tensor, image_shape: tuple[int, int], *params: Any) -> torch.Tensor:
        """Points (2, n), rows y and x, in pixels of an image of `image_shape` (H, W)."""
        return coords

    def transform_bbox(self, bbox: torch.Tensor, image_shape: tuple[int, int], *params: Any) -> torch.Tensor:
        """Box (4,) xywh: the upright box around its transformed corners."""
        if type(self).transform_coords is TransformBase.transform_coords:
            return bbox
        x, y, w, h = bbox.unbind()
        corners = torch.stack((torch.stack((y, y, y + h, y + h)), torch.stack((x, x + w, x + w, x))))
        moved = self.transform_coords(corners, image_shape, *params)
        low, high = moved.min(dim=1).values.flip(0), moved.max(dim=1).values.flip(0)
        return torch.cat((low, high - low))

    def transform_bboxes(self, bboxes: dict, image_shape: tuple[int, int], *params: Any) -> dict:
        """Boxes by object id, each as in `transform_bbox`."""
        return type(bboxes)({k: self.transform_bbox(b, image_shape, *params) for k, b in bboxes.items()})

    def transform_mask(self, mask: Any, *params: Any) -> Any:
        """Array or tensor (H, W) in, the transformed mask out."""
        return mask

    def __repr__(self) -> str:
        values = ", ".join(f"{k}={v!r}" for k, v in vars(self).items() if not k.startswith("_"))
        return f"{type(self).__name__}({values})"


class Transform:
    """A chain of transforms, called with keywords and giving their results in the order of the keywords.

    Inputs, each one value or a list: `image` (H, W, C) array or (C, H, W) tensor, `bbox` (4,) xywh, `bboxes` a dict of
    them, `coords` (2, n) rows y and x, `mask` (H, W). Options: `joint` True (the default) uses the same random
    parameters for all elements of the lists, False draws for each; `new_roll` False reuses the last parameters.

    Args:
        transforms: the transforms in order, or one list of them.
    """

    def __init__(self, *transforms: TransformBase) -> None:
        if len(transforms) == 1 and isinstance(transforms[0], (list, tuple)):
            transforms = tuple(transforms[0])
        self.transforms = list(transforms)

    def __call__(self, **inputs: Any) -> Any:
        joint, new_roll = (inputs.pop(option, True) for option in OPTIONS)
        for name in inputs:
            if name not in INPUTS:
                raise unknown_name("transform input", name, INPUTS + OPTIONS)
        if joint or not any(isinstance(v, (list, tuple)) for v in inputs.values()):
            outputs = self._apply(inputs, new_roll)
        else:
            outputs = self._apply_separately(inputs, new_roll)
        results = tuple(outputs.get(name) for name in inputs)
        return results[0] if len(results) == 1 else results

    def _apply_separately(self, inputs: dict[str, Any], new_roll: Any) -> dict[str, list]:
        counts = {len(v) for v in inputs.values()}
        if len(counts) != 1:
            raise InputError(
                f"transform: joint=False: got lists of {sorted(counts)} elements, allowed are equal lengths"
            )
        rolls = new_roll if isinstance(new_roll, (list, tuple)) else [new_roll] * counts.pop()
        rows = zip(*inputs.values(), strict=True)
        parts = [self._apply(dict(zip(inputs, row, strict=True)), roll) for row, roll in zip(rows, rolls, strict=True)]
        return {name: [part[name] for part in parts] for name in inputs}

    def _apply(self, inputs: dict[str, Any], new_roll: bool) -> dict[str, Any]:
        position = 0
        while position < len(self.transforms):
            run = self._find_table_run(position, inputs.get("image"))
            if len(run) > 1:
                inputs = _apply_table(run, inputs, new_roll)
            else:
                run = [self.transforms[position]]
                inputs = run[0](**inputs, new_roll=new_roll)
            position += len(run)
        return inputs

    def _find_table_run(self, start: int, image: Any) -> list[TransformBase]:
        """The transforms from `start` on that can be read through one table; empty where the image is no byte array."""
        images = image if isinstance(image, (list, tuple)) else [image]
        if not all(isinstance(i, np.ndarray) and i.dtype == np.uint8 and i.shape[2:] == (3,) for i in images):
            return []
        run: list[TransformBase] = []
        for transform in self.transforms[start:]:
            if not _maps_values(transform) or transform.needs_tensor != bool(run):
                break
            run.append(transform)
        return run

    def __repr__(self) -> str:
        return "\n    ".join(["Transform(", *map(repr, self.transforms)]) + "\n)"


def _maps_values(transform: Any) -> bool:
    """Whether `map_values` is there and belongs to the `transform_image` in use: a subclass may replace only that."""
    if getattr(transform, "map_values", None) is None:
        return False
    owners = [next(c for c in type(transform).__mro__ if name in vars(c)) for name in ("map_values", "transform_image")]
    return owners[0] is owners[1]


def _apply_table(run: list[TransformBase], inputs: dict[str, Any], new_roll: bool) -> dict[str, Any]:
    """Apply `run` to the images by one look-up per byte, and to everything else in the ordinary way."""
    table = np.broadcast_to(np.arange(256, dtype=np.float32), (3, 256))
    others, size = {name: value for name, value in inputs.items() if name != "image"}, _find_image_size(inputs)
    for transform in run:
        params = transform.draw(new_roll)
        table = transform.map_values(table, *params)
        others = transform.apply(others, params, size)
    image = inputs["image"]
    looked_up = (
        [_look_up_bytes(i, table) for i in image] if isinstance(image, (list, tuple)) else _look_up_bytes(image, table)
    )
    return {**others, "image": looked_up}


def _look_up_bytes(image: np.ndarray, table: np.ndarray) -> torch.Tensor:
    """(H, W, 3) bytes through `table` (3, 256) to a contiguous (3, H, W) float32 tensor."""
    import cv2

    out = np.empty((3, *image.shape[:2]), dtype=np.float32)
    for channel, values in enumerate(np.ascontiguousarray(table)):
        cv2.LUT(cv2.extractChannel(image, channel), values, out[channel])  # the last argument is where it writes
    return torch.from_numpy(out)


def _find_image_size(inputs: dict[str, Any]) -> tuple[int, int]:
    for name in ("image", "mask"):
        value = inputs.get(name)
        if value is not None:
            first = value[0] if isinstance(value, (list, tuple)) else value
            tensor_image = isinstance(first, torch.Tensor) and first.ndim == 3
            return tuple(first.shape[-2:]) if tensor_image else tuple(first.shape[:2])
    raise InputError("transform: boxes and points: got no image or mask with them, allowed with one to know its size")
