"""Every kind of tensor comes back as it was, and the format's own library reads the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.tensor_file.header import DTYPES
from siou_tracking.ltr.admin.tensor_file.tensors import read_tensors, write_tensors

shared = torch.arange(6.0)
KINDS = {
    "odd": torch.tensor([True, False, True]),  # three bytes, so that what follows would not be aligned
    "scalar": torch.tensor(7),
    "NaN": torch.tensor([float("nan"), float("inf")]),
    "empty": torch.zeros(0, 3),
    "view": shared.view(2, 3).T,
    "same memory": shared,
    "channels last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
    "parameter": torch.nn.Parameter(torch.ones(2)),
    **{name: torch.ones(3).to(dtype) for name, dtype in DTYPES.items()},
}


def same(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.shape == other.shape and one.dtype == other.dtype and bytes_of(one) == bytes_of(other)


def bytes_of(tensor: torch.Tensor) -> bytes:
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


def test_tensors_of_every_kind_come_back_in_their_order(tmp_path: Path) -> None:
    write_tensors(tmp_path / "a.safetensors", KINDS, {"a": "ä"})
    tensors, metadata = read_tensors(tmp_path / "a.safetensors")
    assert metadata == {"a": "ä"} and list(tensors) == list(KINDS)
    assert [name for name, tensor in tensors.items() if not same(tensor, KINDS[name])] == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]


def test_the_formats_own_library_reads_and_writes_the_same(tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.torch", reason="pip install safetensors")
    write_tensors(tmp_path / "ours.safetensors", KINDS, {"format": "pt"})
    theirs = library.load_file(tmp_path / "ours.safetensors")
    assert set(theirs) == set(KINDS) and all(same(tensor, KINDS[name]) for name, tensor in theirs.items())
    own = {name: tensor.detach().clone().contiguous() for name, tensor in KINDS.items()}
    library.save_file(own, tmp_path / "theirs.safetensors", {"format": "pt"})
    tensors, metadata = read_tensors(tmp_path / "theirs.safetensors")
    assert metadata == {"format": "pt"} and all(same(tensors[name], tensor) for name, tensor in own.items())


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ({"a": torch.ones(2, dtype=torch.complex128)}, "tensor a: got torch.complex128"),
        ({"a": torch.ones(2).to_sparse()}, "tensor a: got torch.float32, torch.sparse_coo"),
        ({"a": torch.ones(2, device="meta")}, "on meta, allowed: dense F64"),
        ({"__metadata__": torch.ones(2)}, "the format keeps this name for itself"),
    ],
)
def test_what_the_format_lacks_is_refused_and_nothing_is_written(tensors, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        write_tensors(tmp_path / "a.safetensors", tensors, {})
    assert list(tmp_path.iterdir()) == []
