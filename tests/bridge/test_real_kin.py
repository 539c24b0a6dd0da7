"""Real checkouts of the kin, in the folders of `$LTR_KIN_HOME`: their own numbers without the flag, and ours with it.

The smallest of each family, on a GOT-10k whose sequences are links to two generated ones: minutes on one core.
"""

from __future__ import annotations

import importlib
import os
import subprocess
from pathlib import Path

import pytest
import torch

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.training import train_checkout
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.scenes import write_got10k
from tests.bridge.own_kin_run import run_own_training
from tests.train_options import train_request

HOME = Path(os.environ.get("LTR_KIN_HOME", "/nowhere"))
SMALL = {
    "AsymTrack": ("AsymTrack", "tiny"),
    "HiT": ("HiT", "HiT_min"),
    "OSTrack": ("ostrack", "vitb_256_mae_32x4_ep300"),
    "Stark": ("stark_s", "baseline"),
}
_SEQUENCES = 9335  # the split lists of the kin name indices up to this
_SETS = {"DATASETS_NAME": ["GOT10K_vottrain"], "DATASETS_RATIO": [1]}
_VALUES = {f"DATA.{part}.{name}": value for part in ("TRAIN", "VAL") for name, value in _SETS.items()}
SMALLER = {"TRAIN.BATCH_SIZE": 2, "TRAIN.NUM_WORKER": 1, "TRAIN.EPOCH": 1, "DATA.TRAIN.SAMPLE_PER_EPOCH": 2, **_VALUES}
"""What both runs change of the yaml."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not HOME.is_dir(), reason="LTR_KIN_HOME: no folder of checkouts (HiT, OSTrack, Stark, ...)"),
]


@pytest.fixture(scope="module")
def got10k(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("got10k")
    (root / "train").mkdir()
    write_got10k(root / "made", "train", 2, length=24, size=(96, 72), progress=False)  # 20 frames are the least
    sources = sorted(path for path in (root / "made/train").iterdir() if path.is_dir())
    names = [f"GOT-10k_Train_{number:06d}" for number in range(1, _SEQUENCES + 1)]
    for index, name in enumerate(names):
        (root / "train" / name).symlink_to(sources[index % len(sources)])
    (root / "train" / "list.txt").write_text("\n".join(names) + "\n")
    return root


@pytest.fixture(params=SMALL)
def real(request):
    """A checkout, its settings and what lies in it that git ignores, which must be the same afterwards."""
    root = HOME / request.param
    if not root.is_dir():
        pytest.skip(f"LTR_KIN_HOME: no {request.param} in it")
    before = _left_in(root)
    yield find_checkout(root), *SMALL[request.param]
    assert _left_in(root) == before


def _left_in(root: Path) -> str:
    words = ["git", "-C", str(root), "status", "--short", "--ignored"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def own_run(checkout, got10k: Path, workspace: Path, script: str, config: str) -> dict:
    """The checkout's own `run_training`, to which nothing was done but the device and the size of the run."""
    with checkout_session(checkout, build_environment(workspace, {"got10k": got10k}), pretrained=False, announce=False):
        _make_smaller(importlib.import_module(f"lib.config.{script}.config"))
        written = run_own_training(script, config, workspace, seed=0, on_cpu=not torch.cuda.is_available())
    return read_checkpoint(next(written.glob("*_ep0001.pth.tar")))


def _make_smaller(module) -> None:
    read = module.update_config_from_file

    def read_smaller(*args, **options):
        read(*args, **options)
        for name, value in SMALLER.items():
            *parts, last = name.split(".")
            node = module.cfg
            for part in parts:
                node = node.get(part, {})
            if last in node:
                node[last] = value

    module.update_config_from_file = read_smaller


def test_without_the_flag_statistics_and_weights_are_the_checkouts_own_to_the_last_bit(real, got10k, tmp_path):
    checkout, script, config = real
    own = own_run(checkout, got10k, tmp_path / "own", script, config)
    result = train_checkout(checkout, _request(script, config, got10k, tmp_path / "w"))
    for loader, values in own["stats"].items():
        for name, value in (values or {}).items():
            assert result.stats[loader][name] == value.history
    net = read_checkpoint(result.checkpoint)["net"]
    assert net.keys() == own["net"].keys() and all(torch.equal(net[key], own["net"][key]) for key in net)


def test_with_the_flag_the_box_term_alone_is_another(real, got10k, tmp_path):
    checkout, script, config = real
    plain, ours = (
        train_checkout(checkout, _request(script, config, got10k, tmp_path, box_loss=loss)).stats["train"]
        for loss in (None, "smooth_iou")
    )
    assert plain["Loss/l1"] == ours["Loss/l1"]
    assert plain["Loss/giou"] != ours["Loss/giou"]
    assert 0 < ours["Loss/giou"][0] < 10


def _request(script: str, config: str, got10k: Path, workspace: Path, **options):
    numbers = {"epochs": 1, "samples_per_epoch": 2, "batch_size": 2, "workers": 1}
    data = {"data": {"got10k": got10k}, "workspace": workspace, "pretrained": False, "quiet": True}
    return train_request(script, config, **numbers, **data, values=_VALUES, **options)
