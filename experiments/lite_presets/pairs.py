"""Which pairs a long training of ATOM's small box head learns most from, on real targets that it is not shown.

    python -m experiments.lite_presets.pairs --real DIR [--pairs NAME ...] [--workers N]

DIR is the folder of real pictures (see `experiments/real_data.py`). Its training targets are cut into two halves, such
that what one video shows is in one half. For each way to draw pairs, networks are trained on either half and generated
sequences, and track the other half, the validation targets, and generated sequences of photographs that are not trained
on. A half takes half an hour of a core; what is done lies in parts/ beside the result, and the next call goes on.
"""

from __future__ import annotations

import dataclasses
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy import stats

from experiments.common import build_parser, machine, markdown, rounded, start, write_result
from experiments.lite_presets.run import FRAMES, GENERATED, HERE, build, overlaps
from experiments.loss_ablation.families import FAMILIES
from experiments.loss_ablation.plan import LONG, Parts, Plan, tracker_name
from experiments.loss_ablation.trainings import link_sequences, make_plan, prepare_data, train_one
from experiments.parts import Part, Unit, run_units
from experiments.real_data import Training, training_folders
from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError, unknown_name
from siou_tracking.parallel import cores
from siou_tracking.scenes import write_got10k

PLAIN = "drawn of all sequences alike"
PLANS: dict[str, Plan] = {
    PLAIN: dataclasses.replace(LONG, balanced=False, flip=False, coco_share=0.0),
    "flip": dataclasses.replace(LONG, balanced=False, coco_share=0.0),
    "balanced": dataclasses.replace(LONG, flip=False, coco_share=0.0),
    "both": dataclasses.replace(LONG, coco_share=0.0),
    "all": LONG,
}
Tests = Sequence[AnnotatedSequence]
FAMILY = "atom_lite"
LOSSES = ("iou", "smooth_iou")
HALF_OF = {"MOT16-11": 0, "MOT16-09": 1, "bmx": 0, "monkeydog": 0}
"""The half of all targets whose video has this in its name; others go to the halves in turn."""


def cut(listing: Path) -> tuple[list[str], list[str]]:
    """The training targets of either half.

    Args:
        listing: SEQUENCES.tsv, of each sequence its folder and what video it is from.

    Raises:
        InputError: no such file, or a line of one column.
    """
    if not listing.is_file():
        raise InputError(f"--real: {listing}: no such file")
    halves: tuple[list[str], list[str]] = ([], [])
    turn = 0
    for number, line in enumerate(listing.read_text("utf-8").splitlines()[1:], start=2):
        folder, *rest = line.split("\t")
        if not rest:
            raise InputError(f"{listing}:{number}: got 1 column, allowed are 2 or more: folder and video")
        if "_Val_" in folder:
            continue
        known = [half for name, half in HALF_OF.items() if name in rest[0]]
        halves[known[0] if known else turn].append(folder)
        turn = turn if known else 1 - turn
    return halves


def train_and_track(plan: Plan, root: Path, training: Training, tests: Mapping[str, Tests]) -> Part:
    """Of each loss a network's mean IoU on every sequence, in percent, by kind of sequences and name."""
    parts = Parts(root / plan.key())
    found: Part = {loss: {} for loss in LOSSES}
    prepare_data(plan, parts, training, 1)
    for loss in LOSSES:
        tracker = build("atom", train_one(plan, parts, FAMILY, loss, 0), {})
        for kind, sequences in tests.items():
            percent = rounded([100 * one for one in overlaps(tracker, sequences)])
            found[loss][kind] = dict(zip((one.name for one in sequences), percent, strict=True))
    shutil.rmtree(parts.features, ignore_errors=True)  # gigabytes, which no other plan or half can use
    return found


def list_units(names: Sequence[str], real: Path, root: Path) -> list[Unit]:
    """For each way to draw pairs two units of work, one a half.

    Raises:
        InputError: an unknown way, or pictures that are not there.
    """
    for one in names:
        if one not in PLANS:
            raise unknown_name("pairs", one, PLANS)
    source = training_folders(real)
    halves = cut(source.got10k.parent / "SEQUENCES.tsv")
    shutil.rmtree(root / "generated", ignore_errors=True)
    write_got10k(root / "generated", "val", GENERATED, length=FRAMES, progress=False)
    generated = load_sequences("got10k", root / "generated", "val")
    every = [*load_sequences("got10k", source.got10k, "train"), *load_sequences("got10k", source.got10k, "val")]
    trackers = {"networks": [tracker_name(FAMILY, loss, 0) for loss in LOSSES], "preset": FAMILIES[FAMILY].preset()}
    sides = []
    for number, half in enumerate(halves):
        folder = root / f"half-{number}"
        shutil.rmtree(folder, ignore_errors=True)
        link_sequences(source.got10k / "train", folder / "train", only=half)
        link_sequences(source.got10k / "val", folder / "val")
        tests = {"real": [one for one in every if one.name not in half], "generated": generated}
        sides.append((dataclasses.replace(source, got10k=folder), tests))
    units = []
    for name in names:
        for training, tests in sides:
            plan = make_plan(PLANS[name], 0, training)
            made_from = {"plan": dataclasses.asdict(plan), **trackers}
            units.append(Unit(root / f"{plan.key()}.json", made_from, (plan, root, training, tests)))
    return units


def by_target(found: Sequence[Part], kind: str) -> dict[str, float]:
    """The mean of all networks that track a target, by its name."""
    networks = [part[loss][kind] for part in found for loss in LOSSES]
    names = dict.fromkeys(name for one in networks for name in one)
    return {name: float(np.mean([one[name] for one in networks if name in one])) for name in names}


def summary(found: Sequence[Part], plain: Sequence[Part]) -> dict[str, object]:
    """A row of the table: AO in percent over targets, and how far it is from that of `plain`.

    A target counts once, with the mean of all networks that track it; the error is that of a mean of targets.
    """
    networks = [part[loss] for part in found for loss in LOSSES]
    row: dict[str, object] = {}
    for kind in networks[0]:
        targets, before = by_target(found, kind), by_target(plain, kind)
        apart = [targets[name] - before[name] for name in targets]
        row[kind] = {
            "targets": len(targets),
            "ao": round(float(np.mean(list(targets.values()))), 1),
            "change": round(float(np.mean(apart)), 1),
            "error": round(float(stats.sem(apart)), 1),
            "each": rounded([float(np.mean(list(one[kind].values()))) for one in networks], 3),
        }
    return row


def main() -> int:
    parser = build_parser(__doc__, HERE / "pairs.json")
    parser.add_argument("--real", type=Path, required=True, metavar="DIR")
    ways = [name for name in PLANS if name != PLAIN]
    parser.add_argument("--pairs", nargs="+", default=ways, metavar="NAME", help=f"of {', '.join(ways)} (default: all)")
    parser.add_argument("--workers", type=int, default=cores(), metavar="N", help="processes (default: one a core)")
    options = parser.parse_args()
    start()
    try:
        names = list(dict.fromkeys((PLAIN, *options.pairs)))
        units = list_units(names, options.real, options.out.parent / "parts")
        found = run_units(train_and_track, units, options.workers, "halves", "half")
    except InputError as error:
        print(f"lite_presets: {error}", file=sys.stderr)
        return 2
    rows = {name: summary(found[2 * at : 2 * at + 2], found[:2]) for at, name in enumerate(names)}
    write_result(options.out, {"machine": machine("torch", "opencv"), "losses": LOSSES, "rows": rows})
    lines = [[name, *(cell for kind in row.values() for cell in cells(kind))] for name, row in rows.items()]
    print(markdown(["pairs", "real", "change", "generated", "change"], lines))
    return 0


def cells(kind: Mapping[str, object]) -> list[str]:
    """What the table shows of one kind of sequences."""
    return [str(kind["ao"]), f"{kind['change']:+} ± {kind['error']}"]


if __name__ == "__main__":
    sys.exit(main())
