"""What a tracker is called, and the result trees of PyTracking's kin as they lie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.benchmarks import load_sequences
from siou_tracking.benchmarks.comparing.repeated_runs import find_runs
from siou_tracking.benchmarks.comparing.scoreboard import make_scoreboard
from siou_tracking.benchmarks.one_pass.places import name_trackers
from siou_tracking.submission import pack
from tests.reference_data import reference_file


@pytest.mark.parametrize(
    ("folders", "benchmark", "names"),
    [
        (["atom/default_000"], "otb2015", ["atom/default_000"]),
        ([""], "otb2015", ["top"]),
        (["ostrack/vitb/lasot"], "lasot", ["ostrack/vitb"]),
        (["ostrack/vitb/lasot"], "otb2015", ["ostrack/vitb/lasot"]),
        (["HiT/base/otb"], "otb2015", ["HiT/base"]),
        (["HiT/base/uav"], "uav123", ["HiT/base"]),
        (["HiT/base/tnl2k"], "tnl2k", ["HiT/base"]),
        (["HiT/base/nfs"], "nfs", ["HiT/base"]),
        (["HiT/base/got10k"], "got10k", ["HiT/base"]),
        (["HiT/base/lasot_extension_subset"], "lasot_ext", ["HiT/base"]),
        (["a/x_000/otb", "a/x_001/otb"], "otb2015", ["a/x_000", "a/x_001"]),
        (["otb"], "otb2015", ["top"]),
        (["otb", "kcf"], "otb2015", ["otb", "kcf"]),
        (["a/x", "a/x/otb"], "otb2015", ["a/x", "a/x/otb"]),  # two trackers stay two
        (["test/tracking_results/a/x/otb", "b"], "otb2015", ["a/x", "b"]),
        (
            ["p/tracking_results/a/x", "q/tracking_results/a/x"],
            "",
            ["p/tracking_results/a/x", "q/tracking_results/a/x"],
        ),
        (["OTB100/ATOM"], "otb2015", ["OTB100/ATOM"]),
        (["tracking_results"], "otb2015", ["tracking_results"]),
    ],
)
def test_folders_that_only_sort_results_are_no_part_of_a_name(
    folders: list[str], benchmark: str, names: list[str]
) -> None:
    assert list(name_trackers(folders, "top", benchmark).values()) == names


def write_tree(folder: Path, boxes: Mapping[str, np.ndarray]) -> None:
    """Results as STARK and its descendants save them, with the boxes of all queries beside them."""
    folder.mkdir(parents=True)
    for name, values in boxes.items():
        np.savetxt(folder / f"{name}.txt", values.astype(int), delimiter="\t", fmt="%d")
        np.savetxt(folder / f"{name}_time.txt", np.full(len(values), 0.02), delimiter="\t", fmt="%f")
        np.savetxt(folder / f"{name}_all_boxes.txt", np.tile(values, 2).astype(int), delimiter="\t", fmt="%d")
        np.savetxt(folder / f"{name}_all_scores.txt", np.full(len(values), 0.9), delimiter="\t", fmt="%.2f")


def shifted(truth: Mapping[str, np.ndarray], by: float) -> dict[str, np.ndarray]:
    """The truth, moved to the right from the second frame on."""
    return {name: np.vstack([boxes[:1], boxes[1:] + np.array([by, 0, 0, 0])]) for name, boxes in truth.items()}


@pytest.fixture
def otb() -> tuple[Path, dict[str, np.ndarray]]:
    folder = reference_file("data/otb")
    return folder, {one.name: one.ground_truth for one in load_sequences("otb2015", folder)}


@pytest.mark.parametrize("inside", ["", "otb"])
@pytest.mark.parametrize("given", ["output", "output/test/tracking_results", "output/test/tracking_results/ostrack"])
def test_runs_of_a_kin_tree_are_runs_of_one_tracker(otb, inside: str, given: str, tmp_path: Path) -> None:
    data, truth = otb
    root = tmp_path / "output/test/tracking_results/ostrack"
    for run in range(3):
        write_tree(root / f"vitb_256_{run:03d}" / inside, shifted(truth, run))
    (tmp_path / "output/logs").mkdir()
    (tmp_path / "output/logs/ostrack-vitb_256.log").write_text("x\n")
    board = make_scoreboard("otb2015", data, [tmp_path / given])
    name = "vitb_256" if given.endswith("ostrack") else "ostrack/vitb_256"
    assert list(board.scores) == [*(f"{name}_{run:03d}" for run in range(3)), name]
    assert find_runs(board.scores) == {name: [f"{name}_{run:03d}" for run in range(3)]}
    assert not board.passed_over and not board.not_scored
    for run in range(3):
        flat = tmp_path / f"flat{run}"
        for sequence, boxes in shifted(truth, run).items():
            flat.mkdir(exist_ok=True)
            np.savetxt(flat / f"{sequence}.txt", boxes.astype(int), delimiter=",", fmt="%d")
        alone = make_scoreboard("otb2015", data, [flat]).scores[f"flat{run}"]
        assert alone.metrics == board.scores[f"{name}_{run:03d}"].metrics


def test_folders_of_other_data_beside_ours_are_no_news(otb, tmp_path: Path) -> None:
    data, truth = otb
    root = tmp_path / "tracking_results/hit"
    for run in range(2):
        write_tree(root / f"base_{run}/otb", shifted(truth, run))
        for name in ("lasot", "got10k", "uav", "lasot_extension_subset", "mine"):
            write_tree(root / f"base_{run}" / name, {"stranger-1": np.array([[1, 2, 3, 4]])})
    board = make_scoreboard("otb2015", data, [tmp_path])
    assert list(board.scores) == ["hit/base_0", "hit/base_1", "hit/base"]
    where = f"{tmp_path}: passed over: tracking_results/hit"
    assert board.passed_over == [f"{where}/base_{run}/mine: 1 file, of none of the sequences" for run in range(2)]
    alone = make_scoreboard("otb2015", data, sorted(root.glob("*/otb")))
    assert list(alone.scores) == ["base_0", "base_1", "base"]


def test_one_config_holds_results_on_several_data_sets(tmp_path: Path) -> None:
    """OSTrack: LaSOT's beside the folders of the two benchmarks that a server scores."""
    archive = reference_file("data/lasot/lasot280_annotations.tar.xz")
    truth = {one.name: np.nan_to_num(one.ground_truth) for one in load_sequences("lasot", archive)}
    config = tmp_path / "tracking_results/ostrack/vitb_256"
    write_tree(config, truth)
    names = {
        "got10k": [f"GOT-10k_Test_{number:06d}" for number in range(1, 181)],
        "trackingnet": ["aB_0", "cD_0"],
    }
    for folder, sequences in names.items():
        write_tree(config / folder, {name: np.array([[10, 20, 30, 40], [11, 21, 31, 41]]) for name in sequences})
    board = make_scoreboard("lasot", archive, [tmp_path / "tracking_results"])
    assert list(board.scores) == ["ostrack/vitb_256"]
    for benchmark, sequences in names.items():
        assert pack(benchmark, config, tmp_path / f"{benchmark}.zip", names=sequences).sequences == len(sequences)
