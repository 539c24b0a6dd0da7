"""A network comes back from safetensors as from a checkpoint, and metadata of a stranger's are refused or passed by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import check_state, load_network, not_finite, read_checkpoint
from siou_tracking.ltr.admin.model_constructor import NetConstructor, model_constructor
from siou_tracking.ltr.admin.tensor_file import is_tensor_file, write_tensor_checkpoint
from siou_tracking.ltr.admin.tensor_file.tensors import write_tensors


class Plain(nn.Module):
    """A network of the user's own; one parameter has two names."""

    def __init__(self, sizes: tuple[int, int]) -> None:
        super().__init__()
        self.layer = nn.Linear(*sizes)
        self.again = self.layer


@model_constructor
def plain(sizes: tuple[int, int] = (2, 3)) -> Plain:
    return Plain(sizes)


def content_of(net: nn.Module, **entries: Any) -> dict[str, Any]:
    constructor = getattr(net, "constructor", None)
    return {"net": net.state_dict(), "net_type": type(net).__name__, "constructor": constructor, **entries}


def test_network_epoch_and_box_loss_come_back(tmp_path: Path) -> None:
    loss = {"name": "smooth_iou", "role": "score", "params": {"sharpness": 4.0}, "weight": None}
    net = plain((4, 5))
    path = tmp_path / "net.bin"  # known by what is in it too
    write_tensor_checkpoint(path, content_of(net, epoch=7, box_loss=loss, optimizer={"state": {}}), path)
    assert is_tensor_file(path)
    restored, content = load_network(path)
    assert all(torch.equal(value, restored.state_dict()[name]) for name, value in net.state_dict().items())
    assert restored.again is restored.layer
    assert (content["epoch"], content["box_loss"], "optimizer" in content) == (7, loss, False)
    assert (restored.constructor.fun_module, content["net_type"]) == (__name__, "Plain")


def test_a_file_of_another_tool_has_tensors_only(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_tensors(path, {"module.a": torch.ones(2)}, {"format": "pt"})
    assert list(read_checkpoint(path)) == ["net"]
    assert list(read_checkpoint(path)["net"]) == ["a"]  # a wrapper's prefix is taken off as elsewhere
    with pytest.raises(InputError, match="has no network constructor"):
        load_network(path)


def test_a_network_is_built_by_constructors_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_tensors(path, {}, {"constructor": json.dumps(vars(NetConstructor("system", "os", [], {"command": "true"})))})
    with pytest.raises(InputError, match=r"os.system: got a function without @model_constructor"):
        load_network(path)


@pytest.mark.parametrize(
    ("args", "kwds", "words"),
    [
        ([], {"bogus": 1}, "plain: got an unexpected keyword argument 'bogus'"),
        ([[2, 3], 4], {}, "plain: too many positional arguments"),
    ],
)
def test_arguments_that_a_constructor_lacks_are_one_line(args, kwds, words: str, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_tensors(path, {}, {"constructor": json.dumps(vars(NetConstructor("plain", __name__, args, kwds)))})
    with pytest.raises(InputError, match=f"^checkpoint .*: network constructor {words}"):
        load_network(path)


def test_numbers_of_eight_bits_and_values_that_are_no_tensors_are_looked_at(tmp_path: Path) -> None:
    nan = torch.tensor([float("nan")])
    state = {"a": nan.to(torch.float8_e4m3fn), "b": nan.to(torch.complex64), "c": torch.ones(2), "d": {}}
    assert not_finite(state) == ["a", "b"]
    net = plain()
    content = {**content_of(net), "net": {**net.state_dict(), "layer.bias": 3}}
    with pytest.raises(InputError, match=r"1 keys differ: layer.bias is a int instead of a tensor"):
        check_state(net, content, "a")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("epoch", "seven"),
        ("epoch", "[1]"),
        ("epoch", "1e999"),
        ("constructor", "{}"),
        ("constructor", '{"fun_name": "a", "fun_module": "b", "args": {}, "kwds": {}}'),
        ("constructor", "[" * 100_000),
        ("box_loss", "3"),
        ("box_loss", '{"name": 1, "params": {}}'),
        ("settings", "[]"),
        ("settings", '{"script_name": 1}'),
        ("settings", '{"workspace": "a"}'),
    ],
)
def test_metadata_that_convert_does_not_write_are_one_line(key: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_tensors(path, {}, {key: text})
    with pytest.raises(InputError, match=f"^checkpoint .*: metadata: {key}: got .*, expected what convert writes"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("kwds", "words"),
    [
        ({"a": torch.ones(2)}, "constructor: kwds: a: got a Tensor, allowed in safetensors"),
        ({"a": [float("nan")]}, "constructor: kwds: a: got nan"),
        ({"a": {1: 2}}, "constructor: kwds: a: got the key 1"),
    ],
)
def test_an_argument_that_json_cannot_say_is_refused(kwds, words: str, tmp_path: Path) -> None:
    content = {"net": {}, "constructor": NetConstructor("f", "m", (), kwds)}
    with pytest.raises(InputError, match=f"^checkpoint in.pth: {words}"):
        write_tensor_checkpoint(tmp_path / "a.safetensors", content, Path("in.pth"))
    assert list(tmp_path.iterdir()) == []


def test_a_network_with_more_than_tensors_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="network: got a: dict, allowed in safetensors: tensors by name"):
        write_tensor_checkpoint(tmp_path / "a.safetensors", {"net": {"a": {}}}, Path("in.pth"))


def test_a_renamed_checkpoint_is_told_as_one(tmp_path: Path) -> None:
    for zipped in (True, False):
        path = tmp_path / f"{zipped}.safetensors"
        torch.save({"net": {}}, path, _use_new_zipfile_serialization=zipped)
        with pytest.raises(InputError, match=r"got a file of PyTorch's, which is named .pth.tar"):
            read_checkpoint(path)
