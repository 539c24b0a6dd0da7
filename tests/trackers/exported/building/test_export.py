"""One file holds a whole ATOM, in standard operators, and tracks as the tracker that it was made of."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from experiments.onnx_export.run import copy_state
from siou_tracking.errors import InputError
from siou_tracking.trackers import build_tracker
from siou_tracking.trackers.atom.tracker import ATOM
from siou_tracking.trackers.exported.atom import ExportedATOM
from siou_tracking.trackers.exported.building.step import Step, trace_step
from siou_tracking.trackers.exported.model_file import read_info
from siou_tracking.trackers.exported.registry import build_exported

TOLERANCE = 1e-3
"""Pixels."""
COPIES = 1 + 4 + 1 + 1 + 1 + 2
"""Unaltered, shifted, flipped, blurred, rotated, with dropped channels."""
WITHOUT_TORCH = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "onnx", "onnxscript"):
            raise ImportError(f"{name} is absent")

sys.meta_path.insert(0, Absent())
from siou_tracking.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def test_boxes_are_those_of_the_tracker_with_torch(exported, square_sequence) -> None:
    weights, file = exported
    frames, boxes = square_sequence
    tracker, other = build_tracker("atom:lite", weights=weights, device="cpu", seed=3), build_exported(file, seed=3)
    assert isinstance(tracker, ATOM) and isinstance(other, ExportedATOM)
    first = {"init_bbox": boxes[0]}
    assert tracker.initialize(frames[0], first) == other.initialize(frames[0], first)
    copy_state(tracker, other)
    flags = set()
    for frame in frames[1:]:
        wanted, found = tracker.track(frame), other.track(frame)
        assert found["flag"] == wanted["flag"]
        np.testing.assert_allclose(found["target_bbox"], wanted["target_bbox"], rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(found["score"], wanted["score"], rtol=0, atol=1e-3)
        flags.add(found["flag"])
    assert "normal" in flags  # samples were stored, and the filter was improved in every third frame
    assert len(other._model.weights) > COPIES


def test_boxes_that_leave_what_was_computed_are_refined_again(exported, square_sequence, monkeypatch) -> None:
    frames, boxes = square_sequence
    trackers = [build_exported(exported[1]), build_exported(exported[1])]
    for tracker in trackers:
        tracker.initialize(frames[0], {"init_bbox": boxes[0]})
    wanted = trackers[0].track(frames[1])
    # no room beyond the start boxes: the first step leaves it, and everything is computed from whole maps
    monkeypatch.setattr("siou_tracking.trackers.exported.refining.with_margin", lambda hull: hull)
    np.testing.assert_allclose(
        trackers[1].track(frames[1])["target_bbox"], wanted["target_bbox"], rtol=0, atol=TOLERANCE
    )


def test_the_file_is_one_valid_model_of_standard_operators_that_says_what_it_is(exported) -> None:
    import onnx

    weights, file = exported
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    assert {entry.domain for entry in model.opset_import} == {""} and not model.functions
    graphs, domains = [model.graph], set()
    for graph in graphs:
        domains |= {node.domain for node in graph.node}
        graphs += [attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g")]
    assert domains == {""}
    info = read_info(file)
    assert (info.tracker, info.param, info.box_loss, info.checkpoint) == ("atom", "lite", "smooth_iou", "a.pth.tar")
    assert info.sha256 == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert info.parameters["patch_size"] == 128
    assert [node.name for node in model.graph.node if node.op_type == "If"] == list(info.steps)


def test_a_step_runs_in_any_runtime_with_its_own_inputs_alone(exported) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(exported[1])
    number = list(read_info(exported[1]).steps).index("features")
    names = ["features.fine", "features.coarse", "features.stacked"]
    feeds = {"step": np.array(number), "features.pixels": np.zeros((1, 128, 128, 3), np.float32)}
    fine, coarse, stacked = session.run(names, feeds)
    assert (fine.shape, coarse.shape, stacked.shape) == ((1, 40, 16, 16), (1, 112, 8, 8), (1, 152, 8, 8))


def test_a_file_tracks_where_torch_is_not_installed(exported, square_sequence, tmp_path: Path) -> None:
    frames, boxes = square_sequence
    (tmp_path / "pictures").mkdir()
    for number, frame in enumerate(frames[:4]):
        cv2.imwrite(str(tmp_path / f"pictures/{number}.png"), frame[:, :, ::-1])
    words = [
        "track",
        "pictures",
        "--init",
        ",".join(map(str, boxes[0])),
        "--onnx",
        str(exported[1]),
        "--boxes",
        "b.txt",
    ]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *words], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    found = np.loadtxt(tmp_path / "b.txt", delimiter=",")
    tracker = build_exported(exported[1])
    wanted = [tracker.initialize(frames[0], {"init_bbox": boxes[0]})["target_bbox"]]
    wanted += [tracker.track(frame)["target_bbox"] for frame in frames[1:4]]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=TOLERANCE)


def test_a_damaged_model_with_whole_metadata_is_one_line(exported, tmp_path: Path) -> None:
    content = bytearray(exported[1].read_bytes())
    content[2000:2400] = bytes(400)
    (tmp_path / "bad.onnx").write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.onnx: onnxruntime cannot read it"):
        build_exported(tmp_path / "bad.onnx")


def test_track_before_initialize_is_refused(exported, square_sequence) -> None:
    with pytest.raises(InputError, match="called before initialize"):
        build_exported(exported[1]).track(square_sequence[0][0])


def test_a_step_with_an_operation_that_onnx_has_not_is_refused() -> None:
    pytest.importorskip("onnxscript", reason="onnxscript is not installed: pip install 'siou-tracking[onnx]'")

    class Inverse(torch.nn.Module):
        def forward(self, matrix: torch.Tensor) -> tuple[torch.Tensor]:
            return (torch.linalg.inv(matrix),)

    with pytest.raises(Exception, match=r"inv|not standard operators"):
        trace_step(Step("inverse", Inverse(), {"matrix": torch.eye(3)}, ["inverted"]))
