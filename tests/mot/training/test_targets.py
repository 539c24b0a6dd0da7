"""Targets against a slow reading of their definition, and what happens at the edges of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siou_tracking.boxes import elementwise_iou
from siou_tracking.mot.models.boxes import decode_boxes
from siou_tracking.mot.training.targets import OVERLAP, build_targets, gaussian_radius

WIDTH, HEIGHT, STRIDE = 90, 62, 4
ROWS, COLUMNS = 16, 23


def slow_heatmap(boxes: np.ndarray) -> np.ndarray:
    """Cell by cell, box by box, of the boxes that meet the image."""
    heatmap = np.zeros((ROWS, COLUMNS))
    for x0, y0, x1, y1 in boxes:
        if not (x1 > x0 and y1 > y0 and x1 > 0 and y1 > 0 and x0 < WIDTH and y0 < HEIGHT):
            continue
        column = min(int(np.clip((x0 + x1) / 2, 0, WIDTH) // STRIDE), COLUMNS - 1)
        row = min(int(np.clip((y0 + y1) / 2, 0, HEIGHT) // STRIDE), ROWS - 1)
        w, h = (x1 - x0) / STRIDE, (y1 - y0) / STRIDE
        b, c = 2 * OVERLAP * (w + h), (OVERLAP - 1) * w * h
        radius = int((-b + math.sqrt(b * b - 4 * 4 * OVERLAP * c)) / 2)
        sigma = (2 * radius + 1) / 6
        for i in range(max(0, row - radius), min(ROWS, row + radius + 1)):
            for j in range(max(0, column - radius), min(COLUMNS, column + radius + 1)):
                value = math.exp(-((i - row) ** 2 + (j - column) ** 2) / (2 * sigma * sigma))
                heatmap[i, j] = max(heatmap[i, j], value)
    return heatmap


def random_boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    """Boxes in, across and out of the image."""
    center = rng.uniform([-20, -20], [WIDTH + 20, HEIGHT + 20], (count, 2))
    sides = rng.uniform(1, 70, (count, 2))
    return np.concatenate([center - sides / 2, center + sides / 2], axis=1)


def build(boxes: np.ndarray, identities: np.ndarray | None = None):
    boxes = torch.as_tensor(boxes, dtype=torch.float32)[None]
    identities = torch.zeros(boxes.shape[:2], dtype=torch.int64) if identities is None else torch.tensor(identities)
    return build_targets(boxes, identities, WIDTH, HEIGHT, STRIDE)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(0, 12))
def test_heatmap_is_that_of_its_definition_cell_by_cell(seed, count):
    boxes = random_boxes(np.random.default_rng(seed), count).astype(np.float32)
    heatmap = build(boxes).heatmap[0, 0].numpy()
    np.testing.assert_allclose(heatmap, slow_heatmap(boxes.astype(float)), atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_heatmap_is_exactly_one_at_every_center_and_nowhere_else(seed):
    targets = build(random_boxes(np.random.default_rng(seed), 9))
    ones = torch.zeros(ROWS * COLUMNS, dtype=torch.bool)
    ones[targets.cells[targets.mask]] = True
    assert torch.equal(targets.heatmap.flatten() == 1, ones)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_offsets_and_distances_decode_to_the_amodal_boxes(seed):
    boxes = random_boxes(np.random.default_rng(seed), 6)
    targets = build(boxes)
    maps = {"offset": torch.zeros(6, 2, ROWS, COLUMNS), "size": torch.zeros(6, 4, ROWS, COLUMNS)}
    every = torch.arange(6)
    rows, columns = targets.cells[0] // COLUMNS, targets.cells[0] % COLUMNS
    maps["offset"][every, :, rows, columns] = targets.offset[0]
    maps["size"][every, :, rows, columns] = targets.size[0]
    decoded = decode_boxes(maps, STRIDE)[every, :, rows, columns]
    kept = targets.mask[0]
    assert (targets.size[0][kept] >= 0).all()
    assert (targets.offset >= 0).all() and (targets.offset <= 1).all()
    np.testing.assert_allclose(decoded[kept], boxes[kept.numpy()], atol=1e-4)


@pytest.mark.parametrize(
    "box",
    [
        (-30, 5, 0, 20),  # touches the left border from outside
        (WIDTH, 5, WIDTH + 9, 20),  # and the right one
        (5, HEIGHT + 1, 20, HEIGHT + 9),  # below
        (10, 10, 10, 30),  # no width
        (30, 10, 20, 30),  # reversed
        (math.nan, 10, 20, 30),
        (0, 0, math.inf, 20),
        (0, 0, 0, 0),  # padding
    ],
)
def test_what_is_no_box_in_the_image_is_padding_with_finite_targets(box):
    targets = build(np.array([box, (10, 10, 30, 40)]), [[3, 4]])
    assert targets.mask.tolist() == [[False, True]]
    assert targets.identities.tolist() == [[-1, 4]]
    assert (targets.heatmap == 1).sum() == 1
    assert all(torch.isfinite(values.float()).all() for values in targets)


def test_a_center_outside_the_image_is_moved_to_its_border():
    targets = build(np.array([(-30.0, 10, 10, 30), (80, 40, 130, 100)]))
    assert targets.mask.all()
    assert (targets.cells % COLUMNS).tolist() == [[0, COLUMNS - 1]]
    assert (targets.cells // COLUMNS).tolist() == [[5, ROWS - 1]]
    assert targets.size[0, 0].tolist() == [30, 10, 10, 10]  # l, t, r, b from (0, 20)


def test_two_objects_in_one_cell_make_one_peak_and_two_rows():
    targets = build(np.array([(10.0, 10, 30, 40), (11, 11, 29, 39)]), [[0, 1]])
    assert targets.cells[0, 0] == targets.cells[0, 1]
    assert (targets.heatmap == 1).sum() == 1 and targets.mask.all()


def test_radius_is_four_overlaps_times_the_growth_that_leaves_the_overlap():
    sides = torch.tensor([[5.0, 12.0], [30.0, 7.0], [1.0, 1.0]], dtype=torch.float64)
    grown = gaussian_radius(sides)[:, None] / (4 * OVERLAP)
    zero = torch.zeros_like(sides)
    iou = elementwise_iou(torch.cat((zero, sides), 1), torch.cat((zero - grown, sides + grown), 1))
    torch.testing.assert_close(iou, torch.full((3,), OVERLAP, dtype=torch.float64))


def test_images_of_a_batch_do_not_mix_and_many_objects_are_drawn_in_parts(monkeypatch):
    rng = np.random.default_rng(5)
    boxes = torch.tensor(np.stack([random_boxes(rng, 11) for _ in range(3)]))
    identities = torch.zeros(3, 11, dtype=torch.int64)
    whole = build_targets(boxes, identities, WIDTH, HEIGHT, STRIDE)
    monkeypatch.setattr("siou_tracking.mot.training.targets._CHUNK_NUMBERS", 4000)
    for number in range(3):
        alone = build_targets(boxes[number : number + 1], identities[:1], WIDTH, HEIGHT, STRIDE)
        for got, expected in zip(whole, alone, strict=True):
            torch.testing.assert_close(got[number : number + 1], expected, rtol=0, atol=0)


def test_ignored_cells_are_those_whose_middle_is_in_an_ignored_box_and_that_no_object_reaches():
    boxes = torch.tensor([[[20.0, 10, 44, 50]]])
    ignored = torch.tensor([[[18.0, 9, 61, 45], [0, 0, 0, 0], [70, 40, 200, 300]]])
    targets = build_targets(boxes, torch.zeros(1, 1, dtype=torch.int64), WIDTH, HEIGHT, STRIDE, ignored)
    expected = np.zeros((ROWS, COLUMNS), bool)
    for x0, y0, x1, y1 in ignored[0].tolist():
        for i in range(ROWS):
            for j in range(COLUMNS):
                expected[i, j] |= x0 < 4 * j + 2 < x1 and y0 < 4 * i + 2 < y1
    reached = targets.heatmap[0, 0].numpy() > 0
    assert (expected & reached).any()
    np.testing.assert_array_equal(targets.ignored[0, 0].numpy(), expected & ~reached)


def test_no_objects_at_all_give_an_empty_heatmap():
    targets = build(np.zeros((0, 4)))
    assert targets.heatmap.shape == (1, 1, ROWS, COLUMNS) and not targets.heatmap.any()
