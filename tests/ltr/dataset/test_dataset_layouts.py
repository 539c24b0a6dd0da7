"""Each data set reads its official layout: sequences, boxes, visibility, the frame asked for, the class."""

import json
import pickle

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.dataset import Got10k, Lasot, MSCOCOSeq, TrackingNet


def shown(image):
    """The frame number that the fixture painted."""
    return round(float(image.mean()) / 8)


@pytest.fixture
def every(got10k_root, lasot_root, trackingnet_root, coco_root):
    return {
        "got10k": Got10k(got10k_root),
        "lasot": Lasot(lasot_root, split="train"),
        "trackingnet": TrackingNet(trackingnet_root, set_ids=[0, 3]),
        "coco": MSCOCOSeq(coco_root),
    }


@pytest.mark.parametrize("name", ["got10k", "lasot", "trackingnet", "coco"])
def test_the_contract_of_samplers_holds(every, name):
    dataset = every[name]
    assert dataset.get_name() == name
    assert dataset.is_video_sequence() == (name != "coco")
    assert not dataset.is_mot_dataset()
    assert len(dataset) == dataset.get_num_sequences() > 0
    info = dataset.get_sequence_info(0)
    count = len(info["bbox"])
    assert (info["bbox"].shape, info["bbox"].dtype) == ((count, 4), torch.float32)
    assert (info["valid"].dtype, info["visible"].dtype) == (torch.bool, torch.uint8)
    assert info["visible"].shape == info["valid"].shape == (count,)
    frames, anno, meta = dataset.get_frames(0, [0, 0], info)
    assert [f.shape for f in frames] == [(24, 32, 3)] * 2
    assert {k: len(v) for k, v in anno.items()} == dict.fromkeys(info, 2)
    assert list(meta) == ["object_class_name", "motion_class", "major_class", "root_class", "motion_adverb"]
    anno["bbox"][0].zero_()
    assert dataset.get_sequence_info(0)["bbox"][0].any()


@pytest.mark.parametrize("name", ["got10k", "lasot", "trackingnet"])
def test_frames_and_boxes_belong_together(every, name):
    dataset = every[name]
    frames, anno, _ = dataset.get_frames(1, [7, 12, 0])
    assert [shown(f) for f in frames] == [7, 12, 0]
    assert [b.tolist() for b in anno["bbox"]] == [[7.5, 8, 8, 6], [12.5, 13, 8, 6], [0.5, 1, 8, 6]]


def test_got10k_combines_absence_cover_and_validity(got10k_root):
    lines = (got10k_root / "GOT-10k_Train_000001/groundtruth.txt").read_text().split("\n")
    lines[10] = "5,5,0,6"
    (got10k_root / "GOT-10k_Train_000001/groundtruth.txt").write_text("\n".join(lines))
    info = Got10k(got10k_root).get_sequence_info(0)
    assert torch.nonzero(info["visible"] == 0).flatten().tolist() == [3, 4, 10]
    assert torch.nonzero(~info["valid"]).flatten().tolist() == [10]
    assert info["visible_ratio"][[0, 4]].tolist() == [0.75, 0.0]


def test_got10k_class_names_come_from_meta_info_and_are_none_without_it(got10k_root):
    dataset = Got10k(got10k_root)
    assert dict(dataset.get_frames(0, [0])[2]) == {
        "object_class_name": "boat",
        "motion_class": "running",
        "major_class": "vessel",
        "root_class": "vehicle",
        "motion_adverb": "slowly",
    }
    assert set(dataset.get_frames(1, [0])[2].values()) == {None}
    assert dataset.get_sequences_in_class("boat") == [0]
    assert (dataset.get_class_list(), dataset.get_num_classes()) == (["boat"], 1)


def test_got10k_takes_chosen_sequences(got10k_root):
    assert Got10k(got10k_root, seq_ids=[3, 0]).sequence_list == ["GOT-10k_Train_000004", "GOT-10k_Train_000001"]
    assert len(Got10k(got10k_root, data_fraction=0.5)) == 6


def test_lasot_train_leaves_out_the_test_sequences_and_sorts_by_number(lasot_root):
    assert Lasot(lasot_root, split="train").sequence_list == ["airplane-2", "airplane-10", "bear-1"]
    assert Lasot(lasot_root, vid_ids=[1]).sequence_list == ["airplane-1", "bear-1"]


def test_lasot_visibility_and_class(lasot_root):
    dataset = Lasot(lasot_root, split="train")
    assert torch.nonzero(dataset.get_sequence_info(0)["visible"] == 0).flatten().tolist() == [3, 5]
    assert dataset.get_class_name(2) == "bear"
    assert dataset.class_list == ["airplane", "bear"]
    assert dataset.get_sequences_in_class("airplane") == [0, 1]


def test_trackingnet_uses_the_sets_asked_for_and_names_the_missing(trackingnet_root, caplog):
    assert TrackingNet(trackingnet_root, set_ids=[0]).sequence_list == [(0, "abc_0"), (0, "xyz_1")]
    assert not caplog.records
    assert len(TrackingNet(trackingnet_root, set_ids=[0, 1, 3])) == 3
    assert "TRAIN_1 not there" in caplog.text
    with pytest.raises(InputError, match="got none of TRAIN_7"):
        TrackingNet(trackingnet_root, set_ids=[7])


def test_trackingnet_class_is_none_until_a_class_map_lies_beside_the_sets(trackingnet_root, monkeypatch):
    monkeypatch.delenv("PYTRACKING_HOME", raising=False)
    assert TrackingNet(trackingnet_root, set_ids=[0]).get_class_name(0) is None
    (trackingnet_root / "trackingnet_classmap.txt").write_text("abc_0\tairplane\n")
    dataset = TrackingNet(trackingnet_root, set_ids=[0])
    assert [dataset.get_class_name(i) for i in (0, 1)] == ["airplane", None]


def test_coco_leaves_out_crowds_and_empty_boxes_and_repeats_its_image(coco_root):
    dataset = MSCOCOSeq(coco_root)
    assert len(dataset) == 2
    assert dataset.get_sequence_info(0)["bbox"].tolist() == [[1, 2, 3.5, 4]]
    frames, anno, meta = dataset.get_frames(1, [1, 1])
    assert [shown(f) for f in frames] == [1, 1]
    assert [b.tolist() for b in anno["bbox"]] == [[5, 6, 7, 8]] * 2
    assert meta["object_class_name"] == "person"
    assert dataset.get_sequences_in_class("dog") == [0]
    frames[0][:] = 0
    assert shown(frames[1]) == 1


@pytest.mark.parametrize("name", ["got10k", "lasot", "trackingnet", "coco"])
def test_a_pickled_copy_reads_the_same(every, name):
    dataset = every[name]
    before = dataset.get_sequence_info(1)
    twin = pickle.loads(pickle.dumps(dataset))
    assert twin.sequence_list == dataset.sequence_list
    assert all(torch.equal(twin.get_sequence_info(1)[key], value) for key, value in before.items())


def test_annotations_are_read_once_until_the_bound_is_passed(got10k_root, monkeypatch):
    dataset = Got10k(got10k_root)
    read, original = [], dataset._read_boxes
    monkeypatch.setattr(dataset, "_read_boxes", lambda seq_id: read.append(seq_id) or original(seq_id))
    for seq_id in (0, 1, 0):
        dataset.get_sequence_info(seq_id)
    assert read == [0, 1]
    dataset._cache.frames = 50  # two sequences of 25 frames
    for seq_id in (2, 0, 1):  # 2 drops 1, so 1 is read again
        dataset.get_sequence_info(seq_id)
    assert read == [0, 1, 2, 1]


def test_coco_errors_name_the_file_and_the_annotation(coco_root):
    path = coco_root / "annotations" / "instances_train2014.json"
    content = json.loads(path.read_text())
    content["annotations"][1]["bbox"] = [1, 2, None, 4]
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"instances_train2014\.json: annotation id 2: got bbox"):
        MSCOCOSeq(coco_root)
    del content["annotations"][1]["bbox"]
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="without 'bbox'"):
        MSCOCOSeq(coco_root)
    path.write_text("{")
    with pytest.raises(InputError, match="line 1"):
        MSCOCOSeq(coco_root)
    with pytest.raises(InputError, match=r"instances_val2017\.json: No such file"):
        MSCOCOSeq(coco_root, split="val", version="2017")
