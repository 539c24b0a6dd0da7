"""What the DIM loss costs: a training step with and without it, and a tracked frame of each network, turn about.

OMP_NUM_THREADS=1 python experiments/dim/speed.py --work DIR        (the DIR of run.py)
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from pathlib import Path

from siou_tracking.ltr.admin.loading import load_network
from siou_tracking.mot.data.dataset import MOTFrames, collate_frames
from siou_tracking.mot.data.motchallenge import find_sequences
from siou_tracking.mot.data.processing import MOTProcessing
from siou_tracking.mot.quickstart.evaluate import DIMS
from siou_tracking.mot.tracking.params import MOTParams
from siou_tracking.mot.tracking.run import track_sequence
from siou_tracking.mot.tracking.sources import NetworkSource
from siou_tracking.mot.training.actor import OneStageMOTActor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import build_parser, start, time_in_turns, write_result


def turn_about(jobs: dict[str, Callable[[], object]], rounds: int) -> dict[str, dict[str, float]]:
    """Median CPU seconds of each job over the median of the first; a round calls every job once."""
    seconds = time_in_turns(jobs, rounds, warm_up=1)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "seconds": medians,
        "ratio": {name: value / next(iter(medians.values())) for name, value in medians.items()},
    }


def training_steps(checkpoint: Path, data: Path) -> dict[str, Callable[[], object]]:
    """A forward and backward pass on the same eight frames, once for each mode."""
    frames = MOTFrames(data / "train", MOTProcessing(256, 160))
    batch = collate_frames([frames[index] for index in range(0, 240, 30)])
    jobs = {}
    for dim in DIMS:
        net = load_network(checkpoint)[0].train()
        actor = OneStageMOTActor(net, rivals="sequence", dim=dim, margins=None if dim == "off" else (1.2, 0.7))
        jobs[dim] = lambda net=net, actor=actor: (net.zero_grad(), actor(batch)[0].backward())
    return jobs


def tracked_frames(checkpoints: dict[str, Path], data: Path) -> dict[str, Callable[[], object]]:
    """The first held-out sequence, tracked by each network."""
    sequence = find_sequences(data / "val")[0]
    params = MOTParams()
    sources = {dim: NetworkSource(path, params, "cpu") for dim, path in checkpoints.items()}
    return {dim: lambda source=source: track_sequence(sequence, source, params) for dim, source in sources.items()}


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("--work", type=Path, required=True, metavar="DIR")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    start()
    folder, data = options.work / "seed0" / "checkpoints", options.work / "data"
    checkpoints = {dim: folder / f"mot_lite_{dim}.pth.tar" for dim in DIMS}
    found = {
        "training_step": turn_about(training_steps(checkpoints["off"], data), options.rounds),
        "tracking": turn_about(tracked_frames(checkpoints, data), options.rounds),
    }
    write_result(Path(__file__).with_name("speed.json"), found)
    for what, result in found.items():
        print(what, {dim: round(ratio, 3) for dim, ratio in result["ratio"].items()})


if __name__ == "__main__":
    main()
