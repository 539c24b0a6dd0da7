"""The backbone of a tracker: its layout on a CPU, half precision, and compiled for one image at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.trackers.online.backbone import FeatureReader
from siou_tracking.trackers.online.params import InputParams
from tests.trackers.conftest import RandomFeatureNet

LAYERS = ("layer2", "layer3")


def make_reader(net: torch.nn.Module) -> FeatureReader:
    return FeatureReader(net, LAYERS, InputParams(patch_size=64), torch.device("cpu"))


def pixels(count: int) -> torch.Tensor:
    return 255 * torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def test_weights_have_the_layout_of_the_maps_and_their_values(net: RandomFeatureNet) -> None:
    before = net.second.clone()
    make_reader(net)
    assert torch.equal(net.second, before) and not net.second.requires_grad
    assert net.second.is_contiguous(memory_format=torch.channels_last)


def test_features_do_not_depend_on_the_images_beside_them(net: RandomFeatureNet) -> None:
    read, images = make_reader(net), pixels(6)
    together = read(images)
    for name in LAYERS:
        alone = torch.cat([read(one[None])[name] for one in images])
        torch.testing.assert_close(together[name], alone, rtol=1e-5, atol=1e-5)


def test_half_precision_is_near_and_leaves_as_float32(net: RandomFeatureNet) -> None:
    read = make_reader(net)
    whole = read(pixels(5))
    read.hasten("bf16", compiled=False)
    half = read(pixels(5))
    for name in LAYERS:
        assert half[name].dtype == torch.float32
        apart = (half[name] - whole[name]).abs().max() / whole[name].abs().max()
        assert 0 < apart < 0.02  # eight bits of each factor


def test_precisions_that_a_device_has_not_are_refused(net: RandomFeatureNet) -> None:
    with pytest.raises(InputError, match="--amp fp16: the cpu is slower in it"):
        make_reader(net).hasten("fp16", compiled=False)


def test_one_image_at_a_time_is_compiled(net: RandomFeatureNet, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def pretend(function: Callable[..., Any], **options: object) -> Callable[..., Any]:
        def compiled(images: torch.Tensor, *layers: Sequence[str]) -> Any:
            sizes.append(len(images))
            return function(images, *layers)

        return compiled

    monkeypatch.setattr(torch, "compile", pretend)
    read = make_reader(net)
    read.hasten(None, compiled=True)
    sizes.clear()  # of the trial whether anything compiles
    whole, one = read(pixels(6)), read(pixels(1))
    assert sizes == [1]
    torch.testing.assert_close(one["layer3"], whole["layer3"][:1], rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_what_torch_compiles_gives_the_same_features(net: RandomFeatureNet) -> None:
    read = make_reader(net)
    expected = read(pixels(1))
    try:
        read.hasten(None, compiled=True)
    except InputError as error:
        pytest.skip(str(error))
    for name, value in read(pixels(1)).items():
        torch.testing.assert_close(value, expected[name], rtol=1e-4, atol=1e-4)
