"""Decoding equals plain loops over the cells, frame by frame, and puts boxes where they are on the frame."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.mot.data.letterbox import letterbox
from siou_tracking.mot.tracking.decode import decode

STRIDE = 4


def maps(frames: int, rows: int, columns: int, dimensions: int = 3, seed: int = 0) -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)

    def noise(channels: int) -> torch.Tensor:
        return torch.randn(frames, channels, rows, columns, generator=draw)

    return {
        "heatmap": 2 * noise(1),
        "offset": noise(2),
        "size": 5 * noise(4).exp(),
        "embedding": noise(dimensions),
    }


def by_loops(outputs: dict[str, torch.Tensor], frame: int, top_k: int, threshold: float) -> list[tuple]:
    """(score, box, embedding) of one frame, from the definition."""
    heat, offset, size, embedding = (
        outputs[name][frame].double().numpy() for name in ("heatmap", "offset", "size", "embedding")
    )
    rows, columns = heat.shape[1:]
    found = []
    for y in range(rows):
        for x in range(columns):
            around = heat[0, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
            if heat[0, y, x] < around.max():
                continue
            cx, cy = (x + offset[0, y, x]) * STRIDE, (y + offset[1, y, x]) * STRIDE
            left, top, right, bottom = size[:, y, x]
            vector = embedding[:, y, x] / np.linalg.norm(embedding[:, y, x])
            score = 1 / (1 + math.exp(-heat[0, y, x]))
            found.append((score, [cx - left, cy - top, cx + right, cy + bottom], vector))
    found.sort(key=lambda row: -row[0])
    return [row for row in found[:top_k] if row[0] >= threshold]


@pytest.mark.parametrize(("top_k", "threshold"), [(500, 0.0), (500, 0.6), (5, 0.3), (1, 0.999)])
def test_every_frame_of_a_batch_equals_loops_over_its_cells(top_k: int, threshold: float) -> None:
    outputs = maps(3, 9, 13)
    for frame, got in enumerate(decode(outputs, STRIDE, top_k=top_k, threshold=threshold)):
        expected = by_loops(outputs, frame, top_k, threshold)
        assert len(got) == len(expected)
        np.testing.assert_allclose(got.scores, [row[0] for row in expected], rtol=1e-5)
        np.testing.assert_allclose(
            got.boxes, np.array([row[1] for row in expected]).reshape(-1, 4), rtol=1e-4, atol=1e-3
        )
        np.testing.assert_allclose(
            got.embeddings, np.array([row[2] for row in expected]).reshape(-1, 3), rtol=1e-4, atol=1e-5
        )


def test_a_frame_does_not_depend_on_the_others_of_its_batch() -> None:
    outputs = maps(4, 8, 8)
    together = decode(outputs, STRIDE, threshold=0.3)
    for frame, expected in enumerate(together):
        (alone,) = decode({name: values[frame : frame + 1] for name, values in outputs.items()}, STRIDE, threshold=0.3)
        for name in ("boxes", "scores", "embeddings"):
            np.testing.assert_array_equal(getattr(alone, name), getattr(expected, name))


def test_saturated_scores_still_have_one_peak() -> None:
    outputs = maps(1, 5, 5)
    outputs["heatmap"] = torch.full((1, 1, 5, 5), 40.0)
    outputs["heatmap"][0, 0, 2, 3] = 41.0
    assert torch.sigmoid(torch.tensor(40.0)) == torch.sigmoid(torch.tensor(41.0))
    (got,) = decode(outputs, STRIDE)
    x = (3 + outputs["offset"][0, 0, 2, 3]) * STRIDE
    near = np.abs(got.boxes[:, 0] - float(x - outputs["size"][0, 0, 2, 3])) < 1e-4
    # the plateau of 40 keeps its equal peaks two cells away; around the higher one there is no other
    assert near.sum() == 1
    assert len(got) == 25 - 8


def test_boxes_are_found_where_the_letterboxed_object_is_on_its_frame() -> None:
    frame = np.zeros((90, 200, 3), np.uint8)
    _, scale, pad = letterbox(frame, 128, 96)
    box = np.array([40.0, 20.0, 90.0, 70.0])
    inside = box * scale + np.array([*pad, *pad])
    cx, cy = inside[0::2].mean(), inside[1::2].mean()
    column, row = int(cx // STRIDE), int(cy // STRIDE)
    outputs = {
        "heatmap": torch.full((1, 1, 24, 32), -9.0),
        "offset": torch.zeros(1, 2, 24, 32),
        "size": torch.ones(1, 4, 24, 32),
        "embedding": torch.ones(1, 2, 24, 32),
    }
    outputs["heatmap"][0, 0, row, column] = 3.0
    outputs["offset"][0, :, row, column] = torch.tensor([cx / STRIDE - column, cy / STRIDE - row])
    half = (inside[2:] - inside[:2]) / 2
    outputs["size"][0, :, row, column] = torch.tensor([half[0], half[1], half[0], half[1]])
    (got,) = decode(outputs, STRIDE, [(scale, pad)])
    np.testing.assert_allclose(got.boxes, box[None], atol=1e-4)
    np.testing.assert_allclose(got.embeddings, [[math.sqrt(0.5)] * 2], rtol=1e-6)


def test_no_peak_above_the_threshold_is_no_detection_with_embeddings_of_the_right_width() -> None:
    outputs = maps(2, 4, 4)
    outputs["heatmap"].fill_(-20)
    for got in decode(outputs, STRIDE):
        assert len(got) == 0
        assert got.boxes.shape == (0, 4)
        assert got.embeddings.shape == (0, 3)


def test_a_box_without_area_is_no_detection() -> None:
    outputs = maps(1, 4, 4)
    outputs["size"].zero_()
    assert len(decode(outputs, STRIDE, threshold=0.0)[0]) == 0


@pytest.mark.parametrize("name", ["heatmap", "offset", "size", "embedding"])
def test_nan_in_a_map_is_refused_by_name_and_never_dropped(name: str) -> None:
    outputs = maps(2, 6, 6)
    outputs["heatmap"][1, 0, 3, 3] = 9.0
    outputs[name][1, :, 3, 3] = torch.nan
    fine, broken = decode(outputs, STRIDE)
    fine.check("frame 1")
    word = {"heatmap": "score", "embedding": "embedding"}.get(name, "box")
    with pytest.raises(InputError, match=rf"frame 2: {word} \d+ of .*nan"):
        broken.check("frame 2")


def test_half_precision_maps_give_boxes_of_single_precision() -> None:
    outputs = {name: values.half() for name, values in maps(1, 6, 200).items()}
    (got,) = decode(outputs, STRIDE, threshold=0.5)
    whole = {name: values.float() for name, values in outputs.items()}
    (expected,) = decode(whole, STRIDE, threshold=0.5)
    assert got.boxes.dtype == np.float32
    np.testing.assert_array_equal(got.boxes, expected.boxes)


@pytest.mark.gpu
def test_cuda_finds_what_the_cpu_finds() -> None:
    outputs = maps(3, 20, 30)
    there = decode({name: values.cuda() for name, values in outputs.items()}, STRIDE)
    for got, expected in zip(there, decode(outputs, STRIDE), strict=True):
        np.testing.assert_allclose(got.boxes, expected.boxes, rtol=1e-4, atol=1e-3)
        np.testing.assert_allclose(got.embeddings, expected.embeddings, atol=1e-5)
