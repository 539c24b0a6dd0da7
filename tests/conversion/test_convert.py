"""Each form of annotation becomes sequences that the package's own readers give back as they were."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from siou_tracking.benchmarks import load_sequences
from siou_tracking.conversion.convert import Converted, convert_data, find_form
from siou_tracking.errors import InputError
from siou_tracking.ltr.dataset import Got10k
from tests.cli.calling import call

SIZE = (32, 24)


def gray(frame: int) -> int:
    """The level of gray of a frame: JPEG keeps it within 2."""
    return 20 * frame + 10


def write_pictures(folder: Path, count: int, suffix: str = ".jpg") -> Path:
    folder.mkdir(parents=True)
    for frame in range(count):
        cv2.imwrite(str(folder / f"{frame}{suffix}"), np.full((SIZE[1], SIZE[0], 3), gray(frame), np.uint8))
    return folder


def write_video(path: Path, count: int) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, SIZE)
    for frame in range(count):
        writer.write(np.full((SIZE[1], SIZE[0], 3), gray(frame), np.uint8))
    writer.release()


def converted(source: Path, out: Path, **options: object) -> Converted:
    return convert_data(source, out, progress=False, **options)  # type: ignore[arg-type]


def levels(folder: Path) -> list[int]:
    return [round(float(cv2.imread(str(path)).mean())) for path in sorted(folder.glob("*.jpg"))]


def rows(folder: Path, name: str) -> list[str]:
    return (folder / name).read_text("utf-8").split()


def test_a_table_beside_a_video_and_one_beside_pictures(tmp_path: Path) -> None:
    source, out = tmp_path / "mine", tmp_path / "out"
    write_pictures(source / "cup", 3, ".png")
    write_video(source / "dog 1.avi", 4)
    (source / "cup.csv").write_text("1,2,3,4\n2,2,3,4\n3,2.5,3,4\n")
    (source / "dog 1.csv").write_text("frame,x,y,w,h,label\n2,1,1,5,5,dog\n3,0,0,0,0,dog\n4,-2,1,5,5,dog\n")
    found = converted(source, out)
    assert (found.form, found.sequences, found.frames) == ("csv", ["cup", "dog_1"], 6)
    train = out / "train"
    assert rows(train, "list.txt") == found.sequences
    assert rows(train / "cup", "groundtruth.txt")[2] == "3.0000,2.5000,3.0000,4.0000"
    assert levels(train / "cup") == pytest.approx([gray(0), gray(1), gray(2)], abs=2)
    # Frames 2 to 4 of the video; the target is away in the middle one, where the box before stands.
    assert levels(train / "dog_1") == pytest.approx([gray(1), gray(2), gray(3)], abs=3)
    assert rows(train / "dog_1", "absence.label") == ["0", "1", "0"]
    assert rows(train / "dog_1", "groundtruth.txt")[1:] == [
        "1.0000,1.0000,5.0000,5.0000",
        "-2.0000,1.0000,5.0000,5.0000",
    ]
    assert "object_class: dog" in (train / "dog_1" / "meta_info.ini").read_text("utf-8")
    data = Got10k(str(train))
    assert data.get_sequence_info(1)["visible"].tolist() == [True, False, True]
    assert [len(one.ground_truth) for one in load_sequences("got10k", out, "train")] == [3, 3]


def test_what_track_writes_is_a_table(tmp_path: Path) -> None:
    from siou_tracking.trackers.boxes_file import BoxesWriter, TrackedFrame

    source = tmp_path / "mine"
    write_pictures(source / "a", 4)
    tracked = [
        TrackedFrame((1.0, 2.0, 3.0, 4.0), 0.1),
        TrackedFrame((1.0, 2.0, 3.0, 4.0), 0.1, flag="not_found"),
        TrackedFrame((float("nan"),) * 4, 0.1, flag="unreadable"),
        TrackedFrame((5.0, 2.0, 3.0, 4.0), 0.1),
    ]
    table = BoxesWriter(source / "a.csv")
    for row in tracked:
        table.add(row)
    table.close(complete=True)
    converted(source, tmp_path / "out")
    assert rows(tmp_path / "out/train/a", "cover.label") == ["8", "0", "0", "8"]


def test_a_table_may_count_from_zero_and_hold_several_targets(tmp_path: Path) -> None:
    source, out = tmp_path / "mine", tmp_path / "out"
    write_pictures(source / "a", 3)
    (source / "a.csv").write_text("id,frame,x,y,w,h\n7,0,1,1,2,2\n7,1,1,1,2,2\n9,1,4,4,2,2\n9,2,5,4,2,2\n9,x,1,1,1,1\n")
    with pytest.raises(InputError, match=r"a\.csv: line 6: frame: got 'x', allowed are numbers"):
        converted(source, out, first_frame=0)
    (source / "a.csv").write_text("id,frame,x,y,w,h\n7,0,1,1,2,2\n7,1,1,1,2,2\n9,1,4,4,2,2\n9,2,5,4,2,2\n")
    found = converted(source, out, first_frame=0)
    assert (found.sequences, found.frames) == (["a_7", "a_9"], 3)
    assert levels(out / "train/a_9") == pytest.approx([gray(1), gray(2)], abs=2)
    shared = [out / "train" / name for name in ("a_7/00000002.jpg", "a_9/00000001.jpg")]
    assert shared[0].stat().st_ino == shared[1].stat().st_ino
    # A JPEG is not encoded anew.
    assert (out / "train/a_7/00000001.jpg").read_bytes() == (source / "a/0.jpg").read_bytes()


def coco() -> dict[str, list[dict[str, object]]]:
    return {
        "videos": [{"id": 1, "name": "v/one"}],
        "categories": [{"id": 3, "name": "cat"}],
        "images": [{"id": 10 + at, "video_id": 1, "frame_id": at, "file_name": f"one/{at}.jpg"} for at in (1, 0, 2)],
        "annotations": [
            {"id": at, "image_id": 10 + at, "category_id": 3, "instance_id": 5, "bbox": [at, 1, 4, 5]}
            for at in range(3)
        ],
    }


def test_coco_vid(tmp_path: Path) -> None:
    source = tmp_path / "mine"
    write_pictures(source / "one", 3)
    (source / "annotations").mkdir()
    (source / "annotations/all.json").write_text(json.dumps(coco()))
    found = converted(source, tmp_path / "out", split="val")
    place = tmp_path / "out/val/v_one"
    assert (found.form, found.sequences) == ("coco-vid", ["v_one"])
    assert [row.split(",")[0] for row in rows(place, "groundtruth.txt")] == ["0.0000", "1.0000", "2.0000"]
    assert levels(place) == pytest.approx([gray(0), gray(1), gray(2)], abs=2)
    assert "object_class: cat" in (place / "meta_info.ini").read_text("utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda found: found.pop("videos"), r"got JSON without videos"),
        (lambda found: found["annotations"][1].pop("instance_id"), r"annotations\[1\]: no instance_id or track_id"),
        (lambda found: found["annotations"][1].update(bbox=[1, 2, 3]), r"annotations\[1\]: bbox: got \[1, 2, 3\]"),
        (lambda found: found["annotations"][1].update(image_id=99), r"image_id: got 99"),
        (lambda found: found["images"][2].update(video_id=[1]), r"images\[2\]: video_id: got \[1\]"),
        (lambda found: found["images"][2].update(file_name="one/7.jpg"), r"one/7\.jpg: no such picture"),
    ],
)
def test_wrong_coco_is_one_line_and_leaves_nothing(change, words: str, tmp_path: Path) -> None:
    write_pictures(tmp_path / "one", 3)
    content = coco()
    change(content)
    (tmp_path / "all.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=words):
        converted(tmp_path / "all.json", tmp_path / "out")
    assert not (tmp_path / "out/train").exists() and not list((tmp_path / "out").glob(".*"))


CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><name>walk</name><source>walk.avi</source></task></meta>
<track id="0" label="person">
 <box frame="0" outside="0" occluded="0" keyframe="1" xtl="2" ytl="3" xbr="6" ybr="11"/>
 <box frame="1" outside="0" occluded="1" keyframe="0" xtl="3" ytl="3" xbr="7" ybr="11"/>
 <box frame="2" outside="1" occluded="0" keyframe="1" xtl="3" ytl="3" xbr="7" ybr="11"/>
 <box frame="3" outside="0" occluded="0" keyframe="1" xtl="4" ytl="3" xbr="8" ybr="11" rotation="90"/>
</track><track id="1" label="bag"><box frame="0" outside="1" xtl="0" ytl="0" xbr="1" ybr="1"/></track></annotations>"""


def test_cvat(tmp_path: Path) -> None:
    source = tmp_path / "mine"
    source.mkdir()
    write_video(source / "walk.avi", 5)
    (source / "annotations.xml").write_text(CVAT)
    found = converted(source, tmp_path / "out")
    place = tmp_path / "out/train/walk"
    assert (found.form, found.sequences, found.frames) == ("cvat", ["walk"], 4)
    assert rows(place, "groundtruth.txt")[0] == "2.0000,3.0000,4.0000,8.0000"
    assert rows(place, "groundtruth.txt")[3] == "2.0000,5.0000,8.0000,4.0000"
    assert rows(place, "cover.label") == ["8", "4", "0", "8"]
    write_pictures(source / "images", 5, ".png")
    assert levels(place) == pytest.approx([gray(at) for at in range(4)], abs=3)
    converted(source, tmp_path / "other")
    assert levels(tmp_path / "other/train/walk") == pytest.approx([gray(at) for at in range(4)], abs=2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CVAT[:200], "not readable as XML"),
        ("<svg/>", r"got <svg>, allowed is CVAT's <annotations>"),
        ("<annotations><image id='0'/></annotations>", "export of single pictures"),
        (CVAT.replace('xtl="2"', 'xtl="nan"'), r"track 0: frame 0: xtl: got 'nan'"),
        (CVAT.replace('frame="3"', 'frame="30"'), "has 5 frames, the annotation of walk goes to frame 31"),
        (CVAT.replace('<track id="0"', '<track task_id="1" id="0"'), "several tasks"),
    ],
)
def test_wrong_cvat_is_one_line(text: str, words: str, tmp_path: Path) -> None:
    write_video(tmp_path / "walk.avi", 5)
    (tmp_path / "annotations.xml").write_text(text)
    with pytest.raises(InputError, match=words):
        converted(tmp_path, tmp_path / "out")


def test_motchallenge(tmp_path: Path) -> None:
    sequence = tmp_path / "train" / "M-01"
    write_pictures(sequence / "img1", 0)
    for frame in range(3):
        cv2.imwrite(str(sequence / f"img1/{frame + 1:06d}.jpg"), np.full((SIZE[1], SIZE[0], 3), gray(frame), np.uint8))
    (sequence / "gt").mkdir()
    lines = ["1,4,3,3,5,8,1,1,0.3", "2,4,4,3,5,8,1,1,1", "1,5,3,3,5,8,0,1,1", "2,5,3,3,5,8,0,1,1", "1,6,1,1,3,3,1,7,1"]
    (sequence / "gt/gt.txt").write_text("\n".join(lines) + "\n")
    (sequence / "seqinfo.ini").write_text(
        f"[Sequence]\nname=M-01\nimDir=img1\nframeRate=5\nseqLength=3\nimWidth={SIZE[0]}\nimHeight={SIZE[1]}\nimExt=.jpg\n"
    )
    found = converted(tmp_path / "train", tmp_path / "out")
    assert (found.form, found.sequences) == ("mot", ["M-01"])
    place = tmp_path / "out/train/M-01"
    assert rows(place, "groundtruth.txt") == ["2.0000,2.0000,5.0000,8.0000", "3.0000,2.0000,5.0000,8.0000"]
    assert rows(place, "cover.label") == ["3", "8"]


def test_targets_seen_too_little_are_left_out_and_named(tmp_path: Path) -> None:
    write_pictures(tmp_path / "a", 3)
    (tmp_path / "a.csv").write_text("id,frame,x,y,w,h\n7,1,1,1,2,2\n9,1,4,4,2,2\n9,2,5,4,2,2\n")
    found = converted(tmp_path, tmp_path / "out")
    left_out, brief = found.notes
    assert found.sequences == ["a_9"] and left_out == "left out, seen in fewer than 2 frames: a_7"
    assert brief == "under 20 frames long, so that training passes them by: a_9"
    with pytest.raises(InputError, match="no target that can be seen in 3 frames or more"):
        converted(tmp_path, tmp_path / "other", least_frames=3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "got an empty file"),
        ("1,2,3\n", "line 1: got 3 columns without the names x, y, w, h"),
        ("x,y,w,h\n1,2,3\n", "line 2: got 3 columns, allowed are 4"),
        ("frame,x,y,w,h\n0,1,2,3,4\n1,1,2,3,4\n", "frame: got -1"),
        ("frame,x,y,w,h\n1,1,2,3,4\n1,1,2,3,4\n", "row 2: frame 1 comes twice"),
        ("x,y,w,h\n1,2,inf,4\n", "line 2: w: got 'inf'"),
        ("x,y,w,h\n1,2,0,4\n", "got no box with a width and a height"),
    ],
)
def test_a_wrong_table_is_one_line(text: str, words: str, tmp_path: Path) -> None:
    write_pictures(tmp_path / "a", 3)
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        converted(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_what_is_no_annotation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        find_form(tmp_path / "nothing")
    with pytest.raises(InputError, match="got no annotation, allowed are CVAT's"):
        find_form(tmp_path)
    (tmp_path / "a.txt").write_text("1,2,3,4\n")
    with pytest.raises(InputError, match=r"got a file '\.txt'"):
        find_form(tmp_path / "a.txt")
    (tmp_path / "a.csv").write_text("1,2,3,4\n1,2,3,4\n")
    with pytest.raises(InputError, match="no pictures: expected"):
        converted(tmp_path, tmp_path / "out")


def test_the_verb_says_what_it_made_and_refuses_a_full_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "mine"
    write_pictures(source / "a", 2)
    (source / "a.csv").write_text("1,2,3,4\n1,2,3,4\n")
    words = ["data", "convert", str(source), "--out", str(tmp_path / "out")]
    code, out, err = call(capsys, *words)
    assert code == 0 and "train: 1 sequences of 2 pictures, from csv" in out
    assert err.count("\n") == 1 and "under 20 frames long" in err
    code, out, err = call(capsys, *words)
    assert code == 2 and err.count("\n") == 1 and "is not empty" in err
    code, out, err = call(capsys, *words[:-1], str(tmp_path / "new"), "--split", "trian")
    assert code == 2 and "did you mean 'train'" in err
