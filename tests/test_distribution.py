"""What others install: the wheel has the whole package, the sdist what it is built and tested from, and both work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = "siou_tracking/configs"
"""Where the wheel has the folder ltr_configs."""
PLANNED = """
import json, setuptools
from distutils.core import run_setup
build = run_setup("setup.py", stop_after="config").get_command_obj("build_py")
build.ensure_finalized()
files = [path for _, _, path in build.find_all_modules()]
files += [f"{folder}/{name}" for _, folder, _, names in build.data_files for name in names]
print(json.dumps(files))
"""
NOT_COPIED = (".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "build", "dist", "parts")


def in_wheel(path: str) -> str:
    return path.replace("ltr_configs/", f"{CONFIGS}/", 1) if path.startswith("ltr_configs/") else path


def files_of_tree() -> set[str]:
    """Every file of the package that it may read or run, as the wheel names it."""
    found = [path for folder in ("siou_tracking", "ltr_configs") for path in (ROOT / folder).rglob("*")]
    files = [path.relative_to(ROOT) for path in found if path.is_file() and "__pycache__" not in path.parts]
    return {in_wheel(path.as_posix()) for path in files if path.suffix not in (".md", ".pyc")}


def test_every_file_of_the_tree_is_meant_for_the_wheel() -> None:
    pytest.importorskip("setuptools", minversion="77", reason="pip install setuptools")
    done = subprocess.run([sys.executable, "-c", PLANNED], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    planned = {in_wheel(Path(path).as_posix()) for path in json.loads(done.stdout.splitlines()[-1])}
    assert planned == files_of_tree() and len(planned) > 600
    assert {"siou_tracking/py.typed", f"{CONFIGS}/bbreg/atom_lite.py", f"{CONFIGS}/mot/mot_lite.py"} <= planned


def run(*words: object, cwd: Path) -> str:
    """What a command prints, run where nothing of this checkout is found by accident."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    command = [str(word) for word in words]
    done = subprocess.run(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-5000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    pytest.importorskip("build.__main__", reason="pip install build")
    work = tmp_path_factory.mktemp("distribution")
    asked = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--dest", str(work / "asked"), "setuptools"]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("no package registry is in reach, and setuptools comes from one")
    source = work / "source"  # building leaves its traces there
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*NOT_COPIED))
    run(sys.executable, "-m", "build", "--outdir", work / "dist", source, cwd=work)
    return work / "dist"


@pytest.mark.slow
def test_wheel_and_sdist_hold_what_they_should(dist: Path) -> None:
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as file:
        held = {name for name in file.namelist() if ".dist-info/" not in name}
    assert held == files_of_tree()
    with tarfile.open(sdist) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    tests = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")}
    docs = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.*")}
    assert tests | docs | {"constraints.txt", "hubconf.py", "mkdocs.yml", ".ci/run", "experiments/__main__.py"} <= names


@pytest.mark.slow
def test_a_registry_would_take_both(dist: Path) -> None:
    pytest.importorskip("twine", reason="pip install twine")
    told = run(sys.executable, "-m", "twine", "--no-color", "check", "--strict", *sorted(dist.iterdir()), cwd=dist)
    assert told.count("PASSED") == 2


@pytest.mark.slow
def test_the_wheel_alone_runs_the_quickstart_from_an_empty_folder(dist: Path, tmp_path: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    run(sys.executable, "-m", "venv", "env", cwd=tmp_path)
    programs, empty = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin"), tmp_path / "empty"
    wanted = ("-c", ROOT / "constraints.txt", f"{wheel}[quickstart]")
    run(programs / "python", "-m", "pip", "install", "-q", *wanted, cwd=tmp_path)
    empty.mkdir()
    where = run(programs / "python", "-c", "import siou_tracking; print(siou_tracking.__file__)", cwd=empty)
    assert Path(where.strip()).is_relative_to(tmp_path / "env")
    assert "smooth_iou" in run(programs / "siou-tracking", "losses", cwd=empty)
    told = run(programs / "siou-tracking", "quickstart", "--fast", "--out", "demo", cwd=empty)
    assert "report: demo/report.html" in told.replace(os.sep, "/")
    assert (empty / "demo" / "overlay.mp4").stat().st_size > 1000
    assert list((empty / "demo" / "checkpoints").glob("*.safetensors"))
