"""Training iterations of this package's engine beside a PyTracking checkout's, on the same weights and batch.

    python -m experiments.engine_speed.run --checkout DIR

DIR is a clone of github.com/visionml/pytracking; its settings files are built by both engines as they are, but for
random weights in the place of ImageNet's and batches of two. The engines are two processes that take turns, step by
step, each on one thread; a number is processor time, which other programs on the machine disturb least. The checkout
runs with this package's Precise RoI pooling, for its own needs CUDA.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any  # what JSON holds

from experiments.common import build_parser, machine, rounded, start, write_result
from experiments.engine_speed.worker import BATCH, DATA, ENGINES, finish, prepare, start_worker, step
from siou_tracking.bridge.checkout import HOME_VARIABLE, find_checkout
from siou_tracking.cli.data.example import write_example

HERE = Path(__file__).resolve().parent
SETTINGS = (
    "bbreg/atom",
    "dimp/dimp18",
    "dimp/prdimp18",
    "dimp/dimp50",
    "dimp/prdimp50",
    "dimp/super_dimp",
    "dimp/super_dimp_simple",
    "tomp/tomp50",
)
WARM = 2
"""Steps of each engine before those that count: the first make the optimizer's state and the heap."""


def main() -> None:
    parser = build_parser(__doc__, HERE / "results.json")
    parser.add_argument("--checkout", default=os.environ.get(HOME_VARIABLE), metavar="DIR")
    parser.add_argument("--settings", nargs="+", default=SETTINGS, metavar="MODULE/NAME")
    parser.add_argument("--repeats", type=int, default=5, help="timed steps of each engine (default: %(default)s)")
    options = parser.parse_args()
    if not options.checkout:
        parser.error(f"--checkout: got nothing and no {HOME_VARIABLE}, expected a clone of visionml/pytracking")
    start()
    checkout, rows = find_checkout(options.checkout), {}
    for spec in options.settings:
        rows[spec] = compare(checkout.root, *spec.split("/"), options.repeats)
        print(f"{spec}: {rows[spec]}", flush=True)
        result = {"machine": machine("torch"), "checkout": checkout.version(), "batch": BATCH}
        write_result(options.out, {**result, "repeats": options.repeats, "milliseconds": rows})


def compare(checkout: Path, module: str, name: str, repeats: int) -> dict[str, dict[str, Any]]:
    """Median milliseconds of each part of an iteration, by engine; the first steps of each are not counted."""
    times: dict[str, list[dict[str, float]]] = {engine: [] for engine in ENGINES}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as workers:
        write_example(folder, progress=False)
        pools = {engine: workers.enter_context(start_worker()) for engine in ENGINES}
        for engine, pool in pools.items():
            pool.submit(prepare, engine, checkout, module, name, Path(folder)).result()
        for turn in range(WARM + repeats):
            for engine, pool in pools.items():
                times[engine].append(pool.submit(step, turn).result())
        for pool in pools.values():
            pool.submit(finish).result()
    return {engine: medians(steps[WARM:]) for engine, steps in times.items()}


def medians(steps: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Of the steps' parts, and of an iteration, which is all of them but the data; each iteration too, in turn."""
    iterations = [sum(value for part, value in one.items() if part != DATA) for one in steps]
    values = {"iteration": iterations} | {part: [one[part] for one in steps] for part in steps[0]}
    found = dict(zip(values, rounded([statistics.median(v) for v in values.values()]), strict=True))
    return {**found, "each": rounded(iterations)}


if __name__ == "__main__":
    main()
