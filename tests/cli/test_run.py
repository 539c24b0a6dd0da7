"""run from the command line: exit codes, and one line about what failed."""

from __future__ import annotations

import pytest

from tests.cli.calling import call, check_refused


def test_run_score_and_report_follow_each_other(here, capsys):
    code, out, err = call(capsys, "run static --benchmark otb2015 --data otb --results out")
    assert (code, err) == (0, "")
    assert out == "out/static: sequences run: 2, already there: 0\n"
    code, out, err = call(capsys, "score --benchmark otb2015 --data otb --results out --json s.json")
    assert (code, err) == (0, "")
    assert "static 95.24 [95.2, 95.2] 100.00 [100.0, 100.0]" in " ".join(out.split())
    assert out.startswith("own data, OTB2015's protocol (official: OTB MATLAB toolkit")
    assert "2 sequences, 8 frames" in out
    assert "ground truth against itself scores AUC 95.24" in out
    assert call(capsys, "report s.json --out page.html")[:2] == (0, "report: page.html\n")
    page = (here / "page.html").read_text(encoding="utf-8")
    assert "20/21 = 95.24 is the most" in page
    assert page.count("<svg") == 3
    assert not any(reference in page for reference in ("src=", "<link", "url(http", "@import"))


def test_a_failed_sequence_is_exit_code_1_and_the_last_line_names_it(here, capsys):
    (here / "otb/One/img/0003.png").write_bytes(b"\x89PNG")
    code, out, err = call(capsys, "run static --benchmark otb2015 --data otb --results out")
    assert code == 1
    assert err.startswith("FAILED One: image: otb/One/img/0003.png: ") and err.count("\n") == 1
    assert out.startswith("out/static: sequences run: 1, already there: 0, FAILED: 1: One (image: otb/One/img/0003.png")
    assert out.count("\n") == 1
    assert [file.name for file in (here / "out/static").glob("*e.txt")] == ["Two_time.txt"]


MISTAKES = [
    ("run statik --benchmark otb2015 --data otb --results out", ["'statik'", "did you mean 'static'"]),
    ("run static --benchmark otb2051 --data otb --results out", ["'otb2051'", "did you mean 'otb2015'"]),
    ("run static --benchmark otb2015 --data nowhere --results out", ["nowhere"]),
    ("run static --benchmark otb2015 --data otb --results out --shard 3/2", ["'3/2'", "i from 1 to n"]),
    ("run static --benchmark otb2015 --data otb --results out --shard two", ["'two'", "1/4"]),
    ("run static --benchmark otb2015 --data otb --results out --workers 0", ["--workers", "'0'"]),
    ("run atom:lite --benchmark otb2015 --data otb --results out", ["weights"]),
    ("run --benchmark otb2015 --data otb --results out", ["TRACKER: got none", "--onnx"]),
    ("run static --onnx a.onnx --benchmark otb2015 --data otb --results out", ["tracker: got 'static' beside --onnx"]),
    ("run --onnx a.onnx --amp bf16 --benchmark otb2015 --data otb --results out", ["amp: got 'bf16' beside --onnx"]),
    ("run static --amp fp8 --benchmark otb2015 --data otb --results out", ["'fp8'", "bf16"]),
    ("run --onnx a.onnx --device cpu --benchmark otb2015 --data otb --results out", ["device: got 'cpu' beside"]),
    ("run --onnx no.onnx --benchmark otb2015 --data otb --results out", ["no.onnx: no such file"]),
    ("run --onnx otb/One/groundtruth_rect.txt --benchmark otb2015 --data otb --results out", ["got no ONNX model"]),
    ("run atom:lite --benchmark otb2015 --data otb --results out --weights no.pth", ["no.pth"]),
    ("run static --benchmark otb2015 --data otb --results out --device cudo", ["cudo"]),
    ("run static --benchmark otb2015 --data otb --results out --name ../otb", ["name", "'../otb'"]),
    ("run static --benchmark otb2015 --data otb --results found/exact/One.txt", ["Not a directory"]),
    ("run static --benchmark otb2015 --data otb --results out --name .", ["name", "'.'"]),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_one_line_and_exit_code_2_and_leaves_nothing(text, words, here, capsys):
    check_refused(capsys, here, text, words)
