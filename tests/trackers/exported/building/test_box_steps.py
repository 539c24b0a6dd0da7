"""Box refinement by graphs is the eager one, in PrDiMP's relative space and at the border of the maps too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.bbreg.atom_iou_net import AtomIoUNet
from siou_tracking.trackers.dimp.params import dimp_params
from siou_tracking.trackers.exported.building.box_steps import box_steps
from siou_tracking.trackers.exported.building.joining import join_steps
from siou_tracking.trackers.exported.building.step import trace_step
from siou_tracking.trackers.exported.model_file import ExportedInfo
from siou_tracking.trackers.exported.refining import BoxRefiner
from siou_tracking.trackers.exported.session import Steps
from siou_tracking.trackers.exported.torch_random import TorchRandom
from siou_tracking.trackers.online.overlap import overlap_function
from siou_tracking.trackers.online.refinement import refine_box
from tests.trackers.exported.building.conftest import require_packages

SIZE = 160


def small_head() -> AtomIoUNet:
    torch.manual_seed(4)
    head = AtomIoUNet((8, 8), (8, 8), (8, 8), (8, 8)).eval().requires_grad_(False)
    head.iou_predictor.weight.mul_(5)
    return head


def test_boxes_climb_as_with_torch_inside_and_at_the_border(tmp_path: Path) -> None:
    require_packages()
    params, head = dimp_params("prdimp18", patch_size=SIZE), small_head()
    assert params.box_refinement_space == "relative"
    generator = torch.Generator().manual_seed(5)
    fine = torch.rand(1, 8, SIZE // 8, SIZE // 8, generator=generator)
    coarse = torch.rand(1, 8, SIZE // 16, SIZE // 16, generator=generator)
    steps = box_steps(head, params, fine, coarse)
    model = join_steps(steps, [trace_step(step) for step in steps], {})
    (tmp_path / "b.onnx").write_bytes(model.SerializeToString())
    named = {step.name: {"inputs": list(step.inputs), "outputs": list(step.outputs)} for step in steps}
    graphs = Steps(tmp_path / "b.onnx", ExportedInfo("dimp", "prdimp18", {}, named, "", "", "", ""))
    target = torch.tensor([60.0, 55, 40, 50])
    refiner = BoxRefiner(graphs, params, fine.numpy(), coarse.numpy(), target.numpy(), SIZE)
    score = overlap_function(head, [fine, coarse], target)([fine, coarse])
    for number, box in enumerate(([58.0, 60, 44, 45], [-8.0, 100, 50, 70], [120.0, -20, 60, 60])):
        wanted = refine_box(score, torch.tensor(box), params, torch.Generator().manual_seed(number))
        found = refiner.refine(np.array(box, np.float32), fine.numpy(), coarse.numpy(), TorchRandom(number))
        assert wanted is not None and found is not None
        assert float((wanted[0] - torch.tensor(box)).abs().max()) > 0.1  # they did move
        np.testing.assert_allclose(found, wanted[0], rtol=0, atol=1e-3)


def test_a_predictor_of_another_class_and_parameters_without_refinement_are_refused() -> None:
    class Other(AtomIoUNet):
        """May compute something else."""

    fine = coarse = torch.zeros(1, 8, 4, 4)
    with pytest.raises(InputError, match="box predictor: got Other"):
        box_steps(Other((8, 8), (8, 8), (8, 8), (8, 8)), dimp_params("dimp18"), fine, coarse)
    with pytest.raises(InputError, match="no box refinement"):
        box_steps(small_head(), dimp_params("dimp18", box_refinement_iter=0), fine, coarse)
