"""Checkpoints, whatever is in them, are loaded or refused in one line, and nothing in them is run."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import torch
from hypothesis import given
from hypothesis import strategies as st

from siou_tracking.cli.weights.summary import summarize
from siou_tracking.ltr.admin.aliases import engine_imports
from siou_tracking.ltr.admin.loading import load_network
from siou_tracking.ltr.admin.model_constructor import NetConstructor
from tests.untrusted.fuzzing import NUMBERS, change, fuzz, refuses

TENSORS = st.sampled_from(
    [
        torch.ones(2, 2),
        torch.ones(2, 2).to_sparse(),
        torch.empty(2, 2, device="meta"),
        torch.ones(1).expand(1 << 20, 1 << 20),
        torch.full((2, 2), float("nan")),
        torch.ones(2, 2, dtype=torch.int64),
        torch.quantize_per_tensor(torch.ones(2, 2), 0.1, 0, torch.qint8),
    ]
)
PARTS = (
    TENSORS | NUMBERS | st.lists(NUMBERS, max_size=2) | st.dictionaries(st.text(max_size=2) | st.integers(), NUMBERS)
)
GOOD = {
    "net": {"conv1.weight": torch.ones(2, 2), "conv1.bias": torch.ones(2)},
    "net_type": "ATOMnet",
    "epoch": 3,
    "box_loss": {"name": "giou", "params": {}, "weight": 1.0},
    "constructor": [
        "atom_resnet18",
        "ltr.models.bbreg.atom",
        (),
        {"iounet_input_dim": 4, "backbone_pretrained": False},
    ],
}


def built(content: Any) -> Any:
    """With the constructor as an object, whose fields may be missing."""
    if isinstance(content, dict) and isinstance(content.get("constructor"), list):
        constructor = NetConstructor.__new__(NetConstructor)
        vars(constructor).update(zip(("fun_name", "fun_module", "args", "kwds"), content["constructor"], strict=False))
        return {**content, "constructor": constructor}
    return content


def saved(content: object, legacy: bool = False) -> bytes:
    buffer = io.BytesIO()
    with engine_imports():
        torch.save(content, buffer, _use_new_zipfile_serialization=not legacy)
    return buffer.getvalue()


def look(data: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"ATOMnet_ep0001{suffix}"
        file.write_bytes(data)
        refuses(lambda: load_network(file))
        refuses(lambda: summarize(file))


@given(change(GOOD, PARTS).map(built))
@fuzz
def test_fuzz_content_of_checkpoints(content: object) -> None:
    look(saved(content), ".pth.tar")


FILES = [saved(built(GOOD)), saved(built(GOOD), legacy=True)]


@given(st.sampled_from(FILES), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=4), st.floats(0, 1))
@fuzz
def test_fuzz_bytes_of_checkpoints(data: bytes, changes: list[tuple[float, int]], length: float) -> None:
    changed = bytearray(data)
    for place, value in changes:
        changed[int(place * (len(data) - 1))] = value
    look(bytes(changed[: len(data) if length > 0.5 else int(2 * length * len(data))]), ".pth.tar")


@given(st.binary(max_size=100).map(lambda rest: len(rest).to_bytes(8, "little") + b"{" + rest))
@fuzz
def test_fuzz_safetensors(data: bytes) -> None:
    look(data, ".safetensors")
