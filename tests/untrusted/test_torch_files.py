"""A checkpoint takes no more memory than its own size, is as long as it says, and its faults are told as its own."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.aliases import engine_imports
from siou_tracking.ltr.admin.loading import load_network, read_checkpoint
from siou_tracking.ltr.admin.model_constructor import NetConstructor
from siou_tracking.ltr.models.backbone.pretrained import load_weights_file
from siou_tracking.untrusted import torch_files
from siou_tracking.untrusted.torch_files import check_torch_file
from tests.untrusted.measured import measure

WEIGHTS = {"conv1.weight": torch.ones(2, 2)}
SETUP = "from siou_tracking.ltr.admin.loading import load_network, read_checkpoint"


class Long:
    """Pickled as a call of `bytearray`, which torch's safe reader allows."""

    def __reduce__(self) -> tuple[Any, ...]:
        return bytearray, (2_000_000_000,)


def saved(path: Path, content: object, **options: Any) -> Path:
    with engine_imports():
        torch.save(content, path, **options)
    return path


def rewrite(path: Path, change: Any, method: int = zipfile.ZIP_STORED) -> None:
    """The archive again, its members as `change(name, data)` gives them."""
    data = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(path, "w", method) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))


def with_constructor(**changes: Any) -> dict[str, Any]:
    constructor = NetConstructor.__new__(NetConstructor)
    fields = {"fun_name": "atom_resnet18", "fun_module": "ltr.models.bbreg.atom", "args": (), "kwds": {}}
    vars(constructor).update({key: value for key, value in {**fields, **changes}.items() if value is not ...})
    return {"net": WEIGHTS, "net_type": "ATOMnet", "constructor": constructor}


@pytest.mark.parametrize("options", [{}, {"_use_new_zipfile_serialization": False}])
def test_what_torch_saves_is_let_through(options: dict[str, Any], tmp_path: Path) -> None:
    kinds = (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64, torch.uint8, torch.bool)
    shared = torch.ones(6)
    tensors = {str(kind): torch.ones(3, dtype=kind) for kind in (*kinds, torch.complex64, torch.complex128)}
    net = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.rand(2, 3)).sum().backward()
    optimizer.step()
    content = {"net": {**tensors, "a": shared, "b": shared[2:].view(2, 2)}, "optimizer": optimizer.state_dict()}
    check_torch_file(saved(tmp_path / "a.pth", {**content, "rng": torch.get_rng_state()}, **options))
    assert read_checkpoint(tmp_path / "a.pth")["net"]["b"].shape == (2, 2)


def test_a_deflated_checkpoint_is_refused_unread(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pth", {"net": {"w": torch.zeros(1 << 26)}})
    rewrite(path, lambda name, data: data, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1 << 20
    cost = measure(SETUP, "read_checkpoint('a.pth')", tmp_path)
    assert "bytes packed to" in cost.error
    assert "allowed is no packing" in cost.error
    assert cost.megabytes < 60


def test_a_tensor_that_says_that_it_is_longer_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pth", {"net": {"w": torch.arange(10.0)}})
    rewrite(path, lambda name, data: data[:8] if name.endswith("data/0") else data)
    with pytest.raises(InputError, match=r"a.pth: tensor data 0: 40 bytes announced, the file has 8"):
        read_checkpoint(path)
    rewrite(path, lambda name, data: data.replace(b"K\x0a", b"K\x0b", 1) if name.endswith(".pkl") else data)
    with pytest.raises(InputError, match=r"tensor data 0: 44 bytes announced, the file has 8"):
        read_checkpoint(path)


def test_a_tensor_of_the_old_form_that_says_that_it_is_longer_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pth", {"net": {"w": torch.arange(10.0)}}, _use_new_zipfile_serialization=False)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"K\x0a", b"J\0\0\0\x70", 1))
    with pytest.raises(InputError, match=r"tensors of [\d,]+ bytes announced, the file has"):
        read_checkpoint(path)


@pytest.mark.parametrize("place", ["optimizer", "rng_state", "stats", "other"])
def test_a_number_repeated_over_terabytes_is_refused_in_any_entry(place: str, tmp_path: Path) -> None:
    inside: list[Any] = [{"deep": (torch.ones(1).expand(1 << 20, 1 << 20),)}]
    inside.append(inside)
    path = saved(tmp_path / "a.pth", {"net": WEIGHTS, place: inside})
    with pytest.raises(InputError, match=r"a.pth: got tensors of 4,398,046,511,120 bytes in a file of [\d,]+: they"):
        read_checkpoint(path)


def test_an_object_of_any_length_is_never_made(tmp_path: Path) -> None:
    for options in ({}, {"_use_new_zipfile_serialization": False}, {"pickle_protocol": 4}):
        saved(tmp_path / "a.pth", {"net": WEIGHTS, "more": Long()}, **options)
        with pytest.raises(InputError, match=r"a.pth: holds an object of \w+.bytearray"):
            read_checkpoint(tmp_path / "a.pth")
    with pytest.raises(InputError, match=r"not a.*s state_dict: .*bytearray|holds an object|got a file that is not"):
        load_weights_file(nn.Linear(2, 2), "a", tmp_path / "a.pth")


def test_a_tensor_that_repeats_a_number_is_refused(tmp_path: Path) -> None:
    saved(tmp_path / "a.pth", {"net": {"w": torch.ones(1).expand(1 << 20, 1 << 20)}})
    with pytest.raises(InputError, match=r"got tensors of 4,398,046,511,104 bytes in a file of [\d,]+"):
        read_checkpoint(tmp_path / "a.pth")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (torch.ones(2, 2).to_sparse(), "got a torch.sparse_coo tensor, allowed are dense ones"),
        (torch.empty(2, 2, device="meta"), "got a meta tensor, allowed are dense ones"),
        (torch.quantize_per_tensor(torch.ones(2, 2), 0.1, 0, torch.qint8), "got a quantized tensor"),
        (7, "conv1.weight is a int instead of a tensor|keys differ"),
    ],
)
def test_an_entry_of_the_wrong_kind_is_named(value: object, words: str, tmp_path: Path) -> None:
    content = with_constructor(kwds={"backbone_pretrained": False})
    saved(tmp_path / "a.pth", {**content, "net": {"conv1.weight": value}})
    with pytest.raises(InputError, match=words):
        load_network(tmp_path / "a.pth")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fun_name": ...}, "constructor: got no usable fun_name, expected what training writes"),
        ({"kwds": 5}, "constructor: got no usable kwds"),
        ({"kwds": {5: 5}}, "constructor: got an argument without a name"),
        ({"kwds": {"depth": 5}}, "network constructor atom_resnet18: got an unexpected keyword argument 'depth'"),
        (
            {"kwds": {"iou_input_dim": (10**9, 10**9)}},
            r"iou_input_dim: got 1000000000, allowed are numbers up to 100,000",
        ),
        ({"kwds": {"iou_input_dim": (-5, -5)}}, "constructor atom_resnet18: .*channels: AtomIoUNet: got -5"),
        ({"kwds": {"iou_input_dim": 5}}, "cannot be built with its arguments: TypeError"),
        ({"kwds": {"iou_inter_dim": (90_000, 90_000)}}, "asks for a larger network than its weights, at "),
    ],
)
def test_a_constructor_of_a_stranger_builds_nothing_large(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    saved(tmp_path / "a.pth", with_constructor(**changes))
    with pytest.raises(InputError, match=words):
        load_network(tmp_path / "a.pth")


def test_a_layer_that_is_asked_for_costs_no_memory(tmp_path: Path) -> None:
    saved(tmp_path / "a.pth", with_constructor(kwds={"iou_inter_dim": (90_000, 90_000)}))
    cost = measure(SETUP, "load_network('a.pth')", tmp_path)
    assert "asks for a larger network" in cost.error
    assert cost.megabytes < 300  # what the rest of the network needs, and torch's own modules


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"epoch": "x"}, "epoch: got 'x', allowed is int"),
        ({"net_type": 5}, "net_type: got 5, allowed is str"),
        ({"box_loss": [1]}, r"box_loss: got \[1\], allowed is dict"),
        ({"net": {5: torch.ones(1)}}, "net: got the name 5, allowed are texts"),
    ],
)
def test_other_entries_of_the_wrong_kind_are_named(entry: dict[str, Any], words: str, tmp_path: Path) -> None:
    saved(tmp_path / "a.pth", {"net": WEIGHTS, **entry})
    with pytest.raises(InputError, match=words):
        read_checkpoint(tmp_path / "a.pth")


def test_a_long_description_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path / "a.pth", {"net": WEIGHTS})
    monkeypatch.setattr(torch_files, "PICKLE_LIMIT", 10)
    with pytest.raises(InputError, match=r"got a description of \d+ bytes, allowed are 10"):
        read_checkpoint(tmp_path / "a.pth")


def test_a_pickle_alone_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(pickle.dumps({"net": 1}))
    with pytest.raises(InputError, match=r"a.pth: not a checkpoint, or cut short"):
        read_checkpoint(tmp_path / "a.pth")
