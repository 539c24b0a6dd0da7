"""What every registered box loss promises, whatever its formula."""

from __future__ import annotations

import itertools

import pytest
import torch

from siou_tracking.boxes import FORMATS, convert
from siou_tracking.errors import InputError
from siou_tracking.losses import build_box_loss as build_training_loss
from siou_tracking.losses import build_box_similarity, describe, registered_box_losses
from siou_tracking.losses.box.base import BoxLoss

LOSSES = [*registered_box_losses(), "2*giou+5*l1"]
SCORES = [name for name in LOSSES if not describe(name).no_score]
# The target's size or the direction of a divergence counts in these.
ASYMMETRIC = {"piou", "piou_v1", "kld", "kfiou"}
# These hold a part of the formula constant: the tests of each compare it with that part frozen.
HELD_CONSTANT = {"ciou", "wiou", "wiou_v3", "kfiou"}
# Not by default: so that squares of far corners' distances over it fit into half precision.
PARAMS = {"mpdiou": {"image_size": 1000.0}}

# Predictions against a target, both xyxy: each row once broke some public implementation.
DEGENERATE = {
    "both are the same point": ((5, 5, 5, 5), (5, 5, 5, 5)),
    "prediction is a point": ((5, 5, 5, 5), (0, 0, 10, 10)),
    "target is a point": ((0, 0, 10, 10), (5, 5, 5, 5)),
    "prediction is a line": ((0, 5, 10, 5), (0, 0, 10, 10)),
    "both are the same line": ((0, 5, 10, 5), (0, 5, 10, 5)),
    "reversed corners": ((10, 10, 0, 0), (0, 0, 10, 10)),
    "reversed far away": ((60000, 60000, 0, 0), (0, 0, 1, 1)),
    "equal": ((0, 0, 10, 10), (0, 0, 10, 10)),
    "touching edges": ((0, 0, 10, 10), (10, 0, 20, 10)),
    "touching corners": ((0, 0, 10, 10), (10, 10, 20, 20)),
    "far apart": ((0, 0, 10, 10), (50000, 50000, 50010, 50010)),
    "huge against tiny": ((0, 0, 60000, 60000), (0, 0, 1e-6, 1e-6)),
    "tiny against huge": ((0, 0, 1e-6, 1e-6), (0, 0, 60000, 60000)),
    "both tiny and apart": ((0, 0, 1e-6, 1e-6), (1e-5, 1e-5, 1.1e-5, 1.1e-5)),
    "points far apart": ((0, 0, 0, 0), (60000, 60000, 60000, 60000)),
}
FAR = {
    "a million away": ((0, 0, 10, 10), (1e6, 1e6, 1e6 + 10, 1e6 + 10)),
    "a million in size": ((0, 0, 1e6, 1e6), (2e6, 2e6, 4e6, 4e6)),
    "points a million apart": ((1e6, 1e6, 1e6, 1e6), (0, 0, 0, 0)),
}


@pytest.fixture(params=LOSSES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def build_box_loss(name: str, **params) -> BoxLoss:
    """In evaluation mode, where a running mean stays as it is."""
    return build_training_loss(name, **PARAMS.get(name, {}), **params).eval()


def generic_boxes(count: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    """Pairs in xyxy, overlapping, contained and disjoint, none at a kink."""
    generator = torch.Generator().manual_seed(seed)
    center = 3 * torch.rand(2, count, 2, generator=generator, dtype=dtype)
    size = 0.3 + 2 * torch.rand(2, count, 2, generator=generator, dtype=dtype)
    return convert(torch.cat((center, size), dim=-1), "cxcywh", "xyxy").unbind(0)


def table(rows: dict, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor(list(rows.values()), dtype=torch.float64).to(dtype).unbind(1)


def test_equal_boxes_cost_exactly_nothing(name: str) -> None:
    for dtype in (torch.float32, torch.float64):
        boxes, _ = generic_boxes(200, dtype=dtype)
        assert build_box_loss(name, reduction="none")(boxes, boxes).abs().max() == 0


def test_different_boxes_cost_something_and_never_less_than_nothing(name: str) -> None:
    pred, target = generic_boxes(500, dtype=torch.float32)
    loss = build_box_loss(name, reduction="none")(pred, target)
    assert (loss > 0).all()
    near = build_box_loss(name, reduction="none")(target + 1e-7 * torch.randn_like(target), target)
    assert (near >= 0).all()


def test_loss_is_symmetric_in_its_boxes(name: str) -> None:
    pred, target = generic_boxes(100)
    loss = build_box_loss(name, reduction="none")
    assert torch.allclose(loss(pred, target), loss(target, pred)) == (name not in ASYMMETRIC)


def test_mirrored_and_transposed_pairs_cost_the_same(name: str) -> None:
    pred, target = generic_boxes(100)
    loss = build_box_loss(name, reduction="none")
    transposed = [boxes[:, [1, 0, 3, 2]] for boxes in (pred, target)]
    mirrored = [-boxes[:, [2, 1, 0, 3]] * torch.tensor([1, -1, 1, -1]) for boxes in (pred, target)]
    torch.testing.assert_close(loss(*transposed), loss(pred, target))
    torch.testing.assert_close(loss(*mirrored), loss(pred, target))


@pytest.mark.parametrize("scale", [1e-4, 0.37, 1e4])
def test_loss_does_not_change_with_translation_and_scale(name: str, scale: float) -> None:
    pred, target = generic_boxes(100)
    loss, scaled = (build_with_lengths(name, factor) for factor in (1, scale))
    shift = torch.tensor([3.0, -7, 3, -7], dtype=torch.float64)
    torch.testing.assert_close(scaled(scale * (pred + shift), scale * (target + shift)), loss(pred, target))


def build_with_lengths(name: str, factor: float) -> BoxLoss:
    """With every parameter that is a length in the unit of the boxes times `factor`."""
    entry = describe(name)
    return build_training_loss(name, **{key: factor * entry.loss_defaults[key] for key in entry.lengths}).eval()


def test_lengths_are_parameters_and_scale_matters_where_they_are(name: str) -> None:
    entry = describe(name)
    pred, target = generic_boxes(100)
    loss = build_training_loss(name, reduction="none").eval()
    same = torch.allclose(loss(100 * pred, 100 * target), loss(pred, target))
    assert same == (not entry.lengths)
    assert set(entry.lengths) <= set(entry.loss_defaults)
    assert set(entry.lengths.values()) <= {"shares", "pixels"}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_value_and_gradient_are_finite_on_degenerate_boxes(name: str, dtype: torch.dtype) -> None:
    rows = DEGENERATE if dtype == torch.float16 else {**DEGENERATE, **FAR}
    for fmt in FORMATS:
        pred, target = (convert(boxes, "xyxy", fmt).requires_grad_() for boxes in table(rows, dtype))
        loss = build_box_loss(name, box_format=fmt, reduction="none")(pred, target)
        loss.sum().backward()
        finite = loss.isfinite() & pred.grad.isfinite().all(-1) & target.grad.isfinite().all(-1)
        assert finite.all(), [row for row, good in zip(rows, finite.tolist(), strict=True) if not good]


def boxes_of_any_size(count: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Pairs in cxcywh whose predicted sizes are proper, tiny, zero or negative; targets of any aspect."""
    generator = torch.Generator().manual_seed(seed)

    def spread(low: float, high: float) -> torch.Tensor:
        powers = low + (high - low) * torch.rand(count, 2, generator=generator, dtype=torch.float64)
        return torch.randn(count, 2, generator=generator, dtype=torch.float64) * 10**powers

    unit = torch.cat((spread(-4, 4), torch.where(torch.rand(count, 2, generator=generator) < 0.2, 0, spread(-9, 3))), 1)
    size = torch.exp(2 * spread(0, 0))
    target = torch.cat((torch.zeros_like(size), size), 1)
    return unit * size.repeat(1, 2), target


@pytest.mark.parametrize("name", [name for name in LOSSES if not describe(name).lengths])
def test_no_predicted_size_makes_the_gradient_steeper_than_documented(name: str) -> None:
    pred, target = boxes_of_any_size(100_000)
    rows = torch.logspace(-6, 1, 2000, dtype=torch.float64)  # the walk down to a box without size, centered
    walk = torch.stack((0 * rows, 0 * rows, rows, 1 + 0 * rows), 1)
    pred = torch.cat((pred, walk, -walk * torch.tensor([1, 1, 1, -1]))).requires_grad_()
    target = torch.cat((target, torch.tensor([[0.0, 0, 1, 1]], dtype=torch.float64).expand(2 * len(walk), 4)))
    build_box_loss(name, box_format="cxcywh", reduction="none")(pred, target).sum().backward()
    slope = pred.grad.abs() * target[:, 2:].repeat(1, 2)
    by_offset, by_size = slope[:, :2].max().item(), slope[:, 2:].max().item()
    most_by_offset, most_by_size = describe(name).steepest
    assert by_offset <= most_by_offset + 1e-9
    assert by_size <= most_by_size + 1e-9
    # A bound far above what is met would say nothing.
    assert by_size > 0.3 * most_by_size or most_by_size == float("inf")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(name: str, dtype: torch.dtype) -> None:
    pred, target = (100 * boxes.to(dtype) for boxes in generic_boxes(50))
    loss = build_box_loss(name, reduction="none")
    assert loss(pred, target).dtype == torch.float32
    torch.testing.assert_close(loss(pred, target), loss(pred.float(), target.float()))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(loss(pred, target), loss(pred.float(), target.float()))
    pred.requires_grad_()
    loss(pred, target).sum().backward()
    assert pred.grad.dtype == dtype


def test_no_value_is_read_while_a_device_computes(name: str) -> None:
    pred, target = (boxes.to("meta").requires_grad_() for boxes in generic_boxes(5))
    build_box_loss(name)(pred, target).backward()  # reading a value of the meta device is an error
    assert pred.grad.device.type == target.grad.device.type == "meta"


def test_float64_stays_float64(name: str) -> None:
    pred, target = generic_boxes(5)
    assert build_box_loss(name)(pred, target).dtype == torch.float64
    assert build_box_loss(name)(pred.float(), target).dtype == torch.float64


@pytest.mark.parametrize("fmt", FORMATS)
def test_gradient_equals_finite_differences(name: str, fmt: str) -> None:
    if name in HELD_CONSTANT:
        pytest.skip("a part of its formula is held constant: the tests of its family compare it with that frozen")
    boxes = [convert(boxes, "xyxy", fmt).requires_grad_() for boxes in generic_boxes(24)]
    loss = build_box_loss(name, box_format=fmt, reduction="none")
    assert torch.autograd.gradcheck(loss, boxes)


def test_gradient_of_a_repeated_backward_pass_is_the_same(name: str) -> None:
    pred, target = generic_boxes(10)
    pred.requires_grad_()
    loss = build_box_loss(name)(pred, target)
    first, second = (torch.autograd.grad(loss, pred, retain_graph=True)[0] for _ in range(2))
    torch.testing.assert_close(first, second)


def test_all_formats_agree_in_value_and_in_gradient(name: str) -> None:
    pred, target = generic_boxes(60)
    pred.requires_grad_()
    expected = build_box_loss(name, reduction="none")(pred, target)
    (slope,) = torch.autograd.grad(expected.sum(), pred)
    for fmt in FORMATS:
        loss = build_box_loss(name, box_format=fmt, reduction="none")
        value = loss(convert(pred, "xyxy", fmt), convert(target, "xyxy", fmt))
        torch.testing.assert_close(value, expected)
        torch.testing.assert_close(torch.autograd.grad(value.sum(), pred)[0], slope)


def test_any_leading_shape_and_memory_layout_gives_the_same(name: str) -> None:
    pred, target = generic_boxes(24, dtype=torch.float32)
    loss = build_box_loss(name, reduction="none")
    expected = loss(pred, target)
    assert loss(pred[0], target[0]).shape == ()
    maps = [boxes.reshape(2, 3, 4, 4).permute(0, 3, 1, 2).contiguous() for boxes in (pred, target)]
    maps[0].requires_grad_()
    value = loss(*(boxes.movedim(1, -1) for boxes in maps))
    torch.testing.assert_close(value, expected.reshape(2, 3, 4))
    value.sum().backward()
    pred.requires_grad_()
    loss(pred, target).sum().backward()
    torch.testing.assert_close(maps[0].grad.movedim(1, -1).reshape(24, 4), pred.grad)


def test_reductions_and_weights_follow_their_definition(name: str) -> None:
    pred, target = generic_boxes(12)
    values = build_box_loss(name, reduction="none")(pred, target)
    weights = torch.rand(12, dtype=torch.float64)
    mean, total = build_box_loss(name), build_box_loss(name, reduction="sum")
    torch.testing.assert_close(mean(pred, target), values.mean())
    torch.testing.assert_close(total(pred, target), values.sum())
    torch.testing.assert_close(mean(pred, target, weights), (weights * values).sum() / weights.sum())
    torch.testing.assert_close(total(pred, target, weights), (weights * values).sum())
    torch.testing.assert_close(build_box_loss(name, reduction="none")(pred, target, weights), weights * values)
    torch.testing.assert_close(mean(pred, target, weights > 0.5), values[weights > 0.5].mean())


def test_weighted_gradient_is_the_gradient_scaled_by_the_weight(name: str) -> None:
    pred, target = generic_boxes(12)
    pred.requires_grad_()
    weights = torch.rand(12, dtype=torch.float64)
    loss = build_box_loss(name, reduction="sum")
    plain, weighted = (torch.autograd.grad(loss(pred, target, w), pred)[0] for w in (None, weights))
    torch.testing.assert_close(weighted, plain * weights[:, None])


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_nothing_to_learn_from_costs_nothing_and_keeps_the_graph(name: str, reduction: str) -> None:
    loss = build_box_loss(name, reduction=reduction)
    empty = torch.zeros(0, 4, requires_grad=True)
    some = torch.rand(3, 4, requires_grad=True)
    cases = (
        (empty, empty.detach(), None),
        (some, some.detach() + 1, torch.zeros(3)),
        (empty, empty.detach(), torch.zeros(0)),
    )
    for pred, target, weights in cases:
        pred.grad = None
        value = loss(pred, target, weights)
        value.backward()
        assert value.item() == 0
        assert pred.grad.shape == pred.shape
        assert not pred.grad.any()


def test_nan_in_gives_nan_out_for_that_box_only(name: str) -> None:
    pred, target = generic_boxes(8)
    pred[3, 2] = float("nan")
    loss = build_box_loss(name, reduction="none")(pred, target)
    assert loss.isnan().nonzero().tolist() == [[3]]


def test_inputs_are_left_as_they_were(name: str) -> None:
    pred, target = generic_boxes(8)
    before = pred.clone(), target.clone()
    pred.requires_grad_()
    build_box_loss(name)(pred, target).backward()
    assert torch.equal(pred, before[0])
    assert torch.equal(target, before[1])


@pytest.mark.parametrize("name", SCORES)
def test_similarity_is_one_at_equality_and_in_unit_range(name: str) -> None:
    pred, target = generic_boxes(400, dtype=torch.float32)
    similarity = build_box_similarity(name)
    assert (similarity(target, target) == 1).all()
    values = torch.cat((similarity(pred, target), similarity(*table({**DEGENERATE, **FAR}, torch.float32))))
    assert (values >= 0).all()
    assert (values <= 1).all()
    assert (similarity(pred, target) < 1).all()


@pytest.mark.parametrize("name", sorted(set(LOSSES) - set(SCORES)))
def test_a_loss_without_similarity_says_why_in_one_line(name: str) -> None:
    with pytest.raises(InputError, match=rf"^box loss {name}: as a score: .*take \w+"):
        build_box_similarity(name)


@pytest.mark.parametrize("name", [name for name in SCORES if "+" not in name])
def test_similarity_falls_as_the_loss_rises(name: str) -> None:
    pred, target = generic_boxes(200)
    loss = build_training_loss(name, reduction="none")(pred, target)
    order = loss.argsort()
    similarity = build_box_similarity(name)(pred, target)[order]
    assert (similarity.diff() <= 1e-12).all()


@pytest.mark.parametrize("name", SCORES)
def test_similarity_broadcasts_one_target_over_proposals(name: str) -> None:
    proposals, target = generic_boxes(6)
    similarity = build_box_similarity(name)
    matrix = similarity(proposals[None], target[:, None])
    assert matrix.shape == (6, 6)
    torch.testing.assert_close(matrix.diagonal(), similarity(proposals, target))


@pytest.mark.parametrize(
    ("pred", "target", "weights"),
    [
        (torch.zeros(3, 5), torch.zeros(3, 5), None),
        (torch.zeros(3, 4), torch.zeros(2, 4), None),
        (torch.tensor(0.0), torch.zeros(4), None),
        (torch.zeros(3, 4), torch.zeros(3, 4), torch.ones(3, 1)),
        ([[0, 0, 1, 1]], torch.zeros(1, 4), None),
    ],
    ids=["five numbers", "two counts", "scalar", "weights of another shape", "a list"],
)
def test_wrong_shapes_are_an_input_error(name: str, pred, target, weights) -> None:
    with pytest.raises(InputError, match="got"):
        build_box_loss(name)(pred, target, weights)


@pytest.mark.parametrize("params", [{"box_format": "xyhw"}, {"reduction": "average"}, {"gain": 2}])
def test_unknown_parameters_are_named(name: str, params: dict) -> None:
    with pytest.raises(InputError, match=next(iter(params.values())) if "gain" not in params else "gain"):
        build_box_loss(name, **params)


@pytest.mark.slow
@pytest.mark.parametrize("dynamic", [None, True])
def test_compiled_without_a_graph_break_and_equal_to_eager(name: str, dynamic: bool | None) -> None:
    torch.compiler.reset()
    loss = build_box_loss(name)
    compiled = torch.compile(loss, fullgraph=True, dynamic=dynamic)
    results = []
    for call in (loss, compiled):
        pred, target = generic_boxes(64, dtype=torch.float32)
        pred.requires_grad_()
        value = call(pred, target)
        value.backward()
        results.append((value.detach(), pred.grad))
    for eager, fast in zip(*results, strict=True):
        torch.testing.assert_close(fast, eager)


@pytest.mark.gpu
def test_cuda_equals_cpu(name: str) -> None:
    results = []
    for device in ("cpu", "cuda"):
        pred, target = (boxes.to(device) for boxes in generic_boxes(64, dtype=torch.float32))
        pred.requires_grad_()
        build_box_loss(name)(pred, target).backward()
        results.append(pred.grad.cpu())
    torch.testing.assert_close(*results)


def test_losses_rank_clearly_better_boxes_first(name: str) -> None:
    target = torch.tensor([0.0, 0, 10, 10])
    ladder = [torch.tensor([shift, 0.0, 10 + shift, 10]) for shift in (0, 1, 3, 6, 9)]
    values = [build_box_loss(name)(pred, target).item() for pred in ladder]
    assert all(first < second for first, second in itertools.pairwise(values))
