"""Dictionaries with attributes do what easydict's and yacs's do."""

from __future__ import annotations

import copy
import pickle

import pytest

from siou_tracking.bridge.standins.packages.easydict import CfgNode, EasyDict


def test_items_are_attributes_and_the_other_way_round():
    cfg = EasyDict({"TRAIN": {"LR": 0.1}}, TEST=1)
    cfg.TRAIN.EPOCH = 3
    cfg["MODEL"] = {"HEAD": {"TYPE": "CENTER"}}
    assert cfg.TRAIN["EPOCH"] == 3 and cfg.MODEL.HEAD.TYPE == "CENTER" and cfg.TEST == 1
    assert cfg == {"TRAIN": {"LR": 0.1, "EPOCH": 3}, "TEST": 1, "MODEL": {"HEAD": {"TYPE": "CENTER"}}}
    del cfg.TEST
    assert not hasattr(cfg, "TEST") and "TEST" not in cfg and list(cfg) == ["TRAIN", "MODEL"]


def test_mappings_inside_lists_and_tuples_are_converted():
    cfg = EasyDict(a=[{"b": 1}, 2], c=({"d": 3},))
    assert cfg.a[0].b == 1 and cfg.a[1] == 2 and cfg.c[0].d == 3 and type(cfg.c) is tuple


def test_update_and_setdefault_convert_as_well():
    cfg = EasyDict()
    cfg.update({"a": {"b": 1}}, c={"d": 2})
    assert cfg.a.b == 1 and cfg.c.d == 2 and cfg.setdefault("e", {"f": 3}).f == 3 and cfg.setdefault("a") is cfg.a


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'LRR'"):
        _ = EasyDict(LR=1).LRR
    with pytest.raises(AttributeError):
        del EasyDict().LR


def test_copies_are_of_the_same_kind_and_share_nothing():
    cfg = EasyDict(a={"b": [1]})
    for other in (copy.deepcopy(cfg), pickle.loads(pickle.dumps(cfg))):
        assert type(other) is EasyDict and other == cfg
        other.a.b.append(2)
        assert cfg.a.b == [1]


def test_a_node_of_yacs_is_cloned():
    node = CfgNode()
    node.MODEL = CfgNode({"DIM": 96})
    other = node.clone()
    other.defrost()
    other.MODEL.DIM = 128
    other.freeze()
    assert node.MODEL.DIM == 96 and type(other.MODEL) is CfgNode


@pytest.mark.parametrize("value", [{"a": [{"b": {"c": 1}}, (1, {"d": 2})]}, {}, {"x": {"y": None}}])
def test_easydict_itself_agrees(value):
    theirs = pytest.importorskip("easydict").EasyDict(value)
    assert EasyDict(value) == theirs
