"""The recorder writes a reference of stable numbers whole, and of an unstable one nothing."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from tests.parity import record
from tests.parity.recipe import Maker, Recipe
from tests.parity.stability import Values


class Fake(nn.Module):
    """Stands for a network; `evaluated` says what it computes."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Parameter(torch.ones(3))


def recipe(gain: float) -> Recipe:
    """Of a quantity that moves `gain` times as far as its input."""

    def evaluate(net: nn.Module, nudge=None) -> Values:
        data = torch.full((3,), 2.0, dtype=torch.float64)
        change = (nudge(data) - data if nudge else 0 * data).to(net.one.dtype)
        return {"predicted": (data + gain * change).double()}

    networks = {"one": Maker("nowhere", "one", {}), "two": Maker("nowhere", "two", {})}
    return Recipe(networks, evaluate, {"predicted": 1e-5})


def test_a_stable_quantity_is_recorded_with_its_tolerance_and_how_far_it_moved() -> None:
    lines: list[str] = []
    entry = record.recorded(recipe(3.0), "net", Fake(), lines.append)["predicted"]
    assert entry == {"tolerance": 1e-5, "moved": 3e-7, "values": [2.0, 2.0, 2.0]}
    assert lines[1].split() == ["net:", "predicted", "3.0e-07", "1e-05", "0.0e+00"]


def test_an_unstable_quantity_ends_the_recording() -> None:
    expected = r"^unstable quantity: net: predicted: got 3.0e-05 of its largest value under inputs x \(1 \+ 1e-7\), "
    with pytest.raises(InputError, match=expected + "expected at most 1e-05; "):
        record.recorded(recipe(300.0), "net", Fake(), print)


@pytest.mark.parametrize("gain", [3.0, 300.0])
def test_the_file_is_replaced_whole_or_stays(gain, monkeypatch, tmp_path, capsys) -> None:
    out = tmp_path / "reference.json"
    out.write_text("old")
    checkout = tmp_path / "checkout"
    for file in ("pytracking/evaluation/tracker.py", "ltr/run_training.py"):
        (checkout / file).parent.mkdir(parents=True)
        (checkout / file).touch()
    monkeypatch.setitem(record.FAMILIES, "atom", recipe(gain))
    monkeypatch.setattr(record, "upstream", lambda checkout, maker: Fake().double())
    monkeypatch.setattr("sys.argv", ["record.py", "atom", "--checkout", str(checkout), "--out", str(out)])
    status = record.main()
    captured = capsys.readouterr()
    if gain == 300:
        assert (status, out.read_text()) == (2, "old")
        assert captured.err.startswith("error: unstable quantity: one: predicted: got 3.0e-05")
    else:
        assert (status, captured.err) == (0, "")
        written = json.loads(out.read_text())
        assert written["source"]["repository"] == "visionml/pytracking"
        assert written["two"]["predicted"]["values"] == [2.0, 2.0, 2.0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkout", "reference.json"]
