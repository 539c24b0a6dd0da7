"""Workers of a session's loaders have its stand-ins, whatever Python's way of starting processes is."""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from siou_tracking.bridge.layouts.lib import LibLayout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.standins import loader_workers, plan
from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.patches import Patches


class NeedsTheSession(Dataset):
    """Its items import a stand-in and a module of the checkout in whichever process makes them."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        importlib.import_module("visdom.server")
        importlib.import_module("ltr.data.image_loader")
        return torch.tensor(index)


def items(checkout, **options):
    with checkout_session(checkout, announce=False):
        loader = importlib.import_module("ltr.data.loader").LTRLoader("train", NeedsTheSession(), **options)
        return loader, [int(item) for item in loader]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_batches_come_from_workers_that_have_the_session(fake_checkout, monkeypatch, method):
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system does not fork")
    monkeypatch.setattr(multiprocessing, "get_start_method", lambda allow_none=False: method)
    supplied = [stand_in.component for stand_in in plan(fake_checkout)]
    assert ("loader workers" in supplied) == (method != "fork")
    before = DataLoader.__init__
    loader, made = items(fake_checkout, num_workers=2)
    assert loader.num_workers == 2 and made == [0, 1, 2, 3]
    assert DataLoader.__init__ is before


def test_where_forking_is_not_safe_there_are_no_workers_and_a_row_says_so(fake_checkout, monkeypatch):
    monkeypatch.setattr(multiprocessing, "get_start_method", lambda allow_none=False: "spawn")
    monkeypatch.setattr(loader_workers.sys, "platform", "darwin")
    assert "in the training process" in loader_workers.loader_workers().consequence
    loader, made = items(fake_checkout, num_workers=2, timeout=5)
    assert loader.num_workers == 0 and made == [0, 1, 2, 3]


LOADER = """
import torch
def _check_use_shared_memory():
    return torch.utils.data.get_worker_info() is not None
def ltr_collate_stack1(batch):
    out = None
    if _check_use_shared_memory():
        out = batch[0].new(batch[0].storage()._new_shared(sum(one.numel() for one in batch)))
    return torch.stack(batch, 1, out=out.resize_(0))
"""


@pytest.mark.filterwarnings("ignore:TypedStorage")
def test_a_loader_that_resizes_what_only_workers_have_needs_no_workers(tmp_path):
    layout = LibLayout()
    path = tmp_path / "lib" / "train" / "data" / "loader.py"
    path.parent.mkdir(parents=True)
    path.write_text(LOADER.replace(".resize_(0)", ""))
    assert loader_workers.unshared_batches(Sources(tmp_path, layout, frozenset())) is None
    path.write_text(LOADER)
    change = loader_workers.unshared_batches(Sources(tmp_path, layout, frozenset())).after_import[
        "lib.train.data.loader"
    ]
    spec = importlib.util.spec_from_file_location("loader_of_the_kin", path)
    module, patches = importlib.util.module_from_spec(spec), Patches()
    spec.loader.exec_module(module)
    batch = [torch.arange(3.0), torch.arange(3.0) + 10]
    with pytest.raises(AttributeError):
        module.ltr_collate_stack1(batch)
    change(module, patches)
    assert torch.equal(module.ltr_collate_stack1(batch), torch.stack(batch, 1))
    patches.undo()
    assert not module._check_use_shared_memory()
