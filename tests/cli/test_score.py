"""score from the command line: its files agree, its mistakes are one line, its files are whole or not there."""

from __future__ import annotations

import csv
import json
import shutil

import pytest

from tests.cli.calling import call, check_refused

SCORE = "score --benchmark otb2015 --data otb --results found"


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
    assert latex.startswith("% own data, OTB2015's protocol (official: OTB MATLAB toolkit")
    assert r"exact & \textbf{95.2} & \textbf{100.0} & \textbf{100.0} \\" in latex
    assert f"half & {100 * half:.1f} & " in latex
    assert f"exact - half: AUC +{100 * (20 / 21 - half):.2f}" in out
    assert "paired sign-flip test" in out


def test_protocols_are_named_and_change_the_number(here, capsys):
    (here / "found/half/One.txt").write_text("12,12,4,4\n" + "11,11,20,10\n" * 3)  # a placeholder in row 1
    official = call(capsys, SCORE)[1]
    pysot = call(capsys, f"{SCORE} --protocol pysot")[1]
    assert "own data, OTB2015's protocol (pysot: StrangerZhang/pysot-toolkit" in pysot
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


def test_repeated_runs_are_scored_one_by_one_and_as_their_mean(here, capsys):
    for run, half in enumerate(("exact", "half")):
        (here / f"found/{half}").rename(here / f"found/atom_{run:03d}")
    code, out, _ = call(capsys, f"{SCORE} --json s.json")
    assert code == 0
    result = json.loads((here / "s.json").read_text())
    values = {name: metrics["success_auc"] for name, metrics in result["trackers"].items()}
    assert values["atom"] == pytest.approx((values["atom_000"] + values["atom_001"]) / 2)
    assert result["runs"]["atom"]["runs"] == 2 and result["comparison"] == {}
    spread = abs(values["atom_000"] - values["atom_001"]) / 2**0.5
    assert f"{100 * values['atom']:.2f} +- {100 * spread:.2f} [" in out and "\natom (2 runs) " in out
    assert "note: atom: mean and standard deviation of 2 runs: atom_000, _001" in out
    code, _, _ = call(capsys, "report s.json --out page.html")
    assert code == 0 and "atom (2 runs)" in (here / "page.html").read_text()


def test_a_missing_sequence_and_the_file_that_may_be_it_are_named_in_one_line(here, capsys):
    (here / "found/half/Two.txt").rename(here / "found/half/Twoo.txt")
    code, _, err = call(capsys, SCORE)
    assert code == 2 and err.endswith("1 of 2 sequences: Two; Twoo.txt: did you mean Two?\n")


MISTAKES = [
    ("score --benchmark otb2015 --results found", ["--data", "--annotations"]),
    (f"{SCORE} nowhere", ["nowhere"]),
    (f"{SCORE} otb", ["otb", "no result"]),
    (f"{SCORE} --protocol pysto", ["'pysto'", "did you mean 'pysot'"]),
    ("score --benchmark otb2015 --annotations no.json --results found", ["no.json"]),
    ("score --benchmark lasot --data otb --results found", ["lasot"]),
    ("score --benchmark vot2018 --data otb --results found", ["VOT", "<sequence>/groundtruth.txt"]),
    (f"{SCORE} --split val", ["split", "'val'", "otb2015 has none"]),
    (f"{SCORE} --json found", ["--json", "got a folder"]),
    (f"{SCORE} --csv otb/One/groundtruth_rect.txt/a.csv", ["--csv", "Not a directory"]),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_one_line_and_exit_code_2_and_leaves_nothing(text, words, here, capsys):
    check_refused(capsys, here, text, words)


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


def test_published_numbers_stand_beside_ours_with_their_source(here, capsys):
    for path in ("otb/Deer/groundtruth_rect.txt", "found/DiMP50/Deer.txt"):
        (here / path).parent.mkdir(parents=True)
        (here / path).write_text("11,11,20,20\n" * 71)
    out = call(capsys, "score --benchmark otb2015 --data otb --results found/DiMP50")[1]
    assert "published for" not in out  # one of three
    shutil.rmtree(here / "otb/One")
    out = call(capsys, "score --benchmark otb2015 --data otb --results found/DiMP50")[1]
    assert "OTB2015, official protocol (OTB MATLAB toolkit" in out and "ONLY 1 of 100 sequences, 71 frames" in out
    assert "note: DiMP50: not OTB2015's and left out: Two" in out
    assert "published for DiMP-50, beside 'DiMP50': AUC 68.4 (visionml/pytracking MODEL_ZOO.md" in out
    assert "cannot be compared with a part of it" in out
