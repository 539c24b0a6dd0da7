"""run, score, pack and report from the command line: exit codes, one-line errors, files whole or not there."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from siou_tracking.cli.main import main


def call(capsys, text: str) -> tuple[int, str, str]:
    code = main(text.split())
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two OTB sequences of four frames in `otb`, two trackers' results in `found`; the current folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("One", "Two"):
        (tmp_path / "otb" / name / "img").mkdir(parents=True)
        for frame in range(1, 5):
            cv2.imwrite(str(tmp_path / f"otb/{name}/img/{frame:04d}.png"), np.full((50, 60, 3), 80, np.uint8))
        (tmp_path / f"otb/{name}/groundtruth_rect.txt").write_text("11,11,20,20\n" * 4)
        for tracker, box in (("exact", "11,11,20,20"), ("half", "11,11,20,10")):
            (tmp_path / f"found/{tracker}").mkdir(parents=True, exist_ok=True)
            (tmp_path / f"found/{tracker}/{name}.txt").write_text("11,11,20,20\n" + f"{box}\n" * 3)
    return tmp_path


SCORE = "score --benchmark otb2015 --data otb --results found"


def test_run_score_and_report_follow_each_other(here, capsys):
    code, out, err = call(capsys, "run static --benchmark otb2015 --data otb --results out")
    assert (code, err) == (0, "")
    assert out == "out/static: sequences run: 2, already there: 0\n"
    code, out, err = call(capsys, "score --benchmark otb2015 --data otb --results out --json s.json")
    assert (code, err) == (0, "")
    assert "static 95.24 [95.2, 95.2] 100.00 [100.0, 100.0]" in " ".join(out.split())
    assert "ONLY 2 of 100 sequences, 8 frames" in out
    assert "official protocol (OTB MATLAB toolkit" in out
    assert "ground truth against itself scores AUC 95.24" in out
    assert call(capsys, "report s.json --out page.html")[:2] == (0, "report: page.html\n")
    page = (here / "page.html").read_text(encoding="utf-8")
    assert "20/21 = 95.24 is the most" in page
    assert page.count("<svg") == 2
    assert not any(reference in page for reference in ("src=", "<link", "<script", "url(http", "@import"))


def test_a_failed_sequence_is_exit_code_1_and_the_last_line_names_it(here, capsys):
    (here / "otb/One/img/0003.png").write_bytes(b"\x89PNG")
    code, out, err = call(capsys, "run static --benchmark otb2015 --data otb --results out")
    assert code == 1
    assert err.startswith("FAILED One: image: otb/One/img/0003.png: ") and err.count("\n") == 1
    assert out.startswith("out/static: sequences run: 1, already there: 0, FAILED: 1: One (image: otb/One/img/0003.png")
    assert out.count("\n") == 1
    assert [file.name for file in (here / "out/static").glob("*e.txt")] == ["Two_time.txt"]


def test_score_writes_json_csv_and_latex_that_agree(here, capsys):
    code, out, _ = call(capsys, f"{SCORE} --json s.json --csv s.csv --latex s.tex")
    assert code == 0
    result = json.loads((here / "s.json").read_text())
    assert set(result) >= {"benchmark", "protocol", "version", "trackers", "per_sequence"}
    assert (result["benchmark"], result["protocol"]) == ("otb2015", "official")
    # three of four frames at IoU 1/2: thresholds 0 .. 0.45 (10 of 21) pass, the first frame passes 20
    half = (3 * 10 + 20) / 4 / 21
    assert result["trackers"]["half"]["success_auc"] == pytest.approx(half)
    assert result["per_sequence"]["half"]["Two"]["success_auc"] == pytest.approx(half)
    assert result["ceiling"]["success_auc"] == pytest.approx(20 / 21)
    rows = list(csv.DictReader((here / "s.csv").open()))
    assert [row["tracker"] for row in rows] == ["exact", "half"]
    assert float(rows[1]["success_auc"]) == result["trackers"]["half"]["success_auc"]
    assert rows[0]["sequences"] == "2"
    latex = (here / "s.tex").read_text()
    assert latex.startswith("% OTB2015, official protocol")
    assert r"exact & \textbf{95.2} & \textbf{100.0} & \textbf{100.0} \\" in latex
    assert f"half & {100 * half:.1f} & " in latex
    assert f"exact - half: AUC +{100 * (20 / 21 - half):.2f}" in out
    assert "paired sign-flip test" in out


def test_protocols_are_named_and_change_the_number(here, capsys):
    (here / "found/half/One.txt").write_text("12,12,4,4\n" + "11,11,20,10\n" * 3)  # a placeholder in row 1
    official = call(capsys, SCORE)[1]
    pysot = call(capsys, f"{SCORE} --protocol pysot")[1]
    assert "pysot protocol (StrangerZhang/pysot-toolkit" in pysot
    row = {text: next(line for line in text.splitlines() if line.startswith("half ")) for text in (official, pysot)}
    assert row[official] != row[pysot]


def test_folders_with_trackers_of_one_name_are_kept_apart(here, capsys):
    (here / "again/half").mkdir(parents=True)
    for name in ("One", "Two"):
        (here / f"again/half/{name}.txt").write_text("11,11,20,20\n" * 4)
    out = call(capsys, f"{SCORE} again/half")[1]
    assert "\nhalf " in out and "\nagain/half:half " in out
    code, _, err = call(capsys, f"{SCORE} again/half again/half")
    assert code == 2 and "got it twice" in err


MISTAKES = [
    ("run statik --benchmark otb2015 --data otb --results out", ["'statik'", "did you mean 'static'"]),
    ("run static --benchmark otb2051 --data otb --results out", ["'otb2051'", "did you mean 'otb2015'"]),
    ("run static --benchmark otb2015 --data nowhere --results out", ["nowhere"]),
    ("run static --benchmark otb2015 --data otb --results out --shard 3/2", ["'3/2'", "i from 1 to n"]),
    ("run static --benchmark otb2015 --data otb --results out --shard two", ["'two'", "1/4"]),
    ("run static --benchmark otb2015 --data otb --results out --workers 0", ["--workers", "'0'"]),
    ("run atom:lite --benchmark otb2015 --data otb --results out", ["weights"]),
    ("run atom:lite --benchmark otb2015 --data otb --results out --weights no.pth", ["no.pth"]),
    ("run static --benchmark otb2015 --data otb --results out --device cudo", ["cudo"]),
    ("score --benchmark otb2015 --results found", ["--data", "--annotations"]),
    (f"{SCORE} nowhere", ["nowhere"]),
    (f"{SCORE} otb", ["otb", "no result"]),
    (f"{SCORE} --protocol pysto", ["'pysto'", "did you mean 'pysot'"]),
    ("score --benchmark otb2015 --annotations no.json --results found", ["no.json"]),
    ("score --benchmark lasot --data otb --results found", ["lasot"]),
    ("score --benchmark vot2018 --data otb --results found", ["VOT2018"]),
    ("pack --benchmark otb2015 --results found --out x.zip", ["'otb2015'", "trackingnet"]),
    ("pack --benchmark got10k --results nowhere --out x.zip", ["nowhere"]),
    ("pack --benchmark got10k --results found --out x.zip", ["GOT-10k_Test_000001"]),
    ("pack --benchmark vot2018 --results found --out x.zip", ["baseline"]),
    ("report nowhere.json --out page.html", ["nowhere.json"]),
    ("report found/half/One.txt --out page.html", ["One.txt", "not JSON"]),
    ("report", ["RESULT.json"]),
    (f"{SCORE} --split val", ["split", "'val'", "otb2015 has none"]),
    (f"{SCORE} --json found", ["--json", "got a folder"]),
    (f"{SCORE} --csv otb/One/groundtruth_rect.txt/a.csv", ["--csv", "Not a directory"]),
    ("run static --benchmark otb2015 --data otb --results out --name ../otb", ["name", "'../otb'"]),
    ("run static --benchmark otb2015 --data otb --results otb/One/groundtruth_rect.txt", ["Not a directory"]),
    ("run static --benchmark otb2015 --data otb --results out --name .", ["name", "'.'"]),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_one_line_and_exit_code_2_and_leaves_nothing(text, words, here, capsys):
    before = sorted(here.rglob("*"))
    code, out, err = call(capsys, text)
    assert code == 2, err
    assert (out, err.count("\n")) == ("", 1), err
    assert all(word in err for word in words), err
    assert sorted(here.rglob("*")) == before


BAD_FILES = [
    ("", "empty"),
    ("11,11,20,20\n11,11,20\n", ":2"),
    ("11,11,20,20\n11,11,abc,20\n", ":2"),
]


@pytest.mark.parametrize(("content", "words"), BAD_FILES, ids=["empty", "three numbers", "a word"])
def test_a_bad_result_file_is_named_and_an_earlier_score_stays(content, words, here, capsys):
    (here / "s.json").write_text("earlier")
    (here / "found/half/Two.txt").write_text(content)
    code, _, err = call(capsys, f"{SCORE} --json s.json")
    assert code == 2
    assert "found/half/Two.txt" in err and words in err and err.count("\n") == 1
    assert (here / "s.json").read_text() == "earlier"


def test_nan_in_a_result_is_refused_where_the_protocol_refuses_it_and_never_a_better_score(here, capsys):
    file = here / "found/half/Two.txt"
    before = call(capsys, SCORE)[1]
    file.write_text("11,11,20,20\n11,11,20,20\nnan,nan,nan,nan\n11,11,20,10\n")
    out = call(capsys, SCORE)[1]
    assert "note: half: Two: 1 rows without a box repeat the row before" in out
    assert out != before
    code, _, err = call(capsys, f"{SCORE} --protocol pytracking")
    assert code == 2 and "Two.txt: frame 3: NaN" in err


def test_a_missing_sequence_is_named_not_scored_around(here, capsys):
    (here / "found/half/Two.txt").unlink()
    code, _, err = call(capsys, SCORE)
    assert code == 2 and "half has no result for 1 of 2 sequences: Two" in err


def test_pack_refuses_and_then_packs(here, capsys, monkeypatch):
    monkeypatch.setattr("siou_tracking.benchmarks.one_pass.trackingnet.TrackingNet.test_names", ("v0", "v1"))
    (here / "tn/mine").mkdir(parents=True)
    (here / "tn/mine/v0.txt").write_text("1,2,3,4\n5,6,7,8\n")
    code, _, err = call(capsys, "pack --benchmark trackingnet --results tn --out mine.zip")
    assert code == 2 and "missing: 1 of 2 sequences (run the tracker on them)" in err
    assert not (here / "mine.zip").exists()
    (here / "tn/mine/v1.txt").write_text("1,2,3,4\n")
    code, out, _ = call(capsys, "pack --benchmark trackingnet --results tn --out mine.zip")
    assert code == 0 and out.endswith("packed 2 sequences: mine.zip\n")
    with zipfile.ZipFile(here / "mine.zip") as archive:
        assert archive.read("v0.txt") == b"1.00,2.00,3.00,4.00\n5.00,6.00,7.00,8.00\n"


def test_published_numbers_stand_beside_ours_with_their_source(here, capsys):
    (here / "found/half").rename(here / "found/DiMP50")
    out = call(capsys, SCORE)[1]
    assert "published for DiMP-50, beside 'DiMP50': AUC 68.4 (visionml/pytracking MODEL_ZOO.md" in out
    assert "cannot be compared with a part of it" in out
