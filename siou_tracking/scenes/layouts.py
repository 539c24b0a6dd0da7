"""Generated sequences in the official folder layouts of LaSOT, TrackingNet, COCO, OTB2015 and VOT2018."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from siou_tracking.files import write_text
from siou_tracking.scenes.store import largest_contour, store, write_jpeg
from siou_tracking.scenes.world import RenderedSequence


def _rows(values: np.ndarray, form: str = "d", end: str = "\n") -> str:
    """Comma-separated lines; `form` is "d" for rounded integers or a format such as ".2f"."""
    numbers = np.rint(values).astype(int) if form == "d" else values
    return "".join(",".join(format(v, form) for v in row.tolist()) + end for row in numbers)


_ONE_BASED = np.array([1, 1, 0, 0])


def write_lasot(root: Path, name: str, sequence: RenderedSequence, sentence: str) -> None:
    """Write `root/<class>/<name>/`: img/%08d.jpg from 1, two one-line label files, a sentence.

    Boxes are integers whose corner counts from 1: the toolkit takes a visible box with a 0 in it for a missing one.
    Where nothing is in the image the row is zeros.
    """
    place = root / name.rsplit("-", 1)[0] / name
    (place / "img").mkdir(parents=True)
    notes = store(sequence, lambda frame: place / "img" / f"{frame + 1:08d}.jpg")
    write_text(place / "groundtruth.txt", _rows(notes.boxes + _ONE_BASED * ~notes.outside[:, None]))
    write_text(place / "full_occlusion.txt", _rows(notes.hidden[None]))
    write_text(place / "out_of_view.txt", _rows(notes.outside[None]))
    write_text(place / "nlp.txt", sentence + "\n")


def write_trackingnet(root: Path, part: str, name: str, sequence: RenderedSequence) -> None:
    """Write `root/<part>/{frames/<name>/<k>.jpg from 0, anno/<name>.txt}`; TEST gets the first box only."""
    frames, anno = root / part / "frames" / name, root / part / "anno"
    frames.mkdir(parents=True)
    notes = store(sequence, lambda frame: frames / f"{frame}.jpg")
    boxes = notes.boxes[:1] if part == "TEST" else notes.boxes
    write_text(anno / f"{name}.txt", _rows(boxes, ".2f"))


def write_otb(root: Path, name: str, sequence: RenderedSequence, targets: int = 1) -> None:
    """Write `root/<name>/`: img/%04d.jpg from 1, integer boxes whose corner counts from 1.

    Two targets are written as groundtruth_rect.1.txt and .2.txt; the second is the first of the other moving things.
    """
    place = root / name
    (place / "img").mkdir(parents=True)
    notes = store(sequence, lambda frame: place / "img" / f"{frame + 1:04d}.jpg", others=targets > 1)
    if targets == 1:
        write_text(place / "groundtruth_rect.txt", _rows(notes.boxes + _ONE_BASED))
        return
    for number, boxes in enumerate((notes.boxes, notes.others[:, 0]), start=1):
        write_text(place / f"groundtruth_rect.{number}.txt", _rows(boxes + _ONE_BASED))


VOT_TAGS = ("camera_motion", "illum_change", "motion_change", "size_change", "occlusion")


def write_vot(root: Path, name: str, sequence: RenderedSequence) -> None:
    """Write `root/<name>/`: color/%08d.jpg from 1, polygons of eight numbers, tags per frame, `sequence`."""
    place = root / name
    (place / "color").mkdir(parents=True)
    notes = store(sequence, lambda frame: place / "color" / f"{frame + 1:08d}.jpg")
    write_text(place / "groundtruth.txt", _rows(notes.polygons, ".4f"))
    count, middle = len(sequence), notes.boxes[:, :2] + notes.boxes[:, 2:] / 2
    area = np.maximum(1.0, notes.boxes[:, 2] * notes.boxes[:, 3])
    speed = np.append(0.0, np.hypot(*np.diff(middle, axis=0).T)) / np.sqrt(area)
    growth = np.append(0.0, np.abs(np.diff(np.log(area))))
    hidden = (notes.cover < 8) & ~notes.cut
    flags = (np.ones(count, bool), np.zeros(count, bool), speed > 0.25, growth > 0.1, hidden)
    for tag, values in zip(VOT_TAGS, flags, strict=True):
        write_text(place / f"{tag}.tag", "".join(f"{int(value)}\n" for value in values))
    width, height = sequence.size
    entries = {
        "channels.color": "color/%08d.jpg",
        "fps": 30,
        "name": name,
        "length": count,
        "width": width,
        "height": height,
    }
    write_text(place / "sequence", "".join(f"{key}={value}\n" for key, value in entries.items()))


def write_coco(root: Path, pictures: list[RenderedSequence]) -> None:
    """Write `root/{annotations/instances_train2014.json, images/train2014/*.jpg}` from each sequence's first frame."""
    folder = root / "images" / "train2014"
    folder.mkdir(parents=True)
    kinds = {name: number for number, name in enumerate(sorted({sequence.name for sequence in pictures}), start=1)}
    images, annotations = [], []
    for number, sequence in enumerate(pictures, start=1):
        frame = sequence.frame(0)
        file = f"COCO_train2014_{number:012d}.jpg"
        write_jpeg(folder / file, frame.image, sequence.quality)
        width, height = sequence.size
        images.append({"id": number, "file_name": file, "width": width, "height": height, "license": 1})
        annotations.append(
            {
                "id": number,
                "image_id": number,
                "category_id": kinds[sequence.name],
                "bbox": frame.box.tolist(),
                "area": int(np.count_nonzero(frame.mask)),
                "iscrowd": 0,
                "segmentation": _outline(frame.mask),
            }
        )
    content = {
        "info": {"description": "generated pictures in COCO's layout", "version": "1.0", "year": 2014},
        "licenses": [{"id": 1, "name": "generated", "url": ""}],
        "images": images,
        "annotations": annotations,
        "categories": [{"id": number, "name": name, "supercategory": "thing"} for name, number in kinds.items()],
    }
    write_text(root / "annotations" / "instances_train2014.json", json.dumps(content))


def _outline(mask: np.ndarray) -> list[list[float]]:
    """COCO polygons of a mask; its hull when no piece has the three points that a polygon needs."""
    pieces, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_TC89_L1)
    polygons = [piece for piece in pieces if len(piece) >= 3]
    hull = largest_contour(mask)
    if not polygons and hull is not None:
        polygons = [np.repeat(hull, 3, axis=0)[: max(3, len(hull))]]
    return [piece.reshape(-1).astype(float).tolist() for piece in polygons]
