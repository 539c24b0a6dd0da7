"""The photographs that scenes are made from, and which of them are for training and which are held out.

All of them lie inside the installed packages (scikit-image, and one in matplotlib), so nothing is ever downloaded.
The object outlines in `silhouettes.json` were traced on these photographs for this project.
"""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from siou_tracking.errors import InputError, require_extras, unknown_name

PHOTOS = {
    "train": (
        "astronaut.png",
        "chelsea.png",
        "motorcycle_left.png",
        "camera.png",
        "coins.png",
        "ihc.png",
        "retina.jpg",
        "brick.png",
        "grass.png",
    ),
    "heldout": (
        "grace_hopper.jpg",
        "coffee.png",
        "rocket.jpg",
        "moon.png",
        "hubble_deep_field.jpg",
        "gravel.png",
    ),
}
GROUND = {"train": ("brick.png", "grass.png"), "heldout": ("gravel.png", "moon.png")}
"""Flat, even surfaces: used as ground and as cloth, never as a backdrop."""

_LONGEST_SIDE = 800
_FACE_COUNT = 100
_TRAIN_FACES = 70


@dataclass(frozen=True)
class Silhouette:
    """The outline of one real thing in one photograph."""

    photo: str
    """File name of the photograph."""
    name: str
    """What it is."""
    whole: bool
    """Whether it can be cut out and stand alone; a part (an eye) is only tracked in its own photograph."""
    polygon: np.ndarray
    """(n, 2) float32 x, y in pixels of the loaded photograph."""


def check_split(split: str) -> str:
    """Return `split`; raises InputError unless it is one of `PHOTOS`."""
    if split not in PHOTOS:
        raise unknown_name("photograph split", split, PHOTOS)
    return split


def photo_names(split: str) -> tuple[str, ...]:
    """File names of a split's photographs; the two splits share none."""
    return PHOTOS[check_split(split)]


def photo_path(name: str) -> Path:
    """Where an installed photograph lies; raises InputError when its package does not have it."""
    package, folder = ("matplotlib", "mpl-data/sample_data") if name == "grace_hopper.jpg" else ("skimage", "data")
    require_extras(f"photograph {name}", package)
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    for place in places:
        path = Path(place) / folder / name
        if path.is_file():
            return path
    raise InputError(f"photograph {name}: not found in package {package} (searched {places}): reinstall that package")


@cache
def load_photo(name: str) -> np.ndarray:
    """(h, w, 3) uint8 RGB, the longest side at most 800 pixels; read-only, shared by all callers."""
    image, _ = _load_scaled(name)
    return image


@cache
def _load_scaled(name: str) -> tuple[np.ndarray, float]:
    import cv2

    image = cv2.imdecode(np.fromfile(photo_path(name), np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise InputError(f"photograph {name}: {photo_path(name)}: cannot be decoded; install scikit-image anew")
    image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    scale = min(1.0, _LONGEST_SIDE / max(image.shape[:2]))
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    image.setflags(write=False)
    return image, scale


@cache
def silhouettes(split: str, whole_only: bool = False) -> tuple[Silhouette, ...]:
    """The outlined things in a split's photographs, in file order."""
    names = {*photo_names(split), "horse.png"} if split == "train" else set(photo_names(split))
    entries = json.loads((Path(__file__).parent / "silhouettes.json").read_text(encoding="utf-8"))
    found = []
    for entry in entries:
        if entry["photo"] in names and (entry["whole"] or not whole_only):
            scale = _load_scaled(entry["photo"])[1]
            polygon = np.asarray(entry["polygon"], np.float32) * np.float32(scale)
            found.append(Silhouette(entry["photo"], entry["name"], entry["whole"], polygon))
    return tuple(found)


@cache
def faces(split: str) -> np.ndarray:
    """(n, 25, 25) uint8 gray faces (scikit-image's subset of Labeled Faces in the Wild): 70 for train, 30 held out."""
    check_split(split)
    stack = np.load(photo_path("lfw_subset.npy"))[:_FACE_COUNT]
    part = stack[:_TRAIN_FACES] if split == "train" else stack[_TRAIN_FACES:]
    return (part * 255).astype(np.uint8)
