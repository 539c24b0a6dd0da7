"""The command line: a mistake is one line and exit code 2, help shows an example, nothing is half-written."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time

import pytest

from siou_tracking import __version__
from siou_tracking.cli.main import VERBS, build_parser, main
from siou_tracking.errors import ProcessLost
from tests.cli.calling import call

# Each row: what a newcomer types wrong, and the words that tell them.
MISTAKES = [
    (["trak"], ["unknown command 'trak'", "did you mean 'track'?"]),
    (["data", "exmaple"], ["unknown command 'exmaple'", "did you mean 'example'?"]),
    (["train"], ["train:", "MODULE | FILE.py"]),
    (["train", "bbreg", "atom_light"], ["atom_light", "atom_lite"]),
    (["train", "bbreg", "atom_lite", "--box-loss", "smoth_iou"], ["'smoth_iou'", "did you mean 'smooth_iou'?"]),
    (["train", "bbreg", "atom_lite", "--data", "got10k=nowhere"], ["got10k", "nowhere"]),
    (["train", "bbreg", "atom_lite", "--data", "got1ok=x"], ["'got1ok'", "did you mean 'got10k'?"]),
    (["train", "bbreg", "atom_lite", "--data", "got10k"], ["NAME=DIR"]),
    (["train", "bbreg", "atom_lite", "--data", "coco=x", "--data", "coco=y"], ["--data coco", "given 2 times"]),
    (["train", "bbreg", "atom_lite"], ["got10k", "--data got10k=DIR"]),
    (["train", "bbreg", "atom_lite", "--epochs", "0"], ["--epochs", "'0'"]),
    (["train", "bbreg", "atom_lite", "--box-loss", "smooth_iou", "--sharpness", "-1"], ["sharpness", "-1"]),
    (["train", "bbreg", "atom_lite", "--amp", "bf61"], ["--amp", "unknown precision 'bf61'", "did you mean 'bf16'?"]),
    (["train", "bbreg", "atom_lite", "--amp", "fp32"], ["--amp", "'fp32'", "allowed are bf16, fp16"]),
    (["train", "bbreg", "atom_lite", "--accumulate", "0"], ["--accumulate", "got '0'", "at least 1"]),
    (["mot", "train", "--data", ".", "--accumulate", "1e3"], ["--accumulate", "got '1e3'", "at least 1"]),
    (["train", "bbreg", "atom_lite", "--accumulate", "70000"], ["--accumulate", "got 70000", "from 1 to 65536"]),
    (["train", "bbreg", "atom_lite", "--pretrained", "nowhere"], ["--pretrained", "nowhere", "no such file or folder"]),
    (["train", "bbreg", "atom", "--pretrained", "x", "--no-pretrained"], ["--no-pretrained", "not allowed with"]),
    (
        ["mot", "train", "--data", ".", "--workspace", "../w", "--pretrained", "nowhere"],
        ["--pretrained", "nowhere", "no such file or folder"],
    ),
    (["train", "bbreg", "atom", "--divergence", "kl"], ["--divergence", "without --box-loss"]),
    (["train", "bbreg", "atom", "--box-loss", "giou", "--box-loss-weight", "0"], ["weight", "0"]),
    (["train", "no_such_file.py"], ["no_such_file.py"]),
    (["track", "nowhere.mp4", "--init", "1,2,3,4", "--tracker", "static"], ["nowhere.mp4"]),
    (["track", "x", "--init", "1,2,3"], ["--init", "'1,2,3'", "x,y,w,h"]),
    (["track", "x", "--init", "1,2,nan,4", "--tracker", "static"], ["x"]),
    (["track", "x", "--init", "1,2,3,4", "--tracker", "atmo"], ["frames: x: not found"]),
    (["track", __file__, "--init", "1,2,3,4", "--tracker", "atmo"], ["'atmo'", "did you mean 'atom'?"]),
    (["track", __file__, "--init", "1,2,3,4", "--tracker", "atom:lite", "--weights", "no.pth"], ["no.pth"]),
    (["train", "bbreg", "atom_lite", "--data", "otb2015=x"], ["train: --data otb2015: trackers are scored on it"]),
    (["train", "mine.py", "--data", "vot2018=x"], ["train: --data vot2018: trackers are scored on it"]),
    (["train", "bbreg", "atom_lite", "--data", "lvis=x"], ["train: --data", "'lvis'", "--checkout DIR"]),
    (["mot", "train", "--data", "mot=x"], ["mot train: --data mot=x: got NAME=DIR, expected DIR"]),
    (["mot", "train", "--data", "nowhere"], ["mot train: --data nowhere: no such folder"]),
    (["inspect", "no.pth.tar"], ["no.pth.tar", "no such file"]),
    (["convert", "no.pth.tar", "no.onnx"], ["convert: OUT", "'no.onnx'", ".safetensors"]),
    (["quickstart", "--data", "lasot=x"], ["lasot", "otb2015"]),
    (["quickstart", "--data", "got1ok=x"], ["quickstart: ", "--data", "'got1ok=x', expected otb2015=DIR"]),
    (["quickstart", "--data", "otb2015"], ["'otb2015', expected otb2015=DIR"]),
    (["quickstart", "--data", "otb2015=nowhere"], ["nowhere"]),
    (["quickstart", "--data", "otb2015=a", "--data", "otb2015=b"], ["otb2015: given 2 times"]),
]


@pytest.mark.parametrize(("arguments", "words"), MISTAKES, ids=[" ".join(row[0]) for row in MISTAKES])
def test_a_mistake_is_one_line_and_exit_code_2(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = call(capsys, *arguments)
    assert code == 2, err
    assert err.count("\n") == 1, err
    for word in words:
        assert word in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_every_verb_shows_an_example_that_parses(verb, capsys):
    with pytest.raises(SystemExit) as stop:
        build_parser().parse_args([*verb.split(), "--help"])
    out, _ = capsys.readouterr()
    example = VERBS[verb].example
    assert stop.value.code == 0
    assert " ".join(example.split()) in " ".join(out.split())
    build_parser().parse_args(example.split()[1:])


def test_help_waits_for_no_library():
    code = (
        "import sys\nfrom siou_tracking.cli.main import build_parser\nbuild_parser()\n"
        "print([name for name in ('torch', 'numpy', 'cv2', 'scipy', 'tqdm', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_scoring_and_packing_of_all_kinds_wait_for_no_torch():
    code = (
        "import sys\nimport siou_tracking.benchmarks.comparing.scoreboard, siou_tracking.mot.scoring.score\n"
        "import siou_tracking.mot.scoring.packing, siou_tracking.submission.vot2018\n"
        "from siou_tracking.benchmarks import registry\n"
        "[registry.get_benchmark(name) for name in registry.available_benchmarks()]\n"
        "print([name for name in ('torch', 'cv2', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_module_runs_as_a_program():
    done = subprocess.run([sys.executable, "-m", "siou_tracking", "--version"], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.strip() == f"siou-tracking {__version__}"


UNWRITABLE = [
    "train mine.py --workspace file/ws",
    "track frames --init 1,2,30,30 --tracker static --boxes file/b.txt",
    "track frames --init 1,2,30,30 --tracker static --save file/o.mp4",
    "losses --save file/map.png",
    "data example --out file/ex",
    "quickstart --out file/q",
]


@pytest.mark.parametrize("text", UNWRITABLE)
def test_an_output_that_cannot_be_written_is_one_line(text, capsys, tmp_path, monkeypatch, picture_folder):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "frames").symlink_to(picture_folder)
    (tmp_path / "mine.py").write_text("def run(settings):\n    open(f'{settings.env.workspace_dir}/a', 'w')\n")
    code, _, err = call(capsys, text)
    assert code == 2 and err.count("\n") == 1, err
    assert "file" in err and ("Not a directory" in err or "File exists" in err), err
    assert {path.name for path in tmp_path.iterdir()} == {"file", "frames", "mine.py"}


def test_a_fault_of_ours_exits_with_1_and_no_traceback(capsys, monkeypatch):
    def broken(options):
        raise RuntimeError("went\nwrong")

    monkeypatch.setitem(VERBS, "losses", dataclasses.replace(VERBS["losses"], run=broken))
    code, _, err = call(capsys, "losses")
    assert code == 1
    assert "RuntimeError: went wrong" in err and "Traceback" not in err


def test_debug_shows_the_traceback(monkeypatch):
    from siou_tracking.errors import InputError

    with pytest.raises(InputError):
        main(["--debug", "track", "nowhere", "--init", "1,2,3,4", "--tracker", "static"])


@pytest.mark.parametrize("words", ["losses", "score --help", "--version", "losses --bogus", "doctor"])
@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_reader_that_has_gone_ends_any_verb_quietly(words, closed, tmp_path):
    read, write = os.pipe()
    os.close(read)
    other = tmp_path / "other"
    with other.open("w") as file:
        streams = {"stdout": file, "stderr": file, closed: write}
        done = subprocess.run([sys.executable, "-m", "siou_tracking", *words.split()], **streams)
    os.close(write)
    said = closed == ("stderr" if words == "losses --bogus" else "stdout")
    by_argparse = words in ("score --help", "--version")  # it lets go of its own messages
    assert done.returncode == (141 if said and not by_argparse else 2 if words == "losses --bogus" else 0)
    assert "Broken" not in other.read_text() and "fault of ours" not in other.read_text()


@pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&-"])
def test_an_output_that_is_closed_from_the_start_ends_no_verb(closing):
    done = subprocess.run(["sh", "-c", f'"$0" -m siou_tracking losses {closing}', sys.executable], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_pipe_that_breaks_elsewhere_is_no_closed_output(capfd, monkeypatch):
    def fail(options):
        raise BrokenPipeError(32, "Broken pipe")

    verb = dataclasses.replace(VERBS["losses"], run=fail)
    monkeypatch.setitem(VERBS, "losses", verb)
    assert main(["losses"]) == 1
    assert "BrokenPipeError" in capfd.readouterr().err


def test_a_package_that_cannot_be_imported_is_named_with_the_way_to_its_mend(tmp_path):
    (tmp_path / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')\n")
    done = subprocess.run(
        [sys.executable, "-m", "siou_tracking", "data", "example", "--out", str(tmp_path / "out")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "libGL.so.1" in done.stderr and "siou-tracking doctor" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("rank", [0, 1])
def test_verbs_of_one_process_are_refused_under_torchrun_and_the_first_process_tells(capsys, monkeypatch, rank):
    for name, value in {"TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "2", "RANK": str(rank)}.items():
        monkeypatch.setenv(name, value)
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    assert call(capsys, "losses")[::2] == (
        2,
        "siou-tracking: error: losses: works in one process: start it without torchrun\n",
    )
    assert len(waited) == rank  # the others are ended meanwhile
    assert {name for name, verb in VERBS.items() if verb.shares} == {"train", "run", "mot train"}


def test_a_process_that_lost_another_waits_for_the_reason(capsys, monkeypatch):
    def lose(_: object) -> int:
        raise ProcessLost("another is gone")

    monkeypatch.setenv("WORLD_SIZE", "2")
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    monkeypatch.setitem(VERBS, "train", dataclasses.replace(VERBS["train"], run=lose))
    assert call(capsys, "train x.py")[::2] == (2, "siou-tracking: error: another is gone\n")
    assert waited and waited[0] > 5


def test_an_error_is_told_once_however_often_torchrun_starts_again(capsys, monkeypatch, tmp_path):
    for attempt, verb, told in ((0, "losess", 1), (1, "losess", 0), (2, "pakc", 1)):
        folder = tmp_path / f"attempt_{attempt}" / "0"
        folder.mkdir(parents=True)
        monkeypatch.setenv("TORCHELASTIC_ERROR_FILE", str(folder / "error.json"))
        code, _, errors = call(capsys, verb)
        assert (code, errors.count("siou-tracking: error: unknown command")) == (2, told)
    monkeypatch.setenv("TORCHELASTIC_ERROR_FILE", str(tmp_path / "no/such/folder/error.json"))
    assert call(capsys, "losess")[2].count("\n") == 1


def test_a_process_whose_peer_is_gone_says_so_wherever_it_learns_it(capsys, monkeypatch):
    def lose(_: object) -> int:
        raise RuntimeError("[pair.cc:553] Connection closed by peer [127.0.0.1]:18110")

    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setitem(VERBS, "train", dataclasses.replace(VERBS["train"], run=lose))
    code, _, errors = call(capsys, "train x.py")
    assert (
        code == 2 and errors.startswith("siou-tracking: error: torchrun: another process") and errors.count("\n") == 1
    )


@pytest.mark.parametrize(("rank", "told"), [("0", "siou-tracking: stopped\n"), ("1", "")])
def test_processes_that_are_stopped_together_say_so_once(capsys, monkeypatch, rank, told):
    def stop(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", rank)
    monkeypatch.setitem(VERBS, "train", dataclasses.replace(VERBS["train"], run=stop))
    assert call(capsys, "train x.py")[::2] == (130, told)
