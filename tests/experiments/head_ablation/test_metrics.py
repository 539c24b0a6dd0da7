"""Metrics against brute force, box by box."""

from __future__ import annotations

import math

import pytest
import torch

from experiments.head_ablation.metrics import WORST, average_by_target, measure_error, measure_iou, summarize


def boxes(*shape: int, seed: int = 0) -> torch.Tensor:
    return 10 + 40 * torch.rand(*shape, 4, generator=torch.Generator().manual_seed(seed))


def iou(a: list[float], b: list[float]) -> float:
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def error(a: list[float], b: list[float]) -> float:
    edges = [a[0] - b[0], a[1] - b[1], a[0] + a[2] - b[0] - b[2], a[1] + a[3] - b[1] - b[3]]
    return min(sum(map(abs, edges)) / 4 / math.sqrt(b[2] * b[3]), WORST)


def test_a_summary_is_that_of_a_loop() -> None:
    usual, far, targets, far_targets = boxes(9, 2), boxes(5, 3, seed=1), boxes(9, seed=2), boxes(5, seed=3)
    owners, far_owners = ["b", "a", "b"] * 3, ["a", "b", "b", "b", "a"]
    found = summarize(usual, targets, owners, far, far_targets, far_owners)
    for name in "ab":
        near = [
            iou(one.tolist(), targets[row].tolist()) for row in range(9) if owners[row] == name for one in usual[row]
        ]
        assert found["iou"][name] == pytest.approx(sum(near) / len(near), rel=1e-5)
        assert found["sr50"][name] == pytest.approx(sum(value > 0.5 for value in near) / len(near))
        assert found["sr75"][name] == pytest.approx(sum(value > 0.75 for value in near) / len(near))
        rows = [row for row in range(5) if far_owners[row] == name]
        pairs = [(one.tolist(), far_targets[row].tolist()) for row in rows for one in far[row]]
        assert found["far_iou"][name] == pytest.approx(sum(iou(*pair) for pair in pairs) / len(pairs), rel=1e-5)
        assert found["far_error"][name] == pytest.approx(sum(error(*pair) for pair in pairs) / len(pairs), rel=1e-5)
    assert list(found["iou"]) == ["b", "a"]


def test_a_box_that_is_not_finite_is_the_worst() -> None:
    lost = torch.tensor([[[math.nan, 0, 1, 1], [math.inf, 0, 1, 1], [0, 0, 1e9, 1]]])
    target = torch.tensor([[0.0, 0, 1, 1]])
    assert measure_iou(lost, target)[0, :2].tolist() == [0, 0]
    assert measure_error(lost, target)[0].tolist() == [WORST] * 3


def test_targets_with_many_regions_count_like_others() -> None:
    values = torch.tensor([[1.0], [1.0], [1.0], [0.0]])
    assert average_by_target(values, ["a", "a", "a", "b"]) == {"a": 1.0, "b": 0.0}
