"""The recorder writes a reference of stable numbers whole, and of an unstable one nothing."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from tests.parity import record_atom
from tests.parity.stability import Values


class Fake(nn.Module):
    """Stands for a network; `evaluated` says what it computes."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Parameter(torch.ones(3))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch):
    """A network whose quantity moves `gain` times as far as its input."""

    def make(gain: float) -> Fake:
        def evaluate(net: Fake, nudge=None) -> Values:
            data = torch.full((3,), 2.0, dtype=torch.float64)
            change = (nudge(data) - data if nudge else 0 * data).to(net.one.dtype)
            return {"predicted": (data + gain * change).double()}

        monkeypatch.setattr(record_atom, "evaluate", evaluate)
        return Fake()

    return make


def test_a_stable_quantity_is_recorded_with_its_tolerance_and_how_far_it_moved(fake) -> None:
    lines: list[str] = []
    entry = record_atom.recorded("net", fake(3.0), lines.append)["predicted"]
    assert entry == {"tolerance": 1e-5, "moved": 3e-7, "values": [2.0, 2.0, 2.0]}
    assert lines[1].split() == ["predicted", "3.0e-07", "1e-05", "0.0e+00"]


def test_an_unstable_quantity_ends_the_recording(fake) -> None:
    expected = r"^unstable quantity: net: predicted: got 3.0e-05 of its largest value under inputs x \(1 \+ 1e-7\), "
    with pytest.raises(InputError, match=expected + "expected at most 1e-05; "):
        record_atom.recorded("net", fake(300.0), print)


@pytest.mark.parametrize("gain", [3.0, 300.0])
def test_the_file_is_replaced_whole_or_stays(fake, gain, monkeypatch, tmp_path, capsys) -> None:
    net, out = fake(gain), tmp_path / "reference.json"
    out.write_text("old")
    checkout = tmp_path / "checkout"
    for file in ("pytracking/evaluation/tracker.py", "ltr/run_training.py"):
        (checkout / file).parent.mkdir(parents=True)
        (checkout / file).touch()
    monkeypatch.setattr(record_atom, "upstream", lambda checkout, name: net.double())
    monkeypatch.setattr("sys.argv", ["record_atom.py", "--checkout", str(checkout), "--out", str(out)])
    status = record_atom.main()
    captured = capsys.readouterr()
    if gain == 300:
        assert (status, out.read_text()) == (2, "old")
        assert captured.err.startswith("error: unstable quantity: atom_resnet18: predicted: got 3.0e-05")
    else:
        assert (status, captured.err) == (0, "")
        written = json.loads(out.read_text())
        assert written["source"]["repository"] == "visionml/pytracking"
        assert written["atom_resnet50"]["predicted"]["values"] == [2.0, 2.0, 2.0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkout", "reference.json"]
