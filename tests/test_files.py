"""Files are whole or not there, and a user's mistake is one line."""

from __future__ import annotations

import json
import os
import pickle

import pytest

from siou_tracking.errors import NO_ROOM, InputError, unknown_name, users_reason
from siou_tracking.files import (
    atomic_path,
    check_output,
    check_output_folder,
    check_outputs,
    write_json,
    write_text,
)


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_else(tmp_path):
    target = write_text(tmp_path / "result.txt", "good")
    with pytest.raises(RuntimeError), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "good"
    assert list(tmp_path.iterdir()) == [target]


def test_a_write_without_room_names_its_file(tmp_path):
    for number in NO_ROOM:
        with pytest.raises(OSError) as caught, atomic_path(tmp_path / "result.txt"):
            raise OSError(number, os.strerror(number))
        assert users_reason(caught.value) == f"{tmp_path / 'result.txt'}: {os.strerror(number)}"
        assert users_reason(OSError(number, os.strerror(number))) == os.strerror(number)
    assert not list(tmp_path.iterdir())


def test_an_output_that_cannot_be_written_is_known_before_the_work(tmp_path):
    (tmp_path / "file").write_text("mine")
    for path, reason in ((tmp_path, "got a folder"), (tmp_path / "file/a.txt", "cannot be written: Not a directory")):
        with pytest.raises(InputError, match=rf"--out: .*: {reason}"):
            check_output(path, "--out")
    check_output(tmp_path / "new/folder/a.txt", "--out")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_device_is_never_replaced_by_an_output(tmp_path):
    null, fifo, link, loop = (tmp_path / name for name in ("null", "fifo", "link", "loop"))
    null.symlink_to(os.devnull)  # where a test replaced the link, as with the device itself, there would be a file
    os.mkfifo(fifo)
    link.symlink_to(fifo)
    loop.symlink_to(loop)
    before = sorted(tmp_path.iterdir())
    for path, kind in ((null, "got a device"), (fifo, "got a FIFO"), (link, "got a FIFO"), (loop, "symbolic links")):
        with pytest.raises(InputError, match=rf"^--json: {path}: cannot be written: .*{kind}"):
            check_output(path, "--json")
        with pytest.raises(OSError, match=kind) as caught:
            write_text(path, "result")
        assert kind in users_reason(caught.value)
        assert path.is_symlink() or path.is_fifo()
    assert sorted(tmp_path.iterdir()) == before


def test_a_link_that_leads_to_itself_is_the_users_fault(tmp_path):
    (tmp_path / "a").symlink_to("a")
    assert "a link that leads to itself" in users_reason(RuntimeError(f"Symlink loop from '{tmp_path / 'a'}'"))
    assert users_reason(RuntimeError("another")) is None


def test_missing_folders_are_made_and_newlines_are_kept(tmp_path):
    path = write_text(tmp_path / "a" / "b" / "c.txt", "one\r\ntwo\n")
    assert path.read_bytes() == b"one\r\ntwo\n"


def test_json_refuses_nan_and_keeps_what_was_there(tmp_path):
    path = write_json(tmp_path / "r.json", {"a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"a": float("nan")})
    assert json.loads(path.read_text()) == {"a": 1}


def test_an_input_error_is_one_line_whatever_it_was_given():
    assert str(InputError("a:\n  b\n c")) == "a: b c"


def test_an_input_error_wrapped_by_a_worker_keeps_only_its_own_message():
    wrapped = (
        "Caught InputError in DataLoader worker process 0.\nTraceback:\n  x\nsiou.InputError: image: a.jpg: truncated"
    )
    assert str(InputError(wrapped)) == "image: a.jpg: truncated"


def test_an_input_error_survives_pickling():
    error = pickle.loads(pickle.dumps(InputError("what: where: got, allowed")))
    assert str(error) == "what: where: got, allowed"


def test_an_unknown_name_lists_the_known_and_the_nearest():
    message = str(unknown_name("box loss", "smoth_iou", ["iou", "smooth_iou"]))
    assert message == "unknown box loss 'smoth_iou': allowed are iou, smooth_iou; did you mean 'smooth_iou'?"


def test_an_unknown_name_far_from_all_gets_no_guess():
    assert "did you mean" not in str(unknown_name("box loss", "qqqq", ["iou"]))


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data/seq").mkdir(parents=True)
    (tmp_path / "data/seq/truth.txt").write_text("mine")
    (tmp_path / "one.json").write_text("mine")
    return tmp_path / "data"


@pytest.mark.parametrize("name", ["one.json", "data/../one.json", "link", "hard", "data/seq/truth.txt", "inside"])
def test_an_output_never_replaces_an_input(tmp_path, data, name):
    (tmp_path / "link").symlink_to(tmp_path / "one.json")
    os.link(tmp_path / "one.json", tmp_path / "hard")
    os.link(data / "seq/truth.txt", tmp_path / "inside")
    with pytest.raises(InputError, match=r"--out: .*would be lost"):
        check_outputs({"--out": tmp_path / name}, [None, tmp_path / "gone", tmp_path / "one.json", data])


def test_other_outputs_are_allowed(tmp_path, data):
    (data / "scores.csv").write_text("tracker,a,b\n")
    (tmp_path / "old.txt").write_text("an earlier result")
    outputs = {
        "--json": data / "new.json",
        "--csv": data / "scores.csv",
        "--latex": None,
        "--out": tmp_path / "old.txt",
    }
    check_outputs(outputs, [data, tmp_path / "one.json"], ours=(b"tracker,",))


def test_two_outputs_are_two_files(tmp_path):
    with pytest.raises(InputError, match=r"--csv: .*got the name of --json too"):
        check_outputs({"--json": tmp_path / "a", "--csv": tmp_path / "b/../a"})


def test_a_folder_for_results_lies_outside_what_is_read(tmp_path, data):
    (tmp_path / "link").symlink_to(data)
    for place, word in ((data, "is the folder"), (data / "new/x", "lies in"), (tmp_path / "link/new", "lies in")):
        with pytest.raises(InputError, match=f"--workspace: .*{word}"):
            check_output_folder(place, "--workspace", [None, data])
    for place in (None, tmp_path, tmp_path / "data2", tmp_path / "new"):
        check_output_folder(place, "--workspace", [None, data, tmp_path / "one.json"])
