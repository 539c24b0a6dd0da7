"""Time and memory of Precise RoI pooling, beside the same formula written as one einsum per box.

    python experiments/prroi_speed/run.py            (about a minute)

Writes results.json beside this file. Times are medians of processor time on one thread, so that other programs on the
machine hardly count; compare ratios, not milliseconds, between machines.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from siou_tracking.ops import prroi_pool2d_grouped
from siou_tracking.ops.hat_weights import bin_edges, hat_average

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import build_parser, machine, start, time_in_turns, write_result

CHANNELS, SIDE, BINS, SCALE = 256, 36, 5, 1 / 8
LAYOUTS = {"16": (1, 16), "128": (1, 128), "1024": (64, 16)}  # boxes: images x boxes per image


def einsum_pool(features: Tensor, boxes: Tensor) -> Tensor:
    """The plain formula: gather each box's map, then contract rows and columns."""
    flat = boxes.flatten(0, 1) * SCALE
    rows = hat_average(bin_edges(flat[:, 1], flat[:, 3], BINS), SIDE)
    columns = hat_average(bin_edges(flat[:, 0], flat[:, 2], BINS), SIDE)
    maps = features.repeat_interleave(boxes.shape[1], dim=0)
    return torch.einsum("kiy,kcyx,kjx->kcij", rows, maps, columns)


def our_pool(features: Tensor, boxes: Tensor) -> Tensor:
    return prroi_pool2d_grouped(features, boxes, BINS, BINS, SCALE)


def make_boxes(images: int, per_image: int, kind: str) -> Tensor:
    """Boxes in a 288 pixel search region: anywhere in it, or around a target a fifth as wide as it."""
    if kind == "anywhere":
        corner, size = torch.rand(images, per_image, 2) * 168, 20 + torch.rand(images, per_image, 2) * 100
    else:
        size = 58 * torch.exp(0.3 * torch.randn(images, per_image, 2))
        corner = 144 - size / 2 + 12 * torch.randn(images, per_image, 2)
    return torch.cat([corner, corner + size], dim=-1)


def step(pool: Callable[[Tensor, Tensor], Tensor], features: Tensor, boxes: Tensor) -> Callable[[], None]:
    def call() -> None:
        features.grad = boxes.grad = None
        pool(features, boxes).sum().backward()

    return call


def compare(boxes_name: str, kind: str, gradient: str) -> dict[str, object]:
    torch.manual_seed(0)
    images, per_image = LAYOUTS[boxes_name]
    features = torch.randn(images, CHANNELS, SIDE, SIDE, requires_grad=gradient == "features")
    boxes = make_boxes(images, per_image, kind).requires_grad_(gradient == "boxes")
    calls = {pool: step(pool, features, boxes) for pool in (our_pool, einsum_pool)}
    times = time_in_turns(calls, rounds=3 if images > 1 else 15, warm_up=1)
    ours, plain = (1000 * statistics.median(own) for own in times.values())
    case = {"boxes": f"{images} x {per_image}", "where": kind, "gradient to": gradient}
    return {**case, "ours ms": round(ours, 2), "einsum ms": round(plain, 2), "ratio": round(plain / ours, 1)}


def peak_resident_mib() -> float:
    """Linux's high-water mark of this program; `ru_maxrss` would count the parent's before the start."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def peak_mib(pool: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Print how far one step with 64 x 16 boxes raises this process's peak memory above its inputs."""
    torch.manual_seed(0)
    features = torch.randn(64, CHANNELS, SIDE, SIDE, requires_grad=True)
    boxes = make_boxes(64, 16, "anywhere").requires_grad_()
    step(pool, features[:1].detach().requires_grad_(), boxes[:1].detach().requires_grad_())()
    before = peak_resident_mib()
    step(pool, features, boxes)()
    print(peak_resident_mib() - before)


def main() -> None:
    options = build_parser(__doc__, Path(__file__).with_name("results.json")).parse_args()
    start()
    cases = [
        (name, kind, gradient)
        for name in LAYOUTS
        for kind in ("anywhere", "around a target")
        for gradient in ("features", "boxes")
    ]
    rows = [compare(*case) for case in tqdm(cases, unit="case")]
    memory = {}
    for pool in ("our_pool", "einsum_pool"):
        output = subprocess.run([sys.executable, __file__, pool], check=True, capture_output=True, text=True).stdout
        memory[pool] = round(float(output))
    result = {"machine": machine("torch"), "map": [CHANNELS, SIDE, SIDE], "bins": BINS, "times": rows}
    write_result(options.out, {**result, "peak MiB above inputs, 64 x 16 boxes": memory})


if __name__ == "__main__":
    if sys.argv[1:2] in (["our_pool"], ["einsum_pool"]):  # a process of its own, started by main
        peak_mib(globals()[sys.argv[1]])
    else:
        main()
