"""Time the scoring of one tracker on OTB2015 and LaSOT against pytracking's and the got10k toolkit's evaluators.

    python experiments/score_speed/run.py --otb-annotations OTB100.json --otb-results ATOM.tar.xz \
        --lasot-annotations lasot280.tar.xz --lasot-results ATOM.tar.xz --pytracking DIR --got10k DIR
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.registry import get_benchmark

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import build_parser, machine_line, write_result

HERE = Path(__file__).resolve().parent
TWO_TARGETS = ("Jogging", "Skating2", "Human4")


def prepare(benchmark: str, annotations: Path, results: Path, work: Path) -> None:
    """Lay ground truth out as the data set does, and the results under the names that pytracking uses."""
    sequences = load_sequences(benchmark, annotations)
    (tracker,) = get_benchmark(benchmark).load_results(results, sequences).values()
    target = work / "results/any/default"
    target.mkdir(parents=True)
    for sequence in sequences:
        boxes = sequence.ground_truth.astype(int)
        if sequence.lead_in is not None or sequence.name == "Tiger1":
            early = sequence.lead_in if sequence.lead_in is not None else np.repeat(boxes[:1], 5, axis=0)
            boxes = np.vstack((early.astype(int), boxes))
        stem, dash, number = sequence.name.rpartition("-")
        if benchmark == "lasot":
            folder, truth, spelled = work / "lasot" / stem / sequence.name, "groundtruth.txt", sequence.name
        elif dash and stem in TWO_TARGETS:
            folder, truth, spelled = work / "otb2015" / stem, f"groundtruth_rect.{number}.txt", f"{stem}_{number}"
        else:
            folder, truth, spelled = work / "otb2015" / sequence.name, "groundtruth_rect.txt", sequence.name
        folder.mkdir(parents=True, exist_ok=True)
        np.savetxt(folder / truth, boxes, "%d", ",")
        if sequence.absent is not None:
            (folder / "full_occlusion.txt").write_text(",".join(map(str, sequence.absent.astype(int))))
            (folder / "out_of_view.txt").write_text(",".join(["0"] * len(boxes)))
        (file,) = tracker.repetitions(sequence.name)
        (target / f"{spelled}.txt").write_bytes(tracker.source.read(file))


def child(evaluator: str, benchmark: str, work: Path, repeats: int) -> dict:
    """Score `repeats` times in this process; CPU seconds of each."""
    import peers

    scorers = {
        "siou-tracking": peers.ours,
        "pytracking": lambda b, w: peers.pytracking(b, w, Path(os.environ["SPEED_PYTRACKING"])),
        "got10k 0.1.3": peers.got10k,
        "got10k HEAD": lambda b, w: peers.got10k(b, w, Path(os.environ["SPEED_GOT10K"])),
    }
    scorer = scorers[evaluator](benchmark, work)
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        auc = scorer()
        seconds.append(time.process_time() - start)
    return {"auc": auc, "seconds": seconds}


def measure(evaluator: str, benchmark: str, work: Path, repeats: int, environment: dict[str, str]) -> dict:
    """One fresh process: its own CPU seconds from start to end with one scoring, and further scorings inside it."""
    command = [sys.executable, str(HERE / "run.py"), "--child", evaluator, benchmark, str(work), str(repeats)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{evaluator} on {benchmark}: {done.stderr[-800:]}")
    result = json.loads(done.stdout.strip().splitlines()[-1])
    whole = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    result["fresh"] = whole - sum(result["seconds"][1:])
    return result


def main() -> None:
    parser = build_parser(__doc__, HERE / "results.json")
    for name in ("otb-annotations", "otb-results", "lasot-annotations", "lasot-results"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--pytracking", type=Path, help="a PyTracking checkout")
    parser.add_argument(
        "--got10k", type=Path, help="a checkout of got-10k/toolkit; LaSOT is not in the package on PyPI"
    )
    parser.add_argument("--rounds", type=int, default=5, help="fresh processes for each evaluator")
    parser.add_argument("--repeats", type=int, default=4, help="scorings in each process")
    options = parser.parse_args()
    environment = dict(os.environ, OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    evaluators = {"otb2015": ["siou-tracking", "got10k 0.1.3"], "lasot": ["siou-tracking"]}
    for option, name in (("pytracking", "pytracking"), ("got10k", "got10k HEAD")):
        if getattr(options, option):
            environment[f"SPEED_{option.upper()}"] = str(getattr(options, option).resolve())
            for names in evaluators.values():
                names.append(name)
    table: dict = {
        "machine": machine_line("numpy"),
        "seconds": "CPU seconds, one thread, minimum (median) over the run",
    }
    root = Path(tempfile.mkdtemp(prefix="score_speed_"))
    try:
        for benchmark, names in evaluators.items():
            short = "otb" if benchmark == "otb2015" else benchmark
            work = root / benchmark
            prepare(benchmark, getattr(options, f"{short}_annotations"), getattr(options, f"{short}_results"), work)
            runs: dict[str, list[dict]] = {name: [] for name in names}
            for _ in tqdm(range(options.rounds), desc=benchmark):  # evaluators alternate, so load falls on all alike
                for name in names:
                    runs[name].append(measure(name, benchmark, work, options.repeats, environment))
            table[benchmark] = {name: summary(found, runs["siou-tracking"]) for name, found in runs.items()}
    finally:
        shutil.rmtree(root)
    write_result(options.out, table, show=True)


def summary(found: list[dict], ours: list[dict]) -> dict:
    """Times, and how many times longer than ours, round by round."""

    def inside(run: dict) -> float:
        return min(run["seconds"][1:])

    pairs = list(zip(found, ours, strict=True))
    return {
        "auc": found[0]["auc"],
        "fresh": [round(function([run["fresh"] for run in found]), 4) for function in (min, statistics.median)],
        "in_process": [round(function(list(map(inside, found))), 4) for function in (min, statistics.median)],
        "fresh_ratio": round(statistics.median(run["fresh"] / own["fresh"] for run, own in pairs), 2),
        "in_process_ratio": round(statistics.median(inside(run) / inside(own) for run, own in pairs), 2),
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(child(sys.argv[2], sys.argv[3], Path(sys.argv[4]), int(sys.argv[5]))))
    else:
        main()
