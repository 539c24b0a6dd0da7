"""Packages in place of absent ones: imports work, what can be done is right, and the rest names what to install."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import traceback

import cv2
import numpy as np
import pytest
import torch

from siou_tracking.bridge.layouts.pytracking import PyTrackingLayout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.standins import plan
from siou_tracking.bridge.standins.packages import images, inert, tables, timm_layers
from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import import_failure
from siou_tracking.bridge.training import train_checkout
from siou_tracking.errors import InputError
from siou_tracking.retrain import TrainRequest


@pytest.mark.parametrize(
    "package, use",
    [
        ("visdom", lambda m: m.Visdom(server="http://localhost")),
        ("visdom.server", lambda m: m.start_server),
        ("tikzplotlib", lambda m: m.save("figure.tex")),
        ("lvis.lvis", lambda m: m.LVIS("annotations.json")),
        ("pycocotools.coco", lambda m: m.COCO("annotations.json")),
        ("scipy.io", lambda m: m.loadmat("masks.mat")),
        ("spatial_correlation_sampler", lambda m: m.SpatialCorrelationSampler(1, 9)),
    ],
)
def test_an_absent_package_can_be_imported_and_its_use_names_it(fake_checkout, monkeypatch, package, use):
    monkeypatch.setattr(inert, "import_failure", lambda module: "absent")
    with checkout_session(fake_checkout, announce=False):
        module = importlib.import_module(package)
        assert not hasattr(module, "__torch_function__")
        with pytest.raises(InputError, match=f"{package.partition('.')[0]}.*not installed: pip install"):
            use(module)


def test_curves_are_dropped_where_no_writer_is_installed(fake_checkout, monkeypatch, tmp_path):
    monkeypatch.setattr(inert, "import_failure", lambda module: "absent")
    assert "tensorboard" in [stand_in.component for stand_in in plan(fake_checkout)]
    with checkout_session(fake_checkout, announce=False):
        make = importlib.import_module("tensorboardX").SummaryWriter
        with make(str(tmp_path / "curves")) as writer:
            assert writer.add_scalar("loss", 1.0, 1) is None
    assert not (tmp_path / "curves").exists()


def test_images_are_read_as_rgb_bytes(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), picture[:, :, ::-1])
    decoded = images.JPEG(str(tmp_path / "a.png")).decode()
    assert decoded.dtype == np.uint8 and (decoded == picture).all()
    with pytest.raises(InputError, match=r"missing\.jpg"):
        images.JPEG(str(tmp_path / "missing.jpg")).decode()


@pytest.mark.parametrize("workers", [0, 1])
def test_a_training_image_that_cannot_be_read_is_named(fake_checkout, tiny_got10k, tmp_path, workers):
    shutil.copytree(tiny_got10k, tmp_path / "data")
    for path in tmp_path.glob("data/train/*/*.jpg"):
        path.write_bytes(path.read_bytes()[:500])
    options = {"data": {"got10k": tmp_path / "data"}, "workspace": tmp_path / "w", "pretrained": False, "quiet": True}
    with pytest.raises(InputError, match=r"^image: \S+\.jpg: truncated after 500 bytes") as caught:
        train_checkout(fake_checkout, TrainRequest("bbreg", "atom", workers=workers, **options))
    traceback.clear_frames(caught.tb)  # which hold torch's iterator: collected later, it waits five seconds


def test_a_jpeg4py_without_its_library_is_broken(install, tmp_path):
    install("jpeg4py", "class JPEG:\n  def __init__(self, source): raise OSError('libturbojpeg.so.0: no such file')")
    images._find_library_failure.cache_clear()
    assert (
        images.jpeg4py(Sources(tmp_path, PyTrackingLayout(), frozenset())).state
        == "broken: libturbojpeg.so.0: no such file"
    )
    images._find_library_failure.cache_clear()


def test_numbers_are_read_as_upstream_asks_for_them(tmp_path):
    (tmp_path / "boxes.txt").write_text("1.1,2,3,4\n5,6.00004,7,8e1\n")
    options = {"header": None, "dtype": np.float32, "na_filter": False, "low_memory": False}
    values = tables.read_csv(tmp_path / "boxes.txt", delimiter=",", **options).values
    assert values.dtype == np.float32
    assert (values == np.array([[1.1, 2, 3, 4], [5, 6.00004, 7, 80]], np.float32)).all()
    (tmp_path / "one.txt").write_text("1 2 3 4")
    assert tables.read_csv(os.fspath(tmp_path / "one.txt"), delimiter=" ", **options).values.shape == (1, 4)


def test_cells_of_text_gaps_that_are_patterns_and_boxes_that_are_not_there_are_read_as_upstream_asks(tmp_path):
    (tmp_path / "words.txt").write_text('a bear, brown\n"one, two",three\n')
    options = {"dtype": str, "header": None, "low_memory": False}
    words = tables.read_csv(tmp_path / "words.txt", **options).values
    assert words.tolist() == [["a bear", " brown"], ["one, two", "three"]]
    (tmp_path / "boxes.txt").write_text("1,2\t3 4\n5\t6,7,8\n")
    options = {"dtype": np.float32, "header": None, "na_filter": False}
    boxes = tables.read_csv(tmp_path / "boxes.txt", delimiter=",|\\s+", **options).values
    assert boxes.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    (tmp_path / "gone.txt").write_text("nan,nan,nan,nan\n1,2,3,4\n")
    gone = tables.read_csv(tmp_path / "gone.txt", **{**options, "na_filter": True}).values
    assert np.isnan(gone[0]).all() and gone[1].tolist() == [1, 2, 3, 4]
    (tmp_path / "ragged.txt").write_text("a,b\nc\n")
    with pytest.raises(InputError, match=r"ragged\.txt: allowed are rows of equally many cells"):
        tables.read_csv(tmp_path / "ragged.txt", dtype=str, header=None)


def test_lists_are_read_as_text_or_integers(tmp_path):
    (tmp_path / "names.txt").write_text("airplane-1\nGOT-10k_Train_000001\n")
    (tmp_path / "numbers.txt").write_text("3\n17\n")
    names = tables.read_csv(tmp_path / "names.txt", header=None).squeeze("columns").values.tolist()
    assert names == ["airplane-1", "GOT-10k_Train_000001"]
    numbers = tables.read_csv(tmp_path / "numbers.txt", header=None, dtype=np.int64).squeeze("columns").values.tolist()
    assert numbers == tables.read_csv(tmp_path / "numbers.txt", header=None, squeeze=True).values.tolist() == [3, 17]


def test_byte_order_marks_blank_lines_and_carriage_returns_are_not_content(tmp_path):
    (tmp_path / "names.txt").write_bytes("\ufeffa\r\n\r\nb\r\n".encode())
    (tmp_path / "boxes.txt").write_bytes("\ufeff1,2,3,4\r\n\r\n5,6,7,8\r\n".encode())
    assert tables.read_csv(tmp_path / "names.txt").squeeze("columns").values.tolist() == ["a", "b"]
    assert tables.read_csv(tmp_path / "boxes.txt", dtype=np.float32).values.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


PANDAS = """
__version__ = "9.0"
class Table:
    def squeeze(self, axis):
        return f"squeezed {axis}"
def read_csv(path, delimiter=",", header=0):
    return Table()
"""


def test_the_argument_that_pandas_has_removed_is_understood_while_a_session_is_open(
    fake_checkout, install, monkeypatch
):
    monkeypatch.delitem(sys.modules, "pandas", raising=False)
    install("pandas", PANDAS)
    pandas = importlib.import_module("pandas")
    own = pandas.read_csv
    with checkout_session(fake_checkout, announce=False):
        assert importlib.import_module("pandas").read_csv("x.csv", header=None, squeeze=True) == "squeezed columns"
        assert type(pandas.read_csv("x.csv", header=None)) is pandas.Table
    assert pandas.read_csv is own
    row = next(found for found in plan(fake_checkout) if found.component == "pandas")
    assert row.state == "read_csv(squeeze=) is not in pandas 9.0" and not row.hint


def test_an_older_pandas_is_left_alone(install, monkeypatch):
    monkeypatch.delitem(sys.modules, "pandas", raising=False)
    install("pandas", PANDAS.replace("header=0", "header=0, squeeze=False"))
    assert tables.pandas() is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("content", ["1,2,3,4\n1,2\n", "1,2,three,4\n", "", "\n\n"])
def test_damaged_numbers_are_an_error_that_names_the_file(tmp_path, content):
    (tmp_path / "boxes.txt").write_text(content)
    with pytest.raises(InputError, match=r"boxes.txt: .*allowed (is|are) (a row|rows) of"):
        tables.read_csv(tmp_path / "boxes.txt", dtype=np.float32)


def test_unknown_options_are_errors(tmp_path):
    (tmp_path / "boxes.txt").write_text("1,2,3,4\n")
    with pytest.raises(InputError, match=r"boxes.txt: got option skiprows.*pip install pandas"):
        tables.read_csv(tmp_path / "boxes.txt", skiprows=1)


@pytest.mark.skipif(import_failure("pandas") is not None, reason="pandas is not installed")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_agree_with_pandas(tmp_path, dtype):
    pandas = importlib.import_module("pandas")
    values = np.random.default_rng(0).uniform(0, 2000, (50, 4))
    np.savetxt(tmp_path / "boxes.txt", values, "%.4f", ",")
    options = {"delimiter": ",", "header": None, "dtype": dtype, "na_filter": False, "low_memory": False}
    ours, theirs = (module.read_csv(tmp_path / "boxes.txt", **options).values for module in (tables, pandas))
    assert (ours == theirs).all()


def test_stochastic_depth_keeps_the_mean_and_drops_whole_samples():
    layer = timm_layers.DropPath(0.25)
    out = layer(torch.ones(4000, 3, 2))
    assert out.unique().tolist() == pytest.approx([0, 4 / 3])
    assert (out == out[:, :1, :1]).all()
    assert abs(out.mean().item() - 1) < 0.05
    assert torch.equal(layer.eval()(torch.ones(5, 1)), torch.ones(5, 1))
    assert timm_layers.to_2tuple(3) == timm_layers.to_2tuple([3, 3]) == (3, 3)
