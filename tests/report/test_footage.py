"""Frames of the worst sequences: which are shown, with whose boxes, and what is said where something lacks."""

from __future__ import annotations

import base64
import json
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from siou_tracking.benchmarks.comparing.scoreboard import make_scoreboard
from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.benchmarks.vot2018.data import VotSequence
from siou_tracking.benchmarks.vot2018.polygons import Regions, box_corners
from siou_tracking.errors import InputError
from siou_tracking.media.strip import view_of_outlines
from siou_tracking.report.footage import assign_roots, open_footage
from siou_tracking.report.results import read_result
from siou_tracking.report.scores import write_score_report
from siou_tracking.report.strips import choose_frames, frame_overlaps
from tests.cli.calling import call, check_refused
from tests.report.conftest import NAMES, draw_ground

STRIP = re.compile(r'<div class="strip"><h3>(.*?)</h3><p class="key">(.*?)</p>(.*?)</div></div>')


def strips_of(page: str) -> dict[str, tuple[list[str], list[str]]]:
    """Sequence -> texts of its key and of its captions."""
    found = {}
    for name, key, row in STRIP.findall(page):
        texts = [re.sub(r"<[^>]*>", " ", part).split() for part in re.findall(r"<figcaption>(.*?)</figcaption>", row)]
        found[name] = (re.findall(r"</span>([^<]+)</span>", key), [" ".join(text) for text in texts])
    return found


def make_page(bench: Path, out: Path, tracker: str | None = None, **options: object) -> str:
    options = {"data": [str(bench / "data")], "results": [bench / "results"]} | options
    footage = open_footage(["otb2015"], **options)
    return write_score_report(out / "page.html", [read_result(bench / "scores.json")], footage, tracker).read_text()


def test_the_worst_sequences_are_shown_with_every_box_and_its_overlap(bench: Path, tmp_path: Path) -> None:
    page = make_page(bench, tmp_path)
    strips = strips_of(page)
    assert list(strips) == ["Dock", "Court", "Bridge", "Alley"]  # as the table of the worst has them
    key, captions = strips["Dock"]
    assert key == ["ground truth", "lost 7.5", "late 9.3", "near 77.0"]  # the worst first
    assert len(captions) == 4
    assert captions[-1] == "frame 24 0.00 0.00 0.79"
    assert captions[0] == "frame 4 0.09 0.19 0.79"  # where the worst tracker is lost
    assert page.count("data:image/jpeg;base64,") == 16
    assert "overlap of the box of that color" in page and "--data DIR" not in page


def test_a_chosen_tracker_decides_what_is_worst(bench: Path, tmp_path: Path) -> None:
    page = make_page(bench, tmp_path, tracker="late")
    assert "Lowest AUC, late." in page and "late and the best of the others differ most" in page
    key, _ = strips_of(page)["Dock"]
    assert key[1] == "late 9.3"
    with pytest.raises(InputError, match=r"tracker 'lat'.*late"):
        make_page(bench, tmp_path, tracker="lat")


def test_without_results_the_truth_alone_is_drawn(bench: Path, tmp_path: Path) -> None:
    key, captions = strips_of(make_page(bench, tmp_path, results=[]))["Dock"]
    assert key == ["ground truth"]
    assert captions == ["frame 8", "frame 13", "frame 18", "frame 24"]


def test_without_data_the_page_says_how_to_get_frames(bench: Path, tmp_path: Path) -> None:
    result = read_result(bench / "scores.json")
    page = write_score_report(tmp_path / "page.html", [result]).read_text()
    assert "report is given --data DIR" in page and "<img" not in page


def test_what_lacks_is_said_and_the_rest_is_shown(bench: Path, tmp_path: Path) -> None:
    shutil.copytree(bench / "data", tmp_path / "data")
    shutil.copytree(bench / "results", tmp_path / "results")
    shutil.rmtree(tmp_path / "data/Dock/img")  # annotations alone
    (tmp_path / "data/Court/img/0024.jpg").write_bytes(b"\xff\xd8")  # cut off
    (tmp_path / "results/late/Bridge.txt").write_text("1,2,x,4\n")
    shutil.rmtree(tmp_path / "results/near")
    page = make_page(bench, tmp_path, data=[str(tmp_path / "data")], results=[tmp_path / "results"])
    assert list(strips_of(page)) == ["Bridge", "Alley"]
    assert strips_of(page)["Bridge"][0] == ["ground truth", "lost 8.7"]
    for said in (
        "no images of Dock among the data: images: ",
        "Court: no frames are shown: image: ",
        "Bridge.txt:1",
        "no boxes of near among the results",
    ):
        assert page.count(said) == 1, said


def test_boxes_that_were_not_scored_are_noted(bench: Path, tmp_path: Path) -> None:
    shutil.copytree(bench / "results", tmp_path / "results")
    shutil.copy(tmp_path / "results/near/Dock.txt", tmp_path / "results/lost/Dock.txt")
    page = make_page(bench, tmp_path, results=[tmp_path / "results"])
    said = "lost: on Dock the boxes of --results overlap by 0.79, the score there is 0.08: they are not what was scored"
    assert page.count(said) == page.count("not what was scored") == 1


def test_the_verb_draws_frames_and_refuses_what_it_cannot_use(
    bench: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(bench)
    out = tmp_path / "page.html"
    line = f"report scores.json --out {out} --data data --results results"
    assert call(capsys, line) == (0, f"report: {out}\n", "")
    assert len(strips_of(out.read_text())) == 4
    assert call(capsys, line.replace("--data data", "--data otb2015=data"))[0] == 0
    bare = f"report scores.json --out {tmp_path / 'other.html'}"
    for words, said in (
        ("--results results", "--results without --data"),
        ("--data nowhere", "nowhere"),
        ("--data lasot=data", "got 'lasot=data', expected NAME=DIR with NAME of otb2015"),
        ("--data data --results nowhere", "--results: nowhere: no such file or folder"),
        ("--data data --results data/Dock/img", "--results: "),
        ("--data data --tracker lates", "did you mean 'late'"),
        ("--data data --split val", "split: got 'val'"),
        ("--data data --experiment realtim", "realtim"),
    ):
        check_refused(capsys, tmp_path, f"{bare} {words}", [said])
    check_refused(capsys, tmp_path, f"{line} --out results/near/Dock.txt".replace(f" --out {out}", ""), ["Dock.txt"])


@pytest.mark.parametrize("data", ["linked", "otb2015=linked", "data"])
@pytest.mark.parametrize("out", ["linked/Dock/img/0001.jpg", "data/Dock/img/0001.jpg"])
def test_no_image_of_the_data_is_replaced_by_the_page(
    data: str,
    out: str,
    bench: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Also where the data folder is made of links to sequences that lie elsewhere."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(bench / "data", tmp_path / "data")
    (tmp_path / "linked").mkdir()
    for name in NAMES:
        (tmp_path / "linked" / name).symlink_to(tmp_path / "data" / name)
    before = (tmp_path / "data/Dock/img/0001.jpg").read_bytes()
    check_refused(capsys, tmp_path, f"report {bench / 'scores.json'} --data {data} --out {out}", ["would be lost"])
    assert (tmp_path / "data/Dock/img/0001.jpg").read_bytes() == before


def test_several_benchmarks_name_their_data() -> None:
    both = ["otb2015", "custom:lasot"]
    assert assign_roots(both, ["OTB100=a", "custom:lasot=b"]) == {"otb2015": Path("a"), "custom:lasot": Path("b")}
    assert assign_roots(["lasot"], ["a"]) == {"lasot": Path("a")} and assign_roots(both, []) == {}
    for data, said in (
        (["a"], "expected NAME=DIR"),
        (["otb2015=a", "otb=b"], "got 'otb=b'"),
        (["otb2015=a"] * 2, "twice"),
    ):
        with pytest.raises(InputError, match=said):
            assign_roots(both, data)


def test_a_page_with_any_benchmark_is_below_a_megabyte(bench: Path, tmp_path: Path) -> None:
    """Sixty trackers on 280 sequences, frames of noise that no encoder makes small."""
    rng = np.random.default_rng(0)
    names, trackers = [f"sequence-{number}" for number in range(280)], [f"Tracker-{number:02d}" for number in range(60)]
    images = tmp_path / "data" / names[0] / "img"
    for frame in range(1, 4):
        images.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(images / f"{frame}.jpg"), rng.integers(0, 255, (720, 1280, 3), dtype=np.uint8))
    for name in names:
        (tmp_path / "data" / name).mkdir(exist_ok=True)
        (tmp_path / "data" / name / "groundtruth_rect.txt").write_text("1,1,1270,710\n" * 3)
        if name != names[0]:
            (tmp_path / "data" / name / "img").symlink_to(images)
    metrics = ("success_auc", "precision", "norm_precision")
    curves = {name: np.linspace(0, 1, count).tolist() for name, count in (("success", 21), ("precision", 51))}
    result = {
        "benchmark": "otb2015",
        "protocol": "official",
        "trackers": {name: dict.fromkeys(metrics, rng.random()) for name in trackers},
        "per_sequence": {one: {name: dict.fromkeys(metrics, rng.random()) for name in names} for one in trackers},
        "per_attribute": {
            one: {f"A{place}": {"success_auc": 0.5, "sequences": 9} for place in range(14)} for one in trackers
        },
        "curves": {
            one: {name: {"thresholds": axis, "values": rng.random(len(axis)).tolist()} for name, axis in curves.items()}
            for one in trackers
        },
    }
    (tmp_path / "s.json").write_text(json.dumps(result))
    footage = open_footage(["otb2015"], [str(tmp_path / "data")])
    page = write_score_report(tmp_path / "page.html", [read_result(tmp_path / "s.json")], footage)
    assert len(strips_of(page.read_text())) == 10
    assert page.stat().st_size < 1_000_000


@pytest.mark.parametrize("budget", [11_000, 4_000])
def test_a_view_keeps_to_its_bytes_and_shows_the_outlines_where_they_are(budget: int) -> None:
    frame = draw_ground(1, 640, 480)
    corners = box_corners(np.array([[400.0, 200, 60, 40]]))[0]
    encoded = view_of_outlines(frame, [(corners, "#00ff00"), (np.full((4, 2), np.nan), "#ff0000")], most_bytes=budget)
    assert len(encoded) <= budget
    picture = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR).astype(int)
    green = (picture[..., 1] - picture[..., 0] > 90) & (picture[..., 1] - picture[..., 2] > 90)
    rows, columns = np.nonzero(green)
    middle = np.array([columns.min() + columns.max(), rows.min() + rows.max()]) / 2
    assert np.abs(middle - np.array(picture.shape[1::-1]) / 2).max() < 3  # the box is in the middle of the view
    width, height = np.ptp(columns), np.ptp(rows)
    assert 1.2 < width / height < 1.8 and width > picture.shape[1] / 4


def test_a_box_beyond_the_frame_or_anywhere_is_drawn_without_an_error() -> None:
    frame = draw_ground(2)
    for row in ([-50, -50, 20, 20], [1e300, 0, 1e300, 5], [0, 0, 320, 240], [5, 5, 1e-9, 1e-9]):
        assert view_of_outlines(frame, [(box_corners(np.array([row], float))[0], "#ffffff")])
    assert view_of_outlines(np.zeros((1, 1, 3), np.uint8), [])
    assert view_of_outlines(np.zeros((2000, 10, 3), np.uint8), [])


def test_frames_are_spread_over_those_with_a_target() -> None:
    truth = box_corners(np.tile([0.0, 0, 9, 9], (41, 1)))
    assert choose_frames(truth, None) == [11, 21, 30, 40]
    shares = np.ones(41)
    shares[13:] = 0.1
    assert 13 in choose_frames(truth, shares) and len(choose_frames(truth, shares)) == 4
    truth[20:] = np.nan
    assert max(choose_frames(truth, None)) == 19
    assert choose_frames(truth[:1], None) == [] and choose_frames(truth[:2], None) == [1]


def test_overlaps_of_a_frame_are_those_of_its_boxes() -> None:
    truth = box_corners(np.array([[0.0, 0, 10, 10]] * 3 + [[np.nan] * 4]))
    boxes = box_corners(np.array([[5.0, 0, 10, 10], [np.nan] * 4, [0, 0, 10, 10], [0, 0, 1, 1]]))
    np.testing.assert_allclose(frame_overlaps(boxes, truth), [1 / 3, 0, 1, np.nan])


def test_outlines_are_in_pixels_from_0_and_nan_where_there_is_no_box() -> None:
    otb = get_benchmark("otb2015")
    truth = np.array([[11.0, 21, 5, 6], [0, 0, 0, 0], [1, 1, 2, 2]])
    one = AnnotatedSequence("Deer", truth)
    found = otb.outlines(otb.truth_as_results([one]), one)
    assert found[0].tolist() == [[10, 20], [15, 20], [15, 26], [10, 26]]
    assert np.isnan(found[1]).all() and found[2, 0].tolist() == [0, 0]
    late = AnnotatedSequence("Deer", truth, lead_in=np.ones((2, 4)))
    longer = AnnotatedSequence("Deer", np.concatenate((np.full((2, 4), 9.0), truth)))
    assert np.array_equal(otb.outlines(otb.truth_as_results([longer]), late), found, equal_nan=True)


def test_outlines_of_a_restarted_run_are_there_where_it_tracked() -> None:
    vot = get_benchmark("vot2018")
    regions = Regions.from_rows([[0, 0, 4, 4], [1, 1, 4, 4], [2, 2, 6, 2, 6, 6, 2, 6]])
    one = VotSequence("bag", 99, 99, regions, {})
    found = vot.outlines(vot.truth_as_results([one]), one)
    assert np.isnan(found[0]).all()
    assert found[1:, 0].tolist() == [[1, 1], [2, 2]]


def test_pictures_are_pictures(bench: Path, tmp_path: Path) -> None:
    for content in re.findall(r"data:image/jpeg;base64,([^\"]+)", make_page(bench, tmp_path)):
        picture = cv2.imdecode(np.frombuffer(base64.b64decode(content), np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape == (216, 288, 3)
    assert len(NAMES) == 4


def test_html_in_names_is_text_in_keys_titles_and_pictures(bench: Path, tmp_path: Path) -> None:
    name, tracker = '<b onclick="x">', "<i>&'"
    for old, new in (("data/Dock", f"data/{name}"), ("results/lost", f"results/{tracker}")):
        shutil.copytree(bench / old, tmp_path / new)
    shutil.move(tmp_path / "results" / tracker / "Dock.txt", tmp_path / "results" / tracker / f"{name}.txt")
    board = make_scoreboard("otb2015", tmp_path / "data", [tmp_path / "results"])
    (tmp_path / "s.json").write_text(json.dumps(board.to_json()))
    footage = open_footage(["otb2015"], [str(tmp_path / "data")], [tmp_path / "results"])
    page = write_score_report(tmp_path / "page.html", [read_result(tmp_path / "s.json")], footage).read_text()
    assert "<b" not in page.replace("<body", "").replace("<button", "") and "<i>" not in page
    assert "<h3>&lt;b onclick=&quot;x&quot;&gt;</h3>" in page and "&lt;i&gt;&amp;&#x27; 7.5" in page
    assert len(strips_of(page)) == 1
