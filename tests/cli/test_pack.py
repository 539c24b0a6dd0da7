"""pack and report from the command line: refused in one line, or one whole file."""

from __future__ import annotations

import zipfile

import pytest

from tests.cli.calling import call, check_refused


def test_pack_refuses_and_then_packs(here, capsys, monkeypatch):
    monkeypatch.setattr("siou_tracking.benchmarks.datasets.trackingnet.TrackingNet.test_names", ("v0", "v1"))
    (here / "tn/mine").mkdir(parents=True)
    (here / "tn/mine/v0.txt").write_text("1,2,3,4\n5,6,7,8\n")
    code, _, err = call(capsys, "pack --benchmark trackingnet --results tn --out mine.zip")
    assert code == 2 and "missing: 1 of 2 sequences (run the tracker on them)" in err
    assert not (here / "mine.zip").exists()
    (here / "tn/mine/v1.txt").write_text("1,2,3,4\n")
    code, out, err = call(capsys, "pack --benchmark trackingnet --results tn --out mine.zip")
    assert code == 0 and out == "packed 2 sequences: mine.zip\n" and err.startswith("note: ")
    with zipfile.ZipFile(here / "mine.zip") as archive:
        assert archive.read("v0.txt") == b"1.00,2.00,3.00,4.00\n5.00,6.00,7.00,8.00\n"


MISTAKES = [
    ("pack --benchmark otb2015 --results found --out x.zip", ["'otb2015'", "trackingnet"]),
    ("pack --benchmark got10k --results nowhere --out x.zip", ["nowhere"]),
    ("pack --benchmark got10k --results found --out x.zip", ["GOT-10k_Test_000001"]),
    ("pack --benchmark vot2018 --results found --out x.zip", ["baseline"]),
    ("report nowhere.json --out page.html", ["nowhere.json"]),
    ("report found/half/One.txt --out page.html", ["One.txt", "not JSON"]),
    ("report", ["RESULT.json"]),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_one_line_and_exit_code_2_and_leaves_nothing(text, words, here, capsys):
    check_refused(capsys, here, text, words)
