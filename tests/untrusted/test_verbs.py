"""Hostile files in the place of what each verb reads: one line, exit code 2, little memory and no waiting."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siou_tracking.report import results
from tests.bridge.fake_checkout import make_fake_checkout, make_fake_kin
from tests.cli.calling import call
from tests.untrusted.test_picture_size import bomb

SCORE = "score --benchmark otb2015 --data otb --results found"
RUN = "run static --benchmark otb2015 --data otb --results out"
DEEP = b"[" * 100_000
INFO = "[Sequence]\nname=A\nimDir=img1\nframeRate=10\nseqLength={length}\nimWidth=64\nimHeight=48\nimExt=.jpg\n"


def fifo(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def zero(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


def holes(path: Path) -> None:
    path.touch()
    os.truncate(path, 10 << 30)


def refused(capsys: pytest.CaptureFixture[str], words: str, expected: str) -> None:
    code, _, err = call(capsys, words)
    assert code == 2, err
    assert expected in err
    assert len(err.splitlines()) == 1
    assert "fault of ours" not in err


@pytest.mark.parametrize(
    ("spoil", "kind"), [(fifo, "got a FIFO"), (zero, "got a device"), (holes, "got 10,737,418,240 bytes or more")]
)
def test_what_never_ends_is_not_waited_for(
    spoil: Callable[[Path], None], kind: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(here / "otb/One/img/0002.png")
    code, _, err = call(capsys, RUN)
    assert code == 1
    assert f"FAILED One: image: otb/One/img/0002.png: {kind}" in err
    if spoil is not holes:  # of a picture that is too large nothing is decoded, which the error tells at its turn
        code, out, _ = call(capsys, "data check otb --benchmark otb2015")
        assert (code, "FAULT One: frame 2: image" in out) == (2, True)
    spoil(here / "found/exact/One.txt")
    refused(capsys, SCORE.replace("found", "found/exact"), f"One.txt: cannot be read: {kind}")
    for name in ("a.zip", "a.tar.gz"):
        if spoil is not holes:
            spoil(here / name)
            refused(capsys, SCORE.replace("found", name), f"{name}: not a readable archive: {kind}")
    spoil(here / "otb/One/groundtruth_rect.txt")
    refused(capsys, SCORE, f"groundtruth_rect.txt: cannot be read: {kind}")
    spoil(here / "s.json")
    refused(capsys, "report s.json --out page.html", f"s.json: cannot be read: {kind}")
    spoil(here / "v.mp4")
    if spoil is not holes:
        refused(capsys, "track v.mp4 --init 1,1,9,9 --tracker static", f"video: v.mp4: cannot be read: {kind}")


@pytest.mark.parametrize("spoil", [fifo, zero])
@pytest.mark.parametrize("make", [make_fake_checkout, make_fake_kin])
def test_a_look_at_a_checkout_waits_for_no_file(
    make: Callable[[Path], Path], spoil: Callable[[Path], None], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make(here / "checkout")
    code = call(capsys, "doctor --checkout checkout")[0]
    for folder in sorted({path.parent for path in root.rglob("*.py")}):
        spoil(folder / "odd.py")
    assert call(capsys, "doctor --checkout checkout")[0] == code
    spoil(root / "odd_settings.py")
    refused(capsys, "train checkout/odd_settings.py --checkout checkout", ": no such file")


@pytest.mark.parametrize("file", ["mot/A/seqinfo.ini", "got/val/a/meta_info.ini", "vot/list.txt", "otb/One/attrs.txt"])
@pytest.mark.parametrize("broken", ["/nowhere", "/dev/zero"])
def test_a_file_that_may_be_left_out_is_refused_where_it_is_broken(
    file: str, broken: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("mot/A/gt", "got/val/a", "vot/a/color", "mine"):
        (here / folder).mkdir(parents=True)
    (here / "mot/A/gt/gt.txt").write_text("1,1,9,9,9,9,1,1,1\n")
    for truth in ("got/val/a", "vot/a"):
        (here / truth / "groundtruth.txt").write_text("1,1,9,9\n1,1,9,9\n")
    (here / file).symlink_to(broken)
    refused(
        capsys,
        {
            "mot": "mot score --data mot --results mine",
            "got": "score --benchmark got10k --data got --results found",
            "vot": "score --benchmark vot2018 --data vot --results found",
            "otb": SCORE,
        }[file[:3]],
        f"{file}: cannot be read: {'No such file' if broken == '/nowhere' else 'got a device'}",
    )


@pytest.mark.parametrize(
    "row", [b"1" * 40_000, b"1" * 40_000 + b"x,1,1,1", b"1" + b" " * 3_000_000 + b"x", b"1," * 10**6]
)
def test_a_row_without_end_is_told_at_once(row: bytes, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "found/exact/One.txt").write_bytes(row)
    refused(capsys, SCORE.replace("found", "found/exact"), "found/exact/One.txt:1: ")


@pytest.mark.parametrize(
    "text", [DEEP, b'{"seed":' + b"1" * 5000 + b"}", rb'{"\ud800": 1}', b"[]", b"\xff", b'{"seed": [{}]}']
)
def test_json_that_is_not_ours_is_refused_everywhere(
    text: bytes, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "out/static").mkdir(parents=True)
    (here / "out/static/run.json").write_bytes(text)
    refused(capsys, RUN, "out/static")
    (here / "a.json").write_bytes(text)
    refused(capsys, "report a.json --out page.html", "a.json")
    for benchmark in ("otb2015", "lasot", "vot2018", "uav123", "nfs", "tnl2k"):
        refused(capsys, f"score --benchmark {benchmark} --annotations a.json --results found", "a.json")


@pytest.mark.parametrize("size", ["NaN", "Infinity", "-1", "1e9", "null", '"9"', "0.5", "1" + "0" * 400])
def test_a_size_that_no_image_has_is_refused(size: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.json").write_text(f'{{"a": {{"gt": [[1, 1, 9, 9]], "width": {size}, "height": 9}}}}')
    refused(capsys, "score --benchmark vot2018 --annotations a.json --results found", "a.json")
    (here / "vot/a").mkdir(parents=True)
    (here / "vot/a/groundtruth.txt").write_text("1,1,9,9\n")
    (here / "vot/a/sequence").write_text(f"width={size}\nheight=9\n")
    refused(capsys, "score --benchmark vot2018 --data vot --results found", "vot/a/sequence: width: got")


@pytest.mark.parametrize("name", ["../evil", "..", "/tmp/evil", "a/b"])
def test_a_list_of_sequences_leads_out_of_no_folder(name: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "vot").mkdir()
    (here / "vot/list.txt").write_text(name)
    refused(capsys, "run static --benchmark vot2018 --data vot --results out", f"list.txt: got '{name}', allowed are")


@pytest.mark.parametrize(("module", "name"), [("../..", "evil"), ("bbreg", "../../../evil"), ("/tmp", "evil")])
def test_settings_lead_out_of_no_checkout(
    module: str, name: str, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTRACKING_HOME", str(here))
    refused(capsys, f"train {module} {name}", "allowed are names without '..' that begin with no '/'")


@pytest.mark.parametrize(
    ("length", "truth", "words"),
    [
        (
            "100000000",
            "1,1,9,9,9,9,1,1,1\n",
            "seqLength: got '100000000', allowed is a positive number of at most",
        ),
        ("900000", "1,1,9,9,9,9,1,1,1\n", "got a sequence of 900,000 frames, allowed to be scored are 200,000"),
        (None, "999999,1,9,9,9,9,1,1,1\n", "got a sequence of 999,999 frames, allowed to be scored are 200,000"),
        (None, "99999999,1,9,9,9,9,1,1,1\n", "frame: got 99999999, allowed are whole numbers from 1 to 10,000,000"),
        ("1" * 5000, "1,1,9,9,9,9,1,1,1\n", "seqLength: got '1111"),
        ("20", "1" * 40_000 + "x\n", "gt.txt:1: "),
    ],
)
def test_a_sequence_without_end_is_told_at_once(
    length: str | None, truth: str, words: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "mot/A/gt").mkdir(parents=True)
    (here / "mot/A/gt/gt.txt").write_text(truth)
    if length is not None:
        (here / "mot/A/seqinfo.ini").write_text(INFO.format(length=length))
    (here / "mine").mkdir()
    (here / "mine/A.txt").write_text("1,1,9,9,9,9,1,-1,-1,-1\n")
    refused(capsys, "mot score --data mot --results mine", words)


def scores(trackers: int, attributes: int, sequences: int = 1) -> dict[str, Any]:
    names = [f"tracker {number}" for number in range(trackers)]
    values = {"success_auc": 0.5}
    return {
        "benchmark": "lasot",
        "protocol": "official",
        "trackers": dict.fromkeys(names, values),
        "per_sequence": {name: {f"s{number}": values for number in range(sequences)} for name in names},
        "per_attribute": {name: {f"a{number}": values for number in range(attributes)} for name in names},
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (scores(2000, 1), "a.json: got 2,000 trackers, allowed on a page are 200: give fewer at once"),
        (scores(2, 20_000), "a.json: got 20,000 attributes, allowed on a page are 100"),
        (scores(100, 100), "got 10,000 bars, allowed on a page are"),
        (scores(1, 1, 20_001), "a.json: got 20,001 sequences, allowed on a page are 20,000"),
        (scores(200, 1, 1501), "got 300,200 trackers times sequences, allowed on a page are 300,000"),
    ],
)
def test_a_page_that_nobody_could_read_is_not_drawn(
    content: dict[str, Any], words: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "a.json").write_text(json.dumps(content))
    refused(capsys, "report a.json --out page.html", words)


def test_files_that_are_too_much_together_are_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.json").write_text(json.dumps(scores(results.TRACKERS // 2 + 1, 1)))
    (here / "b.json").write_text((here / "a.json").read_text())
    refused(capsys, "report a.json b.json --out page.html", "report: got 202 trackers, allowed on a page are 200")


def test_a_picture_bomb_fails_its_sequence_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "otb/One/img/0003.png").write_bytes(bomb(60_000, 60_000))
    code, _, err = call(capsys, RUN)
    assert code == 1
    assert "FAILED One: image: otb/One/img/0003.png: got 60,000 x 60,000 pixels" in err
    assert (here / "out/static/Two.txt").is_file()
