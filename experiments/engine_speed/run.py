"""Training iterations of this package's engine beside a PyTracking checkout's, on the same weights and batch.

    python -m experiments.engine_speed.run --checkout DIR

DIR is a clone of github.com/visionml/pytracking; its settings files are built by both engines as they are, but for
random weights in the place of ImageNet's and batches of two. The engines take turns, step by step, on one thread; a
number is processor time, which other programs on the machine disturb least. The checkout runs with this package's
Precise RoI pooling, for its own needs CUDA.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments.common import build_parser, machine, rounded, start, write_result
from experiments.engine_speed.engines import Training, build_ours, build_theirs, share_weights
from siou_tracking.bridge.checkout import HOME_VARIABLE, Checkout, find_checkout
from siou_tracking.cli.data.example import write_example
from siou_tracking.ltr.admin.environment import EnvironmentSettings, build_environment

HERE = Path(__file__).resolve().parent
SETTINGS = ("bbreg/atom", "dimp/dimp18", "dimp/prdimp18", "dimp/dimp50", "dimp/super_dimp", "dimp/super_dimp_simple")
BATCH = 2
DATA = "a sample drawn and processed"


def main() -> None:
    parser = build_parser(__doc__, HERE / "results.json")
    parser.add_argument("--checkout", default=os.environ.get(HOME_VARIABLE), metavar="DIR")
    parser.add_argument("--settings", nargs="+", default=SETTINGS, metavar="MODULE/NAME")
    parser.add_argument("--repeats", type=int, default=3, help="timed steps of each engine (default: %(default)s)")
    options = parser.parse_args()
    if not options.checkout:
        parser.error(f"--checkout: got nothing and no {HOME_VARIABLE}, expected a clone of visionml/pytracking")
    start()
    checkout, rows = find_checkout(options.checkout), {}
    with tempfile.TemporaryDirectory() as folder:
        write_example(folder, progress=False)
        environment = build_environment(folder, {"all": folder})
        for spec in options.settings:
            rows[spec] = compare(checkout, *spec.split("/"), environment, options.repeats)
            print(f"{spec}: {rows[spec]}", flush=True)
            result = {"machine": machine("torch"), "checkout": checkout.version(), "batch": BATCH}
            write_result(options.out, {**result, "repeats": options.repeats, "milliseconds": rows})


def compare(
    checkout: Checkout, module: str, name: str, environment: EnvironmentSettings, repeats: int
) -> dict[str, dict[str, float | None]]:
    """Median milliseconds of each part of an iteration, by engine; the first step of each is not counted."""
    ours = build_ours(checkout, module, name, environment)
    batch = ours.draw(BATCH)
    times: dict[str, dict[str, list[float]]] = {"ours": defaultdict(list), "checkout": defaultdict(list)}
    with build_theirs(checkout, module, name, environment) as theirs:
        share_weights(ours, theirs)
        engines: dict[str, Training] = {"ours": ours, "checkout": theirs}
        for turn in range(repeats + 1):
            for engine, training in engines.items():
                note = _stopwatch(times[engine] if turn else defaultdict(list))
                training.step(batch, note)
                training.sampler[turn]
                note(DATA)
    return {engine: _medians(parts) for engine, parts in times.items()}


def _stopwatch(times: dict[str, list[float]]) -> Callable[[str], None]:
    """Called at the end of each part, with its name."""
    last = [time.process_time()]

    def note(part: str) -> None:
        now = time.process_time()
        times[part].append(1000 * (now - last[0]))
        last[0] = now

    return note


def _medians(parts: dict[str, list[float]]) -> dict[str, Any]:
    step = [sum(one) for one in zip(*(v for k, v in parts.items() if k != DATA), strict=True)]
    values = {"iteration": step, **parts}
    return dict(zip(values, rounded([statistics.median(v) for v in values.values()]), strict=True))


if __name__ == "__main__":
    main()
