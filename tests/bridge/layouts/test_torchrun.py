"""A checkout of the kin under torchrun: its own way of dividing the work, with one process that writes and prints."""

from __future__ import annotations

import pytest
import torch

from tests.bridge.run.torchrun import histories, last_checkpoint, train

READ = """    def __getitem__(self, index):
        import os, signal
        self.read = getattr(self, "read", 0) + 1
        if (os.environ.get("RANK"), self.read) == {kill} and os.environ["TORCHELASTIC_RESTART_COUNT"] == "0":
            os.kill(os.getpid(), signal.SIGKILL)
        if {fixed}:
            random.seed(1000 + index)
            torch.manual_seed(1000 + index)
"""


def change_samples(checkout, fixed: bool = False, kill: tuple[str, int] | None = None) -> None:
    """Samples by their number, or a process that is killed at its n-th."""
    sampler = checkout.root / "lib/train/data/sampler.py"
    sampler.write_text(sampler.read_text().replace("    def __getitem__(self, index):\n", READ.format(**locals())))
    pair = checkout.root / "lib/models/tiny.py"  # no statistics of a batch
    pair.write_text(pair.read_text().replace("nn.BatchNorm2d(8)", "nn.Identity()") if fixed else pair.read_text())


@pytest.fixture
def words(fake_kin, tiny_got10k):
    return ("ostrack", "vitb_256", "--checkout", fake_kin.root, "--data", f"got10k={tiny_got10k}", "--epochs", 3)


def test_two_processes_with_half_a_batch_each_equal_one_with_the_whole(words, fake_kin, tmp_path):
    change_samples(fake_kin, fixed=True)
    few = (*words, "--samples-per-epoch", 4, "--box-loss", "smooth_iou")
    train(1, *few, "--workspace", tmp_path / "one", "--batch-size", 4)
    told = train(2, *few, "--workspace", tmp_path / "two", "--batch-size", 2)
    one, two = last_checkpoint(tmp_path / "one"), last_checkpoint(tmp_path / "two")
    assert one["net"].keys() == two["net"].keys() and one["net_type"] == two["net_type"] == "OSTrack"
    for name, tensor in one["net"].items():
        assert torch.allclose(tensor, two["net"][name], rtol=0, atol=1e-5), name
    ours, theirs = histories(one), histories(two)
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        assert values == pytest.approx(theirs[name], abs=1e-5), name
    assert told.count("2 processes: batches of 2 in each, 4 together") == 1
    assert told.count("[train: 1, 1 / 1]") == told.count("Finished training!") == told.count("-> smooth_iou") == 1
    (log,) = (tmp_path / "two/logs").iterdir()
    assert log.read_text().count("[train: 1, 1 / 1]") == 1
    assert len(list((tmp_path / "two").rglob("events.out.*"))) == 2  # of train and val, one process's


@pytest.mark.slow
def test_a_killed_process_is_started_again_and_the_end_is_that_of_a_whole_run(words, fake_kin, tmp_path):
    few = (*words, "--samples-per-epoch", 8, "--batch-size", 2, "--fresh")
    train(2, *few, "--workspace", tmp_path / "whole")
    change_samples(fake_kin, kill=("1", 6))
    train(2, *few, "--workspace", tmp_path / "killed", restarts=1)
    whole, killed = last_checkpoint(tmp_path / "whole"), last_checkpoint(tmp_path / "killed")
    assert histories(whole) == histories(killed)
    assert all(torch.equal(tensor, killed["net"][name]) for name, tensor in whole["net"].items())


@pytest.mark.slow
def test_an_error_of_all_is_told_once(words, tmp_path):
    told = train(2, *words, "--workspace", tmp_path / "w", "--batch-size", 64, code=1)
    assert told.count("siou-tracking: ") == 1 and "not one full batch" in told
