"""Two processes that share each batch train as one process does on the whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.run_training import training_result
from siou_tracking.ltr.settings_files import SettingsFile
from siou_tracking.ltr.trainers import distributed
from siou_tracking.ltr.trainers.history import read_history

ROOT = Path(__file__).resolve().parents[3]


def run(workspace: Path, epochs: int, processes: int, batch_size: int = 4, batches: int = 1) -> str:
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"] if processes > 1 else []
    arguments = map(str, (workspace, epochs, batch_size, batches))
    done = subprocess.run(
        [sys.executable, *launcher, "-m", "tests.ltr.trainers.train_shares", *arguments],
        cwd=ROOT,  # where `tests` is found
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_two_processes_with_half_a_batch_each_equal_one_with_the_whole(tmp_path: Path):
    run(tmp_path / "one", 3, processes=1)
    run(tmp_path / "two", 1, processes=2)
    printed = run(tmp_path / "two", 3, processes=2)  # goes on from the first process's checkpoint
    assert printed.count("continuing from epoch 1") == 1
    folders = [tmp_path / name / "checkpoints" / "shares" for name in ("one", "two")]
    one, two = (read_checkpoint(folder / "TinyNet_ep0003.pth.tar") for folder in folders)
    assert one["net"].keys() == two["net"].keys()
    for folder in folders:
        assert [path.name for path in folder.glob("*.safetensors")] == ["TinyNet_ep0003.safetensors"]
    for name, tensor in one["net"].items():
        assert torch.allclose(tensor, two["net"][name], atol=1e-6), name
    assert not torch.equal(one["net"]["head.0.weight"], torch.zeros_like(one["net"]["head.0.weight"]))
    for mine, theirs in zip(*(read_history(folder) for folder in folders), strict=True):
        assert mine["stats"]["Loss/total"] == pytest.approx(theirs["stats"]["Loss/total"], abs=1e-6)
        assert mine["stats"]["IoU/top_scored"] == pytest.approx(theirs["stats"]["IoU/top_scored"], abs=1e-6)
    assert [(tmp_path / "two" / f"seen_by_{rank}").read_text() for rank in (0, 1)] == ["3", "3"]


@pytest.mark.slow
def test_two_processes_with_two_batches_a_step_equal_one_with_one_of_all(tmp_path: Path):
    run(tmp_path / "one", 3, processes=1, batch_size=8)
    run(tmp_path / "two", 3, processes=2, batch_size=4, batches=2)  # 2 sequences in a process and batch
    folders = [tmp_path / name / "checkpoints" / "shares" for name in ("one", "two")]
    one, two = (read_checkpoint(folder / "TinyNet_ep0003.pth.tar")["net"] for folder in folders)
    for name, tensor in one.items():
        assert torch.allclose(tensor, two[name], atol=1e-5), name
    for mine, theirs in zip(*(read_history(folder) for folder in folders), strict=True):
        assert mine["stats"]["Loss/total"] == pytest.approx(theirs["stats"]["Loss/total"], abs=1e-5)


def test_no_process_leaves_the_training_before_the_last_checkpoint_is_there(
    make_trainer, monkeypatch: pytest.MonkeyPatch
):
    trainer, waits = make_trainer(), []
    monkeypatch.setattr(distributed, "barrier", lambda: waits.append(trainer.latest_checkpoint))
    trainer.train(2)
    assert waits[-1] is not None and waits[-1].name == "TinyNet_ep0002.pth.tar"


def test_a_network_with_nothing_to_train_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    net = torch.nn.Linear(2, 2).requires_grad_(False)
    with pytest.raises(InputError, match="Linear: no parameter is trainable"):
        distributed.wrap(net, torch.device("cpu"))


def test_one_process_needs_no_group(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    net = torch.nn.Linear(2, 2)
    distributed.start(torch.device("cpu"))
    assert distributed.wrap(net, torch.device("cpu")) is net
    assert distributed.broadcast("a") == "a"
    assert distributed.all_gather(3) == [3]
    assert not torch.distributed.is_initialized()


class Meter:
    def __init__(self, total: float, count: int) -> None:
        self.sum, self.count, self.avg = total, count, total / count


def test_averages_are_weighted_by_samples_and_what_only_others_have_is_given_back(monkeypatch: pytest.MonkeyPatch):
    assert distributed.join_averages({"a": Meter(3.0, 1)}) == {}  # one process
    monkeypatch.setattr(distributed, "is_joined", lambda: True)
    monkeypatch.setattr(distributed, "all_gather", lambda own: [own, {"a": (1.0, 3), "b": (2.0, 4)}])
    meter = Meter(3.0, 1)
    assert distributed.join_averages({"a": meter}) == {"b": (2.0, 4)}
    assert (meter.sum, meter.count, meter.avg) == (4.0, 4, 1.0)


def test_a_restart_is_known_and_a_machine_without_gpus_chooses_no_device(monkeypatch: pytest.MonkeyPatch):
    assert distributed.restarts() == 0
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "2")
    assert distributed.restarts() == 2
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert distributed.process_device(None) is None
    assert distributed.process_device("cpu") == torch.device("cpu")


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_restarted_processes_find_each_other(tmp_path: Path, rank: int):
    script = tmp_path / "again.py"
    script.write_text(
        "import os, signal, torch\nfrom siou_tracking.ltr.trainers import distributed\n"
        "distributed.start(torch.device('cpu'))\ndistributed.barrier()\n"
        f"if distributed.rank() == {rank} and distributed.restarts() < 3:\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "print('found', distributed.all_gather(distributed.rank()), flush=True)\ndistributed.stop()\n"
    )
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--max-restarts=3", str(script)]
    done = subprocess.run([sys.executable, *launcher], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("found [0, 1]") >= 2


def test_a_process_that_does_not_see_the_checkpoint_takes_the_first_ones_word(monkeypatch: pytest.MonkeyPatch):
    trainer = SimpleNamespace(stats={}, settings=SimpleNamespace(project_path="ltr/a/b"))
    there = Path("there.pth.tar"), Path("there.safetensors")  # on the first one's machine
    monkeypatch.setattr(distributed, "broadcast", lambda own: there)
    file = SettingsFile("a", "b", Path("b.py"))
    result = training_result(trainer, None, file)
    assert (result.checkpoint, result.weights) == there


@pytest.mark.parametrize("name", ["WORLD_SIZE", "RANK", "LOCAL_RANK"])
@pytest.mark.parametrize("text", ["", "two", "-1", "1.5"])
def test_a_variable_that_is_no_number_is_named(name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, text)
    asked = {"WORLD_SIZE": distributed.world_size, "RANK": distributed.rank, "LOCAL_RANK": distributed.local_rank}
    with pytest.raises(InputError, match=f"^{name}: got '{text}', allowed are whole numbers, as torchrun sets them$"):
        asked[name]()
