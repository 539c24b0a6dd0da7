"""The network: what it returns, how it starts, and that a checkpoint builds it again."""

from __future__ import annotations

import math

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import load_network
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.mot.models import decode_boxes, mot_net
from siou_tracking.mot.models.boxes import boxes_at, gather_cells

SMALL = {"feature_channels": 8, "head_channels": 8, "embedding_dim": 6, "backbone_pretrained": False}


def small_net(**options):
    return mot_net("small", **{"identities": 5, "input_size": (64, 32), **SMALL, **options})


@pytest.mark.parametrize("backbone", ["small", "efficientnet_lite0", "resnet18"])
def test_every_backbone_gives_the_maps_at_stride_four(backbone):
    net = mot_net(backbone, identities=5, input_size=(64, 32), **SMALL).eval()
    with torch.no_grad():
        outputs = net(torch.randn(2, 3, 32, 64))
    shapes = {name: tuple(value.shape) for name, value in outputs.items()}
    channels = {"heatmap": 1, "offset": 2, "size": 4, "embedding": 6, "feature": 8}
    assert shapes == {name: (2, count, 8, 16) for name, count in channels.items()}
    assert (outputs["size"] > 0).all() and (outputs["feature"] >= 0).all()


def test_sizes_that_no_stride_divides_are_rounded_up():
    with torch.no_grad():
        outputs = small_net().eval()(torch.randn(1, 3, 37, 58))
    assert outputs["heatmap"].shape == (1, 1, 10, 15)


def test_every_cell_starts_near_the_prior_probability():
    with torch.no_grad():
        heatmap = small_net()(torch.randn(4, 3, 32, 64))["heatmap"]
    assert torch.sigmoid(heatmap).mean().item() == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize(
    ("identities", "scale"), [(1, math.log(2)), (2, math.log(2)), (3, math.log(2)), (500, math.log(499))]
)
def test_embeddings_are_scored_at_the_length_that_grows_with_the_identities(identities, scale):
    net = small_net(identities=identities)
    embedding = torch.randn(2, 6, 8, 16)
    cells = torch.tensor([[3, 127], [64, 0]])
    expected = net.classifier.linear(
        math.sqrt(2) * scale * torch.nn.functional.normalize(gather_cells(embedding, cells), dim=-1)
    )
    torch.testing.assert_close(net.classifier(embedding, cells), expected)


def test_embeddings_of_zero_are_scored_without_nan():
    embedding = torch.zeros(1, 6, 8, 16, requires_grad=True)
    small_net().classifier(embedding, torch.zeros(1, 2, dtype=torch.int64)).sum().backward()
    assert torch.isfinite(embedding.grad).all()


def test_boxes_of_some_cells_are_those_of_the_dense_map():
    outputs = {"offset": torch.rand(2, 2, 8, 16), "size": torch.rand(2, 4, 8, 16) * 30}
    cells = torch.randint(0, 128, (2, 7))
    dense = decode_boxes(outputs, 4)
    torch.testing.assert_close(boxes_at(outputs, cells, 4), gather_cells(dense, cells))


def test_a_cell_states_the_box_round_its_center():
    outputs = {"offset": torch.zeros(1, 2, 8, 16), "size": torch.zeros(1, 4, 8, 16)}
    outputs["offset"][0, :, 2, 5] = torch.tensor([0.25, 0.5])
    outputs["size"][0, :, 2, 5] = torch.tensor([1.0, 2.0, 3.0, 4.0])
    # center ((5.25, 2.5) * 4) = (21, 10)
    assert decode_boxes(outputs, 4)[0, :, 2, 5].tolist() == [20, 8, 24, 14]


def test_boxes_of_half_precision_maps_keep_quarter_pixels():
    outputs = {"offset": torch.full((1, 2, 4, 300), 0.0625).half(), "size": torch.ones(1, 4, 4, 300).half()}
    assert decode_boxes(outputs, 4)[0, 0, 0, 299].item() == 299 * 4 + 0.25 - 1


def test_boxes_are_predicted_in_float32_under_autocast():
    net, images = small_net().eval(), torch.randn(1, 3, 32, 64)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        outputs = net(images)
    assert outputs["embedding"].dtype == torch.bfloat16
    assert outputs["offset"].dtype == outputs["size"].dtype == torch.float32
    assert (outputs["size"] != outputs["size"].bfloat16()).any()  # more than half precision holds
    assert net.half().heads(torch.ones(1, 8, 4, 4).half())["size"].dtype == torch.float16


def test_a_checkpoint_builds_the_network_again_with_all_that_was_trained(tmp_path):
    net = small_net(dim_weight=3.0)
    with torch.no_grad():
        net.balance.s_id += 1
        net.margins += torch.tensor([0.9, 0.4])
    path = tmp_path / "MOTNet_ep0001.pth.tar"
    write_checkpoint(path, {"net": net.state_dict(), "net_type": "MOTNet", "constructor": net.constructor})
    again, _ = load_network(path)
    assert again.input_size == (64, 32) and again.balance.scale == 3 and again.classifier.identities == 5
    images = torch.randn(1, 3, 32, 64)
    cells = torch.tensor([[7, 8]])
    with torch.no_grad():
        for name, value in net.eval()(images, cells).items():
            torch.testing.assert_close(again.eval()(images, cells)[name], value, rtol=0, atol=0)
    torch.testing.assert_close(again.margins, torch.tensor([0.9, 0.4]))


def test_inference_does_without_what_only_training_needs():
    net = small_net().eval()
    images = torch.randn(1, 3, 32, 64)
    with torch.no_grad():
        before = net(images)
        for parameter in (*net.classifier.parameters(), *net.balance.parameters(), net.margins):
            parameter.fill_(7)
        after = net(images)
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backbone": "resnet19"}, "unknown backbone 'resnet19': .*did you mean 'resnet18'"),
        ({"identities": 0}, "identities 0.*allowed are numbers from 1"),
        ({"input_size": (250, 160)}, "input_size .250, 160.*4 divides"),
        ({"input_size": (64, 32, 3)}, "allowed"),
    ],
)
def test_what_cannot_be_built_is_refused_with_its_reason(options, message):
    with pytest.raises(InputError, match=message):
        mot_net(**{"backbone": "small", **SMALL, **options})
