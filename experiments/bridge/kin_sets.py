"""Tiny training sets for PyTracking's kin: LaSOT, GOT-10k, TrackingNet and COCO of both years, in the official layouts.

The kin ship the same list files; as in `training_sets`, each sequence that they name is a link to a generated one.
"""

from __future__ import annotations

import json
from pathlib import Path

from training_sets import link_got10k, link_lasot

from siou_tracking.cli.data.example import write_example


def write_kin_sets(out: Path, lists: Path) -> dict[str, Path]:
    """Fill `out` and return the folder of each data set by the name that --data takes.

    Args:
        out: a new folder.
        lists: the folder of a checkout's list files.
    """
    example = write_example(out / "example", seed=0, progress=False)
    _check_names(example["trackingnet"], lists)
    folders = {
        "lasot": link_lasot(out / "lasot", example["lasot"], lists),
        "got10k": link_got10k(out / "got10k", example["got10k"]),
        "trackingnet": example["trackingnet"],
        "coco": example["coco"],
    }
    folders["got10k_val"] = example["got10k"] / "val"
    _add_coco17(folders["coco"])
    return {**folders, **_hollow_sets(out / "hollow")}


def _hollow_sets(out: Path) -> dict[str, Path]:
    """What SUTrack wants besides, as far as it is looked at before a network is built: lists, and no pictures."""
    folders = {name: out / name for name in ("vasttrack", "tnl2k", "depthtrack", "visevent", "lasher")}
    for folder in folders.values():
        (folder / "one").mkdir(parents=True)
    (folders["visevent"] / "trainlist.txt").write_text("one\n")
    return folders


def _check_names(trackingnet: Path, lists: Path) -> None:
    """A video that the class list does not know ends no training: samplers of the kin try again for ever."""
    known = {line.split("\t")[0] for line in (lists / "trackingnet_classmap.txt").read_text().splitlines()}
    strangers = {path.stem for path in trackingnet.glob("TRAIN_*/anno/*.txt")} - known
    if strangers:
        raise SystemExit(f"{lists / 'trackingnet_classmap.txt'}: names none of {', '.join(sorted(strangers))}")


def _add_coco17(coco: Path) -> None:
    """The same pictures as COCO 2017 names them, where STARK looks (images/train2017) and where MixFormer does."""
    content = json.loads((coco / "annotations" / "instances_train2014.json").read_text())
    for folder in (coco / "images" / "train2017", coco / "train2017"):
        folder.mkdir()
        for image in content["images"]:
            (folder / f"{image['id']:012d}.jpg").symlink_to(coco / "images" / "train2014" / image["file_name"])
    images = [{**image, "file_name": f"{image['id']:012d}.jpg"} for image in content["images"]]
    content = {**content, "images": images, "info": {**content["info"], "year": 2017}}
    (coco / "annotations" / "instances_train2017.json").write_text(json.dumps(content))
