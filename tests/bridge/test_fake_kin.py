"""The fake kin checkout trains in a session, so that what other tests show on it is shown on running code."""

from __future__ import annotations

import pytest

from siou_tracking.bridge.session import checkout_session
from siou_tracking.ltr.admin.environment import build_environment
from tests.bridge.fake_checkout import files_of
from tests.bridge.own_kin_run import run_own_training

SETTINGS = [
    "ostrack vitb_256",
    "stark_st1 baseline",
    "mixformer_vit baseline",
    "mixformer_vit_online baseline",
    "artrack artrack_256",
    "artrack_seq artrack_seq_256",
    "odtrack baseline",
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_it_trains_and_leaves_the_last_checkpoint(fake_kin, tiny_got10k, tmp_path, settings):
    script, config = settings.split()
    before = files_of(fake_kin.root)
    with checkout_session(fake_kin, build_environment(tmp_path / "w", {"got10k": tiny_got10k}), pretrained=False):
        written = sorted(run_own_training(script, config, tmp_path / "w", seed=1).iterdir())
    assert [path.name.partition("_")[2] for path in written] == ["ep0002.pth.tar"]
    assert files_of(fake_kin.root) == before
