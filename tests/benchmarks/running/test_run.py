"""Runs with trackers that do as they are told: resuming, sharding, failing, and never mixing results."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siou_tracking.benchmarks import load_sequences, score
from siou_tracking.benchmarks.running.record import join_run, make_record
from siou_tracking.benchmarks.running.run import folder_name, parse_tracker, run_benchmark
from siou_tracking.errors import InputError
from tests.benchmarks.running.scripted import boxes_of, lab, otb, write_images
from tests.running.other_process import held_by_another

__all__ = ["lab"]


def test_otb_boxes_count_pixels_from_one_and_the_tracker_from_zero(lab: Path) -> None:
    data = otb(lab / "data", {"A": 3})
    run_benchmark("my_trackers:InitUpdate", "otb2015", data, lab / "out")
    text = (lab / "out/my_trackers.InitUpdate/A.txt").read_text()
    assert text == "5.000,11.000,10.000,10.000\n6.000,12.000,11.000,11.000\n6.000,12.000,11.000,11.000\n"
    run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "out")
    assert (lab / "starts").read_text() == "1 4\n"
    assert len((lab / "out/my_trackers.Scripted/A_time.txt").read_text().split()) == 3


def test_lasot_boxes_count_pixels_from_one_too_and_got10k_ones_from_zero(lab: Path) -> None:
    write_images(lab / "lasot/cat/cat-1/img", 3, 1)
    write_images(lab / "got10k/val/GOT-10k_Val_000001", 3, 1)
    for folder in (lab / "lasot/cat/cat-1", lab / "got10k/val/GOT-10k_Val_000001"):
        (folder / "groundtruth.txt").write_text("5,11,10,10\n" * 3)
    for name in ("full_occlusion", "out_of_view"):
        (lab / f"lasot/cat/cat-1/{name}.txt").write_text("0,0,0\n")
    (lab / "got10k/val/list.txt").write_text("GOT-10k_Val_000001\n")
    for benchmark in ("lasot", "got10k"):
        report = run_benchmark("my_trackers:Scripted", benchmark, lab / benchmark, lab / f"out_{benchmark}")
        assert not report.failed
    assert (lab / "starts").read_text() == "1 4\n1 5\n"
    assert next((lab / "out_lasot").rglob("cat-1.txt")).read_text().startswith("5")


def test_finished_sequences_are_not_run_again_and_missing_ones_are(lab: Path) -> None:
    data = otb(lab / "data", {"A": 3, "B": 5, "C": 4})
    first = run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "out")
    before = boxes_of(first.folder)
    (first.folder / "B.txt").unlink()
    (first.folder / ".B.99.tmp.txt").write_text("5,11")  # of a process that was killed while it wrote
    again = run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "out")
    assert (again.run, sorted(again.found), again.failed) == (["B"], ["A", "C"], {})
    assert boxes_of(first.folder) == before
    assert not list(first.folder.glob(".*"))


def test_a_result_does_not_depend_on_what_ran_before_it(lab: Path) -> None:
    data = otb(lab / "data", {"A": 4, "B": 4})
    whole = run_benchmark("my_trackers:Leaking", "otb2015", data, lab / "one").folder
    for index in (2, 1):
        run_benchmark("my_trackers:Leaking", "otb2015", data, lab / "two", shard=(index, 2))
    assert boxes_of(whole) == boxes_of(lab / "two/my_trackers.Leaking")
    assert boxes_of(whole)["A.txt"] != boxes_of(whole)["B.txt"]


def test_failing_sequences_are_named_with_one_line_and_the_rest_goes_on(lab: Path) -> None:
    marks = {"A": {2: 200}, "B": {1: 100}}
    data = otb(lab / "data", {"A": 4, "B": 4, "C": 4, "D": 4}, marks)
    (data / "C/img/0003.png").write_bytes(b"\x89PNG cut")
    report = run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "out")
    assert report.run == ["D"]
    assert report.failed["A"] == "RuntimeError: lost its mind in two lines"
    assert report.failed["B"].startswith("tracker: frame 2: got {'target_bbox': [nan")
    assert "0003.png" in report.failed["C"]
    assert "FAILED: 3: A (RuntimeError" in report.summary()
    assert "\n" not in report.summary()
    assert set(boxes_of(report.folder)) == {"D.txt"}


def test_a_worker_that_dies_costs_its_sequence_only(lab: Path) -> None:
    data = otb(lab / "data", {"A": 6, "B": 5, "C": 4, "D": 3}, {"A": {2: 150}, "C": {1: 200}})
    report = run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "out", workers=2)
    assert sorted(report.run) == ["B", "D"]
    assert report.failed["A"] == "the process died, exit code 7"
    assert report.failed["C"].startswith("RuntimeError: lost its mind")
    alone = run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "alone", shard=(2, 4))
    assert boxes_of(alone.folder).items() <= boxes_of(report.folder).items()  # as in one process


def test_workers_do_not_repeat_what_was_said_nor_leave_semaphores(lab: Path) -> None:
    code = (
        "import functools\n"
        "from siou_tracking.log import get_logger\n"
        "from my_trackers import Scripted\n"
        "tell = functools.cache(get_logger('siou_tracking.x').warning)\n"
        "class Telling(Scripted):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        tell('note: made')\n"
    )
    (lab / "telling.py").write_text(code)
    data = otb(lab / "data", {"A": 3, "B": 3})
    run = "from siou_tracking.benchmarks.running import run\nif __name__ == '__main__':\n    " + (
        f"assert not run.run_benchmark('telling:Telling', 'otb2015', {str(data)!r}, 'out', workers=2).failed\n"
    )
    (lab / "start.py").write_text(run)
    done = subprocess.run([sys.executable, "start.py"], cwd=lab, capture_output=True, text=True, check=True)
    assert done.stderr.count("note: made") == 1 and "leaked" not in done.stderr, done.stderr


def test_results_of_other_weights_or_seeds_are_never_mixed(lab: Path) -> None:
    data = otb(lab / "data", {"A": 3})
    for name in ("one.pth", "two.pth"):
        (lab / name).write_text(name)
    run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "out", weights=lab / "one.pth")
    record = json.loads((lab / "out/my_trackers.Scripted/run.json").read_text())
    assert (record["weights"], record["seed"], len(record["weights_sha256"])) == ("one.pth", 0, 64)
    with pytest.raises(InputError, match=r"weights \(sha256\) [0-9a-f]{12}, this run has [0-9a-f]{12}: choose"):
        run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "out", weights=lab / "two.pth")
    with pytest.raises(InputError, match="made with seed 0, this run has 1"):
        run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "out", weights=lab / "one.pth", seed=1)
    other = run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "out", weights=lab / "two.pth", name="two")
    assert other.folder == lab / "out/two"


def test_files_of_another_program_and_of_other_data_are_refused(lab: Path) -> None:
    data = otb(lab / "data", {"A": 3})
    (lab / "out/theirs").mkdir(parents=True)
    (lab / "out/theirs/A.txt").write_text("1,2,3,4\n")
    with pytest.raises(InputError, match=r"holds files but no run\.json"):
        run_benchmark("static", "otb2015", data, lab / "out", name="theirs")
    assert (lab / "out/theirs/A.txt").read_text() == "1,2,3,4\n"
    run_benchmark("static", "otb2015", data, lab / "out")
    with pytest.raises(InputError, match="an earlier result of 3 rows, the sequence has 5 frames"):
        run_benchmark("static", "otb2015", otb(lab / "longer", {"A": 5}), lab / "out")


def test_a_tracker_that_cannot_be_built_leaves_no_trace(lab: Path) -> None:
    data = otb(lab / "data", {"A": 3})
    for tracker, message in (
        ("statik", "unknown tracker 'statik'.*did you mean 'static'"),
        ("my_trackers:Nobody", "module has no class 'Nobody'"),
        ("nowhere:Nobody", "no module named 'nowhere'"),
        ("atom:lite", "weights: tracker atom: got none"),
        ("static:fast", "param: tracker static: got 'fast'"),
    ):
        with pytest.raises(InputError, match=message):
            run_benchmark(tracker, "otb2015", data, lab / "out", workers=2)
    assert not (lab / "out").exists()


def test_results_of_another_precision_are_never_mixed(tmp_path: Path) -> None:
    record = make_record("otb2015", "atom", "lite", None, 0)
    older = {key: value for key, value in record.items() if key != "amp"}  # as it was written before there was a choice
    assert join_run(tmp_path / "a", older) == join_run(tmp_path / "a", record) == []
    half = make_record("otb2015", "atom", "lite", None, 0, amp="bf16")
    with pytest.raises(InputError, match="were made with --amp none, this run has bf16"):
        join_run(tmp_path / "a", half)
    assert join_run(tmp_path / "b", half) == join_run(tmp_path / "b", half) == []


def test_got10k_repetitions_have_seeds_of_their_own_and_a_column_of_times_each(lab: Path, build) -> None:
    boxes = np.array([[5, 5, 10, 10]] * 4)
    root = build.got10k("GOT-10k_Val_000001", boxes, [8] * 4, (60, 40))
    folder = root / "val/GOT-10k_Val_000001"
    write_images(folder / "new", 4, 1)
    for image in (folder / "new").iterdir():
        image.rename(folder / image.name)
    report = run_benchmark("my_trackers:Scripted", "got10k", root, lab / "out", repetitions=3, split="val")
    runs = boxes_of(report.folder)
    assert len(runs) == len(set(runs.values())) == 3
    times = (report.folder / "GOT-10k_Val_000001/GOT-10k_Val_000001_time.txt").read_text().splitlines()
    assert [line.count(",") for line in times] == [2] * 4
    (report.folder / "GOT-10k_Val_000001/GOT-10k_Val_000001_003.txt").unlink()
    run_benchmark("my_trackers:Scripted", "got10k", root, lab / "out", repetitions=3)
    assert boxes_of(report.folder) == runs
    assert score("got10k", lab / "out", root)["my_trackers.Scripted"].metrics["ao"] > 0.5


def test_a_withheld_test_split_is_run_to_its_last_image(lab: Path) -> None:
    root = lab / "data"
    write_images(root / "TEST/frames/v0", 12, 1, first=0)
    for image in (root / "TEST/frames/v0").iterdir():
        image.rename(image.with_name(f"{int(image.stem)}.png"))  # 0.png .. 11.png: 10 comes after 9
    (root / "TEST/anno").mkdir()
    (root / "TEST/anno/v0.txt").write_text("5.25,5,10,10")
    folder = run_benchmark("my_trackers:Scripted", "trackingnet", root, lab / "out", split="test").folder
    rows = (folder / "v0.txt").read_text().splitlines()
    assert (len(rows), rows[0]) == (12, "5.25,5.00,10.00,10.00")
    assert run_benchmark("my_trackers:Scripted", "trackingnet", root, lab / "out").found == ["v0"]


def test_got10k_test_split_is_run_although_its_labels_outnumber_its_boxes(lab: Path) -> None:
    folder = lab / "data/test/GOT-10k_Test_000001"
    write_images(folder, 3, 1)
    (folder / "groundtruth.txt").write_text("5,5,10,10\n")
    (folder / "cover.label").write_text("8\n8\n8\n")
    out = run_benchmark("my_trackers:Scripted", "got10k", lab / "data", lab / "out", split="test").folder
    assert len((out / "GOT-10k_Test_000001/GOT-10k_Test_000001_001.txt").read_text().splitlines()) == 3


def test_vot2018_runs_the_reset_based_experiment(lab: Path) -> None:
    folder = lab / "data/ants1"
    write_images(folder / "color", 14, 1)
    truth = "".join(f"{5 + f},5,{15 + f},5,{15 + f},15,{5 + f},15\n" for f in range(14))
    (folder / "groundtruth.txt").write_text(truth)
    report = run_benchmark("my_trackers:InitUpdate", "vot2018", lab / "data", lab / "out")
    files = sorted(report.folder.glob("baseline/ants1/*_0*.txt"))
    assert len(files) == 3  # equal runs end the repetitions
    assert files[0].read_text().startswith("1\n6.0000,6.0000,11.0000,11.0000\n")
    assert run_benchmark("my_trackers:InitUpdate", "vot2018", lab / "data", lab / "out").found == ["ants1"]
    realtime = run_benchmark("my_trackers:InitUpdate", "vot2018", lab / "data", lab / "out", experiment="realtime")
    assert len(list(realtime.folder.glob("realtime/ants1/ants1_0*.txt"))) == 1


def test_wrong_arguments_name_what_is_allowed(lab: Path) -> None:
    data = otb(lab / "data", {"A": 3})
    for options, message in (
        ({"shard": (0, 2)}, "shard: got 0/2, allowed are 1/2 to 2/2"),
        ({"shard": (3, 2)}, "shard: got 3/2"),
        ({"split": "val"}, "split: got 'val', otb2015 has none"),
        ({"repetitions": 3}, "repetitions: got 3, otb2015 has one"),
        ({"experiment": "realtime"}, "experiment: got 'realtime', otb2015 has none"),
        ({"experiment": "baselin"}, "did you mean 'baseline'"),
        ({"weights": lab / "none.pth"}, "weights: .*none.pth: not found"),
    ):
        with pytest.raises(InputError, match=message):
            run_benchmark("static", "otb2015", data, lab / "out", **options)
    truth = lab / "truth.json"
    truth.write_text(json.dumps({"A": {"gt_rect": [[1, 1, 5, 5]] * 3}}))
    with pytest.raises(InputError, match="annotations without images"):
        run_benchmark("static", "otb2015", truth, lab / "out")
    (lab / "vot/ants1").mkdir(parents=True)
    (lab / "vot/ants1/groundtruth.txt").write_text("1,2,3,4\n")
    (lab / "vot/ants1/sequence").write_text("channels.color=rgb/%05d.png\nwidth=9\nheight=9\n")
    with pytest.raises(InputError, match=r"without images.*looked for them at .*ants1/rgb/%05d.png"):
        run_benchmark("static", "vot2018", lab / "vot", lab / "out")


def test_torchrun_ranks_are_shards(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = otb(lab / "data", {"A": 3, "B": 3})
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    assert run_benchmark("static", "otb2015", data, lab / "out").run == ["B"]
    monkeypatch.setenv("RANK", "two")
    with pytest.raises(InputError, match="RANK and WORLD_SIZE: got 'two'"):
        run_benchmark("static", "otb2015", data, lab / "out")


def test_trackers_are_read_as_people_write_them() -> None:
    assert parse_tracker("atom:lite") == ("atom", "lite")
    assert parse_tracker("static") == ("static", None)
    assert parse_tracker("my.module:Class") == ("my.module:Class", None)
    assert parse_tracker("my.module:Class:fast") == ("my.module:Class", "fast")
    assert folder_name("atom", "lite") == "atom_lite"
    assert folder_name("my.module:Class", "a/b") == "my.module.Class_a.b"


def test_results_of_a_run_are_what_the_scorer_reads(lab: Path) -> None:
    data = otb(lab / "data", {"A": 4, "B": 3})
    run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "out")
    found = score("otb2015", lab / "out", load_sequences("otb2015", data))["my_trackers.Scripted"]
    assert found.metrics["precision"] == 1.0
    assert found.coverage() == "own data, 2 sequences"


def test_strangers_in_a_benchmark_are_named_and_not_run(lab: Path) -> None:
    data = otb(lab / "data", {"Deer": 71, "MyCat": 3})
    report = run_benchmark("static", "otb2015", data, lab / "out")
    assert (report.run, report.notes) == (["Deer"], ["not OTB2015's and left out: MyCat"])
    assert sorted(file.name for file in report.folder.glob("*.txt")) == ["Deer.txt", "Deer_time.txt"]


def test_a_target_in_two_folders_is_run_once(lab: Path) -> None:
    for folder in ("Pair", "Pair-1", "Pair-2"):
        write_images(lab / "data" / folder / "img", 3, 1)
        for target in (1, 2):
            (lab / f"data/{folder}/groundtruth_rect.{target}.txt").write_text(f"{4 + target},11,10,10\n" * 3)
    report = run_benchmark("static", "otb2015", lab / "data", lab / "out")
    assert sorted(report.run) == ["Pair-1", "Pair-2"] and report.notes == []


def test_a_file_in_the_place_of_the_results_is_named(lab: Path) -> None:
    (lab / "out").mkdir()
    (lab / "out/static").write_text("mine")
    with pytest.raises(InputError, match=r"results: out/static: got a file, allowed is a folder"):
        run_benchmark("static", "otb2015", otb(lab / "data", {"A": 3}), "out")


def test_a_second_process_for_the_same_sequences_is_refused_and_shards_go_on_working(lab: Path) -> None:
    data, folder = otb(lab / "data", {"A": 3, "B": 3, "C": 3}), lab / "results/my_trackers.Scripted"
    with held_by_another(folder, "B") as process:
        for shard in (None, (2, 3)):
            with pytest.raises(
                InputError, match=rf"^results: .*process {process} is writing there now: .*its --shard i"
            ):
                run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "results", shard=shard)
        assert not folder.exists()
        for shard in ((1, 3), (3, 3)):
            run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "results", shard=shard)
        assert sorted(boxes_of(folder)) == ["A.txt", "C.txt"]
    assert run_benchmark("my_trackers:Scripted", "otb2015", data, lab / "results").run == ["B"]
    assert not list(lab.rglob("*.lock"))


@pytest.mark.parametrize("given", [{"weights": "a.pth.tar"}, {"device": "cpu"}, {"amp": "bf16"}, {"compiled": True}])
def test_an_exported_tracker_is_whole(given: dict[str, Any], lab: Path) -> None:
    data = otb(lab / "data", {"A": 3})
    name, value = next(iter(given.items()))
    with pytest.raises(InputError, match=f"^{name}: got {value}, allowed without onnx"):
        run_benchmark(None, "otb2015", data, lab / "out", onnx="atom.onnx", **given)
    with pytest.raises(InputError, match=r"^tracker: got static, allowed without onnx"):
        run_benchmark("static", "otb2015", data, lab / "out", onnx="atom.onnx")
    assert not (lab / "out").exists()
