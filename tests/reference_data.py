"""Data that tests compare with and the repository does not hold: where it is looked for, and where it comes from.

Files lie below the folder that $SIOU_SHARED names, `shared` beside the checkout by default, under the paths of
`SOURCES`. A test whose file is absent is skipped, and the reason says where to get it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from siou_tracking.bridge.checkout import HOME_VARIABLE

GITHUB = "https://github.com"
RAW_RESULTS = f"{GITHUB}/Soarkey/tracking_raw_results"
VOT_RESULTS = f"{GITHUB}/HonglinChu/SiamTrackers (NanoTrack/results/{{}}.zip)"
VOT_LAYOUT = "a .tar.xz of TRACKER/baseline/SEQUENCE/SEQUENCE_001.txt"
ONE_PASS_LAYOUT = "a .tar.xz of TRACKER/SEQUENCE.txt"

SOURCES = {
    "PUBLISHED.md": f"the tables of {GITHUB}/visionml/pytracking (MODEL_ZOO.md) and of the papers that "
    "siou_tracking/benchmarks/comparing/published.json names, as text: every number of that file, in percent or as "
    "a fraction",
    "ltr_keys": f"the networks of {GITHUB}/visionml/pytracking, built on the meta device: keys_NETWORK.json holds "
    '{"keys": [{"key", "shape", "dtype", "requires_grad"}, ...]} in the order of the state_dict',
    "data/otb": "http://cvlab.hanyang.ac.kr/tracker_benchmark: the folders Couple, Crossing and Football1 as unpacked",
    "data/otb2015/otb100_annotations.json": f"OTB100.json of {GITHUB}/StrangerZhang/pysot-toolkit, also in "
    f"{GITHUB}/Giveupfree/SOTDrawRect (SOT_eval)",
    "data/otb2015/results": f"{RAW_RESULTS} (OTB100): {ONE_PASS_LAYOUT} for each tracker",
    "data/otb2015/results/Struck.tar.xz": f"{GITHUB}/jwlim/tracker_benchmark (results/OPE/STRUCK): the `res` of each "
    f"JSON as rows, {ONE_PASS_LAYOUT}",
    "data/otb2015/results/got10k_format_BACF.tar.xz": f"{GITHUB}/danho47/Conbining_SiamFC_and_CF "
    f"(results/OTB2015/BACF): {ONE_PASS_LAYOUT}",
    "data/lasot/lasot280_annotations.tar.xz": f"{GITHUB}/HengLan/LaSOT_Evaluation_Toolkit (annos): a .tar.xz of "
    "testing_set.txt, groundtruth/SEQUENCE.txt and absent/SEQUENCE.txt of the 280 test sequences",
    "data/lasot/results": f"{RAW_RESULTS} (LASOT): {ONE_PASS_LAYOUT} for each tracker; TRACKER_r2 has its numbers "
    "rounded to two decimals",
    "data/vot2018/vot2018_annotations.json": f"VOT2018.json of {GITHUB}/megvii-research/video_analyst; the sequences "
    "are those of https://www.votchallenge.net/vot2018",
    "data/vot2018/results": f"{VOT_RESULTS.format('VOT2018')}: {VOT_LAYOUT} for each tracker",
    "data/vot2018/results/NanoTrackV3.tar.xz": f"{VOT_RESULTS.format('NanoTrackV3')}: {VOT_LAYOUT}",
    "data/vot2018/results/SiamCAR_honglin.tar.xz": f"{GITHUB}/HonglinChu/SiamTrackers "
    f"(SiamCAR/SiamCAR/results/VOT2018): {VOT_LAYOUT}",
    "data/trackingnet": f"{GITHUB}/SilvioGiancola/TrackingNet-devkit: dummy_GT.zip and dummy_subm.zip as they are",
    "data/got10k/got10k_val_meta_info.json": f"meta_info.ini of each validation sequence, {GITHUB}/TouchGame/OSTrack "
    "(data/got10k/val) or http://got-10k.aitestunion.com: {SEQUENCE: {KEY: value}}",
    "data/got10k/Ocean_test180_raw_flat.tar.xz": f"{RAW_RESULTS} (GOT10K/Ocean): {ONE_PASS_LAYOUT}",
    "data/mot": f"{GITHUB}/cheind/py-motmetrics (motmetrics/data) or https://motchallenge.net/data/2D_MOT_2015, for "
    "TUD-Campus and TUD-Stadtmitte: mot15_gt/SEQUENCE/gt/gt.txt, mot15_trackers/bundled/data/SEQUENCE.txt; the scores "
    "of trackeval 1.3.0 and motmetrics 1.4.0 for them in reference.json; micro/ holds a few rows each, made by hand",
    "data/prroi/cuda_kernel_reference.npz": f"{GITHUB}/vacancy/PreciseRoIPooling: input, boxes, output and both "
    "gradients of the CUDA kernel's test, as arrays of an .npz",
    "data/reference_scores.json": "the evaluators it names, run on the results beside it: the toolkits of OTB and "
    f"LaSOT in Octave, {GITHUB}/StrangerZhang/pysot-toolkit, {GITHUB}/visionml/pytracking, {GITHUB}/got-10k/toolkit, "
    f"{GITHUB}/votchallenge/toolkit, {GITHUB}/SilvioGiancola/TrackingNet-devkit: "
    "{BENCHMARK: {TRACKER: {scores: {EVALUATOR: {METRIC: value}}}}}",
}


def reference_root() -> Path:
    """The folder that `SOURCES` are below."""
    beside = Path(__file__).resolve().parent.parent.parent / "shared"
    return Path(os.environ.get("SIOU_SHARED", beside))


def reference_file(relative: str) -> Path:
    """A file or folder of reference data; where it is absent the test that asks is skipped.

    Args:
        relative: a path of `SOURCES`, or below one.
    """
    path = reference_root() / relative
    if not path.exists():
        source = source_of(relative)
        pytest.skip(f"reference data: {path}: not found; set SIOU_SHARED to the folder of {relative}, from {source}")
    return path


def source_of(relative: str) -> str:
    """Where to get a file, and the form that it is expected in."""
    places = (relative, *map(str, Path(relative).parents))
    return next(SOURCES[place] for place in places if place in SOURCES)


def reference_checkout() -> Path:
    """A real checkout of PyTracking; without one the test that asks is skipped."""
    home = os.environ.get(HOME_VARIABLE, "")
    if not (Path(home) / "ltr" / "trainers").is_dir() or not home:
        got = f"got {home!r}" if home else "not set"
        hint = f"git clone {GITHUB}/visionml/pytracking and set it to that folder"
        pytest.skip(f"PyTracking checkout: {HOME_VARIABLE}: {got}; {hint}")
    return Path(home)
