"""A researcher's own function as a box loss: by module:function, by entry point, and what a wrong one is told."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch

from siou_tracking.boxes import FORMATS, convert
from siou_tracking.errors import InputError
from siou_tracking.losses import available_box_losses, build_box_loss, build_box_similarity, describe
from siou_tracking.losses.box import own_loss
from tests.losses.box.pairs import costs, random_pairs

MODULE = '''
import torch

def corners(pred, target):
    """Mean distance of the corners."""
    assert pred.shape[1:] == (4,)
    return (pred - target).abs().mean(1)

def shifted(pred, target):
    return corners(pred, target) + 1

def overlap(pred, target):
    return 1 / (1 + corners(pred, target))

def mean(pred, target):
    return corners(pred, target).mean()

def frozen(pred, target):
    return corners(pred, target).detach()

def number(pred, target):
    return 1.0

def counted(pred, target):
    return (pred > target).sum(1)

def broken(pred, target):
    raise KeyError("no such thing")

def three(pred, target, weights):
    return corners(pred, target)

class Module(torch.nn.Module):
    pass

constant = 3
'''
numbers = itertools.count()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module in the current folder, of a new name, for modules are imported once."""
    name = f"own_losses_{next(numbers)}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    return name


def test_a_function_of_the_current_folder_is_a_loss_of_every_format(module: str) -> None:
    pred, target = random_pairs(12)
    expected = (pred - target).abs().mean(1)
    for fmt in FORMATS:
        pair = [convert(boxes, "xyxy", fmt).reshape(3, 4, 4) for boxes in (pred, target)]
        loss = build_box_loss(f"{module}:corners", box_format=fmt, reduction="none")
        torch.testing.assert_close(loss(*pair), expected.reshape(3, 4))
    assert build_box_loss(f"{module}:corners")(pred.half(), target.half()).dtype == torch.float32
    weights = torch.arange(12.0, dtype=torch.float64)
    mean = build_box_loss(f"{module}:corners")(pred, target, weights)
    torch.testing.assert_close(mean, (weights * expected).sum() / weights.sum())
    assert build_box_loss(f"{module}:corners")(torch.zeros(0, 4), torch.zeros(0, 4)) == 0


def test_it_is_described_by_the_first_line_of_its_docstring_and_has_a_similarity(module: str) -> None:
    entry = describe(f"{module}:corners")
    assert entry.name == entry.source == f"{module}:corners"
    assert entry.description == "Mean distance of the corners."
    pred, target = random_pairs(12)
    similarity = build_box_similarity(f"{module}:corners")
    torch.testing.assert_close(similarity(pred, target), torch.exp(-(pred - target).abs().mean(1)))


def test_it_joins_sums(module: str) -> None:
    pred, target = random_pairs(12)
    expected = 2 * costs("giou", pred, target) + 0.5 * costs("l1", pred, target)
    torch.testing.assert_close(costs(f"2*giou+0.5*{module}:corners", pred, target), expected)


def test_a_loss_that_is_not_zero_for_equal_boxes_has_no_similarity(module: str) -> None:
    assert build_box_loss(f"{module}:shifted")(torch.ones(2, 4), torch.ones(2, 4)) == 1
    with pytest.raises(InputError, match="as a score: equal boxes cost 1, a similarity needs a loss of 0 there"):
        build_box_similarity(f"{module}:shifted")


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("nowhere", "has no function nowhere"),
        ("corner", "did you mean 'corners'"),
        ("constant", "got a int, allowed is a function"),
        ("Module", "got a type, allowed is a function"),
        ("overlap", "costs 1 for equal boxes and"),
        ("mean", "of shape () for 4 boxes, allowed is floating point of shape (4,)"),
        ("frozen", "answers a tensor without a graph"),
        ("number", "answers a float, allowed is a tensor"),
        ("counted", "answers torch.int64 of shape (4,)"),
        ("broken", "raises KeyError: 'no such thing', when called with two (4, 4) tensors"),
        ("three", "raises TypeError: three() missing 1 required"),
        ("", "allowed is module:function"),
        ("a b", "allowed is module:function"),
    ],
)
def test_what_is_no_loss_is_told_in_one_line(module: str, function: str, told: str) -> None:
    with pytest.raises(InputError) as error:
        build_box_loss(f"{module}:{function}")
    assert str(error.value).startswith(f"box loss {module}:{function}")
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere_at_all:loss", "module nowhere_at_all: not installed, and not in the current folder"),
        ("nowhere_at_all.deep:loss", "module nowhere_at_all.deep: not installed"),
        ("my_losses.py:loss", "got the file my_losses.py, allowed is its module: my_losses:loss"),
        ("folder/my_losses:loss", "got the file folder/my_losses"),
        (":loss", "allowed is module:function"),
        ("torch::cat", "allowed is module:function"),
    ],
)
def test_a_wrong_module_is_told_in_one_line(name: str, told: str) -> None:
    with pytest.raises(InputError) as error:
        build_box_loss(name)
    assert told in str(error.value)


def test_a_module_that_cannot_be_imported_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "syntax_of_own.py").write_text("def loss(:\n")
    (tmp_path / "needs_of_own.py").write_text("import surely_not_installed\n")
    with pytest.raises(InputError, match="module syntax_of_own: SyntaxError"):
        build_box_loss("syntax_of_own:loss")
    with pytest.raises(InputError, match=r"module needs_of_own: ModuleNotFoundError: .*surely_not_installed"):
        build_box_loss("needs_of_own:loss")


def test_an_installed_package_brings_losses_by_entry_points(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = Path("own_losses-1.0.dist-info")
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: own-losses\nVersion: 1.0\n")
    points = f"corner_distance = {module}:corners\ngiou = {module}:overlap\ngone = nowhere_at_all:loss\n"
    (installed / "entry_points.txt").write_text(f"[{own_loss.GROUP}]\n{points}")
    monkeypatch.syspath_prepend(Path.cwd())
    own_loss.installed_losses.cache_clear()
    try:
        assert available_box_losses()[-2:] == ["corner_distance", "gone"]
        pred, target = random_pairs(12)
        torch.testing.assert_close(costs("corner_distance", pred, target), costs("l1", pred, target))
        assert describe("corner_distance").source == f"{module}:corners"
        assert describe("giou").source == "arXiv 1902.09630"  # a name of ours stays ours
        with pytest.raises(InputError, match="box loss gone: module nowhere_at_all: not installed"):
            build_box_loss("gone")
        with pytest.raises(InputError, match="did you mean 'corner_distance'"):
            build_box_loss("corner_distanc")
    finally:
        own_loss.installed_losses.cache_clear()
