"""PyTracking itself: everything that its box-learning trackers need imports, and its networks have their known keys."""

from __future__ import annotations

import importlib
import json
import subprocess
from pathlib import Path

import pytest
import torch

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.bridge.session import checkout_session

SETTINGS = (
    *(f"bbreg.{name}" for name in ("atom", "atom_paper", "atom_prob_ml", "atom_gmm_sampl")),
    *(f"dimp.{name}" for name in ("dimp18", "dimp50", "prdimp18", "prdimp50", "super_dimp", "super_dimp_simple")),
    *("tomp.tomp50", "tomp.tomp101", "tamos.tamos_resnet50"),
)
NETWORKS = (
    *("atom_resnet18", "dimpnet18", "dimpnet50", "dimpnet50_simple", "klcedimpnet18", "klcedimpnet50", "super_dimp"),
    *("tompnet50", "tompnet101"),
)


@pytest.fixture(scope="module")
def session(pytracking_home: Checkout, tmp_path_factory: pytest.TempPathFactory):
    workspace = {"workspace_dir": str(tmp_path_factory.mktemp("workspace"))}
    before = list_files(pytracking_home.root)
    with checkout_session(pytracking_home, workspace, pretrained=False, announce=False) as session:
        yield session
    assert list_files(pytracking_home.root) == before


def list_files(root: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in root.rglob("*") if ".git" not in path.parts}


def test_its_commit_is_what_git_says(pytracking_home):
    command = ["git", "-C", str(pytracking_home.root), "rev-parse", "HEAD"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("git does not know this checkout")
    assert pytracking_home.commit == said


@pytest.mark.parametrize("settings", SETTINGS)
def test_settings_import_and_are_the_checkouts(session, settings):
    module = importlib.import_module(f"ltr.train_settings.{settings}")
    assert callable(module.run) and Path(module.__file__).is_relative_to(session.checkout.root)


@pytest.mark.parametrize("tracker", ["atom", "dimp", "tomp"])
def test_trackers_import(session, tracker):
    assert importlib.import_module(f"pytracking.tracker.{tracker}").get_tracker_class()


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_have_the_keys_and_shapes_of_upstreams(session, shared_root, name):
    stored = json.loads((shared_root / "ltr_keys" / f"keys_{name}.json").read_text())
    constructor = stored["constructor"]
    make = getattr(importlib.import_module(constructor["fun_module"]), constructor["fun_name"])
    with torch.device("meta"):
        state = make(*constructor["args"], **constructor["kwds"]).state_dict()
    assert [(key, list(value.shape)) for key, value in state.items()] == [
        (k["key"], k["shape"]) for k in stored["keys"]
    ]


def test_tamos_is_built_with_our_pyramid(session):
    with torch.device("meta"):
        net = importlib.import_module("ltr.models.tracking.tamosnet").tamosnet_resnet50(backbone_pretrained=True)
    assert any(".fpn.inner_blocks.0.0.weight" in key for key in net.state_dict())


def test_atoms_fourier_interpolation_and_optimisation_lists_work(session):
    pytracking = importlib.import_module("pytracking")
    x = torch.randn(1, 1, 19, 19)
    coefficients = pytracking.fourier.cfft2(x)
    torch.testing.assert_close(pytracking.fourier.cifft2(coefficients, signal_sizes=[19, 19]), x)
    variable = pytracking.TensorList([torch.ones(3, requires_grad=True)])
    (gradient,) = torch.autograd.grad(variable[0].square().sum(), variable)
    assert gradient.tolist() == [2, 2, 2]
