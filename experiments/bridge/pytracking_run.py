"""PyTracking's own settings in a process of their own: the checkout alone, and what its actors read with the flag."""

from __future__ import annotations

import contextlib
import functools
import importlib
import random
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import independent
import numpy as np
import torch
from small_run import BATCH, SEED, Job, array, fingerprint, plain

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.multigpu import unwrap
from siou_tracking.retrain import BoxLossChoice
from siou_tracking.retrain.dense_loss import DenseLTRBLoss


def own(job: Job) -> dict[str, Any]:
    """The checkout alone, made small at the three places where its settings files pass."""
    environment = build_environment(job.workspace, job.data)
    with checkout_session(job.checkout, environment, pretrained=False, announce=False), made_small(job) as trainers:
        run_training = importlib.import_module("ltr.run_training").run_training
        random.seed(SEED)
        np.random.seed(SEED)
        torch.manual_seed(SEED)
        run_training(job.module, job.name)
        trainer = trainers[-1]
        stats = {key: value.history for key, value in trainer.stats["train"].items()}
        return {
            "project_path": trainer.settings.project_path,
            **fingerprint(stats, unwrap(trainer.actor.net).state_dict(), trainer.optimizer.state_dict()),
        }


@contextlib.contextmanager
def made_small(job: Job) -> Iterator[list[Any]]:
    """One epoch of few batches, errors let through; written here, without the package's own overrides."""
    loader = importlib.import_module("ltr.data.loader").LTRLoader
    sampler = importlib.import_module("ltr.data.sampler").TrackingSampler
    trainer = importlib.import_module("ltr.trainers.base_trainer").BaseTrainer
    sampled, loaded, trained = sampler.__init__, loader.__init__, trainer.train
    trainers: list[Any] = []

    def few(self: Any, *args: Any, **kwargs: Any) -> None:
        sampled(self, *args, **kwargs)
        self.samples_per_epoch = job.samples

    def small(self: Any, *args: Any, **kwargs: Any) -> None:
        loaded(self, *args, **{**kwargs, "batch_size": BATCH, "num_workers": job.workers})

    def once(self: Any, *args: Any, **kwargs: Any) -> None:
        trainers.append(self)
        trained(self, 1, load_latest=False, fail_safe=False)

    with (
        mock.patch.object(sampler, "__init__", few),
        mock.patch.object(loader, "__init__", small),
        mock.patch.object(trainer, "train", once),
    ):
        yield trainers


def flagged(job: Job) -> dict[str, Any]:
    """With Smooth-IoU: the batch that the checkout's own actor reads, against the computation in `independent`."""
    seen: dict[str, list[Any]] = {"batches": [], "dense": []}
    with watching_dense(seen["dense"]), watching_actors(job.checkout, seen["batches"]):
        result = plain(job, box_loss=BoxLossChoice("smooth_iou"))
    return {**result, "check": check(seen)}


@contextlib.contextmanager
def watching_dense(calls: list[Any]) -> Iterator[None]:
    """Write down what the dense loss was called with and what it returned."""
    forward = DenseLTRBLoss.forward

    def watched(self: Any, pred: torch.Tensor, target: torch.Tensor, weights: torch.Tensor | None = None) -> Any:
        loss, ious = forward(self, pred, target, weights)
        maps = [flat(pred), flat(target), None if weights is None else array(weights).reshape(-1)]
        calls.append((*maps, float(loss), array(ious)))
        return loss, ious

    with mock.patch.object(DenseLTRBLoss, "forward", watched):
        yield


@contextlib.contextmanager
def watching_actors(checkout: Checkout, batches: list[Any]) -> Iterator[None]:
    """Write down every batch as the checkout's actors read it, and as the data layer made it."""
    with checkout_session(checkout, pretrained=False), contextlib.ExitStack() as stack:
        for module, names in (
            ("ltr.actors.bbreg", ("AtomActor", "AtomBBKLActor")),
            ("ltr.actors.tracking", ("DiMPActor", "KLDiMPActor", "DiMPSimpleActor")),
        ):
            for name in names:
                actor = getattr(importlib.import_module(module), name)
                stack.enter_context(mock.patch.object(actor, "__call__", watched_call(actor.__call__, batches)))
        loader = importlib.import_module("ltr.data.loader").LTRLoader
        stack.enter_context(mock.patch.object(loader, "__iter__", remembering(loader.__iter__), create=True))
        yield


def watched_call(call: Callable[..., Any], batches: list[Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def watched(self: Any, data: Any) -> Any:
        names = ("test_proposals", "test_anno", "proposal_iou", "proposal_density", "gt_density", "gt_density_before")
        batches.append({name: array(data[name]) for name in names if name in data})
        return call(self, data)

    return watched


def remembering(iterate: Callable[..., Any]) -> Callable[..., Any]:
    def noted(batches: Any) -> Iterator[Any]:
        for data in batches:
            if "gt_density" in data:
                data["gt_density_before"] = data["gt_density"].clone()
            yield data

    # The inner iterator is made at once, as without this: making it draws a random number.
    return lambda self: noted(iterate(self))


def check(seen: dict[str, list[Any]]) -> dict[str, Any]:
    """The largest difference between what the actor was given, or the loss returned, and the independent value."""
    numbers, worst, what = 0, 0.0, ""
    for batch in seen["batches"]:
        field = "gt_density" if "gt_density" in batch else "proposal_iou"
        expected = (independent.density_target if field == "gt_density" else independent.score_target)(batch)
        scale = max(1.0, float(np.abs(expected).max()))
        numbers, what = numbers + expected.size, field
        worst = max(worst, float(np.abs(batch[field] - expected).max()) / scale)
    for pred, target, weights, loss, ious in seen["dense"]:
        expected_loss, expected_ious = independent.dense_loss(pred, target, weights)
        numbers, what = numbers + 1 + len(ious), "loss and IoU of cells"
        worst = max(worst, abs(loss - expected_loss) / max(1, abs(expected_loss)))
        worst = max(worst, float(np.abs(ious - expected_ious).max()))
    return {"what": what, "numbers": numbers, "largest_difference": worst}


def flat(maps: torch.Tensor) -> np.ndarray:
    return array(maps.movedim(-3, -1).reshape(-1, 4))
