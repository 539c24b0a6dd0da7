"""Kin of PyTracking in a process of their own: the checkout alone, and what its box loss is called with by the flag."""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import independent
import numpy as np
import torch
from small_run import BATCH, SEED, Job, array, fingerprint, plain

from siou_tracking.bridge.session import checkout_session
from siou_tracking.retrain import BoxLossChoice
from siou_tracking.retrain.by_shape.objective import BoxObjective

BOX_TERMS = ("/giou", "/ciou", "/iou")
"""How the names of box terms end in the statistics."""
Call = tuple[np.ndarray, np.ndarray, float]
"""Boxes (n, 4) of corners, theirs and the targets', and the loss that came back."""


def own(job: Job) -> dict[str, Any]:
    """The checkout alone: its `run_training` in a session that supplies what this machine lacks, no more."""
    folders = {
        "workspace_dir": job.workspace,
        "tensorboard_dir": f"{job.workspace}/tensorboard",
        "pretrained_networks": f"{job.workspace}/pretrained_networks",
        **{f"{name}_dir": folder for name, folder in job.data.items()},
        "got10k_dir": f"{job.data['got10k']}/train",
    }
    with checkout_session(job.checkout, folders, pretrained=False, announce=False), made_small(job) as trainers:
        run_training = importlib.import_module("lib.train.run_training").run_training
        run_training(job.module, job.name, save_dir=job.workspace, base_seed=SEED, **job.values)
        path = newest(Path(job.workspace) / "checkpoints")
        content = torch.load(path, map_location="cpu", weights_only=False)  # written by this process
        stats = {key: value.history for key, value in trainers[-1].stats["train"].items()}
        project_path = content["settings"].project_path
        return {
            "project_path": project_path,
            "checkpoint": str(path),
            **fingerprint(stats, content["net"], content["optimizer"]),
        }


def newest(folder: Path) -> Path:
    return max(folder.rglob("*.pth.tar"), key=lambda path: path.stat().st_mtime)


@contextlib.contextmanager
def made_small(job: Job) -> Iterator[list[Any]]:
    """One epoch of few batches on the CPU, errors let through; written here, without the package's own overrides."""
    config = importlib.import_module(f"lib.config.{job.module}.config")
    trainer = importlib.import_module("lib.train.trainers.base_trainer").BaseTrainer
    update, made, trained = config.update_config_from_file, trainer.__init__, trainer.train
    trainers: list[Any] = []

    def few(*args: Any, **kwargs: Any) -> None:
        update(*args, **kwargs)
        config.cfg.TRAIN.EPOCH, config.cfg.TRAIN.BATCH_SIZE, config.cfg.TRAIN.NUM_WORKER = 1, BATCH, job.workers
        for part in ("TRAIN", "VAL"):
            if part in config.cfg.DATA:
                config.cfg.DATA[part].SAMPLE_PER_EPOCH = job.samples

    @functools.wraps(made)
    def on_cpu(self: Any, actor: Any, loaders: Any, optimizer: Any, settings: Any, *args: Any, **kwargs: Any) -> None:
        settings.device = torch.device("cpu")
        made(self, actor, loaders, optimizer, settings, *args, **kwargs)

    def once(self: Any, *args: Any, **kwargs: Any) -> None:
        trainers.append(self)
        given = inspect.signature(trained).bind(self, *args, **kwargs).arguments
        trained(**{**given, "max_epochs": 1, "load_latest": False, "fail_safe": False})

    with (
        mock.patch.object(config, "update_config_from_file", few),
        mock.patch.object(trainer, "__init__", on_cpu),
        mock.patch.object(trainer, "train", once),
    ):
        yield trainers


def flagged(job: Job) -> dict[str, Any]:
    """With Smooth-IoU: every call of the box term against `independent`, and their mean against what is printed."""
    calls: list[Call] = []
    with checkout_session(job.checkout, pretrained=False), watching_objectives(calls), watching_criteria(job, calls):
        result = plain(job, box_loss=BoxLossChoice("smooth_iou"))
    return {**result, "check": check(calls, result["losses"])}


@contextlib.contextmanager
def watching_objectives(calls: list[Call]) -> Iterator[None]:
    """Write down what actors hand to the function of boxes that stands for theirs, and what comes back."""
    forward = BoxObjective.forward

    def recorded(self: Any, pred: torch.Tensor, target: torch.Tensor, *rest: Any, **more: Any) -> Any:
        result = forward(self, pred, target, *rest, **more)
        if pred.requires_grad:  # a distillation asks for the teacher's IoU as well
            calls.append((array(pred), array(target), float(result[0].detach().mean())))
        return result

    with mock.patch.object(BoxObjective, "forward", recorded):
        yield


@contextlib.contextmanager
def watching_criteria(job: Job, calls: list[Call]) -> Iterator[None]:
    """The same for criteria of sets of boxes, which have a method for them."""
    trainer = importlib.import_module(job.checkout.layout.trainer).BaseTrainer
    trained = trainer.train

    @functools.wraps(trained)
    def watched(self: Any, *args: Any, **kwargs: Any) -> None:
        criterion = getattr(self.actor, "objective", None)
        with contextlib.ExitStack() as stack:
            if hasattr(criterion, "loss_boxes"):
                method = recording_matches(criterion.loss_boxes, calls)
                stack.enter_context(mock.patch.object(criterion, "loss_boxes", method))
            trained(self, *args, **kwargs)

    with mock.patch.object(trainer, "train", watched):
        yield


def recording_matches(loss_boxes: Callable[..., Any], calls: list[Call]) -> Callable[..., Any]:
    """A criterion's method: its matched pairs are boxes of center and size."""

    def recorded(outputs: Any, targets: Any, indices: Any, num_boxes: Any, *rest: Any) -> Any:
        result = loss_boxes(outputs, targets, indices, num_boxes, *rest)
        pairs = [
            (outputs["pred_boxes"][image, source], targets[image]["boxes"][goal])
            for image, (source, goal) in enumerate(indices)
        ]
        pred, target = (corners(array(torch.cat(side))) for side in zip(*pairs, strict=True))
        calls.append((pred, target, float(result["loss_giou"].detach())))
        return result

    return recorded


def corners(boxes: np.ndarray) -> np.ndarray:
    """Boxes (n, 4) of center and size as corners."""
    return np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], axis=1)


def check(calls: list[Call], losses: dict[str, float]) -> dict[str, Any]:
    """The largest difference of a call from the independent value, and of the printed mean, relative above 1."""
    expected = [independent.box_loss(pred, target) for pred, target, _ in calls]
    printed = {key: value for key, value in losses.items() if key.endswith(BOX_TERMS)}
    pairs = [(loss, value) for (_, _, loss), value in zip(calls, expected, strict=True)]
    if calls:
        pairs.append((float(np.mean(list(printed.values()))), float(np.mean(expected))))
    return {
        "what": ", ".join(printed),
        "numbers": len(pairs),
        "boxes": sum(len(pred) for pred, _, _ in calls),
        "reversed_boxes": sum(int((pred[:, 2:] < pred[:, :2]).any(1).sum()) for pred, _, _ in calls),
        "largest_difference": max((abs(a - b) / max(1, abs(b)) for a, b in pairs), default=None),
    }
