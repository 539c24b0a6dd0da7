"""Time one training step's worth of each box loss: forward, mean, backward, on 1,000 to 1,000,000 boxes.

    python experiments/loss_speed/run.py [--threads 1] [--device cpu] [--repeats 41] [--sizes 1000 ...] [--no-compile]

All losses of one size are timed in turns (one call of each, then again), so that a machine that slows down for a while
slows all of them; only ratios of one run mean something. torchvision's losses join in where torchvision imports. Beside
them stands what no loss with a gradient can go below: to read the 8 floats of a pair of boxes and write 4, once.
"""

from __future__ import annotations

import datetime
import logging
import os
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from siou_tracking.losses import build_box_loss, registered_box_losses

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import build_parser, interquartile_range, processor, start, time_in_turns, versions, write_result

SIZES = (1_000, 100_000, 1_000_000)
COMPILED = ("smooth_iou", "giou", "ciou", "torchvision giou", "torchvision ciou")
MEMORY = "read 8, write 4 floats"
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def main() -> None:
    parser = build_parser(__doc__, Path(__file__).with_name("results.json"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=41, help="timed calls; a million boxes get a quarter of them")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="numbers of boxes")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    options = parser.parse_args()
    start(threads=options.threads)
    # torchvision's masks break the compiled graph; torch reports every break at length.
    logging.getLogger("torch._dynamo").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", message="Error detected in")
    losses, missing = collect_losses(compiled=not options.no_compile)
    rows = []
    for size in options.sizes:
        repeats = max(options.repeats // (4 if size >= 1_000_000 else 1), 5)
        rows += time_losses(losses, size, torch.device(options.device), repeats)
    result = {"machine": machine(options.device), "left_out": missing, "repeats": options.repeats, "rows": rows}
    result["lost"] = print_table(rows, missing)
    write_result(options.out, result)


def collect_losses(compiled: bool) -> tuple[dict[str, Loss], list[str]]:
    """Losses by label, and one line for everything that could not join."""
    eager: dict[str, Loss] = {name: build_box_loss(name) for name in registered_box_losses()}
    missing = []
    try:
        ops = import_torchvision_ops()
        eager["torchvision giou"] = lambda p, t: ops.generalized_box_iou_loss(p, t, reduction="mean")
        eager["torchvision ciou"] = lambda p, t: ops.complete_box_iou_loss(p, t, reduction="mean")
    except Exception as error:
        missing.append(f"torchvision: {type(error).__name__}: {error}")
    losses = dict(eager)
    for name in (name for name in COMPILED if compiled and name in eager):
        loss = eager[name]
        fast = torch.compile(loss, dynamic=True)
        try:
            step(fast, *boxes(64, torch.device("cpu")))
        except Exception as error:
            missing.append(f"{name} compiled: {type(error).__name__}: {str(error).splitlines()[0]}")
        else:
            losses[f"{name} compiled"] = fast
    return losses, missing


def import_torchvision_ops():
    """`torchvision.ops`; a CUDA build beside a CPU torch lacks two operators whose schemas its import looks up."""
    if not torch.cuda.is_available():
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import_torchvision_ops.keep = library
    import torchvision.ops

    return torchvision.ops


def boxes(count: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Seeded predictions and targets `(count, 4)` in xyxy pixels: overlapping, touching and disjoint pairs."""
    generator = torch.Generator().manual_seed(count)
    corner = torch.rand(count, 2, generator=generator) * 200
    target = torch.cat((corner, corner + 10 + 60 * torch.rand(count, 2, generator=generator)), dim=1)
    shift = 20 * torch.randn(count, 1, 2, generator=generator).expand(-1, 2, -1).reshape(count, 4)
    size = torch.cat((torch.zeros(count, 2), 8 * torch.rand(count, 2, generator=generator)), dim=1)
    return (target + shift + size).to(device).requires_grad_(), target.to(device)


def step(loss: Loss, pred: torch.Tensor, target: torch.Tensor) -> None:
    """Forward, mean and backward."""
    pred.grad = None
    loss(pred, target).backward()
    if pred.is_cuda:
        torch.cuda.synchronize()


def read_and_write(pred: torch.Tensor, target: torch.Tensor, out: torch.Tensor) -> None:
    """Read two boxes and write one, for each pair."""
    torch.add(pred, target, out=out)
    if out.is_cuda:
        torch.cuda.synchronize()


def time_losses(losses: dict[str, Loss], size: int, device: torch.device, repeats: int) -> list[dict]:
    pred, target = boxes(size, device)
    calls = {name: partial(step, loss, pred, target) for name, loss in losses.items()}
    calls[MEMORY] = partial(read_and_write, pred.detach(), target, torch.empty_like(target))
    seconds = time_in_turns(calls, repeats, clock=time.perf_counter, warm_up=3, what=f"{size:,} boxes")
    times = {name: [1e6 * value for value in values] for name, values in seconds.items()}
    base = times["smooth_iou"]
    return [
        {
            "loss": name,
            "boxes": size,
            "min_us": round(min(values), 1),
            "median_us": round(statistics.median(values), 1),
            "iqr_us": round(interquartile_range(values), 1),
            "median_over_smooth_iou": round(statistics.median(values) / statistics.median(base), 3),
            "min_over_smooth_iou": round(min(values) / min(base), 3),
            "median_over_memory": round(statistics.median(values) / statistics.median(times[MEMORY]), 2),
        }
        for name, values in times.items()
    ]


def machine(device: str) -> dict[str, str | int | float]:
    """Beside what every experiment tells, how busy the machine was: wall time counts."""
    return {
        "cpu": processor(),
        "gpu": torch.cuda.get_device_name() if device.startswith("cuda") else "none",
        "cores": os.cpu_count() or 0,
        "threads": torch.get_num_threads(),
        "load_average": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else -1.0,
        "system": platform.platform(),
        **versions("torch"),
        "date": datetime.date.today().isoformat(),
    }


def print_table(rows: list[dict], missing: list[str]) -> list[str]:
    """Print every row and then what is faster than eager smooth_iou; return the latter."""
    times = f"{'min us':>10} {'median us':>10} {'IQR us':>9}"
    print(f"{'boxes':>10}  {'loss':26} {times} {'/ smooth_iou':>13} {'/ memory':>9}")
    for row in rows:
        numbers = f"{row['min_us']:10.0f} {row['median_us']:10.0f} {row['iqr_us']:9.0f}"
        ratios = f"{row['median_over_smooth_iou']:13.2f} {row['median_over_memory']:9.1f}"
        print(f"{row['boxes']:10,}  {row['loss']:26} {numbers} {ratios}")
    for line in missing:
        print(f"left out: {line}")
    lost = [
        f"{row['loss']} at {row['boxes']:,} boxes"
        for row in rows
        if row["median_over_smooth_iou"] < 1 and row["loss"] != MEMORY
    ]
    print("faster than eager smooth_iou: " + ("; ".join(lost) or "nothing"))
    return lost


if __name__ == "__main__":
    main()
