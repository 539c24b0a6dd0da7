"""The embedded engine's runs in half precision, compiled, or of several batches a step; and how they go on."""

from __future__ import annotations

import collections
import operator
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.actors import AtomActor
from siou_tracking.ltr.admin.active_request import request_active
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.trainers import LTRTrainer
from siou_tracking.ltr.trainers.step import network, options
from siou_tracking.ops import PrRoIPool2D
from siou_tracking.retrain import TrainRequest
from tests.ltr.trainers.tiny_training import TinyLoader, TinyNet, make_batch

FOLDER = Path("checkpoints/ltr/tests/tiny")


class Fixed(TinyLoader):
    """The same sequences in every pass, by any number at a time."""

    def __init__(self, batch_size: int, sequences: int = 12) -> None:
        super().__init__("train", True, sequences // batch_size, batch_size)

    def __iter__(self):
        with torch.random.fork_rng():
            torch.manual_seed(11)
            whole = make_batch(self.batches * self.batch_size)
        for step in range(self.batches):
            part = slice(step * self.batch_size, (step + 1) * self.batch_size)
            yield type(whole)({name: value[:, part] for name, value in whole.items() if torch.is_tensor(value)})


@pytest.fixture
def fp16_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU can compute in fp16, only too slowly for a user."""
    monkeypatch.setattr(options, "check_precision", lambda amp, device: None)


def plain_net() -> TinyNet:
    torch.manual_seed(3)
    return TinyNet(batch_norm=False, dropout=0.0)


def weights(trainer: LTRTrainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.net.state_dict().items()}


def assert_close(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor], atol: float) -> None:
    assert a.keys() == b.keys()
    for name, value in a.items():
        torch.testing.assert_close(value, b[name], rtol=0, atol=atol, msg=name)


@pytest.fixture
def run(make_trainer: Callable[..., LTRTrainer]) -> Callable[..., LTRTrainer]:
    """A trainer after two epochs, in a folder of its own where `folder` is given."""

    def run(folder: str = "tiny", epochs: int = 2, net=None, loaders=None, values: dict | None = None, **asked):
        with request_active(TrainRequest("", **asked)):
            trainer = make_trainer(plain_net() if net is None else net, loaders, **(values or {}))
            trainer.settings.project_path = f"ltr/tests/{folder}"
            trainer.train(epochs, load_latest=True)
        return trainer

    return run


@pytest.mark.parametrize("clip", [0.0, 0.01])
def test_k_batches_a_step_equal_one_batch_of_k_times_the_size(run, clip: float):
    values = {"grad_clip_max_norm": clip}
    whole = run("whole", 3, loaders=[Fixed(6)], values=values)
    parts = run("parts", 3, loaders=[Fixed(2)], values=values, accumulate=3)
    assert_close(weights(parts), weights(whole), 1e-5)
    for name in ("Loss/total", "IoU/mean"):
        assert parts.stats["train"][name].history == pytest.approx(whole.stats["train"][name].history, abs=1e-5)
    rate = "LearningRate/group0"
    assert parts.stats["train"][rate].history == whole.stats["train"][rate].history


def test_accumulation_goes_on_after_an_interruption_bit_for_bit(run):
    whole = run("whole", 4, accumulate=2)
    run("parts", 2, accumulate=2)
    assert_close(weights(run("parts", 4, accumulate=2)), weights(whole), 0)


def test_half_precision_ends_where_the_network_does(run):
    seen = []

    class Objective(nn.MSELoss):
        def forward(self, scores, target):
            seen.append((scores.dtype, target.dtype, torch.is_autocast_enabled("cpu")))
            return super().forward(scores, target)

    net, inside = plain_net(), []
    net.head[0].register_forward_hook(lambda module, inputs, output: inside.append(output.dtype))
    trainer = run(net=net, amp="bf16")
    assert set(inside) == {torch.bfloat16}  # in validation too
    assert len(inside) == 2 * 3 + 2
    trainer.actor.objective = Objective()
    trainer.actor(make_batch(2).to("cpu"))
    assert seen == [(torch.float32, torch.float32, False)]
    assert {value.dtype for value in net.state_dict().values()} == {torch.float32}


def test_a_half_precision_run_is_close_to_that_in_float32_and_files_like_it(run, tmp_path: Path):
    exact, half = run("exact", amp=None), run("half", amp="bf16")
    losses = [trainer.stats["train"]["Loss/total"].history for trainer in (half, exact)]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)
    assert not torch.equal(weights(half)["head.0.weight"], weights(exact)["head.0.weight"])
    files = [tmp_path / f"checkpoints/ltr/tests/{name}/TinyNet_ep0002.pth.tar" for name in ("exact", "half")]
    one, two = map(read_checkpoint, files)
    assert one.keys() == two.keys() and one["net"].keys() == two["net"].keys()
    assert two["net_type"] == "TinyNet" and two["actor_type"] == "AtomActor"
    run("half", 3)  # goes on in float32


@pytest.mark.usefixtures("fp16_anywhere")
def test_fp16_goes_on_with_its_scale_bit_for_bit(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    growing = torch.amp.GradScaler
    monkeypatch.setattr(torch.amp, "GradScaler", lambda device: growing(device, growth_interval=4))
    whole = run("whole", 4, amp="fp16")
    run("parts", 2, amp="fp16")
    stored = read_checkpoint(tmp_path / "checkpoints/ltr/tests/parts/TinyNet_ep0002.pth.tar")["grad_scaler_state"]
    assert stored["scale"] == 2.0**17 and stored["_growth_tracker"] == 2
    second = run("parts", 4, amp="fp16")
    assert options.scaler_state(second.actor) == options.scaler_state(whole.actor)
    assert_close(weights(second), weights(whole), 0)


@pytest.mark.usefixtures("fp16_anywhere")
def test_runs_with_and_without_a_scale_continue_each_other(run, tmp_path: Path):
    run("tiny", 1)
    assert "grad_scaler_state" not in read_checkpoint(tmp_path / FOLDER / "TinyNet_ep0001.pth.tar")
    assert run("tiny", 2, amp="fp16").epoch == 2
    assert run("tiny", 3).epoch == 3


def test_fp16_on_the_cpu_is_refused(run):
    with pytest.raises(InputError, match=r"--amp fp16: the cpu is slower in it than in float32: give bf16"):
        run(amp="fp16")


def test_a_gpu_that_has_no_bf16_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "device", lambda device: torch.no_grad())
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Tesla T4")
    with pytest.raises(InputError, match="--amp bf16: cuda:0, Tesla T4, does not compute in it: give fp16"):
        network.check_precision("bf16", torch.device("cuda:0"))


def test_a_box_loss_is_learned_with_all_of_it(run):
    trainer = run(amp="bf16", accumulate=2, values={"box_loss": "smooth_iou"})
    assert trainer.box_loss is not None and trainer.settings.project_path.endswith("smooth_iou")
    assert trainer.actor_type == "AtomActor"


def test_a_training_that_never_calls_the_network_is_refused(make_trainer):
    class PartActor(AtomActor):
        def __call__(self, data):
            loss = self.net.feature_extractor(data["train_images"][0]).square().mean()
            return loss, {"Loss/total": loss.detach()}

    with request_active(TrainRequest("", amp="bf16")):
        net = plain_net()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        settings = make_trainer(plain_net()).settings
        trainer = LTRTrainer(PartActor(net, None), [Fixed(2)], optimizer, settings)
        with pytest.raises(InputError, match="--amp bf16: TinyNet: the training does not call it as a whole"):
            trainer.train(1)


def test_a_compiled_network_learns_the_same_and_is_filed_as_ever(run, tmp_path: Path):
    eager, compiled = run("eager"), run("compiled", compile=True)
    assert_close(weights(compiled), weights(eager), 1e-5)
    assert type(compiled.net).__name__ == "TinyNet"
    content = read_checkpoint(tmp_path / "checkpoints/ltr/tests/compiled/TinyNet_ep0002.pth.tar")
    assert content["net"].keys() == plain_net().state_dict().keys()
    run("compiled", 3, compile=True)


def test_a_network_that_a_settings_file_compiles_is_filed_as_ever(run, tmp_path: Path):
    trainer = run(net=torch.compile(plain_net(), backend="eager"))
    assert type(trainer.net) is TinyNet
    content = read_checkpoint(tmp_path / FOLDER / "TinyNet_ep0002.pth.tar")
    assert content["net"].keys() == plain_net().state_dict().keys()


def test_without_a_compiler_compile_is_refused_in_one_line(run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def fails(function):
        raise RuntimeError("InvalidCxxCompiler: No working C++ compiler found\n\nmore lines")

    monkeypatch.setattr(torch, "compile", fails)
    with pytest.raises(InputError, match=r"--compile: torch cannot compile for cpu here: .*C\+\+ compiler found: inst"):
        run(compile=True)
    assert not (tmp_path / FOLDER).exists()


def test_what_cannot_be_compiled_is_named(run, monkeypatch: pytest.MonkeyPatch):
    class Broken(TinyNet):
        def forward(self, *inputs):
            torch._dynamo.graph_break()
            return super().forward(*inputs)

    def compile_whole(net: nn.Module) -> None:
        net._compiled_call_impl = torch.compile(net._call_impl, fullgraph=True, backend="eager")

    monkeypatch.setattr(nn.Module, "compile", compile_whole)
    with pytest.raises(InputError, match="--compile: Broken: torch cannot compile it: "):
        run(net=Broken(False, 0.0), compile=True)


def test_data_parallel_over_several_gpus_is_not_compiled():
    net = nn.DataParallel(nn.Linear(2, 2))
    net.device_ids = [0, 1]
    with pytest.raises(InputError, match=r"--compile: got a network on several GPUs by nn.DataParallel.*torchrun"):
        network.change_network(net, torch.device("cpu"), None, True)


def test_results_of_any_shape_become_float32():
    half, exact = torch.ones(2, dtype=torch.float16), torch.ones(2, dtype=torch.float64)
    Pair = torch.return_types.max  # a tuple class that takes one argument
    named = collections.namedtuple("named", "a b")
    got = network.to_float32({"x": [half, "text"], "y": (half, exact), "z": named(half, None)})
    assert got["x"][0].dtype == got["y"][0].dtype == got["z"].a.dtype == torch.float32
    assert got["y"][1].dtype == torch.float64 and got["x"][1] == "text" and got["z"].b is None
    values = Pair((exact, exact))
    assert network.to_float32(values) is values


def test_pooling_of_boxes_is_not_compiled(monkeypatch: pytest.MonkeyPatch):
    class Pooling(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.pool = PrRoIPool2D(2, 2, 0.5)

        def forward(self, features, boxes):
            return self.pool.grouped(features, boxes) + 1

    graphs = []
    compiled = torch.compile
    monkeypatch.setattr(
        torch, "compile", lambda f, **_: compiled(f, backend=lambda g, _: graphs.append(g) or g.forward)
    )
    net, features = Pooling(), torch.randn(2, 3, 8, 8)
    calls = network.change_network(net, torch.device("cpu"), None, True)
    for count in (1, 2, 3):
        boxes = torch.rand(2, count, 4) * 4 + torch.tensor([0.0, 0, 6, 6])
        torch.testing.assert_close(net(features, boxes), Pooling()(features, boxes))
    targets = {str(node.target) for graph in graphs for node in graph.graph.nodes if node.op.startswith("call")}
    assert targets == {str(operator.add)}
    assert calls == [3]
