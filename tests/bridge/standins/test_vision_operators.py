"""torchvision's operators and old names, by their definitions and, where it is installed, by torchvision itself."""

from __future__ import annotations

import importlib
from collections import OrderedDict
from types import ModuleType

import pytest
import torch
from torch import nn

from siou_tracking.bridge.layouts.lib import LibLayout
from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.standins.vision import blocks, operators
from siou_tracking.bridge.standins.vision import modules as vision
from siou_tracking.bridge.supply.component import import_failure
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError

KIN = LibLayout()
real = pytest.mark.skipif(import_failure("torchvision") is not None, reason="torchvision is not installed")


def sources(tmp_path, *imports):
    return Sources(tmp_path, KIN, frozenset(imports))


def small_net():
    torch.manual_seed(0)
    return nn.Sequential(
        OrderedDict(stem=nn.Conv2d(3, 4, 3), relu=nn.ReLU(), layer1=nn.Conv2d(4, 5, 3), layer2=nn.Conv2d(5, 6, 3))
    )


@pytest.mark.parametrize(
    ("dtype", "result"), [(torch.float32, torch.float32), (torch.float16, torch.float32), (torch.uint8, torch.int32)]
)
def test_areas_are_products_of_sides(dtype, result):
    areas = operators.box_area(torch.tensor([[1, 2, 4, 8], [0, 0, 0, 5]], dtype=dtype))
    assert areas.dtype == result and areas.tolist() == [18, 0]


def test_areas_of_bytes_do_not_overflow():
    assert operators.box_area(torch.tensor([[0, 0, 200, 200]], dtype=torch.uint8)).tolist() == [40000]


def test_results_between_the_layers_are_given_by_new_names():
    net, x = small_net(), torch.randn(2, 3, 9, 9)
    getter = operators.IntermediateLayerGetter(net, {"stem": "0", "layer1": "last"})
    results = getter(x)
    assert list(results) == ["0", "last"] and torch.equal(results["0"], net.stem(x))
    assert torch.equal(results["last"], net.layer1(net.relu(net.stem(x))))
    assert list(getter.state_dict()) == ["stem.weight", "stem.bias", "layer1.weight", "layer1.bias"]
    with pytest.raises(InputError, match="got layer9, allowed: stem, relu"):
        operators.IntermediateLayerGetter(net, {"layer9": "0"})


def test_convolutions_keep_or_divide_the_size():
    x = torch.randn(1, 4, 8, 8)
    assert blocks.conv3x3(4, 6, 2)(x).shape == (1, 6, 4, 4) and blocks.conv3x3(4, 4, dilation=2)(x).shape == x.shape
    assert blocks.conv1x1(4, 6)(x).shape == (1, 6, 8, 8) and blocks.conv1x1(4, 6).bias is None


def test_sizes_of_an_interpolation():
    x = torch.zeros(1, 2, 10, 7)
    assert operators.output_size(2, x, 5, None) == [5, 5] and operators.output_size(2, x, (4, 3), None) == [4, 3]
    assert operators.output_size(2, x, None, 0.5) == [5, 3] and operators.output_size(2, x, None, (2, 1)) == [20, 7]
    for size, factor in [(None, None), (2, 2.0)]:
        with pytest.raises(InputError, match="both or neither"):
            operators.output_size(2, x, size, factor)
    assert operators.new_empty_tensor(x.half(), (0, 3)).shape == (0, 3)


@pytest.mark.parametrize("asked", ["torchvision.ops.misc", "torchvision.datasets"])
def test_the_stand_in_has_what_the_version_trap_asks_for_and_takes_other_imports(tmp_path, monkeypatch, asked):
    monkeypatch.setattr(vision, "import_failure", lambda module: "absent")
    found = vision.torchvision(sources(tmp_path, asked))
    made = {name: make(name) for name, make in found.modules.items()}
    assert float(made["torchvision"].__version__[:3]) < 0.7  # as the checkouts compare it
    assert made["torchvision.ops"]._new_empty_tensor and made["torchvision.ops.misc"]._output_size
    assert made["torchvision.ops.boxes"].box_area is operators.box_area
    assert made["torchvision.models.utils"].load_state_dict_from_url is torch.hub.load_state_dict_from_url
    if asked not in ("torchvision.ops.misc",):
        with pytest.raises(InputError, match=r"torchvision\.datasets\.ImageFolder.*install the build of torchvision"):
            made[asked].ImageFolder()


def test_a_torchvision_that_has_lost_names_gets_them_back(tmp_path, install):
    install("torchvision.ops.misc", "")
    install("torchvision.ops.boxes", "")
    package = importlib.import_module("torchvision")
    package.__version__ = "0.28.0"
    asked = sources(tmp_path, "torchvision.ops", "torchvision.ops.misc", "torchvision.models.utils")
    install("torchvision.models.resnet", "")
    importlib.invalidate_caches()
    found, patches = vision.old_operators(asked), Patches()
    assert "_new_empty_tensor" in found.consequence and found.state == "not in torchvision 0.28.0"
    assert isinstance(found.modules["torchvision.models.utils"]("torchvision.models.utils"), ModuleType)
    found.apply(patches)
    assert importlib.import_module("torchvision.ops")._new_empty_tensor is operators.new_empty_tensor
    patches.undo()
    assert not hasattr(importlib.import_module("torchvision.ops"), "_new_empty_tensor")
    assert vision.old_operators(sources(tmp_path, "torchvision.transforms")) is None


@real
def test_operators_equal_torchvisions():
    boxes = torch.rand(7, 4).cumsum(1)
    assert torch.equal(operators.box_area(boxes), importlib.import_module("torchvision.ops.boxes").box_area(boxes))
    theirs = importlib.import_module("torchvision.models._utils").IntermediateLayerGetter
    net, x, names = small_net(), torch.randn(1, 3, 9, 9), {"relu": "a", "layer1": "b"}
    one, other = theirs(net, names), operators.IntermediateLayerGetter(net, names)
    assert list(one.state_dict()) == list(other.state_dict())
    for a, b in zip(one(x).values(), other(x).values(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize(("mode", "shares"), [("row", {0.0, 4.0}), ("batch", {0.0, 4.0})])
def test_stochastic_depth_drops_samples_and_keeps_the_mean(mode, shares):
    torch.manual_seed(0)
    layer, x = operators.StochasticDepth(0.75, mode), torch.ones(400, 2, 3)
    drawn = torch.cat([layer(x[:1]) for _ in range(400)]) if mode == "batch" else layer(x)
    assert set(drawn.unique().tolist()) == shares and (drawn == drawn[:, :1, :1]).all()
    assert 0.7 < drawn.mean() < 1.3
    assert torch.equal(layer.eval()(x), x) and not operators.StochasticDepth(1.0, mode)(x).any()
    with pytest.raises(InputError, match=r"StochasticDepth: got p 2 and mode"):
        operators.StochasticDepth(2, mode)
