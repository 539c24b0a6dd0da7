"""Run a study, or all of them, into one folder: python -m experiments NAME|all --out DIR [--quick].

A study is a folder here with a run.py. It writes DIR/NAME/results.json, and where it has them figures and tables; its
README says what came out. With --quick each is the same in small, so that all take a few minutes: to see that they
work, not to read numbers from. What needs data sets, other checkouts or hours has its command in its own README.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from siou_tracking.errors import InputError, unknown_name

ROOT = Path(__file__).resolve().parents[1]
ALL = "all"


@dataclass(frozen=True)
class Study:
    """One study, started as `python -m experiments.NAME.run`."""

    summary: str
    out: str = ""
    """The file under the study's folder that its --out takes; empty where it takes the folder."""
    quick: tuple[str, ...] = ("--quick",)
    """Its options for a quick look."""


STUDIES = {
    "box_regression": Study("the DIoU paper's simulation: which loss brings boxes to their targets, and how fast"),
    "iou_optimum": Study("IoU-optimal sizes, where they are not unique, and every loss in profile"),
    "loss_speed": Study(
        "forward and backward of every loss",
        out="results.json",
        quick=("--sizes", "1000", "--repeats", "5", "--no-compile"),
    ),
    "structure": Study("the package in numbers", out="results.json", quick=()),
}


class _Parser(argparse.ArgumentParser):
    """argparse, but an error is one line."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see {self.prog} --help)")


def main() -> int:
    try:
        options = parse_options()
        names = list(STUDIES) if options.name == ALL else [options.name]
        return run_studies(names, options.out.absolute(), options.quick)
    except InputError as error:
        print(f"experiments: {error}", file=sys.stderr)
        return 2


def parse_options() -> argparse.Namespace:
    """The command line.

    Raises:
        InputError: an unknown study or option, or --out is a file.
    """
    listed = "".join(f"\n  {name:<16} {study.summary}" for name, study in STUDIES.items())
    parser = _Parser(
        prog="python -m experiments",
        description=f"{__doc__}\nstudies:{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar=f"NAME|{ALL}", help="a study")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder that gets a folder a study")
    parser.add_argument("--quick", action="store_true", help="each in small")
    options = parser.parse_args()
    if options.name not in (ALL, *STUDIES):
        raise unknown_name("study", options.name, (ALL, *STUDIES))
    if any(place.is_file() for place in (options.out, *options.out.parents)):
        raise InputError(f"--out: {options.out}: got a file, or a folder in one, allowed is a folder")
    return options


def run_studies(names: list[str], out: Path, quick: bool) -> int:
    """Each in a process of its own, so that none has another's seed or threads; 1 where one failed, after all ran."""
    failed = []
    for name in names:
        began = time.perf_counter()
        print(f"== {name}", flush=True)
        if subprocess.run(command(name, out, quick), cwd=ROOT, check=False).returncode:
            failed.append(name)
        print(f"== {name}: {time.perf_counter() - began:.0f} s", flush=True)
    if failed:
        print(f"experiments: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def command(name: str, out: Path, quick: bool) -> list[str]:
    """What starts a study."""
    study = STUDIES[name]
    options = study.quick if quick else ()
    return [sys.executable, "-m", f"experiments.{name}.run", "--out", str(out / name / study.out), *options]


if __name__ == "__main__":
    sys.exit(main())
