"""The doctor names every component with its state, its consequence and, where something is missing, the hint."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys

import pytest

from siou_tracking.cli import doctor
from siou_tracking.errors import InputError


@pytest.fixture(scope="module")
def rows():
    return {row.component: row for row in doctor.diagnose()}


def test_what_the_product_needs_is_found_with_its_version(rows):
    for name in ("torch", "opencv-python"):
        assert rows[name].state == importlib.metadata.version(name)
        assert rows[name].hint == ""


def test_a_row_that_names_something_absent_names_the_mend(rows):
    for row in rows.values():
        if row.state == "absent" and "not needed" not in row.consequence and row.component != "C++ compiler":
            assert row.hint, row


def test_the_runtime_of_exported_trackers_is_told_present_or_absent(monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(doctor, "version_of", lambda name: "1.32.0")
    assert doctor._onnxruntime() == doctor.Row("onnxruntime", "1.32.0", "runs exported trackers (--onnx)")
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    absent = doctor._onnxruntime()
    assert (absent.state, absent.hint) == ("absent", "pip install 'siou-tracking[onnx]', if wanted")


def test_a_package_that_is_not_needed_is_not_recommended(rows):
    assert rows["torchvision"].hint == "" and "not needed" in rows["torchvision"].consequence


def test_a_package_that_does_not_import_is_called_broken_with_the_reason(tmp_path, monkeypatch):
    (tmp_path / "broken_thing.py").write_text("raise RuntimeError('operator does not exist')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    row = doctor._package("broken-thing", "broken_thing", "draws", "pip install broken-thing")
    assert row.state == "broken; RuntimeError: operator does not exist"
    assert row.hint == "reinstall: pip install broken-thing"


def test_unrelated_packages_of_misleading_names_are_told(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.2.2")
    (row,) = doctor._misleading()
    assert "PyPI's 'pytracking'" in row.state
    assert row.hint == "pip uninstall pytracking ltr"


def test_the_table_fits_80_columns_and_a_path_stays_whole():
    path = "/data/" + "x" * 90
    rows = [
        doctor.Row("a", "1.0", "fine"),
        doctor.Row("much longer", "absent", "slow " * 30, "pip install it"),
        doctor.Row("path", f"{path} (found)", ""),
    ]
    lines = doctor.format_diagnosis(rows).splitlines()
    assert all(len(line) <= 80 for line in lines if path not in line)
    assert lines[0] == "a            1.0; fine"
    assert "             -> pip install it" in lines
    assert sum(path in line for line in lines) == 1


def test_a_component_longer_than_a_line_has_its_own():
    name = "/home/author/" + "x" * 90 + ".pth"
    rows = [doctor.Row("a", "1.0", "fine"), doctor.Row(name, "not there", "nothing begins", "get it")]
    lines = doctor.format_diagnosis(rows).splitlines()
    assert lines == ["a  1.0; fine", name, "   not there; nothing begins", "   -> get it"]


@pytest.mark.parametrize("module", ["cv2", "torch", "numpy", "tqdm"])
def test_a_package_that_cannot_be_imported_is_a_row_and_the_others_follow(module, tmp_path):
    reason = "libGL.so.1: cannot open shared object file: No such file or directory"
    (tmp_path / f"{module}.py").write_text(f"raise ImportError({reason!r})\n")
    done = subprocess.run(
        [sys.executable, "-m", "siou_tracking", "doctor"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "broken; ImportError: libGL.so.1: cannot open" in " ".join(done.stdout.split())
    assert all(len(line) <= 80 for line in done.stdout.splitlines() if str(tmp_path) not in line)
    components = [line.split("  ")[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    expected = ["torch", "GPU", "numpy", "opencv-python", "video encoder", "trackeval", "PyTracking"]
    assert [name for name in components if name in expected] == expected
    if module == "cv2":
        assert "opencv-python-headless" in done.stdout and "apt install libgl1" in " ".join(done.stdout.split())


def test_a_look_that_fails_is_a_row_and_a_users_mistake_is_not_hidden():
    def fail():
        raise OSError("no such device")

    (row,) = doctor._look("GPU", fail)
    assert (row.component, row.state) == ("GPU", "not looked at")
    assert row.consequence == "OSError: no such device"

    def mistake():
        raise InputError("checkout: got otb")

    with pytest.raises(InputError, match="got otb"):
        doctor._look("PyTracking", mistake)
