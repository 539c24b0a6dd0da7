"""One file holds a whole DiMP, and tracks as the tracker that it was made of; each kind of filter is learned alike."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from experiments.onnx_export.run import copy_state
from siou_tracking.benchmarks.running.run import run_benchmark
from siou_tracking.errors import InputError
from siou_tracking.ltr.models.meta.steepestdescent import GNSteepestDescent
from siou_tracking.ltr.models.target_classifier.residual_modules import LinearFilterHinge
from siou_tracking.trackers import build_tracker
from siou_tracking.trackers.dimp.classifier import TargetFilter
from siou_tracking.trackers.dimp.params import dimp_params
from siou_tracking.trackers.dimp.tracker import DiMP
from siou_tracking.trackers.exported.building.dimp_graphs import as_descent
from siou_tracking.trackers.exported.building.dimp_steps import filter_steps
from siou_tracking.trackers.exported.building.joining import join_steps
from siou_tracking.trackers.exported.building.step import trace_step
from siou_tracking.trackers.exported.dimp import ExportedDiMP
from siou_tracking.trackers.exported.model_file import ExportedInfo, read_info
from siou_tracking.trackers.exported.registry import build_exported
from siou_tracking.trackers.exported.session import Steps
from siou_tracking.trackers.exported.target_filter import ExportedTargetFilter
from siou_tracking.trackers.exported.torch_random import TorchRandom
from siou_tracking.trackers.follow import run_frames
from tests.parity.dimp_tracks import BOX, make_frames
from tests.trackers.dimp.conftest import small_network
from tests.trackers.exported.building.conftest import require_packages
from tests.trackers.exported.building.test_export import WITHOUT_TORCH

TOLERANCE = 1e-3
"""Pixels."""


def torch_draws_as_we_do() -> bool:
    """Not on Intel's processors, where dropped channels come from another library's stream."""
    drawn = torch.empty(200).bernoulli_(0.8, generator=torch.Generator().manual_seed(1)).numpy()
    return bool((TorchRandom(1).bernoulli(0.8, 200) == drawn).all())


def both(files: tuple[Path, Path]) -> tuple[DiMP, ExportedDiMP]:
    tracker, other = build_tracker("dimp", weights=files[0], device="cpu", seed=3), build_exported(files[1], seed=3)
    assert isinstance(tracker, DiMP) and isinstance(other, ExportedDiMP)
    assert tracker.params == other.params
    return tracker, other


@pytest.mark.parametrize("equal_state", [True, False])
def test_boxes_are_those_of_the_tracker_with_torch(exported_dimp, equal_state) -> None:
    if not equal_state and not torch_draws_as_we_do():
        pytest.skip("on this processor torch drops channels by another library's random numbers")
    tracker, other = both(exported_dimp)
    frames, first = make_frames(), {"init_bbox": BOX}
    assert tracker.initialize(frames[0], first) == other.initialize(frames[0], first)
    if equal_state:
        copy_state(tracker, other)
    flags = set()
    for frame in frames[1:]:
        wanted, found = tracker.track(frame), other.track(frame)
        assert found["flag"] == wanted["flag"]
        np.testing.assert_allclose(found["target_bbox"], wanted["target_bbox"], rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(found["score"], wanted["score"], rtol=0, atol=1e-3)
        flags.add(found["flag"])
    assert flags >= {"normal", "hard_negative"}  # filters were improved in both ways
    np.testing.assert_allclose(other._model.weights.values, tracker._model.memory.weights, atol=1e-6)


def test_a_target_that_is_gone_is_not_found_and_is_found_again(exported_dimp) -> None:
    tracker, other = both(exported_dimp)
    frames = make_frames()
    for one in (tracker, other):
        one.initialize(frames[0], {"init_bbox": BOX})
    copy_state(tracker, other)
    for frame in (frames[1], np.full_like(frames[0], 128), frames[2]):
        wanted, found = tracker.track(frame), other.track(frame)
        assert found["flag"] == wanted["flag"]
        np.testing.assert_allclose(found["target_bbox"], wanted["target_bbox"], rtol=0, atol=TOLERANCE)
    assert found["flag"] != "not_found"


def test_the_file_says_what_it_is_and_has_standard_operators_only(exported_dimp) -> None:
    import onnx

    model, info = onnx.load(exported_dimp[1]), read_info(exported_dimp[1])
    onnx.checker.check_model(model, full_check=True)
    graphs, domains = [model.graph], {entry.domain for entry in model.opset_import}
    for graph in graphs:
        domains |= {node.domain for node in graph.node}
        graphs += [attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g")]
    assert domains == {""} and not model.functions
    assert (info.tracker, info.param, info.parameters["patch_size"]) == ("dimp", "dimp18", 160)


def test_a_file_tracks_where_torch_is_not_installed(exported_dimp, tmp_path: Path) -> None:
    frames = make_frames()[:4]
    (tmp_path / "pictures").mkdir()
    for number, frame in enumerate(frames):
        cv2.imwrite(str(tmp_path / f"pictures/{number}.png"), frame[:, :, ::-1])
    words = f"track pictures --init {','.join(map(str, BOX))} --onnx {exported_dimp[1]} --boxes b.txt".split()
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *words], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    other = build_exported(exported_dimp[1])
    wanted = [other.initialize(frames[0], {"init_bbox": BOX})["target_bbox"]]
    wanted += [other.track(frame)["target_bbox"] for frame in frames[1:]]
    np.testing.assert_allclose(np.loadtxt(tmp_path / "b.txt", delimiter=","), wanted, rtol=0, atol=TOLERANCE)


def test_a_file_runs_on_a_benchmark_under_a_name_of_its_own(exported_dimp, tmp_path: Path) -> None:
    frames = make_frames()[:3]
    (tmp_path / "otb/One/img").mkdir(parents=True)
    for number, frame in enumerate(frames, 1):
        cv2.imwrite(str(tmp_path / f"otb/One/img/{number:04d}.png"), frame[:, :, ::-1])
    row = ",".join(str(value) for value in np.add(BOX, [1, 1, 0, 0]))
    (tmp_path / "otb/One/groundtruth_rect.txt").write_text(f"{row}\n" * 3)
    done = run_benchmark(None, "otb2015", tmp_path / "otb", tmp_path / "out", onnx=exported_dimp[1])
    assert (done.folder.name, done.run, done.failed) == ("dimp_dimp18_onnx", ["One"], {})
    assert json.loads((done.folder / "run.json").read_text())["weights"] == "d.onnx"
    boxes, _ = run_frames(build_exported(exported_dimp[1]), frames, BOX)
    found = np.loadtxt(done.folder / "One.txt", delimiter=",")
    np.testing.assert_allclose(found - [1, 1, 0, 0], boxes, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(("kind", "preset"), [("prdimp", "prdimp18"), ("simple", "super_dimp_simple")])
def test_other_kinds_of_filters_are_learned_and_score_as_with_torch(tmp_path: Path, kind: str, preset: str) -> None:
    require_packages()
    params = dimp_params(preset, patch_size=160, init_iter=3)
    net = small_network(kind).eval().requires_grad_(False)
    torch.nn.init.normal_(net.classifier.filter_initializer.filter_conv.weight, std=0.03)
    generator = torch.Generator().manual_seed(2)
    features = torch.randn(6, 32, 10, 10, generator=generator)
    boxes = torch.tensor([60.0, 55, 40, 32]) + 20 * torch.rand(6, 4, generator=generator)
    steps = filter_steps(net, params, features[:1], len(features))
    model = join_steps(steps, [trace_step(step) for step in steps], {})
    (tmp_path / "f.onnx").write_bytes(model.SerializeToString())
    named = {step.name: {"inputs": list(step.inputs), "outputs": list(step.outputs)} for step in steps}
    info = ExportedInfo("dimp", preset, {}, named, "", "", "", "")
    with torch.no_grad():
        wanted = TargetFilter(net.classifier, features, boxes, params)
        found = ExportedTargetFilter(Steps(tmp_path / "f.onnx", info), features.numpy(), boxes.numpy(), params)
        assert (found.center, found.stride, found.half_cell) == (wanted.center, wanted.stride, wanted.half_cell)
        for hard in (False, True):
            sample = torch.randn(1, 32, 10, 10, generator=generator)
            np.testing.assert_allclose(found.scores(sample.numpy()), wanted.scores(sample), rtol=1e-3, atol=1e-5)
            wanted.store(sample, boxes[0] + 3, 0.05)
            found.store(sample.numpy(), boxes[0].numpy() + 3, 0.05)
            wanted.update(params.hard_negative_iter if hard else params.update_iter)
            found.update(hard)
            scale = float(wanted.filter.abs().max())
            np.testing.assert_allclose(found.filter, wanted.filter, rtol=0, atol=1e-4 * scale)


@pytest.mark.parametrize(("score_act", "leak"), [("relu", 0.0), ("bentpar", 0.3)])
def test_steps_on_given_labels_are_those_of_autograd(score_act: str, leak: float) -> None:
    residuals = LinearFilterHinge(init_filter_reg=0.2, hinge_threshold=0.05, activation_leak=leak, score_act=score_act)
    optimizer = GNSteepestDescent(residuals, residual_batch_dim=1, steplength_reg=0.1)
    net = small_network("simple")
    net.classifier.filter_optimizer = optimizer
    generator = torch.Generator().manual_seed(2)
    features, start = (torch.randn(n, 32, k, k, generator=generator) for n, k in ((5, 10), (1, 4)))
    boxes = torch.tensor([60.0, 55, 40, 32]) + 20 * torch.rand(5, 4, generator=generator)
    params = dimp_params("super_dimp_simple", patch_size=160)
    with torch.no_grad():
        labels = TargetFilter(net.classifier, features, boxes, params)._options(boxes)["train_label"]
        weights = torch.rand(5, generator=generator)
        wanted, _, _ = optimizer(
            start, 3, feat=features, bb=boxes, train_label=labels, sample_weight=weights.view(-1, 1, 1, 1)
        )
        found, _, _ = as_descent(optimizer, params, 10)(start, features, boxes, weights, 3)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


def test_a_filter_of_another_kind_of_optimizer_is_refused() -> None:
    with pytest.raises(InputError, match="filter optimizer: got Identity"):
        as_descent(torch.nn.Identity(), dimp_params("dimp18"), 10)
