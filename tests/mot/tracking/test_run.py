"""Whole folders tracked: what is written, resumed, refused, and what goes wrong in one sequence only."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.mot.data.motchallenge import read_results, read_sequence, read_truth
from siou_tracking.mot.tracking.params import MOTParams
from siou_tracking.mot.tracking.run import track_sequences
from tests.mot.tracking.tracked import write_network, write_sequence

LOW = MOTParams(detection_threshold=0.15, birth_threshold=0.15, top_k=12)
"""Thresholds by which an untrained network has detections."""
LENGTHS = {"A": 7, "B": 9, "C": 6}


@pytest.fixture
def split(tmp_path: Path) -> Path:
    for seed, (name, frames) in enumerate(LENGTHS.items()):
        write_sequence(tmp_path / "split", name, frames, seed)
    return tmp_path / "split"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    write_network(tmp_path / "net.pth.tar")
    return tmp_path / "net.pth.tar"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted(folder.glob("*.txt"))}


@pytest.mark.parametrize("detections", ["gt", "det"])
def test_detections_of_files_come_out_as_tracks_of_the_same_boxes(split: Path, tmp_path: Path, detections: str) -> None:
    report = track_sequences(None, split, tmp_path / "out", association="iou", detections=detections)
    assert sorted(report.paths) == sorted(LENGTHS)
    assert report.frames == sum(LENGTHS.values())
    for name, path in report.paths.items():
        got, truth = read_results(path), read_truth(read_sequence(split / name))
        order = [np.lexsort((*table.xywh.T, table.frame)) for table in (got, truth)]
        np.testing.assert_array_equal(got.frame[order[0]], truth.frame[order[1]])
        np.testing.assert_allclose(got.xywh[order[0]], truth.xywh[order[1]], atol=1e-4)
        # one to one: the objects never change identity
        pairs = set(zip(got.identity[order[0]].tolist(), truth.identity[order[1]].tolist(), strict=True))
        assert len(pairs) == len(set(truth.identity.tolist()))


def test_a_folder_of_detection_files_is_taken_by_the_names_of_the_sequences(split: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for name in LENGTHS:
        (mine / f"{name}.txt").write_bytes((split / name / "det/det.txt").read_bytes())
    one = track_sequences(None, split, tmp_path / "one", association="iou", detections="det")
    other = track_sequences(None, split, tmp_path / "other", association="iou", detections=mine)
    assert contents(one.folder) == contents(other.folder)
    (mine / "B.txt").unlink()
    assert list(track_sequences(None, split, tmp_path / "third", association="iou", detections=mine).failed) == ["B"]


@pytest.mark.parametrize("association", ["embedding", "iou"])
def test_the_network_gives_the_same_bytes_twice_and_resumes_what_is_there(
    split: Path, weights: Path, tmp_path: Path, association: str
) -> None:
    first = track_sequences(weights, split, tmp_path / "one", params=LOW, association=association)
    second = track_sequences(weights, split, tmp_path / "two", params=LOW, association=association)
    assert not first.failed
    assert min(map(len, contents(first.folder).values())) > 0
    assert contents(first.folder) == contents(second.folder)
    times = {path: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    (first.folder / "B.txt").unlink()
    third = track_sequences(weights, split, tmp_path / "one", params=LOW, association=association)
    assert (third.found, third.frames) == (["A", "C"], LENGTHS["B"])
    assert contents(first.folder) == contents(second.folder)
    assert all(path.stat().st_mtime_ns == time for path, time in times.items() if path.stem != "B")


def test_killed_in_the_middle_of_a_sequence_a_run_goes_on_to_the_same_bytes(
    split: Path, weights: Path, tmp_path: Path
) -> None:
    script = f"""
import os, signal
from siou_tracking.mot.tracking import tracker
from siou_tracking.mot.tracking.run import track_sequences
from siou_tracking.mot.tracking.params import MOTParams
update, calls = tracker.OnlineTracker.update, []
def dying(self, detections):
    calls.append(1)
    if len(calls) > 11:
        os.kill(os.getpid(), signal.SIGKILL)
    return update(self, detections)
tracker.OnlineTracker.update = dying
track_sequences({str(weights)!r}, {str(split)!r}, {str(tmp_path / "killed")!r}, params=MOTParams(
    detection_threshold={LOW.detection_threshold}, birth_threshold={LOW.birth_threshold}, top_k={LOW.top_k}))
"""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert list(contents(tmp_path / "killed")) == ["A"]
    leftover = tmp_path / "killed/.B.4711.tmp.txt"
    leftover.write_text("1,1,")
    resumed = track_sequences(weights, split, tmp_path / "killed", params=LOW)
    unbroken = track_sequences(weights, split, tmp_path / "unbroken", params=LOW)
    assert resumed.found == ["A"]
    assert contents(resumed.folder) == contents(unbroken.folder)
    assert not leftover.exists()


def test_a_corrupted_image_in_the_middle_is_named_and_the_rest_goes_on(
    split: Path, weights: Path, tmp_path: Path
) -> None:
    image = split / "B/img1/000005.jpg"
    whole = image.read_bytes()
    image.write_bytes(whole[: len(whole) // 2])
    report = track_sequences(weights, split, tmp_path / "out", params=LOW)
    assert list(report.failed) == ["B"]
    assert str(image) in report.failed["B"]
    assert "\n" not in report.summary()
    assert "FAILED: 1: B (" in report.summary()
    assert sorted(contents(report.folder)) == ["A", "C"]
    assert report.frames == LENGTHS["A"] + LENGTHS["C"]
    image.write_bytes(whole)
    mended = track_sequences(weights, split, tmp_path / "out", params=LOW)
    assert (mended.found, mended.failed) == (["A", "C"], {})
    assert contents(mended.folder) == contents(track_sequences(weights, split, tmp_path / "new", params=LOW).folder)


def test_a_sequence_of_one_frame_and_one_without_detections(tmp_path: Path) -> None:
    write_sequence(tmp_path / "split", "ONE", 1)
    nothing = write_sequence(tmp_path / "split", "NOTHING", 4, 1)
    (nothing / "det/det.txt").write_text("")
    late = write_sequence(tmp_path / "split", "LATE", 4, 2)
    rows = (late / "det/det.txt").read_text().splitlines(keepends=True)
    (late / "det/det.txt").write_text("".join(row for row in rows if not row.startswith("1,")))
    report = track_sequences(None, tmp_path / "split", tmp_path / "out", association="iou", detections="det")
    assert not report.failed
    assert len(read_results(report.paths["ONE"])) == 3
    assert report.paths["NOTHING"].read_bytes() == b""
    assert set(read_results(report.paths["LATE"]).frame.tolist()) == {3, 4}
    again = track_sequences(None, tmp_path / "split", tmp_path / "out", association="iou", detections="det")
    assert sorted(again.found) == ["LATE", "NOTHING", "ONE"]
    assert again.frames_per_second is None


def test_tracks_of_two_settings_or_networks_are_never_mixed(split: Path, weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    track_sequences(weights, split, out, params=LOW, sequences=["A"])
    before = contents(out)
    write_network(tmp_path / "other.pth.tar", seed=1)
    for changed, message in (
        ({"params": dataclasses.replace(LOW, lost_buffer=5)}, "lost_buffer 30, this run has 5"),
        ({"params": LOW, "association": "iou"}, "association embedding, this run has iou"),
        ({"params": LOW, "input_size": (64, 64)}, r"input_size \[96, 64\], this run has \[64, 64\]"),
        ({"weights": tmp_path / "other.pth.tar", "params": LOW}, "weights_sha256"),
        ({"weights": None, "detections": "gt", "association": "iou"}, "detections network|weights_sha256"),
    ):
        with pytest.raises(InputError, match=message):
            track_sequences(changed.pop("weights", weights), split, out, **changed)
    assert contents(out) == before
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "A.txt").write_text("1,1,1,1,5,5,1,-1,-1,-1\n")
    with pytest.raises(InputError, match=r"holds files but no run\.json"):
        track_sequences(weights, split, foreign, params=LOW)


def test_an_earlier_result_on_a_longer_sequence_is_refused(split: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    track_sequences(None, split, out, association="iou", detections="gt", sequences=["A"])
    with (out / "A.txt").open("a") as file:
        file.write("8,1,1,1,5,5,1,-1,-1,-1\n")
    with pytest.raises(InputError, match=r"A\.txt:\d+: frame: got 8"):
        track_sequences(None, split, out, association="iou", detections="gt")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": None}, "got neither weights nor detections"),
        ({"weights": None, "detections": "det"}, "association: got 'embedding'.*allowed is 'iou'"),
        ({"detections": "det", "association": "iou"}, "got both"),
        ({"weights": None, "detections": "dets", "association": "iou"}, "got 'dets', allowed are 'det', 'gt'"),
        ({"association": "embeding"}, "did you mean 'embedding'"),
        ({"sequences": ["D"]}, "unknown sequence"),
        ({"batch_size": 0}, "batch size: got 0"),
        ({"save_video": __file__}, "videos: .*: got a file, allowed is a folder"),
        ({"input_size": (95, 64)}, r"input size: got \(95, 64\)"),
        ({"device": "cuda:99"}, "device 'cuda:99'"),
        ({"weights": "nowhere.pth.tar"}, "weights: nowhere.pth.tar: not found"),
    ],
)
def test_arguments_that_cannot_be_are_refused_before_any_work(
    split: Path, weights: Path, tmp_path: Path, arguments: dict, message: str
) -> None:
    chosen = {"weights": weights, **arguments}
    with pytest.raises(InputError, match=message):
        track_sequences(chosen.pop("weights"), split, tmp_path / "out", **chosen)
    assert not (tmp_path / "out").exists()


def test_a_checkpoint_of_another_network_is_refused_by_name(split: Path, tmp_path: Path) -> None:
    from siou_tracking.ltr.models.bbreg.atom import atom_resnet18

    net = atom_resnet18(backbone_pretrained=False)
    content = {"net": net.state_dict(), "net_type": "ATOMnet", "constructor": net.constructor}
    write_checkpoint(tmp_path / "atom.pth.tar", content)
    with pytest.raises(
        InputError, match=r"got network ATOMnet, allowed is a MOTNet .*`siou-tracking track --tracker atom` tracks"
    ):
        track_sequences(tmp_path / "atom.pth.tar", split, tmp_path / "out")


def test_short_tracks_can_be_left_out_of_the_file(split: Path, tmp_path: Path) -> None:
    rows = (split / "A/det/det.txt").read_text().splitlines(keepends=True)
    once = [row for row in rows if not row.startswith("1,")] + ["1,-1,80,50,8,9,0.9,-1,-1,-1\n"]
    (split / "A/det/det.txt").write_text("".join(once))
    lengths = []
    for number in (1, 2):
        report = track_sequences(
            None, split, tmp_path / f"{number}", params=MOTParams("iou", min_length=number), detections="det"
        )
        lengths.append(np.unique(read_results(report.paths["A"]).identity, return_counts=True)[1].min())
    assert lengths == [1, 5]


def test_the_report_says_where_the_time_went(split: Path, weights: Path, tmp_path: Path) -> None:
    report = track_sequences(weights, split, tmp_path / "out", params=LOW)
    assert set(report.seconds) == {"waiting for images", "network", "decoding", "association"}
    assert 0 < sum(report.seconds.values()) <= report.wall_seconds
    assert report.frames_per_second == pytest.approx(22 / report.wall_seconds)
    assert report.association_frames_per_second > report.frames_per_second


def test_videos_are_written_beside_and_a_failing_one_is_a_note(split: Path, tmp_path: Path) -> None:
    options = {"association": "iou", "detections": "gt", "save_video": tmp_path / "videos"}
    (split / "C/img1/000002.jpg").write_bytes(b"\xff\xd8 no image")
    report = track_sequences(None, split, tmp_path / "out", **options)
    assert sorted(path.name for path in (tmp_path / "videos").iterdir()) == ["A.mp4", "B.mp4"]
    assert not report.failed
    assert len(report.notes) == 1
    assert "no video of C" in report.notes[0]
    assert "000002.jpg" in report.notes[0]


def test_a_video_in_the_same_folder_of_another_run_s_tracks_is_replaced_and_a_run_s_own_kept(
    split: Path, tmp_path: Path
) -> None:
    options = {"association": "iou", "sequences": ["A"], "save_video": tmp_path / "videos"}
    track_sequences(None, split, tmp_path / "one", detections="gt", **options)
    video = tmp_path / "videos" / "A.mp4"
    first = video.read_bytes()
    rows = (split / "A/det/det.txt").read_text().splitlines(keepends=True)
    (split / "A/det/det.txt").write_text("".join(rows[:-6]))
    track_sequences(None, split, tmp_path / "other", detections="det", **options)
    second, written = video.read_bytes(), video.stat().st_mtime_ns
    assert second != first
    track_sequences(None, split, tmp_path / "other", detections="det", **options)
    assert video.stat().st_mtime_ns == written
