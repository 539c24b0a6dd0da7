"""`convert` keeps the network and says what it leaves; a checkpoint that has been there and back is the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from siou_tracking.ltr.admin.environment import EnvironmentSettings
from siou_tracking.ltr.admin.loading import load_network, read_checkpoint
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.models.bbreg.atom import atom_efficientnet_lite0
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from tests.cli.calling import call, check_refused
from tests.reference_data import reference_checkout

SMALL = {"iou_input_dim": (4, 4), "iou_inter_dim": (4, 4), "iou_hidden_dim": (4, 4), "backbone_pretrained": False}
LOSS = {"name": "smooth_iou", "role": "score", "params": {"sharpness": 4.0}, "weight": None}


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    net = atom_efficientnet_lite0(**SMALL)
    content = {"epoch": 7, "net_type": "ATOMnet", "net": net.state_dict(), "constructor": net.constructor}
    path = tmp_path / "a.pth.tar"
    write_checkpoint(path, {**content, "box_loss": LOSS, "optimizer": {"state": {}}, "stats": None})
    return path


def test_there_and_back_nothing_of_the_network_changes(checkpoint: Path, capsys) -> None:
    code, out, _ = call(capsys, "convert a.pth.tar a.safetensors")
    assert code == 0 and "not kept: optimizer: " in out and "box loss smooth_iou (sharpness 4.0)" in out
    code, out, _ = call(capsys, "convert a.safetensors b.pth.tar")
    assert code == 0 and "not kept: the state of the optimizer" in out
    first = read_checkpoint(checkpoint)
    for name in ("a.safetensors", "b.pth.tar"):
        net, content = load_network(name)
        assert list(content["net"]) == list(first["net"])
        assert all(torch.equal(value, first["net"][key]) for key, value in content["net"].items())
        assert (content["epoch"], content["net_type"], content["box_loss"]) == (7, "ATOMnet", LOSS)
        assert net.constructor.kwds["iou_input_dim"] in ((4, 4), [4, 4])


def test_the_names_of_its_settings_come_along(checkpoint: Path, capsys) -> None:
    content = read_checkpoint(checkpoint)
    content["settings"] = Settings(EnvironmentSettings())
    content["settings"].module_name, content["settings"].script_name = "bbreg", "atom_lite"
    write_checkpoint(checkpoint, content)
    _, out, _ = call(capsys, "convert a.pth.tar a.safetensors")
    assert "settings bbreg atom_lite" in out and "not kept: optimizer, settings: " in out
    _, out, _ = call(capsys, "convert a.safetensors b.pth.tar")
    assert "settings bbreg atom_lite" in out and "not kept: the state of the optimizer" in out
    for name in ("a.safetensors", "b.pth.tar"):
        assert read_checkpoint(name)["settings"] == {"module_name": "bbreg", "script_name": "atom_lite"}
    assert "script_name = atom_lite" in call(capsys, "inspect a.safetensors")[1]


def test_a_tracker_takes_a_safetensors_file(checkpoint: Path, capsys) -> None:
    from siou_tracking.trackers.atom.factory import load_atom_network

    assert call(capsys, "convert a.pth.tar a.safetensors")[0] == 0
    assert type(load_atom_network("a.safetensors")).__name__ == "ATOMnet"


def test_a_checkout_is_given_no_safetensors_file(checkpoint: Path, capsys) -> None:
    from siou_tracking.bridge.networks import find_weights
    from siou_tracking.errors import InputError

    call(capsys, "convert a.pth.tar a.safetensors")
    with pytest.raises(InputError, match=r"reads .pth.tar only: siou-tracking convert a.safetensors a.pth.tar$"):
        find_weights("a.safetensors")


def test_a_file_without_a_constructor_is_converted_and_said_so(checkpoint: Path, capsys) -> None:
    torch.save({"net": {"module.a": torch.ones(2)}}, "plain.pth")
    code, out, _ = call(capsys, "convert plain.pth plain.safetensors")
    assert code == 0 and "built by: not in the file" in out
    assert list(read_checkpoint("plain.safetensors")["net"]) == ["a"]


def test_a_wrong_call_is_one_line_and_leaves_everything_as_it_was(checkpoint: Path, capsys) -> None:
    folder = checkpoint.parent
    assert call(capsys, "convert a.pth.tar a.safetensors")[0] == 0
    (folder / "folder.safetensors").mkdir()
    (folder / "old.safetensors").write_text("mine")
    (folder / "file").write_text("mine")
    whole = (folder / "a.safetensors").read_bytes()
    (folder / "cut.safetensors").write_bytes(whole[:-1])
    (folder / "longer.safetensors").write_bytes(whole + b"\0")
    torch.save({"net": {"a": torch.ones(2, dtype=torch.complex128)}}, folder / "complex.pth")
    for text, words in {
        "convert nowhere.pth old.safetensors": ["nowhere.pth", "no such file"],
        "convert . new.safetensors": ["got a folder, expected a file"],
        "convert a.pth.tar out.zip": ["OUT", "'out.zip'", ".safetensors, .pth.tar and .pth"],
        "convert a.pth.tar folder": ["OUT", "'folder'"],
        "convert a.pth.tar folder.safetensors": ["OUT", "folder.safetensors", "got a folder"],
        "convert a.pth.tar file/a.safetensors": ["OUT", "file/a.safetensors", "cannot be written"],
        "convert a.pth.tar b.pth": ["is a checkpoint of PyTorch's already", "allowed is a name in .safetensors"],
        "convert a.safetensors b.safetensors": ["is safetensors already", "allowed is a name in .pth.tar"],
        "convert a.safetensors a.safetensors": ["OUT", "is the input"],
        "convert cut.safetensors b.pth": ["cut.safetensors", "cut short"],
        "convert longer.safetensors b.pth": ["longer.safetensors", "with more behind it"],
        "convert file old.safetensors": ["checkpoint file", "not a checkpoint"],
        "convert complex.pth old.safetensors": ["tensor a", "complex128"],
    }.items():
        check_refused(capsys, folder, text, words)
    assert (folder / "old.safetensors").read_text() == "mine"


UPSTREAM = """
import sys, torch
from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.bridge.session import checkout_session
with checkout_session(find_checkout(sys.argv[1]), pretrained=False, announce=False):
    from ltr.admin import loading
    assert loading.__file__.startswith(sys.argv[1]), loading.__file__
    net, content = loading.load_network(sys.argv[2], backbone_pretrained=False)
    torch.save({**content, "net": net.state_dict(), "constructor": net.constructor}, sys.argv[3])
"""


@pytest.mark.parametrize("name", ["atom_resnet18", "tompnet50"])
def test_ours_through_upstreams_loader_and_back_has_equal_tensors(name: str, tmp_path: Path, capsys) -> None:
    checkout = reference_checkout()
    from siou_tracking.ltr.models.bbreg import atom
    from siou_tracking.ltr.models.tracking import tompnet

    options = {"out_feature_dim": 64, "num_encoder_layers": 1, "num_decoder_layers": 1} if name == "tompnet50" else {}
    net = getattr(tompnet if options else atom, name)(backbone_pretrained=False, **options)
    content = {"net": net.state_dict(), "net_type": type(net).__name__, "constructor": net.constructor, "epoch": 3}
    write_checkpoint(tmp_path / "a.pth.tar", content)
    for words in ("a.pth.tar {0}/a.safetensors", "a.safetensors {0}/b.pth.tar"):
        assert call(capsys, f"convert {{0}}/{words}".format(tmp_path))[0] == 0
    files = [str(checkout), str(tmp_path / "b.pth.tar"), str(tmp_path / "c.pth.tar")]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", UPSTREAM, *files], check=True, env=environment)
    restored, back = load_network(tmp_path / "c.pth.tar")
    assert back["epoch"] == 3 and list(back["net"]) == list(content["net"])
    assert all(torch.equal(value, net.state_dict()[key]) for key, value in restored.state_dict().items())
