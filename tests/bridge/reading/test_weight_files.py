"""Pretrained weights that yaml files name, and where a checkout's networks look for them."""

from __future__ import annotations

from pathlib import Path

from siou_tracking.bridge.reading.weight_files import named_weights


def test_each_file_is_named_once_with_its_places(tmp_path):
    yaml, net = tmp_path / "a.yaml", tmp_path / "net.py"
    yaml.write_text(
        "MODEL:\n"
        "  PRETRAIN_FILE: \"mae_base.pth\"  # 'no.pth'\n"
        "  PRETRAIN_PTH: ''\n"
        "  PRETRAINED: True\n"
        "  BACKBONE:\n"
        "    PRETRAINED_PATH: /home/author/vit.pth\n"
        "    PRETRAIN_TYPE: 'pretrained/itpn/tiny.pt'\n"
        "  # PRETRAIN_FILE: old.pth\n"
    )
    net.write_text("folder = os.path.join(here, '../../../pretrained_networks')\n")
    assert named_weights(tmp_path, [yaml, yaml], [net]) == {
        "mae_base.pth": [tmp_path / "pretrained_networks" / "mae_base.pth"],
        "/home/author/vit.pth": [Path("/home/author/vit.pth")],
        "pretrained/itpn/tiny.pt": [tmp_path / "pretrained/itpn/tiny.pt", Path.cwd() / "pretrained/itpn/tiny.pt"],
    }
    assert named_weights(tmp_path, [yaml], [])["mae_base.pth"] == [
        tmp_path / "mae_base.pth",
        Path.cwd() / "mae_base.pth",
    ]
