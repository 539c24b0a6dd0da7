"""What a tracked frame takes, by stage, beside an older version of this package and OpenCV's own trackers.

    git worktree add ../before REVISION
    python experiments/track_speed/run.py --before ../before [--weights FILE] [--nanotrack DIR]

Every tracker is a process of its own; they take turns in one run, and the least of all rounds counts: CPU time on one
thread, the clock on two. Compare ratios, not milliseconds, between machines.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any  # what __torch_dispatch__ is called with

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm
from worker import BOX, make_atom, make_frames

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import build_parser, machine, rounded, start, write_result

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PRODUCTS = ("convolution", "mm", "addmm", "bmm")


class Runner:
    """A worker process."""

    def __init__(self, root: Path, name: str, threads: int, weights: str, nanotrack: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(root.resolve()), "OMP_NUM_THREADS": str(threads)}
        command = [sys.executable, str(HERE / "worker.py"), name, str(threads), weights, nanotrack]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)
        self.rounds: list[dict[str, float]] = []

    def track(self, frames: int) -> None:
        """Have it track once."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{frames}\n")
        self._process.stdin.flush()
        self.rounds.append(json.loads(self._process.stdout.readline()))

    def close(self) -> dict[str, float | None]:
        """End it; the least milliseconds of each stage."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
        stages = self.rounds[0]
        return dict(zip(stages, rounded((1e3 * min(r[s] for r in self.rounds) for s in stages), 3), strict=True))


class _Bytes(TorchDispatchMode):
    """Bytes that products and convolutions read and write, each tensor once a call."""

    moved = 0

    def __torch_dispatch__(self, func: Any, types: Sequence[type], args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func.overloadpacket.__name__ in PRODUCTS:
            tensors = [leaf for leaf in tree_leaves((args, result)) if isinstance(leaf, torch.Tensor)]
            self.moved += sum(tensor.numel() * tensor.element_size() for tensor in tensors)
        return result


def find_limits(preset: str, weights: str) -> dict[str, dict[str, float]]:
    """Of backbone and refinement in one frame: operations, bytes moved, and the time of the operations alone."""
    frames = make_frames(2)
    tracker = make_atom(preset, weights)
    counts: dict[str, dict[str, float]] = {}

    def count(method: str, stage: str) -> None:
        function = getattr(tracker, method)

        def counted(*args: Any) -> Any:
            with _Bytes() as moved, FlopCounterMode(display=False) as operations:
                result = function(*args)
            flops = operations.get_total_flops()
            counts[stage] = {"gflop": flops / 1e9, "mb": moved.moved / 1e6, "least_ms": 1e3 * flops / peak}
            return result

        setattr(tracker, method, counted)

    peak = find_peak()
    tracker.initialize(frames[0], {"init_bbox": BOX})
    count("backbone", "backbone")
    count("_refine_target", "refinement")
    tracker.track(frames[1])
    return {stage: dict(zip(values, rounded(values.values(), 3), strict=True)) for stage, values in counts.items()}


def find_peak() -> float:
    """Floating point operations a second, of one thread, in a product of square matrices."""
    a = torch.randn(768, 768)
    seconds = []
    for _ in range(20):
        began = time.process_time()
        a @ a
        seconds.append(time.process_time() - began)
    return 2 * 768**3 / min(seconds)


def parse_options() -> argparse.Namespace:
    parser = build_parser(__doc__, HERE / "results.json")
    parser.add_argument("--before", type=Path, metavar="DIR", help="checkout of an older version to compare with")
    parser.add_argument("--weights", default="-", metavar="FILE", help="of atom:lite (default: untrained)")
    parser.add_argument("--nanotrack", default="-", metavar="DIR", help="folder of NanoTrack's two ONNX files")
    parser.add_argument("--presets", nargs="+", default=["lite", "default"], choices=["lite", "default"])
    parser.add_argument("--faster", nargs="+", default=[], choices=["bf16", "compile"], help="backbones of now as well")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--frames", type=int, default=21)
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    start()
    versions = {"now": ROOT, **({"before": options.before} if options.before else {})}
    trackers = {
        f"atom:{preset}, {version}": (root, preset) for preset in options.presets for version, root in versions.items()
    }
    trackers |= {f"atom:{one}, {how}": (ROOT, f"{one}+{how}") for one in options.presets for how in options.faster}
    trackers["opencv-mil"] = (ROOT, "mil")
    if options.nanotrack != "-":
        trackers["NanoTrack"] = (ROOT, "nanotrack")
    weights = {"lite": options.weights}
    runners = {
        f"{name}, {threads} thread{'s' * (threads > 1)}": Runner(
            root, kind, threads, weights.get(kind.partition("+")[0], "-"), options.nanotrack
        )
        for threads in options.threads
        for name, (root, kind) in trackers.items()
    }
    for _ in tqdm(range(options.rounds), unit="round"):
        for runner in runners.values():
            runner.track(options.frames)
    result = {
        "machine": machine("torch", "opencv"),
        "limits of one thread": {p: find_limits(p, weights.get(p, "-")) for p in options.presets},
        "least ms a frame": {name: runner.close() for name, runner in runners.items()},
    }
    write_result(options.out, result)


if __name__ == "__main__":
    main()
