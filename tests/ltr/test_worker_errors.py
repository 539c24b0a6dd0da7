"""What a loader's worker raised, out of the text that torch makes of it."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from torch.utils.data import DataLoader, Dataset

from siou_tracking.errors import InputError
from siou_tracking.ltr.run_training import train
from siou_tracking.ltr.worker_errors import explain_lost_process, explain_lost_worker, read_worker_error
from siou_tracking.retrain import TrainRequest

RAISES = {
    "key": lambda: {}["nokey"],
    "lines": lambda: int("first\n  second"),
    "file": lambda: Path("/no/such/file").read_text(),
    "value": lambda: (_ for _ in ()).throw(ValueError("one\ntwo")),
}


class Failing(Dataset):
    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int):
        return RAISES[self.kind]()


@pytest.mark.parametrize(
    ("kind", "reason", "missing"),
    [
        ("key", "KeyError: 'nokey'", None),
        ("lines", "ValueError: invalid literal for int() with base 10: 'first\\n second'", None),
        (
            "file",
            "FileNotFoundError: [Errno 2] No such file or directory: '/no/such/file'",
            (Path("/no/such/file"), "No such file or directory"),
        ),
        ("value", "ValueError: one two", None),
    ],
)
def test_type_message_and_place_are_those_of_the_worker(kind: str, reason: str, missing):
    with pytest.raises(Exception) as caught:
        list(DataLoader(Failing(kind), num_workers=1))
    found = read_worker_error(caught.value)
    assert found is not None
    assert found.reason.replace("\\n  ", "\\n ") == reason
    assert found.missing == missing
    assert any(place[0] == Path(__file__) for place in found.places)
    assert explain_lost_worker(caught.value) is None
    traceback.clear_frames(caught.value.__traceback__)  # the worker ends with its iterator


def test_other_errors_are_not_a_workers():
    for error in (KeyError("x"), ValueError(), RuntimeError("Original")):
        assert read_worker_error(error) is None
        assert explain_lost_worker(error) is None


@pytest.mark.parametrize(
    "text",
    [
        "DataLoader worker (pid 12) is killed by signal: Killed. ",
        "DataLoader worker (pid(s) 12) exited unexpectedly",
        "unable to write to file </torch_12_3_4>: No space left on device (28)",
    ],
)
def test_a_worker_that_the_machine_ended_is_told_with_the_mend(text: str):
    told = explain_lost_worker(RuntimeError(text))
    assert str(told).startswith(f"data loading: {text.strip()}")
    assert "fewer --workers" in str(told)


SETTINGS = """
import torch
from ltr.data import LTRLoader

class Own(torch.utils.data.Dataset):
    def __len__(self): return 2
    def __getitem__(self, index):
        return {}["nokey"]

def run(settings):
    for batch in LTRLoader("train", Own(), batch_size=2, num_workers=1):
        pass
"""


def test_a_settings_files_own_data_set_is_told_by_its_line(tmp_path: Path):
    (tmp_path / "mine.py").write_text(SETTINGS)
    with pytest.raises(InputError, match=r"mine\.py: line 8: KeyError: 'nokey'$"):
        train(TrainRequest(tmp_path / "mine.py", workspace=tmp_path / "w", quiet=True))


@pytest.mark.parametrize(
    ("message", "lost"),
    [
        ("[../gloo/transport/tcp/pair.cc:547] Connection closed by peer [127.0.0.1]:12345", True),
        ("NCCL error: remote process exited or there was a network error", True),
        ("mat1 and mat2 shapes cannot be multiplied", False),
    ],
)
def test_a_process_under_torchrun_that_is_gone_is_not_a_fault_of_the_one_that_misses_it(monkeypatch, message, lost):
    assert explain_lost_process(RuntimeError(message)) is None  # there is no other
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert (explain_lost_process(RuntimeError(message)) is not None) == lost
    assert explain_lost_process(OSError(message)) is None
