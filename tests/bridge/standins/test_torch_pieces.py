"""What torch has removed or refuses: old Fourier transforms, containers, checkpoints, pooling and weights."""

from __future__ import annotations

import importlib
import os
import pickle
import urllib.error
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch.utils import model_zoo

from siou_tracking.bridge.layouts.lib import LibLayout
from siou_tracking.bridge.layouts.pytracking import PyTrackingLayout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.standins import old_torch, pooling
from siou_tracking.bridge.standins.sources import read_sources
from siou_tracking.bridge.standins.weights import pretrained
from siou_tracking.errors import InputError
from siou_tracking.ops import PrRoIPool2D


def dft(x):
    """The transform of (rows, columns) from its definition."""
    matrices = [np.exp(-2j * np.pi * np.outer(np.arange(n), np.arange(n)) / n) for n in x.shape]
    return matrices[0] @ x @ matrices[1].T


@pytest.mark.parametrize("size", [(6, 8), (5, 7), (4, 5)])
def test_the_old_transform_is_the_definition_with_half_of_the_columns(size):
    x = torch.randn(size, dtype=torch.float64)
    whole = dft(x.numpy())
    half = old_torch.rfft(x[None, None], 2)
    assert half.shape == (1, 1, size[0], size[1] // 2 + 1, 2)
    np.testing.assert_allclose(torch.view_as_complex(half)[0, 0], whole[:, : size[1] // 2 + 1], atol=1e-12)
    full = torch.view_as_complex(old_torch.rfft(x, 2, onesided=False))
    np.testing.assert_allclose(full, whole, atol=1e-12)
    orthonormal = torch.view_as_complex(old_torch.rfft(x, 2, normalized=True, onesided=False))
    np.testing.assert_allclose(orthonormal, whole / np.sqrt(x.numel()), atol=1e-12)


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("onesided", [False, True])
def test_the_inverse_returns_what_was_transformed_also_from_strided_memory(normalized, onesided):
    x = torch.randn(3, 5, 7, dtype=torch.float64)
    spectrum = old_torch.rfft(x, 2, normalized, onesided).movedim(0, 1).contiguous().movedim(1, 0)
    assert not spectrum.is_contiguous()
    torch.testing.assert_close(old_torch.irfft(spectrum, 2, normalized, onesided, signal_sizes=[5, 7]), x)


def test_without_sizes_the_inverse_has_an_even_last_dimension():
    assert old_torch.irfft(torch.zeros(4, 5, 2), 2).shape == (4, 8)


def test_transforms_have_gradients():
    x = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda value: old_torch.irfft(old_torch.rfft(value, 2), 2, signal_sizes=[4, 5]), x)


def test_gradients_of_a_tensor_list_work_and_its_other_names_still_map(fake_checkout):
    with checkout_session(fake_checkout, announce=False):
        tensors = importlib.import_module("pytracking")
        x = tensors.TensorList([torch.ones(2, requires_grad=True), torch.ones(3, requires_grad=True)])
        gradients = torch.autograd.grad(sum(value.square().sum() for value in x), x)
        assert [gradient.tolist() for gradient in gradients] == [[2, 2], [2, 2, 2]]
        assert [value.item() for value in x.sum()] == [2, 3]
        moved = tensors.TensorDict(a=torch.ones(1), name="text").to(torch.float64)
        assert moved["a"].dtype == torch.float64 and moved["name"] == "text"
        with pytest.raises(AttributeError):
            _ = x.__no_such_name__


def saved(path, **content):
    torch.save(content, path)
    return path


def test_a_checkpoint_that_could_run_code_is_refused_and_does_not_run(fake_checkout, tmp_path):
    class Harmful:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    path = saved(tmp_path / "harmful.pth", net=Harmful())
    said = r"harmful.pth: holds an object of \S*mkdir, which could run code"
    with checkout_session(fake_checkout, announce=False), pytest.raises(InputError, match=said):
        importlib.import_module("ltr.admin.loading").torch_load_legacy(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_both_file_formats_of_torch_are_read(fake_checkout, tmp_path, zipped):
    with checkout_session(fake_checkout, announce=False):
        constructor = importlib.import_module("ltr.admin.model_constructor").NetConstructor("f", "m", (), {"a": 1})
        content = {"net": {"weight": torch.ones(2)}, "constructor": constructor}
        torch.save(content, tmp_path / "a.pth", _use_new_zipfile_serialization=zipped)
        loaded = importlib.import_module("ltr.admin.loading").torch_load_legacy(tmp_path / "a.pth")
    assert loaded["constructor"].kwds == {"a": 1} and loaded["net"]["weight"].tolist() == [1, 1]


def test_numbers_of_numpy_in_a_checkpoint_are_read(fake_checkout, tmp_path):
    path = saved(tmp_path / "a.pth", mean=np.float64(1.5), count=np.int64(3), order=OrderedDict(a=np.float32(2)))
    with checkout_session(fake_checkout, announce=False):
        loaded = torch.load(path)
    assert (loaded["mean"], loaded["count"], loaded["order"]["a"]) == (1.5, 3, 2)


def test_classes_under_their_oldest_names_are_the_checkouts(fake_checkout, tmp_path):
    with checkout_session(fake_checkout, announce=False):
        constructor = importlib.import_module("ltr.admin.model_constructor").NetConstructor
        content = pickle.dumps(constructor("atom_resnet18", "ltr.models.bbreg.atom", (), {}), protocol=2)
        old = b"dlframework.common.utils.model_constructor"
        path = saved(tmp_path / "new.pth", constructor=constructor("f", "m", (), {}))
        data = path.read_bytes()
        assert b"ltr.admin.model_constructor" in data and content
        _rename_in_archive(path, tmp_path / "old.pth", b"ltr.admin.model_constructor", old)
        assert type(torch.load(tmp_path / "old.pth")["constructor"]) is constructor


def _rename_in_archive(source, target, before, after):
    import zipfile

    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as out:
        for name in archive.namelist():
            out.writestr(name, archive.read(name).replace(before, after))


def test_a_caller_that_says_what_may_be_unpickled_is_left_alone(fake_checkout, tmp_path):
    with checkout_session(fake_checkout, announce=False):
        constructor = importlib.import_module("ltr.admin.model_constructor").NetConstructor
        path = saved(tmp_path / "a.pth", constructor=constructor("f", "m", (), {}))
        with pytest.raises(pickle.UnpicklingError):
            torch.load(path, weights_only=True)
        assert torch.load(path, weights_only=False)["constructor"].fun_name == "f"


def test_pooling_is_ours_without_the_compiled_one(fake_checkout):
    with checkout_session(fake_checkout, announce=False):
        name = "ltr.external.PreciseRoIPooling.pytorch.prroi_pool"
        assert importlib.import_module(name).PrRoIPool2D is PrRoIPool2D


@pytest.mark.parametrize(
    "checked_out, cuda, tools, state",
    [
        (False, True, True, "absent"),
        (True, False, True, "not usable: CUDA only"),
        (True, True, False, "not buildable"),
        (True, True, True, None),
    ],
)
def test_the_compiled_pooling_is_used_where_it_can_be(tmp_path, monkeypatch, checked_out, cuda, tools, state):
    if checked_out:
        package = tmp_path / "ltr" / "external" / "PreciseRoIPooling" / "pytorch" / "prroi_pool"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(pooling.shutil, "which", lambda name: f"/usr/bin/{name}" if tools else None)
    found = pooling.precise_roi_pooling(read_sources(tmp_path, PyTrackingLayout()))
    assert found is None if state is None else found.state.startswith(state)


URL = "https://download.pytorch.org/models/resnet18-f37072fd.pth"


def test_weights_of_the_users_come_before_a_download(fake_checkout, tmp_path, monkeypatch):
    torch.save({"conv1.weight": torch.full((64, 3, 7, 7), 2.0)}, tmp_path / "resnet18-f37072fd.pth")
    monkeypatch.setenv("SIOU_PRETRAINED_NETWORKS", str(tmp_path))
    with checkout_session(fake_checkout, announce=False):
        net = importlib.import_module("ltr.models.backbone").resnet18(pretrained=True)
    assert (net.conv1.weight == 2).all()


def test_weights_that_can_neither_be_found_nor_fetched_are_one_line(fake_checkout, tmp_path, monkeypatch):
    def offline(url, *args, **options):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(model_zoo, "load_url", offline)
    monkeypatch.setattr(pretrained.weights, "find_weights", lambda name: None)
    with checkout_session(fake_checkout, announce=False), pytest.raises(InputError) as caught:
        importlib.import_module("ltr.models.backbone").resnet18(pretrained=True)
    message = str(caught.value)
    assert "resnet18" in message and URL in message and "no network" in message and "SIOU_PRETRAINED" in message
    assert "\n" not in message


def test_without_pretrained_weights_backbones_get_random_ones_of_the_right_names(fake_checkout):
    with checkout_session(fake_checkout, pretrained=False, announce=False):
        torch.manual_seed(3)
        first = model_zoo.load_url(URL)
        torch.manual_seed(3)
        assert torch.equal(first["conv1.weight"], model_zoo.load_url(URL)["conv1.weight"])
        importlib.import_module("ltr.models.backbone").resnet18(pretrained=True)
        with pytest.raises(InputError, match="random weights"):
            model_zoo.load_url("https://example.org/vgg16-397923af.pth")
    assert {"layer4.1.bn2.running_var", "fc.bias"} <= set(first)


def test_the_pooling_is_supplied_at_every_place_that_it_is_imported_from(tmp_path):
    """The kin bring it at the top, and some a copy of another tracker that has its own."""
    for name, package in (("net", "external"), ("refine", "ltr.external")):
        path = tmp_path / "lib" / "models" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"from {package}.PreciseRoIPooling.pytorch.prroi_pool import PrRoIPool2D\n")
    modules = pooling.precise_roi_pooling(read_sources(tmp_path, LibLayout())).modules
    for package in ("external", "ltr.external"):
        name = f"{package}.PreciseRoIPooling.pytorch.prroi_pool"
        assert package in modules and modules[name](name).PrRoIPool2D is PrRoIPool2D
