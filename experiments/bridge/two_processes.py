"""Checkouts under torchrun: two processes against one, and a run one of whose processes was killed against a whole one.

    python experiments/bridge/two_processes.py --work DIR --pytracking DIR [--ostrack DIR]

Two processes with batches of 2 make the steps of one with batches of 4 (see `one_of_several.py`); the killed
process is started again by `--max-restarts 1`. gloo, no GPU. A checkout must be clean before and after, ignored files
included. What is in the results is not run again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm
from training_sets import write_training_sets

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.files import write_json
from siou_tracking.ltr.admin.loading import read_checkpoint

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import build_parser, machine_line

HERE = Path(__file__).resolve().parent
_GOT10K = {
    "DATA.TRAIN.DATASETS_NAME": ["GOT10K_vottrain"],
    "DATA.TRAIN.DATASETS_RATIO": [1],
    "DATA.VAL.DATASETS_NAME": ["GOT10K_votval"],
    "DATA.VAL.DATASETS_RATIO": [1],
}
RUNS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "dimp18": (["dimp", "dimp18"], {}),
    "tomp50": (["tomp", "tomp50"], {}),
    "ostrack": (["ostrack", "vitb_256_mae_ce_32x4_ep300"], _GOT10K),
}
"""Settings, and values of their configuration: the sets that are written here have no COCO of 2017."""
EPOCHS, KILLED, READ = 3, 1, 6
"""READ: the sample of the second epoch at which process KILLED ends, of four an epoch."""


def train(config: dict[str, Any], work: Path, processes: int) -> dict[str, Any]:
    """Run `one_of_several.py`; the content of the last checkpoint, and the seconds."""
    write_json(work / "one.json", config)
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", "--max-restarts=1"]
    command = [sys.executable, *(launcher if processes > 1 else []), str(HERE / "one_of_several.py")]
    begin = time.perf_counter()
    done = subprocess.run(
        [*command, str(work / "one.json")],
        capture_output=True,
        text=True,
        cwd=work,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"},
    )
    (work / "one.log").write_text(done.stdout + done.stderr)
    found = sorted(Path(config["options"]["workspace"]).rglob(f"*_ep{config['options']['epochs']:04d}.pth.tar"))
    if done.returncode or not found:
        raise SystemExit(f"{config['settings']}: exit status {done.returncode}: {work / 'one.log'}")
    return {**read_checkpoint(found[-1]), "seconds": round(time.perf_counter() - begin, 1)}


def losses(content: dict[str, Any]) -> dict[str, list[float]]:
    """Each statistic of the training loader that is a loss, for each epoch."""
    return {
        name: [float(value) for value in meter.history]
        for name, meter in content["stats"]["train"].items()
        if name.startswith("Loss/")
    }


def largest_difference(one: dict[str, list[float]], other: dict[str, list[float]]) -> float:
    """Of two lists of numbers by name, relative to the larger of 1 and the first."""
    pairs = [pair for name in one for pair in zip(one[name], other[name], strict=True)]
    return max(abs(a - b) / max(1.0, abs(a)) for a, b in pairs)


def weights_difference(one: dict[str, Any], other: dict[str, Any]) -> float:
    """The same of the networks of two checkpoints."""
    return max(
        float(((value.double() - other["net"][name].double()).abs() / value.double().abs().clamp(min=1)).max())
        for name, value in one["net"].items()
        if value.numel()
    )


def same(one: Any, other: Any) -> bool:
    """Whether two contents of checkpoints are equal to the last bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return same(vars(one), vars(other)) if hasattr(one, "history") else bool(one == other)


def compare(name: str, checkout: Path, data: dict[str, str], work: Path, loss: str | None) -> dict[str, Any]:
    """A row of results."""
    settings, values = RUNS[name]

    def config(label: str, batch: int, samples: int, **how: Any) -> dict[str, Any]:
        options = {"data": data, "epochs": EPOCHS, "batch_size": batch, "samples_per_epoch": samples, "workers": 0}
        options |= {"workspace": str(work / f"{name}_{loss}_{label}"), "resume": False, "seed": 11}
        base = {"checkout": str(checkout), "settings": settings, "values": values, "box_loss": loss, "options": options}
        return {**base, "kill": None, "fixed": False, **how}

    one = train(config("one", 4, 4, fixed=True), work, processes=1)
    two = train(config("two", 2, 4, fixed=True), work, processes=2)
    whole = train(config("whole", 2, 8), work, processes=2)
    killed = train(config("killed", 2, 8, kill=[KILLED, READ]), work, processes=2)
    return {
        "losses_of_one": losses(one),
        "losses_of_two": losses(two),
        "losses_differ_by": largest_difference(losses(one), losses(two)),
        "weights_differ_by": weights_difference(one, two),
        "same_names": list(one["net"]) == list(two["net"]) and one["net_type"] == two["net_type"],
        "losses_of_whole": losses(whole),
        "killed_equals_whole": {
            part: same(whole[part], killed[part]) for part in ("net", "optimizer", "stats", "epoch")
        },
        "seconds": [content["seconds"] for content in (one, two, whole, killed)],
    }


def untouched(checkout: Path) -> list[str]:
    command = ["git", "-C", str(checkout), "status", "--porcelain", "--ignored"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def main() -> None:
    parser = build_parser(__doc__, out=HERE / "two_processes.json")
    parser.add_argument("--work", type=Path, required=True, help="folder for data and checkpoints")
    parser.add_argument("--pytracking", type=Path, required=True, help="its list files name the data as well")
    parser.add_argument("--ostrack", type=Path)
    parser.add_argument("--only", nargs="*", default=[], help="names of settings")
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    results = json.loads(options.out.read_text()) if options.out.is_file() else {"runs": {}}
    results["machine"] = f"{machine_line('torch')}, no GPU used"
    data = work / "sets.json"
    if not data.is_file():
        sets = write_training_sets(work / "sets", find_checkout(options.pytracking).root)
        write_json(data, {key: str(folder) for key, folder in sets.items()})
    given = {"dimp18": options.pytracking, "tomp50": options.pytracking, "ostrack": options.ostrack}
    names = [name for name in given if given[name] and (not options.only or name in options.only)]
    rows = {f"{name} {loss or 'own loss'}": (name, loss) for name in names for loss in (None, "smooth_iou")}
    for row_name, (name, loss) in tqdm(rows.items(), unit="row"):
        if row_name in results["runs"]:
            continue
        checkout = find_checkout(given[name])
        if remains := untouched(checkout.root):
            raise SystemExit(f"{checkout.root}: not clean before the run: {', '.join(remains)}")
        row = compare(name, checkout.root, json.loads(data.read_text()), work, loss)
        results["runs"][row_name] = {
            "commit": checkout.commit,
            **row,
            "left_in_the_checkout": untouched(checkout.root),
        }
        write_json(options.out, results)


if __name__ == "__main__":
    main()
