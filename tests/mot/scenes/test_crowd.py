"""Generated crowds: what is annotated is what is drawn, nobody appears twice, and equal seeds give equal bytes."""

from __future__ import annotations

import configparser
import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.mot.scenes import Crowd, Crowdedness, write_motchallenge
from siou_tracking.mot.scenes.cast import look_alike
from siou_tracking.mot.scenes.crowd import detect
from siou_tracking.scenes.people import person

SIZE = (160, 120)
SPARE = 300
BUSY = Crowdedness(people=9, alike=0.4, pillars=2, bystanders=1.5)


@pytest.fixture(scope="module")
def crowds() -> list[Crowd]:
    return [Crowd(seed, 12, SIZE, photos, BUSY) for seed, photos in ((3, "train"), (4, "heldout"))]


def digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows(path: Path) -> np.ndarray:
    return np.loadtxt(path, delimiter=",", ndmin=2)


def whole_plane(crowd: Crowd, index: int) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """(identity, solid mask, transparency of what is in front) of everyone, on a plane with SPARE pixels around."""
    width, height = crowd.size
    clear = np.ones((height + 2 * SPARE, width + 2 * SPARE))
    found = []
    for who, _, layer in reversed(crowd.layers(index)):
        solid = np.zeros(clear.shape, bool)
        h, w = layer.target.shape
        place = slice(layer.y + SPARE, layer.y + SPARE + h), slice(layer.x + SPARE, layer.x + SPARE + w)
        solid[place] = layer.target > 127.5
        found.append((who, solid, clear.copy()))
        clear[place] *= 1 - layer.rgba[..., 3] / 255
    return found


def test_visibility_is_the_share_of_the_persons_pixels_that_are_in_the_image_and_not_covered(crowds: list[Crowd]):
    partly = 0
    for crowd in crowds:
        width, height = crowd.size
        image = slice(SPARE, SPARE + height), slice(SPARE, SPARE + width)
        for index in (0, 6, 11):
            frame = crowd.frame(index)
            given = dict(zip(frame.identity.tolist(), frame.visibility, strict=True))
            for who, solid, clear in whole_plane(crowd, index):
                if who >= 0 and solid[image].sum() >= 0.1 * solid.sum():
                    seen = (solid & (clear >= 0.5))[image].sum() / solid.sum()
                    assert given.pop(who) == pytest.approx(seen, abs=2 / solid.sum())  # rounding at one half
                    partly += 0.05 < seen < 0.95
            assert not given
    assert partly > 10


def test_boxes_bound_all_of_a_person_also_where_it_is_hidden_or_outside(crowds: list[Crowd]):
    outside = 0
    for crowd in crowds:
        frame = crowd.frame(5)
        given = dict(zip(frame.identity.tolist(), frame.boxes, strict=True))
        for who, solid, _ in whole_plane(crowd, 5):
            if who in given:
                y, x = np.nonzero(solid)
                corners = np.array([x.min(), y.min(), x.max() + 1, y.max() + 1]) - SPARE
                np.testing.assert_array_equal([*given[who][:2], *(given[who][:2] + given[who][2:])], corners)
                outside += (corners[:2] < 0).any() or (corners[2:] > crowd.size).any()
    assert outside > 0


def test_the_nearer_one_hides_the_farther_one(crowds: list[Crowd]):
    for crowd in crowds:
        feet = [one.feet[4] for _, one, _ in crowd.layers(4)]
        assert feet == sorted(feet)
        who, solid, _ = whole_plane(crowd, 4)[0]
        frame = crowd.frame(4)
        if who in frame.identity:
            width, height = crowd.size
            inside = solid[SPARE : SPARE + height, SPARE : SPARE + width].sum() / solid.sum()
            assert frame.visibility[frame.identity == who] == pytest.approx(inside)


def test_people_come_and_go_and_keep_their_identity():
    crowd = Crowd(7, 60, (256, 160), "heldout")
    seen = [set(frame.identity.tolist()) for frame in crowd]
    assert seen[-1] - seen[0] and seen[0] - seen[-1]
    steps = [
        np.abs(later.boxes[j, 0] + later.boxes[j, 2] / 2 - now.boxes[i, 0] - now.boxes[i, 2] / 2)
        for now, later in zip(list(crowd)[:-1], list(crowd)[1:], strict=True)
        for i, who in enumerate(now.identity)
        for j in np.flatnonzero(later.identity == who)
    ]
    assert max(steps) < 25  # nobody jumps


def looks(crowd: Crowd) -> list[str]:
    return [hashlib.sha256(b"".join(p.texture.tobytes() for p in one.sprite.parts)).hexdigest() for one in crowd.listed]


def test_nobody_appears_twice_in_any_sequence_split_or_seed():
    streams = [[seed, split, index] for seed in (0, 1) for split in (0, 1) for index in (0, 1)]
    everyone = [
        look
        for stream in streams
        for look in looks(Crowd(np.random.SeedSequence(stream), 5, SIZE, "heldout" if stream[1] else "train", BUSY))
    ]
    assert len(everyone) == len(set(everyone)) > 50


def test_a_look_alike_differs_by_a_little_everywhere_and_never_by_nothing():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        one = person(rng, "train", upright=True)
        for before, after in zip(one.parts, look_alike(rng, one).parts, strict=True):
            gap = np.abs(before.texture[..., :3].astype(int) - after.texture[..., :3])
            assert 0 < gap.mean() < 30
            np.testing.assert_array_equal(before.texture[..., 3], after.texture[..., 3])


def test_upright_leaves_every_other_choice_as_it_was():
    one, same = (person(np.random.default_rng(11), "train", upright=upright) for upright in (False, True))
    assert [p.texture.tobytes() for p in one.parts] == [p.texture.tobytes() for p in same.parts]


def test_files_hold_what_was_drawn_in_motchallenges_form(tmp_path: Path):
    folder = write_motchallenge(
        tmp_path, "val", sequences=2, frames=4, width=160, height=120, seed=5, crowdedness=BUSY, workers=1
    )
    assert sorted(path.name for path in folder.iterdir()) == ["crowd-val-001", "crowd-val-002"]
    place = folder / "crowd-val-002"
    info = configparser.ConfigParser()
    info.read(place / "seqinfo.ini")
    entries = dict(info["Sequence"])
    assert entries == {
        "name": "crowd-val-002", "imdir": "img1", "framerate": "10", "seqlength": "4", "imwidth": "160",
        "imheight": "120", "imext": ".jpg",
    }  # fmt: skip
    scene = np.random.SeedSequence([5, 1, 1]).spawn(2)[0]
    truth = rows(place / "gt" / "gt.txt")
    for number, frame in enumerate(Crowd(scene, 4, SIZE, "heldout", BUSY), start=1):
        mine = truth[truth[:, 0] == number]
        np.testing.assert_array_equal(mine[:, 1], frame.identity + 1)
        np.testing.assert_array_equal(mine[:, 2:6], frame.boxes + np.array([1, 1, 0, 0]))
        np.testing.assert_array_equal(mine[:, 6], frame.category == 1)
        np.testing.assert_array_equal(mine[:, 7], frame.category)
        np.testing.assert_allclose(mine[:, 8], frame.visibility, atol=1e-5)
        stored = cv2.imread(str(place / "img1" / f"{number:06d}.jpg"))[..., ::-1].astype(int)
        assert np.abs(stored - frame.image).mean() < 12  # JPEG
    assert set(truth[:, 7]) <= {1, 7, 8} and rows(place / "det" / "det.txt").shape[1] == 10


def test_detections_miss_the_hidden_invent_some_and_score_the_visible_higher():
    rng, crowd = np.random.default_rng(0), Crowd(7, 60, (256, 160), "heldout")
    hits, scores, invented = {True: [], False: []}, {True: [], False: []}, 0
    for frame in crowd:
        found = detect(rng, frame, crowd.size)
        boxes = np.array([box for box, _ in found]).reshape(-1, 4)
        real = np.zeros(len(boxes), bool)
        for box, category, seen in zip(frame.boxes, frame.category, frame.visibility, strict=True):
            near = (np.abs(boxes[:, :2] - box[:2]).max(1) < 10) & (np.abs(boxes[:, 2:] - box[2:]).max(1) < 10)
            real |= near
            if category == 1 and (seen > 0.7 or seen < 0.4):
                hits[bool(seen > 0.7)].append(near.any())
                scores[bool(seen > 0.7)] += [score for (_, score), hit in zip(found, near, strict=True) if hit]
        invented += int((~real).sum())
    assert 0.85 < np.mean(hits[True]) < 1 and np.mean(hits[False]) < 0.6
    assert np.mean(scores[True]) > np.mean(scores[False]) and invented > 5


def test_bytes_do_not_depend_on_the_number_of_workers_nor_a_sequence_on_the_others(tmp_path: Path):
    for workers in (1, 2):
        write_motchallenge(
            tmp_path / str(workers), "train", sequences=workers + 1, frames=2, seed=1, workers=workers, progress=False
        )
    longer = digest(tmp_path / "2" / "train")
    shorter = digest(tmp_path / "1" / "train")
    assert len(shorter) == 10 and {name: longer[name] for name in shorter} == shorter


def test_a_test_split_has_no_truth(tmp_path: Path):
    folder = write_motchallenge(tmp_path, "test", sequences=1, frames=2, progress=False)
    assert sorted(path.name for path in (folder / "crowd-test-001").iterdir()) == ["det", "img1", "seqinfo.ini"]


@pytest.mark.parametrize(
    "arguments",
    [{"split": "heldout"}, {"sequences": 0}, {"frames": 1}, {"seed": -1}, {"width": 20}, {"workers": -1}],
)
def test_unusable_arguments_are_refused_before_anything_is_written(tmp_path: Path, arguments: dict):
    with pytest.raises(InputError):
        write_motchallenge(tmp_path, **{"split": "train", "sequences": 1, "frames": 2, **arguments})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [{"seed": -1}, {"length": 1}, {"size": (20, 200)}, {"photos": "all"}])
def test_a_scene_that_cannot_be_is_refused(arguments: dict):
    with pytest.raises(InputError):
        Crowd(**{"seed": 0, "length": 2, **arguments})


def test_a_folder_with_content_is_left_as_it_is(tmp_path: Path):
    (tmp_path / "train").mkdir()
    (tmp_path / "train/mine.txt").write_text("kept")
    with pytest.raises(InputError, match="not empty"):
        write_motchallenge(tmp_path, "train", sequences=1, frames=2, progress=False)
    assert digest(tmp_path).keys() == {"train/mine.txt"}


def test_the_reader_of_motchallenge_files_gives_back_what_was_drawn(tmp_path: Path):
    from siou_tracking.mot.data.motchallenge import find_sequences, read_detections, read_truth

    folder = write_motchallenge(tmp_path, "train", sequences=1, frames=3, seed=8, crowdedness=BUSY, progress=False)
    (sequence,) = find_sequences(folder)
    assert (sequence.length, sequence.width, sequence.height, sequence.frame_rate) == (3, 256, 160, 10.0)
    truth = read_truth(sequence)
    frames = list(Crowd(np.random.SeedSequence([8, 0, 0]).spawn(2)[0], 3, (256, 160), "train", BUSY))
    np.testing.assert_array_equal(truth.xywh, np.concatenate([frame.boxes for frame in frames]))
    np.testing.assert_array_equal(truth.category, np.concatenate([frame.category for frame in frames]))
    np.testing.assert_array_equal(truth.considered, truth.category == 1)
    np.testing.assert_allclose(truth.visibility, np.concatenate([frame.visibility for frame in frames]), atol=1e-5)
    assert len(read_detections(sequence.detections_path)) > 5
