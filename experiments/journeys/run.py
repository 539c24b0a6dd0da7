"""How long is the way from an empty environment to a first result: the journeys of docs/journeys.md, timed.

    python -m experiments journeys --out DIR [--quick]
    python -m experiments.journeys.run [--journeys NAME ...] [--checkout DIR] [--video FILE --init x,y,w,h]

Every journey begins with a copy of this repository, a home folder with nothing in it, and what its newcomer has; its
lines are typed as the page has them. The one with a checkout is left out where there is none: --checkout DIR, or
$PYTRACKING_HOME. --quick installs nothing: the short journeys with the environment that runs this.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from experiments.common import machine, markdown, rounded, study_folder, study_parser, write_result
from experiments.journeys import belongings
from experiments.journeys.page import Journey, read_journeys
from siou_tracking.bridge.checkout import HOME_VARIABLE, find_checkout
from siou_tracking.errors import InputError

NAME = "journeys"
QUICK = ("loss", "score", "video")
QUICK_FRAMES = 8
RESULTS = {
    "quickstart": "demo/report.html",
    "score": "report.html",
    "checkout": "**/checkpoints/**/*.pth.tar",
    "video": "out.mp4",
}
"""Journey -> what it leaves, as a pattern."""
_INIT = re.compile(r"--init \S+")


def main() -> int:
    try:
        time_journeys(parse_options())
        return 0
    except InputError as error:
        print(f"{NAME}: {error}", file=sys.stderr)
        return 2


def time_journeys(options: argparse.Namespace) -> None:
    """Time the journeys one after another; results.json has each as it ends, and keeps those that are not asked for.

    Raises:
        InputError: a line failed.
    """
    journeys = read_journeys()
    wanted = options.journeys or (QUICK if options.quick else tuple(journeys))
    if "checkout" in wanted and options.checkout is None:
        print(f"left out: {journeys['checkout'].title}: no --checkout DIR and no ${HOME_VARIABLE}")
        wanted = tuple(name for name in wanted if name != "checkout")
    path = study_folder(options, NAME) / "results.json"
    result: dict[str, Any] = {"machine": machine(), "cores": os.cpu_count(), "quick": options.quick}
    stored = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    same = all(stored.get(key) == value for key, value in result.items())
    rows = stored["journeys"] if same else {}
    for name in wanted:
        rows[name] = time_journey(journeys[name], options)
        rows = {one: rows[one] for one in journeys if one in rows}
        write_result(path, {**result, "journeys": rows})
    print(format_table(rows))


def parse_options() -> argparse.Namespace:
    """The command line.

    Raises:
        InputError: --video without its box.
    """
    parser = study_parser(__doc__, NAME)
    parser.add_argument("--journeys", nargs="+", choices=tuple(read_journeys()), metavar="NAME", help="these alone")
    parser.add_argument("--checkout", type=Path, default=os.environ.get(HOME_VARIABLE) or None, metavar="DIR")
    parser.add_argument("--video", type=Path, metavar="FILE", help="in place of a generated one")
    parser.add_argument("--init", metavar="x,y,w,h", help="its target in the first frame")
    options = parser.parse_args()
    if (options.video is None) != (options.init is None):
        raise InputError("--video, --init: got one of them, allowed are both or none")
    return options


def time_journey(journey: Journey, options: argparse.Namespace) -> dict[str, Any]:
    """Lay out what the newcomer has, type the journey's lines, and time each.

    Raises:
        InputError: a line failed, or the result is not there.
    """
    print(f"-- {journey.title}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        home, place = Path(folder, "home"), Path(folder, "siou-tracking")
        home.mkdir()
        if options.quick:
            place.mkdir()
            belongings.borrow_environment(place)
        else:
            belongings.clone_tree(place)
        commands = [*journey.commands]
        if journey.code:
            (home / "code.py").write_text(journey.code, "utf-8")
            commands.append(f".venv/bin/python {home / 'code.py'}")
        init = _lay_out(journey.name, options, home, place)
        if init is not None:
            commands = [_INIT.sub(f"--init {init}", command) for command in commands]
        install = [] if options.quick else [_type(command, home, place) for command in journey.install]
        row = {
            "title": journey.title,
            "lines": journey.lines,
            "load": rounded(os.getloadavg(), 2)[1],
            "install": install,
            "commands": [_type(command, home, place) for command in commands],
        }
        wanted = RESULTS.get(journey.name)
        if wanted and not any(place.glob(wanted)):
            raise InputError(f"journey {journey.name}: left no {wanted}")
    return row


def _lay_out(name: str, options: argparse.Namespace, home: Path, place: Path) -> str | None:
    """What the journey's newcomer has; the box of his video."""
    if name == "score":
        belongings.put_results(place, options.seed, QUICK_FRAMES if options.quick else belongings.FRAMES)
    elif name == "checkout":
        belongings.put_checkout(home, find_checkout(options.checkout).root)
        belongings.put_data(place)
    elif name == "video" and options.video is not None:
        (place / "video.mp4").symlink_to(options.video.resolve())
        return str(options.init)
    elif name == "video":
        frames = QUICK_FRAMES if options.quick else belongings.VIDEO_FRAMES
        return belongings.put_video(place, options.seed, frames)
    return None


def _type(command: str, home: Path, place: Path) -> dict[str, Any]:
    """Run a command of the shell in the clone; its wall-clock and processor seconds.

    Raises:
        InputError: it failed; with the last lines of what it said.
    """
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment |= {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    began, busy = time.perf_counter(), _processor_seconds()
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds, busy = rounded([time.perf_counter() - began, _processor_seconds() - busy], 3)
    if done.returncode:
        raise InputError(f"journey: {command}: exit code {done.returncode}: {done.stdout[-1500:]}")
    print(f"{seconds:>8} s  {command}", flush=True)
    return {"command": command, "seconds": seconds, "processor_seconds": busy}


def _processor_seconds() -> float:
    """Of the processes that this one has started and that have ended."""
    return sum(os.times()[2:4])


def show_total(steps: list[dict[str, Any]], of: str = "seconds") -> str:
    """Seconds of several commands together; "-" where one was not measured."""
    values = [step[of] for step in steps]
    return "-" if None in values else f"{sum(values):.0f} s"


def format_table(journeys: dict[str, dict[str, Any]]) -> str:
    """A Markdown table, a row a journey."""
    head = ["journey", "lines", "install", "from there to the result", "in processor seconds"]
    rows = [
        [
            row["title"],
            str(row["lines"]),
            show_total(row["install"]),
            show_total(row["commands"]),
            show_total(row["commands"], "processor_seconds"),
        ]
        for row in journeys.values()
    ]
    return markdown(head, rows)


if __name__ == "__main__":
    sys.exit(main())
