"""An unmodified PyTracking checkout on this machine: one training iteration of each setting, trackers on video.

    python experiments/bridge/run.py --pytracking DIR --work DIR [--sequences OTB]

Every iteration runs in a process of its own: the checkout alone (its `run_training`), `siou-tracking train` without a
box loss, and with Smooth-IoU. What has a row in results.json is not run again. The checkout must be clean before and
after, ignored files included.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from checkout_facts import untouched
from own_process import HERE, MODES, one_iteration, others_same, same, shown
from tqdm import tqdm
from tracking import track_sequences
from training_sets import write_training_sets

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.bridge.standins import plan
from siou_tracking.files import write_json

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
from common import build_parser, machine_line

BOX_TERMS = ("Loss/total", "Loss/iou", "Loss/bb_ce", "Loss/loss_bb_ce", "Loss/GIoU", "Loss/weighted_GIoU")
SETTINGS = {
    "bbreg": ("atom", "atom_paper", "atom_prob_ml", "atom_gmm_sampl"),
    "dimp": ("dimp18", "dimp50", "prdimp18", "prdimp50", "super_dimp", "super_dimp_simple"),
    "tomp": ("tomp50", "tomp101"),
    "tamos": ("tamos_resnet50",),
}


def is_box_term(key: str) -> bool:
    return key.startswith(BOX_TERMS)


def train_all(results: dict[str, Any], checkout: Path, work: Path, only: list[str]) -> None:
    sets = work / "sets"
    data = json.loads((work / "sets.json").read_text()) if (work / "sets.json").is_file() else None
    if data is None:
        data = {name: str(folder) for name, folder in write_training_sets(sets, checkout).items()}
        write_json(work / "sets.json", data)
    config = work / "config.json"
    size: dict[str, int] = {}
    whole = {"checkout": str(checkout), "data": data, "workspace": str(work / "workspace"), "size": size, "kin": False}
    write_json(config, whole)
    jobs = [
        (mode, module, name)
        for module, names in SETTINGS.items()
        for name in names
        for mode in MODES
        if (not only or name in only) and mode not in results["training"].get(f"{module} {name}", {})
    ]
    for mode, module, name in tqdm(jobs, desc="iterations", unit="run"):
        rows = results["training"].setdefault(f"{module} {name}", {})
        rows[mode] = one_iteration(mode, module, name, config, work / "row.json")
        write_json(HERE / "results.json", results)
    for rows in results["training"].values():
        if all(mode in rows for mode in MODES):
            rows["same"], rows["other_statistics_equal"] = same(rows), others_same(rows, is_box_term)


def table(results: dict[str, Any]) -> str:
    """The training rows as Markdown."""
    lines = [
        "| setting | own run, loss | without the flag | with Smooth-IoU, loss | checked | difference | others equal |",
        "|---|---|---|---|---|---|---|",
    ]
    for setting, rows in results["training"].items():
        own, ours = rows.get("own", {}), rows.get("flagged", {})
        cells = [setting, shown(own), "equal to the last bit" if rows.get("same") else shown(rows.get("plain", {}))]
        check = ours.get("check", {})
        what = f"{check['what']}, {check['numbers']} numbers" if check else ""
        cells += [shown(ours), what, f"{check['largest_difference']:.0e}" if check else ""]
        cells.append(rows.get("other_statistics_equal", "") if check else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("--pytracking", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="folder for data, checkpoints and results")
    parser.add_argument("--sequences", type=Path, help="OTB2015 sequences to track")
    parser.add_argument("--only", nargs="*", default=[], help="names of settings")
    options = parser.parse_args()
    checkout = find_checkout(options.pytracking)
    if remains := untouched(checkout.root):
        raise SystemExit(f"{checkout.root}: not clean before the run: {', '.join(remains)}")
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    path = HERE / "results.json"
    results = json.loads(path.read_text()) if path.is_file() else {"training": {}, "tracking": {}}
    results["commit"] = checkout.commit
    results["machine"] = f"{machine_line('torch')}, no GPU used"
    results["supplied"] = {row.component: row.state for row in plan(checkout, pretrained=False)}
    train_all(results, checkout.root, work, options.only)
    if options.sequences:
        track_sequences(results, checkout, options.sequences.resolve(), work, lambda: write_json(path, results))
    results["left_in_the_checkout"] = untouched(checkout.root)
    write_json(path, results)
    print(table(results))
    print(f"left in the checkout: {results['left_in_the_checkout'] or 'nothing'}")


if __name__ == "__main__":
    main()
