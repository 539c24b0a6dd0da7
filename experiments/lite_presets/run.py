"""Which values of a small tracker's preset are best on validation targets: average overlap of trained weights.

    python -m experiments.lite_presets.run TRACKER WEIGHTS ... --real DIR [--workers N]

TRACKER is atom, dimp or tomp, WEIGHTS are checkpoints that `train bbreg atom_lite`, `train dimp dimp_lite` or `train
tomp tomp_lite` wrote; DIR is the folder of real pictures (see `experiments/real_data.py`). Every trial is the preset
'lite' with some values changed, and tracks the real validation sequences and as many generated ones as the quickstart
holds out, of photographs that are not trained on. AO is the mean over sequences of the mean IoU of all frames
but the first (GOT-10k's own is the mean over all frames, of boxes cut to the picture).
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast  # Any: what a JSON file holds

import numpy as np
from tqdm import tqdm

from experiments.common import build_parser, machine, markdown, rounded, start, write_result
from experiments.real_data import training_folders
from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.boxes import elementwise_iou
from siou_tracking.errors import InputError, unknown_name
from siou_tracking.ltr.data.image_loader import default_image_loader
from siou_tracking.ltr.models.tracking.dimp_network import DiMPnet
from siou_tracking.parallel import cores, run_jobs
from siou_tracking.scenes import write_got10k
from siou_tracking.trackers.atom.factory import load_atom_network
from siou_tracking.trackers.atom.params import atom_params
from siou_tracking.trackers.atom.tracker import ATOM
from siou_tracking.trackers.base import Tracker
from siou_tracking.trackers.dimp.factory import load_dimp_network
from siou_tracking.trackers.dimp.params import dimp_params
from siou_tracking.trackers.dimp.tracker import DiMP
from siou_tracking.trackers.follow import run_frames
from siou_tracking.trackers.tomp.factory import load_tomp_network
from siou_tracking.trackers.tomp.network import TompNetwork
from siou_tracking.trackers.tomp.params import tomp_params
from siou_tracking.trackers.tomp.tracker import ToMP

HERE = Path(__file__).resolve().parent
GENERATED, FRAMES = 16, 60
Changes = Mapping[str, float]
"""Fields of the preset, and their values."""
TRIALS: dict[str, list[Changes]] = {
    "atom": [
        {"box_jitter_sz": spread, "train_skipping": skipping} for spread in (0.25, 0.5, 0.75) for skipping in (10, 5)
    ],
    "dimp": [
        {"learning_rate": rate, "train_skipping": skipping, "target_not_found_threshold": threshold}
        for rate in (0.01, 0.03)
        for skipping in (20, 5)
        for threshold in (0.25, 0.1)
    ],
    "tomp": [
        {"target_not_found_threshold": threshold, "confidence_threshold": confidence}
        for threshold in (0.25, 0.1)
        for confidence in (0.9, 0.7)
    ],
}
"""The first of each is what `lite` had; of dimp and tomp these are PyTracking's for the full-size trackers."""


def build(tracker: str, weights: Path, changes: Changes) -> Tracker:
    """The preset 'lite' with changes."""
    if tracker == "atom":
        return ATOM(load_atom_network(weights), atom_params("lite", **changes), "cpu")
    if tracker == "dimp":
        return DiMP(cast(DiMPnet, load_dimp_network(weights).net), dimp_params("lite", **changes), "cpu")
    return ToMP(cast(TompNetwork, load_tomp_network(weights).net), tomp_params("lite", **changes), "cpu")


def overlaps(tracker: Tracker, sequences: Sequence[AnnotatedSequence]) -> list[float]:
    """Of each sequence the mean IoU of all frames but the first, between 0 and 1."""
    means = []
    for one in sequences:
        pictures = (default_image_loader(str(path)) for path in one.frames)
        boxes, _ = run_frames(tracker, pictures, one.ground_truth[0])
        means.append(float(elementwise_iou(boxes[1:], one.ground_truth[1:], "xywh").mean()))
    return means


def measure(tracker: str, weights: Path, changes: Changes, folders: Mapping[str, Path]) -> dict[str, float]:
    """AO of one trial by kind of sequences."""
    made = build(tracker, weights, changes)
    return {
        name: float(np.mean(overlaps(made, load_sequences("got10k", path, "val")))) for name, path in folders.items()
    }


def main() -> int:
    parser = build_parser(__doc__, HERE / "results.json")
    parser.add_argument("tracker", metavar="TRACKER", help=f"of {', '.join(TRIALS)}")
    parser.add_argument("weights", nargs="+", type=Path, metavar="WEIGHTS")
    parser.add_argument("--real", type=Path, required=True, metavar="DIR")
    parser.add_argument("--workers", type=int, default=cores(), metavar="N", help="processes (default: one a core)")
    options = parser.parse_args()
    start()
    try:
        rows = run_trials(options.tracker, options.weights, options.real, options.workers)
    except InputError as error:
        print(f"lite_presets: {error}", file=sys.stderr)
        return 2
    kept = json.loads(options.out.read_text(encoding="utf-8")) if options.out.is_file() else {}
    entry = {"machine": machine("torch", "opencv"), "weights": [one.name for one in options.weights], "trials": rows}
    write_result(options.out, {**kept, options.tracker: entry})
    names = list(TRIALS[options.tracker][0])
    lines = [[*(str(row["changes"][name]) for name in names), *map(str, row["ao"].values())] for row in rows]
    print(markdown([*names, *rows[0]["ao"]], lines))
    return 0


def run_trials(tracker: str, weights: Sequence[Path], real: Path, workers: int) -> list[dict[str, Any]]:
    """For each trial its changes and, in percent, AO on both kinds of sequences, of each network and on the mean.

    Raises:
        InputError: an unknown tracker, or pictures or weights that are not there.
    """
    if tracker not in TRIALS:
        raise unknown_name("tracker", tracker, TRIALS)
    with tempfile.TemporaryDirectory() as folder:
        folders = {"real": training_folders(real).got10k, "generated": Path(folder)}
        write_got10k(folder, "val", GENERATED, length=FRAMES, workers=workers, progress=False)
        jobs = [(tracker, one, changes, folders) for changes in TRIALS[tracker] for one in weights]
        found = dict(tqdm(run_jobs(measure, jobs, workers=workers), total=len(jobs), desc="trials"))
    rows = []
    for at, changes in enumerate(TRIALS[tracker]):
        parts = [found[at * len(weights) + number] for number in range(len(weights))]
        by_kind = {kind: [100 * part[kind] for part in parts] for kind in folders}
        means = {kind: float(np.mean(values)) for kind, values in by_kind.items()}
        means["mean"] = float(np.mean(list(means.values())))
        ao = dict(zip(means, rounded(means.values(), 3), strict=True))
        rows.append({"changes": dict(changes), "ao": ao, "each": {k: rounded(v, 3) for k, v in by_kind.items()}})
    return rows


if __name__ == "__main__":
    sys.exit(main())
