"""score from the command line: its files agree, its mistakes are one line, its files are whole or not there."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys

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


def test_scoring_waits_for_no_library_of_training_or_pictures(here):
    code = (
        "import sys\nfrom siou_tracking.cli.main import main\nmain(sys.argv[1:])\n"
        "print([name for name in ('torch', 'cv2', 'scipy', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, *SCORE.split()], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\n[]\n")


def test_the_files_are_written_whether_or_not_the_table_is_read(here, capsys, monkeypatch):
    monkeypatch.setattr("siou_tracking.report.table.format_text", lambda result: 1 / 0)
    assert call(capsys, f"{SCORE} --json s.json --csv s.csv --latex s.tex")[0] == 1
    assert all((here / name).is_file() for name in ("s.json", "s.csv", "s.tex"))


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
    assert code == 1 and err.endswith("1 of 2 sequences: Two; Twoo.txt: did you mean Two?\n")


MISTAKES = [
    ("score --benchmark otb2015 --results found", ["--data", "--annotations"]),
    (f"{SCORE} nowhere", ["nowhere"]),
    ("score --benchmark otb2015 --data otb --results otb", ["otb", "no result"]),
    (f"{SCORE} --protocol pysto", ["'pysto'", "did you mean 'pysot'"]),
    ("score --benchmark otb2015 --annotations no.json --results found", ["no.json"]),
    ("score --benchmark lasot --data otb --results found", ["lasot"]),
    ("score --benchmark vot2018 --data otb --results found", ["VOT", "<sequence>/groundtruth.txt"]),
    (f"{SCORE} --experiment realtime", ["experiment", "'realtime'", "otb2015 has none; allowed for"]),
    (f"{SCORE} --experiment baselin", ["'baselin'", "did you mean 'baseline'"]),
    (f"{SCORE} --split val", ["split", "'val'", "otb2015 has none"]),
    (f"{SCORE} --json found", ["--json", "got a folder"]),
    (f"{SCORE} --csv otb/One/groundtruth_rect.txt/a.csv", ["--csv", "Not a directory"]),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_one_line_and_exit_code_2_and_leaves_nothing(text, words, here, capsys):
    check_refused(capsys, here, text, words)


BAD_FILES = [
    ("", "found/half/Two.txt: empty"),
    ("11,11,20,20\n11,11,20\n", "found/half/Two.txt:2"),
    ("11,11,20,20\n11,11,abc,20\n", "found/half/Two.txt:2"),
    (None, "half has no result for 1 of 2 sequences: Two"),
]
BAD = pytest.mark.parametrize(("content", "words"), BAD_FILES, ids=["empty", "three numbers", "a word", "missing"])


def spoil(file, content):
    file.unlink() if content is None else file.write_text(content)


@BAD
def test_a_tracker_that_cannot_be_scored_is_named_and_the_others_are_scored(content, words, here, capsys):
    whole = call(capsys, SCORE)[1]
    spoil(here / "found/half/Two.txt", content)
    code, out, err = call(capsys, f"{SCORE} --json s.json")
    assert code == 1
    assert err.startswith("NOT SCORED half: ") and words in err and err.count("\n") == 1
    row = next(line for line in whole.splitlines() if line.startswith("exact "))
    assert " ".join(row.split()) in " ".join(out.split()) and "\nhalf " not in out
    result = json.loads((here / "s.json").read_text())
    assert list(result["trackers"]) == ["exact"] and words in result["not_scored"]["half"]


@BAD
def test_where_no_tracker_can_be_scored_the_first_error_is_told_and_an_earlier_score_stays(
    content, words, here, capsys
):
    (here / "s.json").write_text("earlier")
    spoil(here / "found/half/Two.txt", content)
    (here / "found/exact/Two.txt").rename(here / "found/exact/Too.txt")
    (here / "found/exact").rename(here / "found/later")
    code, out, err = call(capsys, f"{SCORE} --json s.json")
    assert (code, out, err.count("\n")) == (2, "", 1) and words in err
    assert (here / "s.json").read_text() == "earlier"


def test_nan_in_a_result_is_refused_where_the_protocol_refuses_it_and_never_a_better_score(here, capsys):
    file = here / "found/half/Two.txt"
    before = call(capsys, SCORE)[1]
    file.write_text("11,11,20,20\n11,11,20,20\nnan,nan,nan,nan\n11,11,20,10\n")
    out = call(capsys, SCORE)[1]
    assert "note: half: Two: 1 rows without a box repeat the row before" in out
    assert out != before
    code, out, err = call(capsys, f"{SCORE} --protocol pytracking")
    assert code == 1 and "NOT SCORED half: " in err and "Two.txt: frame 3: NaN" in err and "\nexact " in out
    code, _, err = call(capsys, f"{SCORE}/half --protocol pytracking")
    assert code == 2 and "Two.txt: frame 3: NaN" in err


@pytest.mark.parametrize("again", ["found", "found/", "./found", "found/half", "link"])
def test_a_folder_that_is_given_twice_counts_once(again, here, capsys):
    (here / "link").symlink_to(here / "found", target_is_directory=True)
    once = call(capsys, f"{SCORE} --csv s.csv")[1]
    rows = (here / "s.csv").read_text()
    code, out, _ = call(capsys, f"{SCORE} {again} --csv s.csv")
    assert code == 0 and (here / "s.csv").read_text() == rows
    assert [line for line in out.splitlines() if line not in once.splitlines()] == [
        f"note: {again.strip('./')}: given twice, counted once"
    ]
    code, out, _ = call(capsys, "score --benchmark otb2015 --data otb --results found/half found --csv s.csv")
    assert code == 0 and "note: found: half: given twice, counted once" in out
    assert sorted((here / "s.csv").read_text().splitlines()) == sorted(rows.splitlines())


def test_a_path_without_a_result_is_named_and_the_others_are_scored(here, capsys):
    (here / "found/notes.txt").write_text("to do\n")
    (here / "found/Thumbs.db").write_bytes(b"\0\1")
    (here / "found/.DS_Store").write_bytes(b"\0\1")
    code, out, err = call(capsys, f"{SCORE}/exact found/half otb found/Thumbs.db")
    assert code == 1 and "\nhalf " in out and "\nexact " in out
    assert err.splitlines()[0].startswith("NOT SCORED otb: otb: no result of any sequence")
    assert "found/Thumbs.db: expected a folder" in err.splitlines()[1]


def test_what_lies_among_the_trackers_is_passed_over_with_a_note(here, capsys):
    whole = call(capsys, SCORE)[1].splitlines()
    stray = {
        "half/old/One.txt": "11,11,20,20\n",  # a backup inside a tracker's folder
        "vot/mine/baseline/one/one_001.txt": "1\n",  # another benchmark, with one name in common
        **{f"vot/mine/baseline/ants{n}/ants{n}_001.txt": "1\n" for n in range(9)},
        "lasot/mine/cat-1.txt": "1,2,3,4\n",
        "exact/times/One_time.txt": "0.1\n",
        "exact/.DS_Store": "",
        "exact/Thumbs.db": "",
    }
    for name, text in stray.items():
        (here / "found" / name).parent.mkdir(parents=True, exist_ok=True)
        (here / "found" / name).write_text(text)
    code, out, err = call(capsys, SCORE)
    assert (code, err) == (0, "")
    assert [line for line in out.splitlines() if line not in whole] == [
        "note: found: passed over: half/old: 1 of 2 sequences, inside the folder of another tracker",
        "note: found: passed over: vot/mine/baseline: 1 of 2 sequences among 9 other files",
        "note: found: passed over: lasot: 1 file, of none of the sequences",
    ]


def test_row_1_in_another_form_is_a_note_and_with_strict_an_error(here, capsys):
    for name in ("One", "Two"):
        (here / f"found/half/{name}.txt").write_text("11,11,31,31\n" * 4)
    note = (
        "half: row 1 is not the given box in 2 of 2 sequences: the box as x1,y1,x2,y2 in 2 (mean overlap 0.42 as it "
        "stands, 1.00 so read); such as One: got 11,11,31,31, given 11,11,20,20"
    )
    code, out, _ = call(capsys, SCORE)
    assert code == 0 and f"note: {note}\n" in out
    check_refused(capsys, here, f"{SCORE} --strict --json s.json", [note])
    assert call(capsys, f"{SCORE}/exact --strict")[0] == 0


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
