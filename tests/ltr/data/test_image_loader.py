"""Reading images: channel order, and every way a file can be bad is told with its name."""

import cv2
import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.image_bytes import jpeg_is_whole
from siou_tracking.ltr.data import image_loader
from siou_tracking.ltr.data.image_loader import default_image_loader, jpeg4py_loader, opencv_loader


@pytest.fixture
def jpeg(tmp_path):
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, :, 2] = 250  # red, in OpenCV's BGR order
    path = tmp_path / "00000001.jpg"
    cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, 100])
    return path


@pytest.mark.parametrize("loader", [default_image_loader, jpeg4py_loader, opencv_loader])
def test_images_come_as_rgb_bytes(jpeg, loader):
    image = loader(jpeg)
    assert (image.shape, image.dtype) == ((48, 64, 3), np.uint8)
    assert image[..., 0].min() > 240
    assert image[..., 1:].max() < 10
    assert np.array_equal(loader(str(jpeg)), image)


def test_the_order_is_rgb_with_an_opencv_that_lacks_the_direct_flag(jpeg, monkeypatch):
    expected = opencv_loader(jpeg)
    monkeypatch.delattr(cv2, "IMREAD_COLOR_RGB", raising=False)
    assert np.array_equal(opencv_loader(jpeg), expected)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"image: .*nowhere\.jpg: No such file"):
        default_image_loader(tmp_path / "nowhere.jpg")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_jpeg_is_named_at_any_length(jpeg, share):
    content = jpeg.read_bytes()
    jpeg.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match=r"image: .*00000001\.jpg: (truncated after|not decodable)"):
        default_image_loader(jpeg)


def test_an_end_marker_inside_an_embedded_preview_does_not_make_a_file_whole(jpeg):
    content = jpeg.read_bytes()
    preview = b"\xff\xe1" + (2 + 6).to_bytes(2, "big") + b"xx\xff\xd9yy"
    whole = content[:2] + preview + content[2:]
    assert jpeg_is_whole(whole)
    assert not jpeg_is_whole(whole[:-2])


def test_bytes_after_the_end_marker_are_tolerated(jpeg):
    jpeg.write_bytes(jpeg.read_bytes() + b"\0" * 5000)
    assert default_image_loader(jpeg).shape == (48, 64, 3)


def test_a_file_that_is_no_image_is_named(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_text("<html>not found</html>")
    with pytest.raises(InputError, match=r"a\.jpg: not decodable"):
        default_image_loader(path)


def test_a_png_is_read_too(tmp_path):
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.full((4, 5, 3), (1, 2, 3), np.uint8))
    assert default_image_loader(path)[0, 0].tolist() == [3, 2, 1]


def test_simplejpeg_is_used_for_jpeg_files_and_its_error_is_named(jpeg, monkeypatch):
    class Turbo:
        @staticmethod
        def decode_jpeg(content, colorspace):
            assert colorspace == "RGB"
            raise ValueError("bad Huffman code")

    monkeypatch.setattr(image_loader, "_import_simplejpeg", lambda: Turbo)
    with pytest.raises(InputError, match=r"00000001\.jpg: not decodable \(bad Huffman code\)"):
        default_image_loader(jpeg)
