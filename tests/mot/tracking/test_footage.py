"""Videos and folders of pictures are tracked as the sequences they are, frame by frame, holes in their places."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.media.sources import open_frames
from siou_tracking.media.video import write_overlay_video
from siou_tracking.mot.data.motchallenge import read_results
from siou_tracking.mot.tracking.detections import Detections
from siou_tracking.mot.tracking.footage import find_footage
from siou_tracking.mot.tracking.params import MOTParams
from siou_tracking.mot.tracking.run import track_sequences
from siou_tracking.mot.tracking.tracker import OnlineTracker, TrackedFrame
from tests.mot.tracking.tracked import write_network, write_sequence
from tests.running.other_process import held_by_another

LOW = MOTParams(detection_threshold=0.15, birth_threshold=0.15, top_k=12)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    write_network(tmp_path / "net.pth.tar")
    return tmp_path / "net.pth.tar"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Twelve JPEGs 000001.jpg .. of a sequence, alone in a folder."""
    folder = tmp_path / "frames"
    (write_sequence(tmp_path / "split", "A", 12) / "img1").rename(folder)
    return folder


def renamed(folder: Path, name: str) -> Path:
    """The pictures under other names, `name` with the number from 1 or, after a "-", from 0."""
    new = folder.with_name("renamed")
    new.mkdir()
    for number, path in enumerate(sorted(folder.iterdir()), start=1):
        path.rename(new / name.replace("#", str(number)).replace("@", f"{number - 1:06d}"))
    return new


def tracks_of(weights: Path, data: Path, out: Path) -> bytes:
    report = track_sequences(weights, data, out, params=LOW)
    assert not report.failed
    (path,) = report.paths.values()
    return path.read_bytes()


@pytest.mark.parametrize("name", ["#.jpg", "frame_@.jpg", "frame_@.JPG"])
def test_a_folder_gives_the_tracks_of_its_sequence_in_natural_order(weights, pictures, tmp_path, name) -> None:
    expected = tracks_of(weights, pictures, tmp_path / "one")
    assert len(set(read_results(tmp_path / "one/frames.txt").frame.tolist())) == 12
    own = renamed(pictures, name)
    (own / ".hidden.jpg").write_bytes(b"no picture")
    assert tracks_of(weights, own, tmp_path / "two") == expected


def test_a_sequence_may_call_its_images_as_it_likes(weights, tmp_path) -> None:
    folder = write_sequence(tmp_path / "split", "A", 12)
    expected = tracks_of(weights, tmp_path / "split", tmp_path / "one")
    for number in range(12):
        (folder / f"img1/{number + 1:06d}.jpg").rename(folder / f"img1/frame_{number:06d}.JPG")
    assert tracks_of(weights, tmp_path / "split", tmp_path / "two") == expected
    (folder / "seqinfo.ini").unlink()  # as CVAT exports it: img1 and gt
    report = track_sequences(weights, tmp_path / "split", tmp_path / "three", params=LOW)
    assert report.paths["A"].read_bytes() == expected
    assert any("25 frames/s are taken" in note for note in report.notes)
    assert track_sequences(None, folder, tmp_path / "gt", association="iou", detections="gt").frames == 12


def test_a_gap_in_the_numbers_of_a_sequence_is_named(tmp_path) -> None:
    folder = write_sequence(tmp_path / "split", "A", 12)
    for number in range(12):
        name = f"frame_{number + (number > 6):06d}.jpg"
        (folder / f"img1/{number + 1:06d}.jpg").rename(folder / "img1" / name)
    with pytest.raises(InputError, match=r"img1/frame_000007\.jpg: no such image, frames 1 to 12"):
        find_footage(tmp_path / "split")


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_video_gives_the_tracks_of_its_pictures(weights, pictures, tmp_path, suffix) -> None:
    video = write_overlay_video(tmp_path / f"clip{suffix}", ((frame, {}) for frame in open_frames(pictures)), 12)
    decoded = tmp_path / "decoded"
    decoded.mkdir()
    for number, frame in enumerate(open_frames(video), start=1):
        cv2.imwrite(str(decoded / f"{number}.png"), frame[:, :, ::-1])
    found = tracks_of(weights, video, tmp_path / "one")
    assert found.count(b"\n") > 12
    (sequence,) = find_footage(video)
    assert (sequence.name, sequence.frame_rate) == ("clip", 12)
    assert found == tracks_of(weights, decoded, tmp_path / "two")  # 25 frames/s instead of 12: nobody is lost so long
    without = track_sequences(None, video, tmp_path / "det", association="iou", detections="det")
    assert without.failed["clip"].endswith("has not; allowed is a folder with clip.txt")
    again = track_sequences(weights, video, tmp_path / "one", params=LOW, save_video=tmp_path / "videos")
    assert again.found == ["clip"] and len(list(open_frames(tmp_path / "videos/clip.mp4"))) == 12


def test_a_folder_of_videos_and_of_folders_is_tracked_by_their_names(weights, pictures, tmp_path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    pictures.rename(home / "pictures")
    write_overlay_video(home / "clip.webm", ((frame, {}) for frame in open_frames(home / "pictures")), 12)
    (home / "notes.txt").write_text("nothing")
    assert [one.name for one in find_footage(home)] == ["clip", "pictures"]
    assert [one.name for one in find_footage(home, ["c*"])] == ["clip"]
    with pytest.raises(InputError, match="did you mean 'clip'"):
        find_footage(home, ["clop"])
    (home / "clip.mp4").write_bytes((home / "clip.webm").read_bytes())
    with pytest.raises(InputError, match=r"clip\.mp4 and clip\.webm have one name"):
        find_footage(home)


def test_a_picture_that_cannot_be_read_is_a_frame_without_boxes_and_is_named(weights, pictures, tmp_path) -> None:
    (pictures / "000005.jpg").write_bytes(b"\xff\xd8 no picture")
    report = track_sequences(
        weights, pictures, tmp_path / "out", params=LOW, save_video=tmp_path / "videos", batch_size=1
    )
    assert not report.failed and report.frames == 12
    assert set(read_results(report.paths["frames"]).frame.tolist()) == {*range(1, 13)} - {5}
    (note,) = [note for note in report.notes if "no picture" in note]
    assert note.startswith("frames: 1 frames have no picture, so no boxes:") and "000005.jpg" in note
    assert len(list(open_frames(tmp_path / "videos/frames.mp4"))) == 12


def test_the_video_that_is_tracked_is_never_written_over(weights, pictures, tmp_path) -> None:
    video = write_overlay_video(tmp_path / "clip.mp4", ((frame, {}) for frame in open_frames(pictures)), 12)
    before = video.read_bytes()
    (tmp_path / "link").symlink_to(tmp_path)
    for folder in (tmp_path, tmp_path / "link", tmp_path / "frames" / ".."):
        with pytest.raises(InputError, match=r"videos: .*clip\.mp4: is the input .*clip\.mp4.*would be lost"):
            track_sequences(weights, video, tmp_path / "out", params=LOW, save_video=folder)
    assert video.read_bytes() == before and not (tmp_path / "out").exists()


def test_the_score_that_a_track_needs_can_be_set_and_an_empty_result_says_what_was_above_what(
    weights, pictures, tmp_path
) -> None:
    full = track_sequences(weights, pictures, tmp_path / "full", params=LOW, min_score=0.1)
    scores = read_results(full.paths["frames"]).score
    limit = float(np.quantile(scores, 0.7))
    some = read_results(track_sequences(weights, pictures, tmp_path / "some", min_score=limit).paths["frames"])
    assert 0 < len(some) < len(scores) and some.score.min() >= limit
    none = track_sequences(weights, pictures, tmp_path / "none", min_score=0.99)
    assert none.paths["frames"].read_bytes() == b""
    told = re.fullmatch(
        r"frames: no track: the best score is (0\.\d+), a track needs 0\.99: --min-score.*", none.notes[1]
    )
    assert told and scores.max() - 0.001 <= float(told[1]) < 0.99


def test_detections_that_are_too_low_or_not_there_are_told_apart(tmp_path) -> None:
    low, empty, once = (
        write_sequence(tmp_path / "split", name, 4, at) for at, name in enumerate(("LOW", "NO", "ONCE"))
    )
    rows = (low / "det/det.txt").read_text().replace(",0.9,", ",0.3,")
    (low / "det/det.txt").write_text(rows)
    (empty / "det/det.txt").write_text("")
    (once / "det/det.txt").write_text("2,-1,10,10,9,9,0.9,-1,-1,-1\n")
    report = track_sequences(None, tmp_path / "split", tmp_path / "out", association="iou", detections="det")
    assert report.notes[:2] == [
        "LOW: no track: the best score is 0.3, a track needs 0.4: --min-score sets what it needs",
        "NO: no track: there was no detection",
    ]
    assert report.notes[2].startswith("ONCE: no track: the best score is 0.9, above the 0.4")
    more = track_sequences(
        None, tmp_path / "split", tmp_path / "more", association="iou", detections="det", min_score=0.3
    )
    assert len(read_results(more.paths["LOW"])) == 12


@pytest.mark.parametrize("inside", [[], ["a.txt", "below/a.txt"]])
def test_nothing_to_track_says_what_is_there_and_what_could_be(tmp_path: Path, inside: list[str]) -> None:
    for name in inside:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    got = "a.txt, below" if inside else "nothing"
    with pytest.raises(InputError, match=f"nothing to track: got {got}, allowed are MOTChallenge sequences"):
        find_footage(tmp_path)
    (tmp_path / "clip.mp4").write_bytes(b"")
    with pytest.raises(InputError, match=r"clip\.mp4: "):
        find_footage(tmp_path / "clip.mp4")
    with pytest.raises(InputError, match=r"absent\.mp4: not found"):
        find_footage(tmp_path / "absent.mp4")


@pytest.mark.parametrize("own", [True, False])
def test_what_was_tracked_before_ctrl_c_is_kept_beside_and_the_next_run_makes_it_whole(
    weights, tmp_path, monkeypatch, capsys, own
) -> None:
    folder = write_sequence(tmp_path / "split", "A", 12)
    data = folder / "img1" if own else folder
    name = data.name
    whole = tracks_of(weights, data, tmp_path / "whole")
    update = OnlineTracker.update

    def interrupted(self: OnlineTracker, detections: Detections) -> TrackedFrame:
        if self.frame == 4:
            signal.raise_signal(signal.SIGINT)
        return update(self, detections)

    with monkeypatch.context() as patched:
        patched.setattr(OnlineTracker, "update", interrupted)
        with pytest.raises(KeyboardInterrupt):
            track_sequences(weights, data, tmp_path / "out", params=LOW)
    assert f"note: {name}: stopped after 5 frames, whose tracks are in" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"{name}_partial.txt", "run.json"]
    assert whole.startswith((tmp_path / f"out/{name}_partial.txt").read_bytes())
    assert tracks_of(weights, data, tmp_path / "out") == whole
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"{name}.txt", "run.json"]


def test_a_second_process_for_the_same_sequence_is_refused(weights, tmp_path) -> None:
    for name in ("A", "B"):
        write_sequence(tmp_path / "split", name, 3)
    with held_by_another(tmp_path / "out", "A") as process:
        with pytest.raises(InputError, match=rf"^tracks: .*out: process {process} is writing there now"):
            track_sequences(weights, tmp_path / "split", tmp_path / "out", params=LOW)
        assert list(track_sequences(weights, tmp_path / "split", tmp_path / "out", params=LOW, sequences=["B"]).paths)
