"""A picture that says that it has more pixels than any has is refused before it is decoded."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.image_bytes import image_size, read_image_bytes
from siou_tracking.untrusted.picture_size import MOST_PIXELS, declared_size
from tests.untrusted.measured import measure


def bomb(width: int, height: int) -> bytes:
    """A PNG of so many pixels, of which there are none."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tif", ".ppm", ".pgm", ".gif"])
def test_every_common_format_says_its_size(suffix: str, tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (50, 70, 1 if suffix == ".pgm" else 3), dtype=np.uint8)
    if not cv2.haveImageWriter(f"a{suffix}"):
        pytest.skip(f"this OpenCV writes no {suffix}")
    assert cv2.imwrite(str(tmp_path / f"a{suffix}"), picture)
    assert declared_size((tmp_path / f"a{suffix}").read_bytes()) == (70, 50)
    assert image_size(tmp_path / f"a{suffix}") == (70, 50)


@pytest.mark.parametrize("quality", [1, 60])  # of WebP also without loss
def test_a_webp_with_and_without_loss_says_its_size(quality: int) -> None:
    picture = np.zeros((50, 70, 3), np.uint8)
    encoded = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, 101 if quality == 1 else quality])[1]
    assert declared_size(encoded.tobytes()) == (70, 50)


def test_a_picture_of_a_format_that_is_not_read_here_is_decoded_for_its_size(tmp_path: Path) -> None:
    assert cv2.imwrite(str(tmp_path / "a.jp2"), np.zeros((50, 70, 3), np.uint8))
    assert declared_size((tmp_path / "a.jp2").read_bytes()) is None
    assert image_size(tmp_path / "a.jp2") == (70, 50)
    (tmp_path / "b.png").write_bytes(b"text")
    with pytest.raises(InputError, match=r"b.png: not an image that can be read"):
        image_size(tmp_path / "b.png")


def test_eight_k_is_far_below_the_limit() -> None:
    assert MOST_PIXELS >= 4 * 7680 * 4320


@pytest.mark.parametrize("side", [30_000, 60_000, 2**31 - 1])
def test_a_bomb_takes_no_memory(side: int, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(bomb(side, side))
    with pytest.raises(InputError, match=rf"a.png: got {side:,} x {side:,} pixels, allowed are 134,217,728 in all"):
        read_image_bytes(tmp_path / "a.png")


def test_no_loader_decodes_a_bomb(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(bomb(30_000, 30_000))
    setup = "import cv2\nfrom siou_tracking.ltr.data import image_loader\nfrom siou_tracking.media import pictures"
    loaders = ("image_loader.default_image_loader", "image_loader.opencv_loader", "pictures.read_any_depth")
    for loader in (*loaders, "pictures.is_turned"):
        cost = measure(setup, f"{loader}('a.png')", tmp_path)
        assert "30,000 x 30,000 pixels" in cost.error
        assert cost.megabytes < 30
