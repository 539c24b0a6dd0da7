"""Trackers of a checkout of the kin: found by files, called by what their code shows, bit by bit as their own."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.tracking import CheckoutTracker, checkout_trackers
from siou_tracking.errors import InputError
from siou_tracking.trackers import build_tracker
from siou_tracking.trackers.follow import run_frames
from tests.bridge.fake_checkout import files_of

FRAMES = [np.random.default_rng(n).integers(0, 256, (72, 96, 3), dtype=np.uint8) for n in range(4)]
BOX = [3.0, 4.0, 20.0, 10.0]
TRACKER = """
import torch
from lib.models.ostrack import build_ostrack
from .basetracker import BaseTracker

class Mine(BaseTracker):
    def __init__({arguments}):
        super().__init__(params)
        {before}
        self.load(build_ostrack(params.cfg, training=False))
    {methods}

def get_tracker_class():
    return Mine
"""


def add_tracker(
    root: Path, arguments: str = "self, params", before: str = "pass", methods: str = "", name: str = "mine"
) -> None:
    """One more tracker beside ostrack, with ostrack's parameters and a constructor and methods of its own."""
    folder = root / "lib/test"
    source = TRACKER.format(arguments=arguments, before=before, methods=methods.strip().replace("\n", "\n    "))
    (folder / f"tracker/{name}.py").write_text(source)
    shutil.copy(folder / "parameter/ostrack.py", folder / f"parameter/{name}.py")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def weights(fake_kin, tmp_path: Path) -> Path:
    """`run/OSTrack_ep0002.pth.tar`: a network of ostrack's with random weights, as its trainer saves it."""
    with checkout_session(fake_kin, announce=False):
        torch.manual_seed(0)
        net = importlib.import_module("lib.models.ostrack").OSTrack()
        stats = importlib.import_module("lib.train.admin.stats")
        settings = importlib.import_module("lib.train.admin.settings").Settings()
        content = {"epoch": 2, "net_type": "OSTrack", "net": net.state_dict(), "settings": settings}
        content["stats"] = {"train": {"Loss/total": stats.AverageMeter()}}
        path = tmp_path / "run/OSTrack_ep0002.pth.tar"
        path.parent.mkdir()
        torch.save(content, path)
    return path


def boxes(checkout, name: str, weights: Path | None = None, **options) -> list[list[float]]:
    tracker = CheckoutTracker(checkout, name, weights=weights, device="cpu", **options)
    return run_frames(tracker, FRAMES, BOX)[0].tolist()


def test_it_tracks_as_the_checkouts_own_evaluation_does(fake_kin, weights):
    before = files_of(fake_kin.root)
    ours = boxes(fake_kin, "ostrack:vitb_256", weights)
    with checkout_session(fake_kin, announce=False):
        own = importlib.import_module("lib.test.evaluation.tracker").Tracker("ostrack", "vitb_256", "otb")
        params = own.get_parameters()
        params.debug, params.checkpoint = 0, str(weights)
        tracker = own.create_tracker(params)
        tracker.initialize(FRAMES[0], {"init_bbox": list(BOX)})
        theirs = [BOX] + [tracker.track(frame, {})["target_bbox"] for frame in FRAMES[1:]]
    assert ours == theirs and len({tuple(box) for box in ours}) == 4
    assert files_of(fake_kin.root) == before
    assert not [name for name in sys.modules if name.partition(".")[0] == "lib"]


def test_trackers_are_those_of_both_folders_with_the_yaml_files_that_their_parameters_read(fake_kin):
    expected = ["mixformer_vit_online:baseline", "odtrack:baseline", "ostrack:vitb_256", "ostrack:vitb_384"]
    assert checkout_trackers(fake_kin) == expected
    add_tracker(fake_kin.root, name="stark_st")
    edit(fake_kin.root / "lib/test/parameter/stark_st.py", "experiments/ostrack/", "experiments/stark_st2/")
    add_tracker(fake_kin.root, name="ROM")
    edit(fake_kin.root / "lib/test/parameter/ROM.py", "experiments/ostrack/", "experiments/{script}/")
    for folder, config in (("ROM-Base", "base_stage2"), ("ROM-Large", "large_stage2")):
        (fake_kin.root / "experiments" / folder).mkdir()
        (fake_kin.root / "experiments" / folder / f"{config}.yaml").write_text("TRAIN:\n  EPOCH: 2\n")
    (fake_kin.root / "lib/test/parameter/unfinished.py").write_text("")
    assert checkout_trackers(fake_kin) == [
        "ROM:base_stage2",
        "ROM:large_stage2",
        *expected,
        "stark_st:baseline",
    ]


@pytest.mark.parametrize("place", ["workspace", "output"])
def test_the_network_that_the_parameters_name_is_looked_for(fake_kin, weights, place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        InputError,
        match=r"ostrack:vitb_256: its network OSTrack_ep0002.pth.tar was not found in .*"
        r"workspace/checkpoints/train/ostrack/vitb_256 \(save_dir of lib/test/evaluation/local.py\): "
        "give --weights FILE or FOLDER, or put it there",
    ):
        boxes(fake_kin, "ostrack:vitb_256")
    top = {"workspace": tmp_path / "workspace", "output": fake_kin.root / "output"}[place]
    folder = top / "checkpoints/train/ostrack/vitb_256"
    shutil.copytree(weights.parent, folder)
    tracker = CheckoutTracker(fake_kin, "ostrack:vitb_256")
    assert tracker.network == folder / weights.name
    assert run_frames(tracker, FRAMES, BOX)[0].tolist() == boxes(fake_kin, "ostrack:vitb_256", weights)


def test_a_run_beside_the_missing_network_is_pointed_at(fake_kin, weights, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "workspace/checkpoints/train/ostrack/vitb_256_smooth_iou"
    shutil.copytree(weights.parent, run)
    with pytest.raises(InputError, match=f"; there is {run / weights.name}: give --weights"):
        boxes(fake_kin, "ostrack:vitb_256")
    assert boxes(fake_kin, "ostrack:vitb_256", run) == boxes(fake_kin, "ostrack:vitb_256", weights)


def test_two_configurations_in_one_process_do_not_share(fake_kin, weights):
    alone = {name: boxes(fake_kin, name, weights) for name in ("ostrack:vitb_256", "ostrack:vitb_384")}
    assert alone["ostrack:vitb_256"] != alone["ostrack:vitb_384"]
    with checkout_session(fake_kin, announce=False):
        shared = importlib.import_module("lib.config.ostrack.config").cfg
        trackers = {name: CheckoutTracker(fake_kin, name, weights=weights, device="cpu") for name in reversed(alone)}
        sizes = [one.inner.inner.params.cfg.DATA.SEARCH.SIZE for one in trackers.values()]
        assert sizes == [48, 32] and shared.DATA.SEARCH.SIZE == 32 and shared.MODEL.PRETRAIN_FILE == ""
        assert {name: run_frames(one, FRAMES, BOX)[0].tolist() for name, one in trackers.items()} == alone


READS_THE_MODULE = """
def track(self, image, info=None):
    from lib.config.ostrack.config import cfg
    return {"target_bbox": [cfg.DATA.SEARCH.SIZE, 0, 5, 5]}
"""


def test_the_modules_configuration_is_the_trackers_while_it_runs(fake_kin, weights):
    add_tracker(fake_kin.root, methods=READS_THE_MODULE)
    trackers = [CheckoutTracker(fake_kin, f"mine:vitb_{size}", weights=weights) for size in (256, 384)]
    for tracker in trackers:
        tracker.initialize(FRAMES[0], {"init_bbox": BOX})
    assert [one.track(FRAMES[1])["target_bbox"][0] for one in (*trackers, *trackers)] == [32, 48, 32, 48]


@pytest.mark.parametrize(
    "arguments",
    [
        "self, params",
        "self, params, dataset_name",
        "self, params, parameter_name, dataset_name",
        "self, params, dataset_name='otb', epoch=3",
    ],
)
def test_a_class_gets_what_its_constructor_asks_for(fake_kin, weights, arguments):
    checks = "assert params.debug == 0"
    if "dataset_name" in arguments:
        checks += "; assert dataset_name == 'lasot_extension_subset', dataset_name"
    if "parameter_name" in arguments:
        checks += "; assert parameter_name == 'vitb_256', parameter_name"
    add_tracker(fake_kin.root, arguments, checks)
    assert boxes(fake_kin, "mine:vitb_256", weights, dataset="lasot_ext") == boxes(
        fake_kin, "ostrack:vitb_256", weights
    )


NAMES = {
    "lasot": "lasot", "got10k": "got10k_val", "got10k_test": "got10k_test", "trackingnet_test": "trackingnet",
    "otb2015": "otb", "otb2013": "otb", "nfs": "nfs", "uav123": "uav", "tnl2k": "tnl2k", "vot2018": "vot20",
    "lasot_ext": "lasot_extension_subset", None: "video", "mine": "video",
}  # fmt: skip


@pytest.mark.parametrize(("benchmark", "name"), NAMES.items())
def test_the_benchmark_is_told_by_the_checkouts_name(fake_kin, weights, benchmark, name):
    add_tracker(fake_kin.root, "self, params, dataset_name", "self.told = dataset_name")
    assert CheckoutTracker(fake_kin, "mine:vitb_256", weights=weights, dataset=benchmark).inner.inner.told == name


def test_a_name_that_the_checkouts_own_list_has_goes_before_the_usual_one(fake_kin, weights):
    add_tracker(fake_kin.root, "self, params, dataset_name", "self.told = dataset_name")
    (fake_kin.root / "lib/test/evaluation/datasets.py").write_text("known = dict(otb=1, lasot_ext=2)\n")
    assert (
        CheckoutTracker(fake_kin, "mine:vitb_256", weights=weights, dataset="lasot_ext").inner.inner.told == "lasot_ext"
    )


@pytest.mark.parametrize("dataset", [None, "nfs"])
def test_without_parameters_for_the_data_it_gets_lasots_and_that_is_said(fake_kin, tmp_path, dataset, capsys):
    with checkout_session(fake_kin, announce=False):
        net = importlib.import_module("lib.models.mixformer_vit").MixFormer()
        torch.save({"net": net.state_dict()}, tmp_path / "m.pth")
    tracker = CheckoutTracker(fake_kin, "mixformer_vit_online", weights=tmp_path / "m.pth", dataset=dataset)
    assert tracker.inner.inner.update_intervals == [200]
    note = f"mixformer_vit_online:baseline: has no parameters for '{dataset or 'video'}', gets those for 'lasot'"
    assert capsys.readouterr().err.count(note) == 1
    tracker = CheckoutTracker(fake_kin, "mixformer_vit_online", weights=tmp_path / "m.pth", dataset="got10k_test")
    assert tracker.inner.inner.update_intervals == [10]


CALLS = {
    "a video's name": "def initialize(self, image, info, videoName):\n    super().initialize(image, info)\n"
    "    assert isinstance(videoName, str)",
    "a start": "def initialize(self, image, start_frame_idx, info):\n    super().initialize(image, info)\n"
    "    assert start_frame_idx == 0",
    "no info": "def track(self, image):\n    return super().track(image)",
    "more with defaults": "def track(self, image, info=None, mask=None, *args, **more):\n"
    "    assert mask is None and not more\n    return super().track(image)",
    "a list": "def initialize(self, image, info):\n    assert type(info['init_bbox']) is list\n"
    "    assert info.get('init_nlp') is None\n    super().initialize(image, info)",
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_methods_get_what_they_ask_for(fake_kin, weights, call):
    add_tracker(fake_kin.root, methods=CALLS[call])
    assert boxes(fake_kin, "mine:vitb_256", weights) == boxes(fake_kin, "ostrack:vitb_256", weights)


@pytest.mark.parametrize("word", ["conf_score", "best_score", "score"])
def test_what_it_says_of_its_certainty_is_the_score(fake_kin, weights, word):
    methods = (
        f"def track(self, image, info=None):\n    return {{**super().track(image), {word!r}: torch.tensor([0.25])}}"
    )
    add_tracker(fake_kin.root, methods=methods)
    tracker = CheckoutTracker(fake_kin, "mine:vitb_256", weights=weights)
    tracker.initialize(FRAMES[0], {"init_bbox": BOX})
    assert tracker.track(FRAMES[1])["score"] == 0.25


def test_on_the_cpu_a_gpu_that_is_there_is_left_alone(fake_kin, weights, monkeypatch):
    expected = boxes(fake_kin, "ostrack:vitb_256", weights)

    def refuse(self, *args, **options):
        raise AssertionError("sent to a GPU")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", list)
    for owner in (torch.Tensor, torch.nn.Module):
        monkeypatch.setattr(owner, "cuda", refuse)
    assert boxes(fake_kin, "ostrack:vitb_256", weights) == expected


@pytest.mark.parametrize("box", ["torch.tensor([1, 2, 3, 4])", "[torch.tensor(1), 2, 3.0, 4]", "[[1, 2, 3, 4]]"])
def test_a_box_in_any_form_is_four_numbers(fake_kin, weights, box):
    add_tracker(fake_kin.root, methods=f"def track(self, image, info=None):\n    return {{'target_bbox': {box}}}")
    assert boxes(fake_kin, "mine:vitb_256", weights)[1:] == [[1.0, 2.0, 3.0, 4.0]] * 3


@pytest.mark.parametrize("answer", ["None", "{}", "[1, 2, 3, 4]"])
def test_an_answer_without_a_box_is_told(fake_kin, weights, answer):
    add_tracker(
        fake_kin.root, methods=f"def track(self, image, info=None):\n    return {answer.replace('{}', 'dict()')}"
    )
    with pytest.raises(InputError, match=r"tracker mine:vitb_256: track: got .* without 'target_bbox'"):
        boxes(fake_kin, "mine:vitb_256", weights)


REFUSED = {
    "six channels": (
        {"methods": "def initialize(self, image, info):\n    super().initialize(image[..., 3:][:, :, :3], info)\n"
         "    assert image.shape[2] == 6"},
        "wants pictures of 6 channels, color beside depth, thermal or events",
    ),
    "words": (
        {"methods": "def initialize(self, image, info):\n    self.words = info['init_nlp']"},
        r"initialize: reads info\['init_nlp'\], which is not given: .* no words",
    ),
    "a method's argument": (
        {"methods": "def track(self, image, flow):\n    pass"}, "its track asks for 'flow', which is not known here",
    ),
    "a constructor's argument": (
        {"arguments": "self, params, teacher"}, "its class asks for 'teacher', which is not known here",
    ),
    "a constructor that fails": (
        {"before": "1 / 0"}, "making it raises ZeroDivisionError: division by zero",
    ),
    "a missing package": (
        {"before": "import selective_scan_cuda_core"}, "making it needs the .*'selective_scan_cuda_core'",
    ),
    "another file": (
        {"before": "other = params.checkpoint + '.old'; torch.save({'net': {}}, other); params.checkpoint = other; "
         "torch.load(other); self.load = lambda net: None"},
        r"ep0002\.pth\.tar: tracker mine:vitb_256: was not read: the tracker reads .*\.old",
    ),
    "nothing that fits": (
        {"methods": "def load(self, network):\n    network.load_state_dict({'a': torch.ones(1)}, strict=False)"},
        "none of its 1 tensors is one of OSTrack's",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_track_here_says_why_before_the_first_frame(fake_kin, weights, case):
    options, message = REFUSED[case]
    add_tracker(fake_kin.root, **options)
    with pytest.raises(InputError, match=message) as error:
        build_tracker("mine:vitb_256", weights=weights, device="cpu", pytracking=fake_kin.root)
    assert "\n" not in str(error.value)
    assert not [name for name in sys.modules if name.partition(".")[0] == "lib"]


WRONG = {
    "cut short": ("raw", lambda raw: raw[: len(raw) // 2], r"not a checkpoint, or cut short \("),
    "empty": ("raw", lambda raw: b"", r"not a checkpoint, or cut short \("),
    "a picture": ("raw", lambda raw: b"\x89PNG\r\n" * 99, r"not a checkpoint, or cut short \("),
    "bare": ("net", lambda net: net, "got entries backbone.patch.weight, .*, expected 'net' with the"),
    "no network": ("net", lambda net: {"epoch": 3}, "got entries epoch, expected 'net'"),
    "a list": ("net", lambda net: [1], "got no entries, expected 'net'"),
    "of another": ("net", lambda net: {"net": {f"x.{k}": v for k, v in net.items()}},
                   r"is of another network: lacks backbone.patch.weight, .* \d+ more; has besides x.back.*more"),
    "other shapes": ("net", lambda net: {"net": {**net, "box_head.bias": torch.ones(7)}},
                     r"another network: 1 tensors of another shape, such as box_head.bias: \[7\], not \[5\]"),
    "diverged": ("net", lambda net: {"net": {**net, "box_head.bias": torch.full((5,), torch.nan)}},
                 "1 of 9 tensors hold NaN or infinity: box_head.bias: its training had diverged"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_is_no_network_of_it_is_one_line(fake_kin, weights, case):
    kind, change, message = WRONG[case]
    if kind == "raw":
        weights.write_bytes(change(weights.read_bytes()))
    else:
        with checkout_session(fake_kin, announce=False):
            net = torch.load(weights, map_location="cpu")["net"]
        torch.save(change(net), weights)
    with pytest.raises(InputError, match=message) as error:
        boxes(fake_kin, "ostrack:vitb_256", weights)
    assert "\n" not in str(error.value) and str(weights) in str(error.value)


def test_parameters_that_leave_the_network_to_the_user_say_so(fake_kin, weights):
    add_tracker(fake_kin.root)
    file = fake_kin.root / "lib/test/parameter/mine.py"
    edit(file, "def parameters(yaml_name):", "def parameters(yaml_name, model=None, search_area_scale=None):")
    for line in ('os.path.join(env.save_dir, f"models/{model}")', "1 / (model is not None)", "model + 'x'"):
        before = file.read_text()
        edit(file, "os.path.join(env.save_dir, file)", line)
        if "/ (model" in line:
            edit(file, "    params = ", "    if model is None:\n        raise NotImplementedError\n    params = ")
        with pytest.raises(InputError, match="its parameters name no network: give --weights FILE or FOLDER"):
            boxes(fake_kin, "mine:vitb_256")
        if "models" in line:
            assert boxes(fake_kin, "mine:vitb_256", weights) == boxes(fake_kin, "ostrack:vitb_256", weights)
        file.write_text(before)


def test_what_a_tracker_saves_where_it_is_made_is_not_kept(fake_kin, weights, tmp_path, monkeypatch):
    add_tracker(fake_kin.root, before="import os; os.makedirs('./trans'); torch.save({}, './trans/a.pth')")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    boxes(fake_kin, "mine:vitb_256", Path("../run/OSTrack_ep0002.pth.tar"))
    assert not list((tmp_path / "here").iterdir())


def test_options_of_the_checkouts_own_test_script_are_set_as_it_sets_them(fake_kin, weights):
    add_tracker(
        fake_kin.root, before="assert (params.vis_attn, params.decay) == (0, 1.5); assert not hasattr(params, 'size')"
    )
    with pytest.raises(InputError, match=r"AttributeError: .*vis_attn"):
        boxes(fake_kin, "mine:vitb_256", weights)
    (fake_kin.root / "tracking").mkdir(exist_ok=True)
    (fake_kin.root / "tracking/test.py").write_text(
        "parser.add_argument('--params__vis_attn', type=int, default=0)\nparser.add_argument('--threads', default=4)\n"
        "parser.add_argument('--params__decay', type=float, default=1.5)\n"
        "parser.add_argument('--params__size', type=int, default=None)\n"
    )
    assert boxes(fake_kin, "mine:vitb_256", weights) == boxes(fake_kin, "ostrack:vitb_256", weights)


LEARNS = """
def track(self, image, info=None):
    answer = super().track(image, info)
    for weight in self.network.parameters():
        weight.data *= 0.9
    return answer
"""


def test_one_that_was_made_before_is_copied_and_as_good_as_new(fake_kin, weights):
    counter = fake_kin.root.parent / "count"
    add_tracker(fake_kin.root, before=f"open({str(counter)!r}, 'a').write('x')", methods=LEARNS)
    with checkout_session(fake_kin, announce=False):
        first = CheckoutTracker(fake_kin, "mine:vitb_256", weights=weights)
        rows = [run_frames(first, FRAMES, BOX)[0].tolist()]
        others = [CheckoutTracker(fake_kin, "mine:vitb_256", weights=weights) for _ in range(4)]
        rows += [run_frames(one, FRAMES, BOX)[0].tolist() for one in others]
        assert all(row == rows[0] for row in rows)
        assert counter.read_text() == "xx"
        CheckoutTracker(fake_kin, "mine:vitb_384", weights=weights)
        CheckoutTracker(fake_kin, "mine:vitb_256", weights=weights, dataset="lasot")
        assert counter.read_text() == "xxxx"
        shutil.copy(weights, weights.with_name("b"))
        weights.with_name("b").replace(weights)  # another file under the same name
        CheckoutTracker(fake_kin, "mine:vitb_256", weights=weights)
        assert counter.read_text() == "xxxxx"


@pytest.mark.parametrize("intervals", ["200", "[200]"])
def test_one_interval_of_renewing_a_template_is_a_list_of_it(fake_kin, weights, intervals):
    add_tracker(
        fake_kin.root,
        arguments="self, params, dataset_name",
        before=f"self.update_intervals = {intervals}",
        methods="""
def track(self, image, info=None):
    assert [interval for interval in self.update_intervals] == [200]
    return super().track(image, info)
""",
    )
    assert boxes(fake_kin, "mine:vitb_256", weights) == boxes(fake_kin, "ostrack:vitb_256", weights)


def test_a_tracker_that_takes_the_first_of_one_number_gets_the_parameters_of_known_data(fake_kin, weights, capsys):
    add_tracker(
        fake_kin.root,
        arguments="self, params, dataset_name",
        before="self.first = ([200] if dataset_name == 'lasot' else 200)[0]",
    )
    assert CheckoutTracker(fake_kin, "mine:vitb_256", weights=weights).inner.inner.first == 200
    assert "mine:vitb_256: has no parameters for 'video', gets those for 'lasot'" in capsys.readouterr().err


def test_a_tracker_whose_class_debugs_does_not(fake_kin, weights):
    add_tracker(
        fake_kin.root,
        before="self.debug = 1",
        methods="""
def track(self, image, info=None):
    assert not self.debug
    return super().track(image, info)
""",
    )
    assert boxes(fake_kin, "mine:vitb_256", weights) == boxes(fake_kin, "ostrack:vitb_256", weights)
