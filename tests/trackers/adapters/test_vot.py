"""The adapter as vot-toolkit's Python runtime calls it; the toolkit itself is not needed."""

from __future__ import annotations

import configparser
from pathlib import Path

import cv2
import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.trackers.adapters.external import load_class
from siou_tracking.trackers.adapters.vot import VOTTracker, write_registry


class Recorder:
    def __init__(self) -> None:
        self.images: list[np.ndarray] = []

    def initialize(self, image: np.ndarray, info: dict) -> None:
        self.images.append(image)
        self.box = info["init_bbox"]

    def track(self, image: np.ndarray) -> dict:
        self.images.append(image)
        return {"target_bbox": np.array(self.box) + 1}


@pytest.fixture
def red(tmp_path: Path) -> str:
    file = tmp_path / "00000001.png"
    cv2.imwrite(str(file), np.full((8, 9, 3), (0, 0, 255), np.uint8))
    return str(file)


def test_regions_go_in_and_rectangles_come_out_as_tuples(red: str) -> None:
    tracker = VOTTracker(tracker=Recorder())
    assert tracker.init(red, ((1.0, 2.0, 3.0, 4.0), {})) == (1, 2, 3, 4)
    box = tracker.update(red)
    assert box == (2, 3, 4, 5) and type(box) is tuple and all(type(value) is float for value in box)
    assert tracker.multiobject is False


def test_a_polygon_starts_the_tracker_with_the_box_around_it(red: str) -> None:
    tracker = VOTTracker(tracker=Recorder())
    assert tracker.init(red, ([(5.0, 1.0), (7.0, 3.0), (5.0, 5.0), (3.0, 3.0)], {})) == (3, 1, 4, 4)


def test_images_arrive_as_rgb_from_paths_and_channels(red: str) -> None:
    recorder = Recorder()
    tracker = VOTTracker(tracker=recorder)
    tracker.init({"color": red}, ((1.0, 2.0, 3.0, 4.0), {}))
    tracker.update({"color": np.zeros((2, 2, 3), np.uint8)})
    assert recorder.images[0].shape == (8, 9, 3) and recorder.images[0][0, 0].tolist() == [255, 0, 0]
    assert recorder.images[1].shape == (2, 2, 3)


def test_trackers_are_built_by_name_from_the_texts_of_an_ini_file(red: str) -> None:
    tracker = VOTTracker(name="static", seed="3")
    tracker.init(red, ((1.0, 2.0, 3.0, 4.0), {}))
    assert tracker.update(red) == (1, 2, 3, 4)


def test_what_is_no_box_is_refused(red: str) -> None:
    broken = Recorder()
    broken.track = lambda image: {"target_bbox": [0, 0, float("nan"), 1]}
    tracker = VOTTracker(tracker=broken)
    with pytest.raises(InputError, match="allowed are a rectangle or a polygon"):
        tracker.init(red, ((1.0, 2.0), {}))
    tracker.init(red, ((1.0, 2.0, 3.0, 4.0), {}))
    with pytest.raises(InputError, match="finite numbers"):
        tracker.update(red)


def test_the_registry_entry_is_what_the_toolkit_reads(tmp_path: Path) -> None:
    write_registry(tmp_path / "trackers.ini", "atom_siou", {"name": "atom", "weights": "/a%b/w.pth", "param": None})
    found = configparser.ConfigParser()
    found.read(tmp_path / "trackers.ini")
    entry = dict(found["atom_siou"])
    assert entry["command"] == "siou_tracking.trackers.adapters.vot:VOTTracker" and entry["protocol"] == "python"
    assert (entry["convert"], entry["arg_name"], entry["arg_weights"]) == ("rectangle", "atom", "/a%b/w.pth")
    assert "arg_param" not in entry
    with pytest.raises(InputError, match="identifier 'a b'"):
        write_registry(tmp_path / "x.ini", "a b", {})


def test_the_former_place_holds_the_same_class() -> None:
    assert load_class("siou_tracking.trackers.vot_adapter:VOTTracker") is VOTTracker
