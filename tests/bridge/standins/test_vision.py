"""torchvision's parts of our own: its parameter names, its shapes, its values."""

from __future__ import annotations

import importlib
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.standins.vision import blocks as vision_blocks
from siou_tracking.bridge.standins.vision import modules as vision
from siou_tracking.bridge.standins.vision import transforms as vision_transforms
from siou_tracking.bridge.standins.vision.pyramid import FeaturePyramidNetwork
from siou_tracking.bridge.supply.component import import_failure
from siou_tracking.errors import InputError

real = pytest.mark.skipif(import_failure("torchvision") is not None, reason="torchvision is not installed")


def shortcut(channels, out, stride):
    return nn.Sequential(nn.Conv2d(channels, out, 1, stride=stride, bias=False), nn.BatchNorm2d(out))


@pytest.mark.parametrize("block, out", [("BasicBlock", 16), ("Bottleneck", 64)])
def test_blocks_have_the_parameters_of_our_resnet_and_its_values(block, out):
    """The embedded engine's blocks are tested against published weights; they take the same state_dict."""
    resnet = importlib.import_module("siou_tracking.ltr.models.backbone.resnet")
    ours = getattr(vision_blocks, block)(8, 16, 2, shortcut(8, out, 2)).eval()
    engine = getattr(resnet, block)(8, 16, 2, shortcut(8, out, 2)).eval()
    engine.load_state_dict(ours.state_dict())
    x = torch.randn(2, 8, 9, 9)
    torch.testing.assert_close(ours(x), engine(x), rtol=1e-5, atol=1e-5)


def test_a_block_without_shortcut_layers_adds_its_input():
    block = vision_blocks.BasicBlock(4, 4)
    nn.init.zeros_(block.bn2.weight)
    x = torch.randn(1, 4, 5, 5)
    torch.testing.assert_close(block(x), x.relu())


def test_convolutions_start_as_torch_starts_them():
    torch.manual_seed(0)
    block = vision_blocks.BasicBlock(4, 8)
    torch.manual_seed(0)
    first = nn.Conv2d(4, 8, 3, padding=1, bias=False)
    second = nn.Conv2d(8, 8, 3, padding=1, bias=False)
    assert torch.equal(block.conv1.weight, first.weight) and torch.equal(block.conv2.weight, second.weight)


def test_groups_are_refused_where_they_are_not_supported():
    with pytest.raises(InputError, match="groups 2"):
        vision_blocks.BasicBlock(4, 4, groups=2)


def maps():
    return OrderedDict(fine=torch.randn(1, 3, 8, 6), middle=torch.randn(1, 5, 4, 3), coarse=torch.randn(1, 7, 2, 2))


def test_the_pyramid_is_lateral_plus_enlarged_coarser_map():
    net, x = FeaturePyramidNetwork([3, 5, 7], 4), maps()
    lateral = [block(value) for block, value in zip(net.inner_blocks, x.values(), strict=True)]
    middle = lateral[1] + functional.interpolate(lateral[2], size=(4, 3))
    fine = lateral[0] + functional.interpolate(middle, size=(8, 6))
    expected = [net.layer_blocks[0](fine), net.layer_blocks[1](middle), net.layer_blocks[2](lateral[2])]
    result = net(x)
    assert list(result) == list(x)
    for got, value in zip(result.values(), expected, strict=True):
        torch.testing.assert_close(got, value)


def test_the_pyramid_loads_weights_of_older_torchvision_too():
    source, target = FeaturePyramidNetwork([3, 5], 4), nn.ModuleDict({"fpn": FeaturePyramidNetwork([3, 5], 4)})
    old = {f"fpn.{key.replace('.0.weight', '.weight').replace('.0.bias', '.bias')}": value for key, value in
           source.state_dict().items()}  # fmt: skip
    assert "fpn.inner_blocks.0.weight" in old
    target.load_state_dict(old)
    for key, value in source.state_dict().items():
        assert torch.equal(target.state_dict()[f"fpn.{key}"], value)


def test_pictures_become_tensors_between_zero_and_one():
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    tensor = vision_transforms.to_tensor(picture)
    assert tensor.shape == (3, 5, 7) and tensor.dtype == torch.float32
    assert torch.equal(tensor, torch.tensor(picture.transpose(2, 0, 1) / np.float32(255)))
    assert vision_transforms.ToTensor()(picture[:, :, 0]).shape == (1, 5, 7)
    assert vision_transforms.to_tensor(picture.astype(np.float32)).max() > 1


def test_normalization_is_per_channel_and_in_place_only_when_asked():
    x = torch.rand(2, 3, 4, 4)
    kept = x.clone()
    result = vision_transforms.normalize(x, [0.1, 0.2, 0.3], [1, 2, 4])
    expected = (x.numpy() - np.array([0.1, 0.2, 0.3], "f4")[:, None, None]) / np.array([1, 2, 4], "f4")[:, None, None]
    assert torch.equal(x, kept) and np.array_equal(result.numpy(), expected)
    assert vision_transforms.normalize(x, [0.5], [2.0], inplace=True) is x
    for bad in (torch.zeros(3, 2, 2, dtype=torch.uint8), torch.zeros(3, 2)):
        with pytest.raises(InputError, match="normalize"):
            vision_transforms.normalize(bad, [0.5], [1.0])
    with pytest.raises(InputError, match="not zero"):
        vision_transforms.normalize(x, [0.5], [0.0])


def test_the_package_is_imported_in_every_way_that_checkouts_use(fake_checkout, monkeypatch):
    monkeypatch.setattr(vision, "import_failure", lambda module: "absent")
    with checkout_session(fake_checkout, announce=False):
        package = importlib.import_module("torchvision")
        assert package.transforms.Normalize is vision_transforms.Normalize
        assert package.ops.FeaturePyramidNetwork is FeaturePyramidNetwork
        assert set(package.models.resnet.model_urls) >= {"resnet18", "resnet50", "resnet101"}
        assert importlib.import_module("torchvision.transforms.functional").normalize is vision_transforms.normalize
        with pytest.raises(AttributeError, match="the stand-in for 'torchvision' has no 'datasets': install"):
            _ = package.datasets


def test_addresses_of_weights_are_added_to_a_torchvision_that_has_lost_them(fake_checkout, install):
    install("torchvision.models.resnet", "class BasicBlock: pass")
    install("torchvision.ops", "")
    with checkout_session(fake_checkout, announce=False):
        module = importlib.import_module("torchvision.models.resnet")
        assert module.model_urls["resnet50"].endswith("resnet50-0676ba61.pth")
    assert not hasattr(module, "model_urls")


@real
@pytest.mark.parametrize("name", ["BasicBlock", "Bottleneck"])
def test_blocks_equal_torchvisions_to_the_bit(name):
    theirs = getattr(importlib.import_module("torchvision.models.resnet"), name)
    blocks = []
    for kind in (theirs, getattr(vision_blocks, name)):
        torch.manual_seed(0)
        blocks.append(kind(16, 16, 2, shortcut(16, 16 * kind.expansion, 2)))
    x = torch.randn(2, 16, 9, 9)
    assert list(blocks[0].state_dict()) == list(blocks[1].state_dict())
    assert torch.equal(blocks[0](x), blocks[1](x))


@real
def test_the_pyramid_equals_torchvisions_to_the_bit():
    nets = []
    for kind in (importlib.import_module("torchvision.ops").FeaturePyramidNetwork, FeaturePyramidNetwork):
        torch.manual_seed(0)
        nets.append(kind([3, 5, 7], 4))
    x = maps()
    assert list(nets[0].state_dict()) == list(nets[1].state_dict())
    for theirs, ours in zip(nets[0](x).values(), nets[1](x).values(), strict=True):
        assert torch.equal(theirs, ours)
