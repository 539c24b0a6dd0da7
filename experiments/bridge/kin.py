"""Unmodified checkouts of PyTracking's kin on this machine: one training iteration of each, and their trackers.

    python experiments/bridge/kin.py --kin DIR_OF_CHECKOUTS --work DIR [--sequences OTB] [--only NAME ...]

Every run is a process of its own with a limit on its time: the checkout alone (its `run_training`), `siou-tracking
train` without a box loss, and with Smooth-IoU. What is in kin_results.json is not run again, unless it failed; each
row is written as it comes. A checkout must be clean before and after, ignored files included.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import torch
from checkout_facts import commit, licence, untouched
from kin_rows import ROWS, Row
from kin_sets import write_kin_sets
from kin_table import box_term, write_tables
from own_process import HERE, MODES, one_iteration, others_same, same
from tqdm import tqdm
from tracking import VerbFailed, shorten, track_one

from siou_tracking.files import write_json

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import build_parser, machine_line

RESULTS = HERE / "kin_results.json"
SIZE = {"workers": 1}
"""Some of the kin need a loading process."""


def data_folders(kin: Path, work: Path) -> dict[str, str]:
    """The generated training sets, made on first use."""
    known = work / "kin_sets.json"
    if not known.is_file():
        lists = next(kin.glob("*/lib/train/data_specs/trackingnet_classmap.txt")).parent
        write_json(known, {name: str(path) for name, path in write_kin_sets(work / "kin_sets", lists).items()})
    return json.loads(known.read_text())


def done(run: dict[str, Any] | None) -> bool:
    return run is not None and "failed" not in run


class Runner:
    """Runs rows and keeps what came of them."""

    def __init__(self, kin: Path, work: Path, sequences: Path | None, minutes: float) -> None:
        self.kin, self.work, self.sequences, self.seconds = kin, work, sequences, 60 * minutes
        self.results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {"rows": {}}
        self.results |= {"machine": f"{machine_line('torch')}, no GPU used", "size": SIZE}
        self.data = data_folders(kin, work)

    def run(self, row: Row) -> None:
        """Everything of one row that is not there yet."""
        checkout = self.kin / row.folder
        entry = self.results["rows"].setdefault(row.key, {})
        entry |= {"commit": commit(checkout), "licence": licence(checkout), "before": untouched(checkout)}
        if entry["before"]:
            raise SystemExit(f"{checkout}: not clean before the run: {', '.join(entry['before'])}")
        for mode in MODES if not row.refused else MODES[-1:]:
            if not done(entry.get(mode)) or (mode == "flagged" and self.must_track(row, entry)):
                entry[mode] = self.iterate(mode, row, checkout)
                self.save()
        if not row.refused:
            entry["same"], entry["other_statistics_equal"] = same(entry), others_same(entry, box_term)
        if self.must_track(row, entry):
            entry["tracking"] = self.track(row, checkout, entry["flagged"].get("checkpoint"))
        self.forget("flagged")
        entry["after"] = untouched(checkout)
        self.save()

    def iterate(self, mode: str, row: Row, checkout: Path) -> dict[str, Any]:
        config = self.work / "kin_config.json"
        workspace = str(self.work / "kin_workspace")
        size = {**SIZE, "values": self.teacher(row)}
        whole = {"checkout": str(checkout), "data": self.data, "workspace": workspace, "size": size, "kin": True}
        write_json(config, whole)
        self.forget(mode)
        found = one_iteration(mode, row.module, row.name, config, self.work / "kin_row.json", self.seconds)
        if mode != "flagged":
            self.forget(mode)
        return found

    def teacher(self, row: Row) -> dict[str, Any]:
        """Arguments of `run_training` for a distillation; the teacher's file holds nothing, and it stays as drawn."""
        if row.distilled is None:
            return {}
        path = self.work / "teacher.pth.tar"
        torch.save({"net": {}}, path)
        script, config = row.distilled
        return {
            "distill": 1,
            "script_teacher": script,
            "config_teacher": config,
            "checkpoint_teacher_path": str(path),
        }

    def must_track(self, row: Row, entry: dict[str, Any]) -> bool:
        return self.sequences is not None and row.tracker is not None and not done(entry.get("tracking"))

    def track(self, row: Row, checkout: Path, weights: str | None) -> dict[str, Any]:
        assert row.tracker is not None and self.sequences is not None
        if weights is None:
            return {"failed": "no checkpoint to track with"}
        shutil.rmtree(self.work / "results", ignore_errors=True)
        try:
            return track_one(row.tracker, checkout, Path(weights), self.sequences, self.work, self.seconds)
        except VerbFailed as failure:
            return {"failed": str(failure)}

    def forget(self, mode: str) -> None:
        """A checkpoint of these networks takes up to a gigabyte."""
        shutil.rmtree(self.work / "kin_workspace" / mode, ignore_errors=True)

    def save(self) -> None:
        """Write what is known, without where things lie on this machine."""
        text = json.dumps(self.results)
        for place, name in self.places().items():
            text = text.replace(json.dumps(place)[1:-1], name)
        write_json(RESULTS, json.loads(text))

    def places(self) -> dict[str, str]:
        """Folders of this machine and what stands for them, inner ones first."""
        checkouts = {str((self.kin / row.folder).resolve()): f"DIR/{row.folder}" for row in ROWS}
        return {str(self.sequences): "OTB", **checkouts, str(self.kin): "DIR", str(self.work): "WORK"}


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("--kin", type=Path, required=True, help="folder of checkouts, each under its repository's name")
    parser.add_argument("--work", type=Path, required=True, help="folder for data, checkpoints and results")
    parser.add_argument("--sequences", type=Path, help="OTB2015 sequences to track")
    parser.add_argument("--frames", type=int, default=5, help="of each sequence (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=20, help="limit of a run (default: %(default)s)")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="folders of checkouts")
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    sequences = options.sequences and shorten(options.sequences.resolve(), work / "sequences", options.frames)
    runner = Runner(options.kin.resolve(), work, sequences, options.minutes)
    rows = [row for row in ROWS if not options.only or row.folder in options.only]
    for row in tqdm([row for row in rows if (runner.kin / row.folder).is_dir()], desc="kin", unit="row"):
        runner.run(row)
        write_tables(HERE / "README.md", runner.results)


if __name__ == "__main__":
    main()
