"""The data set class of the documentation is one that samplers draw from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from siou_tracking.ltr.data.sampler import ATOMSampler

PAGE = Path(__file__).resolve().parents[1] / "docs" / "own_data.md"


def test_the_class_reads_boxes_and_pictures_and_gives_samples(tmp_path: Path) -> None:
    (code,) = re.findall(r"<!-- example: dataset -->\n```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, PAGE, "exec"), names)
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "boxes.txt").write_text("".join(f"{frame} 2 8 6\n" for frame in range(30)))
        for frame in range(30):
            cv2.imwrite(str(tmp_path / name / f"{frame + 1:05d}.jpg"), np.full((24, 32, 3), 8 * frame, np.uint8))
    data = names["Street"](tmp_path)
    assert (data.sequence_list, data.get_name()) == (["a", "b"], "street")
    info = data.get_sequence_info(1)
    assert info["bbox"][3].tolist() == [3, 2, 8, 6] and info["visible"].all()
    frames, annotation, _ = data.get_frames(0, [4])
    assert abs(float(frames[0].mean()) - 32) < 2 and annotation["bbox"][0].tolist() == [4, 2, 8, 6]
    sample = ATOMSampler([data], [1], 2, max_gap=10, processing=lambda found: found)[0]
    assert sample["dataset"] == "street"
