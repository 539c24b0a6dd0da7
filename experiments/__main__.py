"""Run a study, or all of them, into one folder: python -m experiments NAME|all --out DIR.

A study is a folder here with a run.py. It writes DIR/NAME/results.json, and where it has them figures and tables; its
README says what came out. With --quick each is the same in small, so that all take a few minutes: to see that they
work, not to read numbers from, and none needs real pictures; in full some do, see experiments/real_data.py. What needs
data sets, other checkouts or hours has its command in its own README.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from experiments.real_data import add_options
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
    takes_real: bool = False
    """Whether it has --real and --otb, and needs them for more than a quick look."""


STUDIES = {
    "box_regression": Study("the DIoU paper's simulation: which loss brings boxes to their targets, and how fast"),
    "head_ablation": Study("small box heads on a frozen backbone's features, every loss, many seeds", takes_real=True),
    "iou_optimum": Study("IoU-optimal sizes, where they are not unique, and every loss in profile"),
    "journeys": Study("from an empty environment to a first result: five newcomers' lines, timed"),
    "loss_ablation": Study("whole trackers trained with each loss, on real test sequences", takes_real=True),
    "loss_speed": Study(
        "forward and backward of every loss",
        out="results.json",
        quick=("--sizes", "1000", "--repeats", "5", "--no-compile"),
    ),
    "sharpness": Study("sharpness, form and divergence of smooth_iou in each role", takes_real=True),
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
        return run_studies(names, options.out.absolute(), options.quick, real_options(options))
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
    add_options(parser)
    options = parser.parse_args()
    if options.name not in STUDIES and (ROOT / "experiments" / options.name / "README.md").is_file():
        raise InputError(f"study {options.name}: has a command of its own, see experiments/{options.name}/README.md")
    if options.name not in (ALL, *STUDIES):
        raise unknown_name("study", options.name, (ALL, *STUDIES))
    if any(place.is_file() for place in (options.out, *options.out.parents)):
        raise InputError(f"--out: {options.out}: got a file, or a folder in one, allowed is a folder")
    return options


def real_options(options: argparse.Namespace) -> tuple[str, ...]:
    """The folders of real pictures that were given, for a study that is started elsewhere."""
    given = {"--real": options.real, "--otb": options.otb}
    return tuple(word for option, path in given.items() if path for word in (option, str(path.absolute())))


def run_studies(names: list[str], out: Path, quick: bool, real: tuple[str, ...] = ()) -> int:
    """Each in a process of its own, so that none has another's seed or threads; 1 where one failed, after all ran."""
    failed = []
    for name in names:
        began = time.perf_counter()
        print(f"== {name}", flush=True)
        if subprocess.run(command(name, out, quick, real), cwd=ROOT, check=False).returncode:
            failed.append(name)
        print(f"== {name}: {time.perf_counter() - began:.0f} s", flush=True)
    if failed:
        print(f"experiments: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def command(name: str, out: Path, quick: bool, real: tuple[str, ...] = ()) -> list[str]:
    """What starts a study; `real` are the options that name real pictures, for those that take them."""
    study = STUDIES[name]
    options = (*(study.quick if quick else ()), *(real if study.takes_real else ()))
    return [sys.executable, "-m", f"experiments.{name}.run", "--out", str(out / name / study.out), *options]


if __name__ == "__main__":
    sys.exit(main())
