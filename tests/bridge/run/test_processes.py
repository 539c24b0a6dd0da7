"""What each of several processes loads, and that losses over different numbers of terms are averaged as one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import SequentialSampler

from siou_tracking.bridge.run import shared_means
from siou_tracking.bridge.run.processes import among_processes, share_loader
from siou_tracking.errors import InputError
from siou_tracking.ltr.trainers import distributed
from tests.train_options import train_request


def shared(monkeypatch: pytest.MonkeyPatch, processes: int, request: Any = None, **values: Any) -> list[dict[str, Any]]:
    """The loader's arguments in each process, after `share_loader`."""
    given = {"name": "train", "dataset": list(range(10)), "training": True, "batch_size": 4, "shuffle": True}
    given |= {"sampler": None, "batch_sampler": None, "drop_last": True, **values}
    monkeypatch.setenv("WORLD_SIZE", str(processes))
    parts = []
    for rank in range(processes):
        monkeypatch.setenv("RANK", str(rank))
        parts.append(dict(given))
        share_loader(parts[-1], request or train_request("dimp", "dimp18"))
        parts[-1]["order"] = list(parts[-1]["sampler"])
    return parts


def test_batches_and_samples_are_shared_and_no_sample_is_read_twice(monkeypatch: pytest.MonkeyPatch):
    first, second = shared(monkeypatch, 2)
    assert (first["batch_size"], first["shuffle"]) == (2, False)
    assert sorted(first["order"] + second["order"]) == list(range(10))
    first["sampler"].set_epoch(1)
    assert list(first["sampler"]) != first["order"]


def test_a_batch_size_that_is_given_is_each_processs(monkeypatch: pytest.MonkeyPatch):
    request = train_request("dimp", "dimp18", batch_size=4)
    assert [part["batch_size"] for part in shared(monkeypatch, 2, request)] == [4, 4]


def test_an_order_of_the_settings_files_own_is_dealt_out(monkeypatch: pytest.MonkeyPatch):
    own = SequentialSampler(range(9))
    assert [part["order"] for part in shared(monkeypatch, 2, sampler=own)] == [[0, 2, 4, 6], [1, 3, 5, 7]]


@pytest.mark.parametrize(
    ("processes", "values", "message"),
    [
        (3, {}, "loader 'train': torchrun: a batch of 4 has no equal shares for 3 processes: give --batch-size N"),
        (2, {"batch_sampler": [[0, 1]]}, "its batch_sampler makes whole batches"),
        (2, {"sampler": iter([1])}, "list_iterator has no length to share"),
        (2, {"dataset": [1, 2]}, "not one full batch: 1 samples in each of 2 processes, batches of 2"),
    ],
)
def test_what_cannot_be_shared_is_refused(monkeypatch, processes, values, message):
    with pytest.raises(InputError, match=message):
        shared(monkeypatch, processes, **values)


def test_processes_that_do_not_find_each_other_are_one_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with (
        pytest.raises(InputError, match=r"torchrun: the 2 processes do not find each other: .*MASTER_ADDR"),
        among_processes(train_request("dimp", "dimp18", device="cpu")),
    ):
        pass


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    for name, value in {"WORLD_SIZE": 4, "LOCAL_WORLD_SIZE": 4, "LOCAL_RANK": 1}.items():
        monkeypatch.setenv(name, str(value))
    with pytest.raises(InputError, match="4 processes on a machine with 2 CUDA devices: give --nproc-per-node 2, or"):
        distributed.process_device(None)
    assert distributed.process_device("cpu") == torch.device("cpu")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert distributed.process_device("cuda:0") == torch.device("cuda:1")


class Actor:
    def __init__(self, objective: Any) -> None:
        self.objective = objective


def mean(losses: torch.Tensor, weights: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    kept = losses if weights is None or not (weights > 0).any() else losses[weights > 0]
    return kept.mean(), kept


@pytest.mark.parametrize("own", [0, 1, 3])
def test_a_mean_over_cells_counts_by_their_number(monkeypatch: pytest.MonkeyPatch, own: int):
    losses = torch.tensor([1.0, 2.0, 6.0, 100.0])
    weights = torch.zeros(4)
    weights[:own] = 1
    others = 3  # cells of the other process
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(torch.distributed, "all_reduce", lambda total: total.add_(others))
    actor = Actor({"giou": lambda losses, target, weights=None: mean(losses, weights), "other": mean})
    objective = actor.objective
    shared_means.share_means(actor)
    shared_means.share_means(actor)  # twice changes nothing
    loss, kept = actor.objective["giou"](losses, None, weights)
    assert float(loss) == pytest.approx(2 * float(losses[:own].sum()) / (own + others))
    assert len(kept) == (own or 4)
    assert actor.objective["other"] is mean and isinstance(objective["giou"], type(lambda: 0))
    assert float(actor.objective["giou"](losses, None)[0]) == float(losses.mean())  # a statistic: nobody is asked


def test_without_any_cell_the_mean_is_over_everything(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(torch.distributed, "all_reduce", lambda total: None)
    actor = Actor({"giou": lambda losses, target, weights=None: mean(losses, weights)})
    shared_means.share_means(actor)
    assert float(actor.objective["giou"](torch.tensor([1.0, 3.0]), None, torch.zeros(2))[0]) == 2.0


def test_what_a_silent_process_writes_lies_where_torchrun_keeps_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path):
    for name, value in {
        "WORLD_SIZE": "2",
        "RANK": "1",
        "TORCHELASTIC_ERROR_FILE": str(tmp_path / "error.json"),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(distributed, "start", lambda device: None)
    with among_processes(train_request("dimp", "dimp18")) as folder:
        assert Path(folder).parent == tmp_path and Path(folder).is_dir()
    assert not list(tmp_path.iterdir())
