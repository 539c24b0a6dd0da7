"""Box formats and geometry against hand values, a loop-and-if reference, and finite differences."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from siou_tracking.boxes import (
    FORMATS,
    area,
    check_boxes,
    clip,
    convert,
    elementwise_iou,
    is_valid,
    pairwise_iou,
)
from siou_tracking.errors import InputError

# The same box, 4 wide and 6 high with its corner at (1, -2), in every format.
SAME = {"xyxy": (1, -2, 5, 4), "xywh": (1, -2, 4, 6), "cxcywh": (3, 1, 4, 6), "ltrb": (-1, 2, 5, 4)}

property_test = settings(deadline=None, derandomize=True, max_examples=60)
finite_boxes = arrays(np.float64, (5, 4), elements=st.floats(-1e4, 1e4))


def slow_iou(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """IoU of two xyxy boxes, case by case."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def some_boxes(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(-5, 5, (count, 2))
    return np.concatenate((corner, corner + rng.uniform(0.1, 6, (count, 2))), axis=1)


@pytest.mark.parametrize(("source", "target"), list(itertools.product(FORMATS, FORMATS)))
def test_every_format_converts_to_every_other(source: str, target: str) -> None:
    assert convert(np.array(SAME[source], float), source, target).tolist() == list(SAME[target])


@property_test
@given(boxes=finite_boxes, source=st.sampled_from(FORMATS), target=st.sampled_from(FORMATS))
def test_conversion_and_back_is_the_identity(boxes: np.ndarray, source: str, target: str) -> None:
    there_and_back = convert(convert(boxes, source, target), target, source)
    np.testing.assert_allclose(there_and_back, boxes, atol=1e-9)


def test_sizes_survive_a_change_of_corner_far_from_the_origin() -> None:
    box = torch.tensor([1e6, 1e6, 1e-3, 2e-3])
    assert convert(box, "xywh", "cxcywh")[2:].tolist() == box[2:].tolist()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_tensors_keep_their_kind_dtype_and_leading_shape(dtype: torch.dtype) -> None:
    boxes = torch.tensor(SAME["xywh"], dtype=dtype).expand(2, 3, 4)
    converted = convert(boxes, "xywh", "xyxy")
    assert (converted.dtype, converted.shape) == (dtype, (2, 3, 4))
    assert elementwise_iou(converted, converted).dtype == dtype


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_arrays_keep_their_kind_and_dtype_and_equal_the_tensor_result(dtype: type) -> None:
    a, b = some_boxes(20).astype(dtype), some_boxes(20, seed=1).astype(dtype)
    result = elementwise_iou(a, b)
    assert isinstance(result, np.ndarray)
    assert result.dtype == dtype
    assert result.tolist() == elementwise_iou(torch.from_numpy(a), torch.from_numpy(b)).tolist()


def test_arrays_of_any_layout_are_read_and_left_alone() -> None:
    boxes = np.asfortranarray(some_boxes(6))[::-1].astype(">f8")
    boxes.flags.writeable = False
    before = boxes.copy()
    np.testing.assert_array_equal(convert(boxes, "xyxy", "ltrb"), before * [-1, -1, 1, 1])
    np.testing.assert_array_equal(boxes, before)


def test_integers_become_floating_because_half_a_pixel_is_none() -> None:
    assert convert([0, 0, 3, 5], "xywh", "cxcywh").tolist() == [1.5, 2.5, 3.0, 5.0]
    assert convert(torch.tensor([0, 0, 3, 5]), "xywh", "cxcywh").tolist() == [1.5, 2.5, 3.0, 5.0]


@pytest.mark.parametrize("fmt", FORMATS)
def test_area_is_width_times_height_in_every_format(fmt: str) -> None:
    assert area(np.array(SAME[fmt], float), fmt) == 24


@pytest.mark.parametrize("size", [(0, 5), (-3, -3), (-1, 5)])
def test_a_box_without_extent_has_no_area(size: tuple[int, int]) -> None:
    assert area([0, 0, *size], "xywh") == 0


def test_pairwise_iou_equals_a_loop_over_both() -> None:
    a, b = some_boxes(30), some_boxes(20, seed=1)
    expected = [[slow_iou(x, y) for y in b] for x in a]
    assert np.ptp(expected) > 0.3
    np.testing.assert_allclose(pairwise_iou(a, b), expected, atol=1e-12)


def test_elementwise_iou_is_the_diagonal_of_pairwise_iou() -> None:
    a, b = torch.rand(2, 7, 4), torch.rand(2, 7, 4)
    matrix = pairwise_iou(a, b, "xywh")
    assert matrix.shape == (2, 7, 7)
    torch.testing.assert_close(elementwise_iou(a, b, "xywh"), matrix.diagonal(dim1=-2, dim2=-1))


def test_elementwise_iou_broadcasts_one_target_over_proposals() -> None:
    proposals, target = some_boxes(12).reshape(3, 4, 4), some_boxes(3, seed=1).reshape(3, 1, 4)
    iou = elementwise_iou(proposals, target)
    assert iou[2, 1] == pytest.approx(slow_iou(proposals[2, 1], target[2, 0]))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((0, 0, 2, 2), (0, 0, 2, 2), 1),  # equal
        ((0, 0, 2, 2), (1, 0, 3, 2), 1 / 3),  # half covered
        ((0, 0, 2, 2), (2, 0, 4, 2), 0),  # touching edges
        ((0, 0, 4, 4), (1, 1, 3, 3), 1 / 4),  # inside
        ((3, 3, 3, 3), (3, 3, 3, 3), 0),  # two points in one place: no area, not NaN
        ((0, 0, 2, 0), (0, 0, 2, 2), 0),  # a line
        ((2, 2, 0, 0), (0, 0, 2, 2), 0),  # reversed corners
        ((1e6, 0, 1e6 + 2, 2), (1e6 + 1, 0, 1e6 + 3, 2), 1 / 3),  # far from the origin
    ],
)
def test_iou_by_hand(a: tuple[float, ...], b: tuple[float, ...], expected: float) -> None:
    assert elementwise_iou(np.array(a, float), np.array(b, float)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("fmt", FORMATS)
def test_iou_does_not_depend_on_the_format(fmt: str) -> None:
    a, b = some_boxes(10), some_boxes(10, seed=1)
    iou = elementwise_iou(convert(a, "xyxy", fmt), convert(b, "xyxy", fmt), fmt)
    np.testing.assert_allclose(iou, elementwise_iou(a, b), atol=1e-12)


def test_iou_of_float16_pixels_does_not_overflow() -> None:
    box = torch.tensor([0, 0, 600, 600], dtype=torch.float16)
    half = torch.tensor([0, 0, 300, 600], dtype=torch.float16)
    assert elementwise_iou(box, half).item() == 0.5


def test_nan_in_gives_nan_out_for_that_box_only() -> None:
    a = torch.tensor([[0, 0, 2, float("nan")], [0, 0, 2, 2]])
    iou = elementwise_iou(a, torch.tensor([0.0, 0, 2, 2]))
    assert iou.isnan().tolist() == [True, False]


def test_iou_and_conversion_pass_gradients() -> None:
    a = torch.tensor([[0.0, 0.1, 2, 2.2], [1, 1, 3, 3]], dtype=torch.float64, requires_grad=True)
    b = torch.tensor([[0.5, 0.3, 2.7, 2], [1.5, 0.5, 2.5, 3.5]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(elementwise_iou, (a, b))
    assert torch.autograd.gradcheck(lambda boxes: convert(boxes, "cxcywh", "ltrb"), (a,))


def test_iou_gradient_is_finite_where_boxes_have_no_area() -> None:
    a = torch.zeros(3, 4, requires_grad=True)
    elementwise_iou(a, torch.tensor([[0.0, 0, 0, 0], [0, 0, 1, 1], [5, 5, 5, 5]])).sum().backward()
    assert a.grad.isfinite().all()


@pytest.mark.parametrize("fmt", ["xyxy", "xywh", "cxcywh"])
def test_clipped_boxes_lie_in_the_image(fmt: str) -> None:
    boxes = convert(np.array([(-5.0, 2, 5, 30), (1, 2, 3, 4), (50, 50, 60, 60)]), "xyxy", fmt)
    clipped = convert(clip(boxes, 20, 10, fmt), fmt, "xyxy")
    np.testing.assert_allclose(clipped, [(0, 2, 5, 10), (1, 2, 3, 4), (20, 10, 20, 10)])


def test_clipping_refuses_ltrb_which_has_no_place_in_the_image() -> None:
    with pytest.raises(InputError, match="ltrb"):
        clip(np.ones(4), 10, 10, "ltrb")


def test_validity_is_finite_and_of_positive_size() -> None:
    boxes = [(0, 0, 1, 1), (0, 0, 0, 1), (0, 0, 1, -1), (np.nan, 0, 1, 1), (0, 0, np.inf, 1)]
    assert is_valid(boxes, "xywh").tolist() == [True, False, False, False, False]


@pytest.mark.parametrize("kind", [np.array, torch.tensor])
def test_check_boxes_names_the_first_bad_box_and_where_it_is(kind) -> None:
    good, bad = kind([[[0.0, 0, 1, 1]], [[0, 0, 2, 2]]]), kind([[[0.0, 0, 1, 1]], [[0, 0, -2, 2]]])
    assert check_boxes(good, "xywh") is good
    with pytest.raises(InputError, match=r"groundtruth\.txt: box 1, 0 of 2: got \[0\.0, 0\.0, -2\.0, 2\.0\] \(xywh\)"):
        check_boxes(bad, "xywh", where="groundtruth.txt")


@pytest.mark.parametrize(
    "call",
    [
        lambda: convert(np.zeros((3, 5)), "xyxy", "xywh"),
        lambda: convert(torch.tensor(1.0), "xyxy", "xywh"),
        lambda: convert("four", "xyxy", "xywh"),
        lambda: convert([[0, 0, 1], [0, 0, 1, 1]], "xyxy", "xywh"),
        lambda: elementwise_iou(np.zeros((3, 4)), np.zeros((2, 4))),
        lambda: pairwise_iou(np.zeros(4), np.zeros((2, 4))),
    ],
    ids=["five numbers", "scalar", "text", "ragged", "shapes that do not fit", "no N"],
)
def test_what_is_not_boxes_is_an_input_error(call) -> None:
    with pytest.raises(InputError, match="got"):
        call()


def test_unknown_format_lists_the_known_and_the_nearest() -> None:
    with pytest.raises(InputError, match=r"'xyhw': allowed are cxcywh, ltrb, xywh, xyxy; did you mean"):
        area(np.zeros(4), "xyhw")
