"""The actor: what the total is made of, every box loss, batches at the edges, and that it learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from siou_tracking.boxes import elementwise_iou
from siou_tracking.errors import InputError
from siou_tracking.losses import DIMLoss, build_box_loss, gather_centers, registered_box_losses
from siou_tracking.losses.box import smooth_iou_gradient
from siou_tracking.ltr.data.tensors import TensorDict
from siou_tracking.mot.data.dataset import MOTFrames, collate_frames
from siou_tracking.mot.data.letterbox import normalize_images
from siou_tracking.mot.data.processing import MOTProcessing
from siou_tracking.mot.models import decode_boxes, mot_net
from siou_tracking.mot.training.actor import LOSS_WEIGHTS, OneStageMOTActor
from siou_tracking.mot.training.losses import heatmap_loss, identity_loss
from siou_tracking.mot.training.targets import build_targets
from tests.mot.painted_split import write_split

NUMBERS = ("Loss/total", "Loss/heatmap", "Loss/offset", "Loss/id", "IoU/mean", "Identity/accuracy")


def make_net(identities: int = 6, width: int = 16):
    torch.manual_seed(1)
    return mot_net(
        "small",
        feature_channels=width,
        head_channels=width,
        embedding_dim=width,
        identities=identities,
        input_size=(96, 64),
    )


def make_batch(objects: int = 5, images: int = 2, identities: int = 6) -> TensorDict:
    generator = torch.Generator().manual_seed(4)
    center = torch.rand(images, objects, 2, generator=generator) * torch.tensor([96.0, 64.0])
    sides = 6 + 20 * torch.rand(images, objects, 2, generator=generator)
    return TensorDict(
        train_images=torch.randint(0, 256, (images, 3, 64, 96), dtype=torch.uint8, generator=generator),
        boxes=torch.cat((center - sides / 2, center + sides / 2), -1),
        identities=torch.randint(0, identities, (images, objects), generator=generator),
        epoch=1,
    )


def box_loss(name: str) -> torch.nn.Module:
    return build_box_loss(name, box_format="xyxy", reduction="none")


def test_total_is_the_balanced_sum_of_its_terms():
    actor = OneStageMOTActor(make_net(), dim="both", margins=(0.6, 0.6))
    total, stats = actor(make_batch())
    detection = stats["Loss/heatmap"] + 0.1 * stats["Loss/size"] + stats["Loss/offset"]
    s_det, s_id = stats["Task/s_det"], stats["Task/s_id"]
    expected = 0.5 * (torch.exp(-s_det) * detection + torch.exp(-s_id) * stats["Loss/id"] + s_det + s_id)
    expected = expected + 10 * (stats["Loss/dim_det"] + stats["Loss/dim_id"])
    torch.testing.assert_close(total.detach(), expected)
    assert stats["Loss/dim_det"] > 0 and stats["Loss/dim_id"] > 0


def test_dim_acts_on_the_shared_feature_at_the_object_centers():
    net, batch = make_net().eval(), make_batch()
    targets = build_targets(batch["boxes"], batch["identities"], 96, 64, 4)
    with torch.no_grad():
        _, stats = OneStageMOTActor(net, dim="both", margins=(0.6, 0.6))(batch)
        feature = net(normalize_images(batch["train_images"]))["feature"]
        terms = DIMLoss(0.6, 0.6).terms(*gather_centers(feature, targets.cells, targets.mask))
    torch.testing.assert_close((stats["Loss/dim_det"], stats["Loss/dim_id"]), tuple(terms))


def test_mean_iou_is_that_of_the_predicted_boxes_at_the_centers():
    net, batch = make_net().eval(), make_batch()
    with torch.no_grad():
        _, stats = OneStageMOTActor(net)(batch)
        dense = decode_boxes(net(normalize_images(batch["train_images"])), 4)
    targets = build_targets(batch["boxes"], batch["identities"], 96, 64, 4)
    ious = [
        elementwise_iou(dense[i].flatten(1).T[targets.cells[i, k]], batch["boxes"][i, k])
        for i, k in targets.mask.nonzero()
    ]
    torch.testing.assert_close(stats["IoU/mean"], torch.stack(ious).mean())


# The value of wiou_v3 follows what else it was called with.
@pytest.mark.parametrize("name", [name for name in registered_box_losses() if name != "wiou_v3"])
def test_every_registered_box_loss_takes_the_place_of_the_size_loss(name):
    actor, batch = OneStageMOTActor(make_net()), make_batch()
    actor.set_box_loss(box_loss(name), 3.0)
    total, stats = actor(batch)
    total.backward()
    assert "Loss/size" not in stats
    targets = build_targets(batch["boxes"], batch["identities"], 96, 64, 4)
    actor.net.eval()
    with torch.no_grad():
        _, stats = actor(batch)
        dense = decode_boxes(actor.net(normalize_images(batch["train_images"])), 4).flatten(2).transpose(1, 2)
    boxes = torch.stack([dense[i, targets.cells[i, k]] for i, k in targets.mask.nonzero()])
    expected = build_box_loss(name)(boxes, batch["boxes"][targets.mask])
    torch.testing.assert_close(stats["Loss/box"], expected)
    assert all(parameter.grad.isfinite().all() for parameter in actor.net.heads.parameters())
    assert actor.net.heads.out["size"].weight.grad.any()


def test_none_goes_back_to_the_size_loss_and_weights_count():
    actor, batch = OneStageMOTActor(make_net().eval(), loss_weights={"offset": 0.0}), make_batch()
    before, _ = actor(batch)
    actor.set_box_loss(box_loss("giou"), 2.0)
    changed, stats = actor(batch)
    detection = stats["Loss/heatmap"] + 2 * stats["Loss/box"]
    s_det, s_id = stats["Task/s_det"], stats["Task/s_id"]
    expected = 0.5 * (torch.exp(-s_det) * detection + torch.exp(-s_id) * stats["Loss/id"] + s_det + s_id)
    torch.testing.assert_close(changed.detach(), expected)
    actor.set_box_loss(None)
    assert torch.equal(actor(batch)[0], before)


@pytest.mark.parametrize("loss", [None, "smooth_iou", "ciou", "siou_angle", "wiou_v3", "kfiou", "2*giou+5*l1"])
@pytest.mark.parametrize("kind", ["padding", "no rows", "outside"])
def test_a_batch_without_objects_trains_the_background_only(kind, loss):
    batch = make_batch(0 if kind == "no rows" else 4)
    batch["boxes"] = batch["boxes"] * 0 + (500 if kind == "outside" else 0)
    actor = OneStageMOTActor(make_net(), dim="both", margins=(0.5, 0.2))
    actor.set_box_loss(None if loss is None else box_loss(loss))
    total, stats = actor(batch)
    total.backward()
    empty = [
        value for name, value in stats.items() if name.startswith("Loss/") and name[5:] not in ("total", "heatmap")
    ]
    assert len(empty) == 5 and not any(empty)
    assert all(torch.isfinite(torch.as_tensor(value)) for value in stats.values())
    gradients = {name: parameter.grad for name, parameter in actor.net.named_parameters()}
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients.values())
    assert gradients["heads.out.heatmap.weight"].any()
    assert not gradients["classifier.linear.weight"].any() and not gradients["heads.out.size.weight"].any()


def test_two_persons_in_one_cell_a_single_identity_and_unknown_ones_stay_finite():
    batch = make_batch(3, identities=1)
    batch["boxes"][:, 1] = batch["boxes"][:, 0] + 0.01
    batch["identities"][:, 2] = -1
    actor = OneStageMOTActor(make_net(identities=1), dim="both", margins=(0.5, 0.2), dim_options={"spread": "pairwise"})
    total, stats = actor(batch)
    total.backward()
    assert stats["Loss/id"] == 0
    assert all(p.grad.isfinite().all() for p in actor.net.parameters())


def test_half_precision_maps_give_losses_in_float32():
    actor, batch = OneStageMOTActor(make_net(), dim="both", margins=(0.3, 0.2)), make_batch()
    whole, _ = actor(batch)
    with torch.autocast("cpu", torch.bfloat16):
        half, stats = actor(batch)
    half.backward()
    assert half.dtype == torch.float32 and all(value.dtype == torch.float32 for value in stats.values())
    torch.testing.assert_close(half, whole, rtol=0.05, atol=0)
    assert all(p.grad.isfinite().all() for p in actor.net.parameters())


def test_batch_and_settings_file_names_are_those_of_the_trainer():
    _, stats = OneStageMOTActor(make_net())(make_batch())
    assert set(NUMBERS) < set(stats)
    assert {"Loss/size", "Task/s_det", "Task/s_id", "Feature/d05", "Feature/d50", "Feature/d95"} < set(stats)
    assert not any(value.requires_grad for value in stats.values())


def test_rivals_of_the_sequence_alone_compete_where_asked_for():
    net, batch = make_net().eval(), make_batch(identities=3)
    everyone = torch.tensor([[0, 6], [0, 6]])
    losses = {}
    for name, rivals in (("all", None), ("sequence", everyone), ("three", torch.tensor([[0, 3], [0, 3]]))):
        data = TensorDict(batch) if rivals is None else TensorDict(batch, rivals=rivals)
        _, stats = OneStageMOTActor(net, rivals="all" if rivals is None else "sequence")(data)
        losses[name] = stats["Loss/id"].item()
    assert losses["all"] == losses["sequence"] > losses["three"]
    with pytest.raises(InputError, match="unknown rivals 'none'"):
        OneStageMOTActor(net, rivals="none")


class _Watch(TorchDispatchMode):
    """Names every operation that reads a value, whose shape depends on values, or that copies a constant over."""

    waiting = ("_local_scalar_dense", "nonzero", "masked_select", "lift_fresh", "unique", "repeat_interleave.Tensor")

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = str(function)
        if any(word in name for word in self.waiting) or ("aten.index." in name and args[1][0].dtype == torch.bool):
            self.seen.append(name)
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("loss", [None, "smooth_iou"])
def test_a_step_never_waits_for_the_device(loss, monkeypatch):
    monkeypatch.setattr(smooth_iou_gradient, "_may_look", lambda values: False)  # as on a device
    actor, batch = OneStageMOTActor(make_net(), dim="both", margins=(0.6, 0.6)), make_batch()
    batch["ignored"] = batch["boxes"] + 7
    actor.set_box_loss(None if loss is None else box_loss(loss))
    actor(batch)  # constants are made once
    with _Watch() as watch:
        total, _ = actor(batch)
        total.backward()
    assert watch.seen == []
    with watch:
        total.item()
    assert watch.seen == ["aten._local_scalar_dense.default"]


def test_network_targets_and_losses_compile_to_one_graph():
    net, batch = make_net(), make_batch()

    def loss(images, boxes, identities):
        targets = build_targets(boxes, identities, 96, 64, 4, boxes + 9)
        outputs = net(images, targets.cells)
        found = heatmap_loss(outputs["heatmap"], targets.heatmap, targets.ignored)
        return found + identity_loss(outputs["scores"], targets.identities) + decode_boxes(outputs, 4).mean()

    arguments = (normalize_images(batch["train_images"]), batch["boxes"], batch["identities"])
    whole = torch.compile(loss, backend="eager", fullgraph=True)(*arguments)
    torch.testing.assert_close(whole, loss(*arguments))


def test_an_unknown_loss_weight_is_refused_and_the_known_are_named():
    with pytest.raises(InputError, match=r"unknown loss weight 'offsets': allowed are box, heatmap, offset, size"):
        OneStageMOTActor(make_net(), loss_weights={"offsets": 1.0})
    assert LOSS_WEIGHTS["size"] == 0.1


@pytest.mark.parametrize("loss", [None, "smooth_iou"])
def test_four_frames_are_learned_by_heart(tmp_path, loss):
    """Peaks at the centers and nowhere else, boxes on the persons, and every person known."""
    frames = MOTFrames(write_split(tmp_path, sequences=1, persons=3, frames=4), MOTProcessing(96, 64))
    batch = collate_frames([frames[index] for index in range(4)])
    actor = OneStageMOTActor(make_net(frames.identities))
    actor.set_box_loss(None if loss is None else box_loss(loss))
    actor.train()
    optimizer = torch.optim.Adam(actor.net.parameters(), lr=5e-3)
    for _ in range(60):
        total, stats = actor(batch)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    assert stats["Identity/accuracy"] == 1
    assert stats["IoU/mean"] > 0.75
    targets = build_targets(batch["boxes"], batch["identities"], 96, 64, 4)
    outputs = actor.net(normalize_images(batch["train_images"]))
    score = torch.sigmoid(outputs["heatmap"])[:, 0].flatten(1)
    centers = score.gather(1, targets.cells)[targets.mask]
    assert centers.min() > 0.3
    assert np.quantile(score[targets.heatmap[:, 0].flatten(1) == 0].detach(), 0.99) < centers.min()
