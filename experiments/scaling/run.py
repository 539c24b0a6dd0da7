"""Training in one process and in several: samples a second.

    python -m experiments.scaling.run [--checkout DIR] [--processes 1 2]

ATOM with random weights on generated pictures, on a CPU, one thread a process; each of N processes has an Nth of the
batch. An epoch's time is that between its checkpoint and the one before, so the start of
Python, the first epoch and what it compiles are left out. With --checkout a clone of visionml/pytracking trains too.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from experiments.common import build_parser, machine, markdown, rounded, start, write_result
from siou_tracking.bridge.checkout import HOME_VARIABLE, find_checkout
from siou_tracking.cli.data.example import write_example
from siou_tracking.ltr.admin.loading import read_checkpoint

HERE = Path(__file__).resolve().parent
SETTING = ("bbreg", "atom")


def main() -> None:
    options = parse_options()
    start()
    engines = {"embedded": []}
    result: dict[str, Any] = {"machine": machine("torch"), "setting": "/".join(SETTING)}
    if options.checkout:
        checkout = find_checkout(options.checkout)
        engines["checkout"] = ["--checkout", str(checkout.root)]
        result["checkout"] = checkout.version()
    sizes = {name: getattr(options, name) for name in ("batch", "samples", "epochs")}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        write_example(data, progress=False)
        rows = {
            engine: {
                count: train(Path(folder) / f"{engine}-{count}", data, words, count, **sizes)
                for count in options.processes
            }
            for engine, words in engines.items()
        }
    write_result(options.out, {**result, **sizes, "engines": rows}, show=False)
    print(format_table(rows))


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = build_parser(__doc__, HERE / "results.json")
    parser.add_argument("--checkout", default=os.environ.get(HOME_VARIABLE), metavar="DIR")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--batch", type=int, default=8, help="samples a step, of all processes (default: %(default)s)")
    parser.add_argument("--samples", type=int, default=32, help="an epoch (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=4, help="the first is not timed (default: %(default)s)")
    return parser.parse_args()


def train(
    workspace: Path, data: Path, words: list[str], processes: int, batch: int, samples: int, epochs: int
) -> dict[str, Any]:
    """Train once; samples a second, the median of all epochs but the first, and the last epoch's statistics."""
    launcher = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", "-m"] if processes > 1 else []
    size = ["--batch-size", batch // processes, "--samples-per-epoch", samples, "--epochs", epochs, "--workers", 0]
    places = ["--data", f"all={data}", "--workspace", workspace, "--device", "cpu", "--no-pretrained"]
    command = [sys.executable, "-m", *launcher, "siou_tracking", "train", *SETTING, *words, *map(str, size + places)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    files = sorted(workspace.rglob("*_ep*.pth.tar"), key=epoch_of)
    written = [path.stat().st_mtime for path in files]
    seconds = [after - before for before, after in itertools.pairwise(written)]
    stats = read_checkpoint(files[-1])["stats"]["train"]
    last = {name: rounded([float(meter.history[-1])])[0] for name, meter in stats.items() if name.startswith("Loss")}
    return {"samples a second": rounded([samples / statistics.median(seconds)])[0], "statistics": last}


def epoch_of(path: Path) -> int:
    """The epoch in a checkpoint's name."""
    return int(re.findall(r"_ep(\d+)", path.name)[-1])


def efficiency(rows: dict[int, dict[str, Any]], count: int) -> float:
    """Samples a second of `count` processes over those that so many of the fewest would have."""
    fewest = min(rows)
    return rows[count]["samples a second"] / rows[fewest]["samples a second"] * fewest / count


def format_table(engines: dict[str, dict[int, dict[str, Any]]]) -> str:
    """A Markdown table, a row an engine and number of processes."""
    table = []
    for engine, found in engines.items():
        rows = {int(count): row for count, row in found.items()}
        for count, row in rows.items():
            share, loss = efficiency(rows, count), row["statistics"]["Loss/total"]
            table.append([engine, str(count), f"{row['samples a second']:.3g}", f"{100 * share:.0f} %", f"{loss:.2f}"])
    return markdown(["engine", "processes", "samples/s", "efficiency", "loss of the last epoch"], table)


if __name__ == "__main__":
    main()
