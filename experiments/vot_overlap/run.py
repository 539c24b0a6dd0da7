"""VOT2018 by us and by vot-toolkit 0.9.0: overlaps, metrics, one reset-based run, and the time of each.

Needs vot-toolkit==0.9.0 and attributee==0.1.9 beside this package; see README.md for the command.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import cv2
import numpy as np
import yaml
from vot.analysis import supervised as toolkit
from vot.region import Special, calculate_overlap
from vot.region.shapes import Polygon, Rectangle
from vot.tracker import OnlineTrackerRuntime
from vot.workspace import Workspace

from siou_tracking.benchmarks.vot2018.polygons import Regions
from siou_tracking.benchmarks.vot2018.protocol import PROTOCOLS
from siou_tracking.benchmarks.vot2018.raster import vot_toolkit_overlaps
from siou_tracking.benchmarks.vot2018.results import FAILED, TRACKED, Run
from siou_tracking.benchmarks.vot2018.run import run_experiment
from siou_tracking.benchmarks.vot2018.score import load_results, load_sequences, score
from siou_tracking.trackers import build_tracker
from siou_tracking.trackers.adapters.vot import write_registry

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import build_parser, machine_line, write_result


def theirs(regions: Regions) -> list:
    """The toolkit's region objects."""
    return [
        Rectangle(*corners[0], *(corners[2] - corners[0])) if box else Polygon([tuple(c) for c in corners])
        for corners, box in zip(regions.corners, regions.rectangle, strict=True)
    ]


def random_regions(count: int, seed: int) -> tuple[Regions, Regions]:
    """Rectangles and any quadrilaterals, some dented or self-crossing, some far outside the image."""
    random = np.random.default_rng(seed)
    quads = random.uniform(-40, 160, (2, count, 4, 2))
    boxes = np.concatenate([random.uniform(-40, 120, (2, count, 2)), random.uniform(0.6, 90, (2, count, 2))], 2)
    parts = []
    for quad, box in zip(quads, boxes, strict=True):
        rows = [q.ravel() if pick else b for q, b, pick in zip(quad, box, random.random(count) < 0.6, strict=True)]
        parts.append(Regions.from_rows(rows))
    return parts[0], parts[1]


def compare_overlaps(count: int) -> dict:
    first, second = random_regions(count, 0)
    size = (120, 100)
    limits = np.broadcast_to(np.array(size) - 1, (count, 2))
    result = {}
    shifted = [Regions(region.corners + 40, region.rectangle) for region in (first, second)]
    cases = {
        "in the image": (first, second, limits, size),
        "no limits": (first, second, None, None),
        "no limits, nothing negative": (*shifted, None, None),
    }
    for name, (a, b, ours, bounds) in cases.items():
        reference = [calculate_overlap(*pair, bounds) for pair in zip(theirs(a), theirs(b), strict=True)]
        difference = np.abs(vot_toolkit_overlaps(a, b, ours) - reference)
        result[name] = {
            "pairs": count,
            "largest difference": difference.max(),
            "differing": int((difference > 0).sum()),
        }
    return result


def as_trajectory(run: Run) -> list:
    regions = iter(theirs(run.regions))
    return [next(regions) if kind == TRACKED else Special(int(kind)) for kind in run.kinds]


def toolkit_metrics(runs: dict[str, list[Run]], sequences: list) -> dict[str, float]:
    """The toolkit's functions applied as its AverageAccuracyRobustness and EAOCurve apply them."""
    weights, accuracies, failures = [], [], []
    overlaps_all, success = [], []
    for sequence in sequences:
        truth = theirs(sequence.regions)
        size = (sequence.width, sequence.height)
        stand_in = SimpleNamespace(groundtruth=lambda truth=truth: truth, size=size)
        for run in runs[sequence.name]:
            trajectory = as_trajectory(run)
            accuracies.append(toolkit.compute_accuracy(trajectory, stand_in)[0])
            failures.append(toolkit.count_failures(trajectory)[0])
            weights.append(len(sequence))
            overlaps = toolkit.calculate_overlaps(trajectory, truth, size)
            failed, started = toolkit.locate_failures_inits(trajectory)
            for start, end in zip(started, failed, strict=False):
                overlaps_all.append(overlaps[start:end])
                success.append(False)
            if len(started) > len(failed):
                overlaps_all.append(overlaps[started[-1] :])
                success.append(True)
    curve = toolkit.compute_eao_curve(overlaps_all, [1] * len(overlaps_all), success)
    return {
        "accuracy": float(np.average(accuracies, weights=weights)),
        "robustness": float(np.average(failures, weights=weights)),
        "eao": float(np.mean(curve[100:357])),
    }


def compare_metrics(data: Path) -> dict:
    calculate_overlap(*theirs(Regions.from_rows([[0, 0, 4, 4], [1, 1, 4, 4]])))  # its compilation is not timed
    sequences = load_sequences(data / "vot2018_annotations.json")
    table = {}
    for archive in sorted((data / "results").glob("*.tar.xz")):
        ((name, runs),) = load_results(archive).items()
        ours, seconds = {}, {}
        for protocol in PROTOCOLS:
            began = time.process_time()
            ours[protocol] = score(runs, sequences, protocol, name).metrics
            seconds[protocol] = time.process_time() - began
        began = time.process_time()
        reference = toolkit_metrics(runs, sequences)
        slower = (time.process_time() - began) / seconds["vot-toolkit"]
        difference = {key: abs(ours["vot-toolkit"][key] - value) for key, value in reference.items()}
        table[name] = {"ours": ours, "toolkit": reference, "difference": difference, "toolkit time / ours": slower}
        table[name]["seconds, process time"] = seconds
    return table


def write_sequences(root: Path) -> None:
    """Two short sequences of a slanted rectangle that moves away from where it started."""
    for name, length in (("one", 40), ("two", 37)):
        folder = root / "sequences" / name
        (folder / "color").mkdir(parents=True)
        rows = []
        for frame in range(length):
            x, y = 20 + 2 * frame, 30 + frame
            corners = np.array([[x, y + 3], [x + 22, y], [x + 24, y + 15], [x + 2, y + 18]])
            image = np.full((120, 160, 3), 60, np.uint8)
            cv2.fillConvexPoly(image, corners.astype(np.int32), (40, 200, 90))
            cv2.imwrite(str(folder / f"color/{frame + 1:08d}.jpg"), image)
            rows.append(",".join(f"{value:.2f}" for value in corners.ravel()))
        (folder / "groundtruth.txt").write_text("\n".join(rows) + "\n")
        about = {"channels.color": "color/%08d.jpg", "channel.default": "color", "format": "default", "name": name}
        about |= {"fps": 20, "length": length, "width": 160, "height": 120}
        (folder / "sequence").write_text("".join(f"{key}={value}\n" for key, value in about.items()))
    (root / "sequences/list.txt").write_text("one\ntwo\n")


class SingleObject(OnlineTrackerRuntime):
    """A runtime that answers objects: 0.9.0's own answer lists, and its reset-based experiment takes objects."""

    def __init__(self, runtime: OnlineTrackerRuntime) -> None:
        super().__init__(runtime.tracker)
        self.inner = runtime

    def initialize(self, frame, new=None):
        (status,), seconds = self.inner.initialize(frame, new)
        return status, seconds

    def update(self, frame, new=None):
        (status,), seconds = self.inner.update(frame)
        return status, seconds

    def restart(self) -> None:
        self.inner.restart()

    def stop(self) -> None:
        self.inner.stop()


def run_toolkit(root: Path) -> str:
    """Run the toolkit's reset-based experiment, first as released, then mended; says what the first attempt did."""
    write_registry(root / "trackers.ini", "static", {"name": "static"})
    experiments = {"baseline": {"type": "supervised", "repetitions": 15, "skip_initialize": 5}}
    stack = {"title": "tiny", "experiments": experiments}
    (root / "config.yaml").write_text(yaml.dump({"registry": ["./trackers.ini"], "stack": stack}))
    workspace = Workspace.load(str(root))
    experiment, tracker = workspace.stack.experiments["baseline"], workspace.registry["static"]
    sequences = experiment.transform(list(workspace.dataset))
    try:
        experiment.execute(tracker, sequences[0])
        return "runs"
    except AttributeError as error:
        released = f"AttributeError: {error}"
    with mock.patch.object(type(experiment), "_get_runtime", lambda self, runner, _: SingleObject(runner.runtime())):
        for sequence in sequences:
            experiment.execute(tracker, sequence)
    return released


def compare_runs() -> dict:
    """The same two sequences by the toolkit and by us, with a tracker that never moves."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_sequences(root)
        released = run_toolkit(root)
        sequences, tracker = load_sequences(root / "sequences"), build_tracker("static")
        run_experiment(tracker, sequences, root / "ours", "static", protocol="vot-toolkit", progress=False)
        toolkit_runs, our_runs = (load_results(root / name)["static"] for name in ("results", "ours"))
    pairs = {name: (toolkit_runs[name], our_runs[name]) for name in our_runs}
    mended = {
        name: {
            "runs": [len(a), len(b)],
            "failures": int((b[0].kinds == FAILED).sum()),
            "equal markers": bool(np.array_equal(a[0].kinds, b[0].kinds)),
            "largest corner difference": float(np.abs(a[0].regions.corners - b[0].regions.corners).max()),
        }
        for name, (a, b) in pairs.items()
    }
    return {"toolkit as released": released, "toolkit mended": mended}


def main() -> None:
    parser = build_parser(__doc__, Path(__file__).with_name("results.json"))
    parser.add_argument("--data", type=Path, required=True, help="folder with vot2018_annotations.json and results/")
    parser.add_argument("--pairs", type=int, default=20000)
    options = parser.parse_args()
    results = {
        "machine": f"{machine_line('numpy')}, 1 thread",
        "overlaps": compare_overlaps(options.pairs),
        "reset run": compare_runs(),
        "metrics": compare_metrics(options.data),
    }
    write_result(options.out, results, show=True)


if __name__ == "__main__":
    main()
