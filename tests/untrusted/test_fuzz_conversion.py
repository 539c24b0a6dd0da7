"""Annotations of other tools, whatever is in them, are converted or refused in one line."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from siou_tracking.conversion.convert import convert_data
from tests.untrusted.fuzzing import CONTENT, change, fuzz, refuses

COCO = {
    "videos": [{"id": 1, "name": "v"}],
    "categories": [{"id": 3, "name": "cat"}],
    "images": [{"id": at, "video_id": 1, "frame_id": at, "file_name": f"{at}.jpg"} for at in range(2)],
    "annotations": [
        {"image_id": at, "category_id": 3, "instance_id": 5, "bbox": [1, 1, 4, 5], "visibility": 1} for at in range(2)
    ],
}
VALUES = st.sampled_from(["0", "1", "2.5", "-1", "nan", "1e999", "1e300", "a", "", "0" * 400, "../..", "\u0663"])


def convert(folder: str) -> None:
    refuses(lambda: convert_data(folder, Path(folder) / "out", progress=False))


@given(st.booleans(), st.lists(st.lists(VALUES, min_size=6, max_size=6), max_size=4), CONTENT)
@fuzz
def test_fuzz_tables_of_boxes(titled: bool, rows: list[list[str]], other: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "v").mkdir()
        lines = ["frame,id,x,y,w,h"] * titled + [",".join(row if titled else row[:4]) for row in rows]
        (Path(folder) / "v.csv").write_bytes("\n".join(lines).encode() if rows else other)
        convert(folder)


@given(change(COCO))
@fuzz
def test_fuzz_coco_videos(content: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.json").write_text(json.dumps(content))
        convert(folder)


@given(VALUES, VALUES, st.lists(st.lists(VALUES, min_size=6, max_size=6), max_size=3), CONTENT)
@fuzz
def test_fuzz_cvat_tracks(source: str, name: str, boxes: list[list[str]], other: bytes) -> None:
    words = ("frame", "xtl", "ytl", "xbr", "ybr", "rotation")
    inside = "".join(
        "<box " + " ".join(f'{word}="{value}"' for word, value in zip(words, box, strict=True)) + "/>" for box in boxes
    )
    text = f"<meta><source>{source}</source><task><name>{name}</name></task></meta><track id='0'>{inside}</track>"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "images").mkdir()
        whole = f"<annotations>{text}</annotations>".encode() if boxes else other
        (Path(folder) / "a.xml").write_bytes(whole)
        convert(folder)
