"""Find a settings file, give it its folders and overrides, run it, and say where the result is."""

from __future__ import annotations

import contextlib
import dataclasses
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from siou_tracking.errors import InputError
from siou_tracking.log import get_logger, quiet
from siou_tracking.ltr.admin.active_request import request_active
from siou_tracking.ltr.admin.aliases import engine_imports
from siou_tracking.ltr.admin.checkpoint_files import weights_path
from siou_tracking.ltr.admin.environment import EnvironmentSettings, build_environment, coco_year_of, use_environment
from siou_tracking.ltr.admin.settings import Settings, watch_reading
from siou_tracking.ltr.models.backbone.pretrained import pretrained_weights
from siou_tracking.ltr.settings_files import SettingsFile, explain, find_settings, load_run
from siou_tracking.ltr.trainers import distributed
from siou_tracking.ltr.trainers.base_trainer import BaseTrainer, observe_trainers
from siou_tracking.retrain.first_step import before_first_step, request_heeded
from siou_tracking.retrain.refusals import refuse_by_text
from siou_tracking.retrain.request import TrainRequest
from siou_tracking.retrain.retarget import own_folder

logger = get_logger(__name__)

DEFAULT_WORKSPACE = Path("workspace")


@dataclasses.dataclass(frozen=True)
class TrainResult:
    """What a training left."""

    checkpoint: Path
    """The newest checkpoint."""
    stats: dict[str, dict[str, list[float]]]
    """Loader name, then statistic name, to its value in each epoch."""
    project_path: str
    """Folder of the run under `<workspace>/checkpoints`."""
    weights: Path | None = None
    """The network alone, as safetensors beside the checkpoint; None where it could not be written."""


def train(request: TrainRequest) -> TrainResult:
    """Train with a settings file on the embedded engine.

    Raises:
        InputError: anything in the request that cannot be used, and what `BaseTrainer.train` raises.
    """
    settings_file = find_settings(request.module, request.name)
    refuse_by_text(settings_file.path, request.box_loss, lambda module: None)
    with coco_year_of(settings_file.path):
        return _train(settings_file, request)


def _train(settings_file: SettingsFile, request: TrainRequest) -> TrainResult:
    environment = build_environment(request.workspace or DEFAULT_WORKSPACE, request.data)
    with (
        quiet(request.quiet),
        use_environment(environment),
        request_active(request),
        pretrained_weights(request.pretrained),
        process_state(request.seed),
    ):
        # Loaders share out their data, so the processes have to know each other before a settings file makes any.
        distributed.start(distributed.process_device(request.device) or torch.device("cpu"))
        settings = _settings(settings_file, environment, request)
        trainer = _run(settings_file, settings, request)
        return training_result(trainer, trainer.latest_checkpoint, settings_file)


def _settings(settings_file: SettingsFile, environment: EnvironmentSettings, request: TrainRequest) -> Settings:
    settings = Settings(environment)
    name_run(settings, settings_file, request)
    vars(settings).update(request.values, seed=request.seed)
    return settings


def name_run(settings: Any, settings_file: SettingsFile, request: TrainRequest, project: str = "ltr") -> None:
    """File a run under its settings file's names, as upstream's `run_training` does, and the box loss asked for."""
    settings.module_name, settings.script_name = settings_file.module, settings_file.name
    settings.project_path = f"{project}/{settings_file.module}/{settings_file.name}"
    if request.box_loss is not None:  # now, for a class that is not the engine's may make folders before it is refused
        settings.project_path = own_folder(settings.project_path, request.box_loss.name)


def _run(settings_file: SettingsFile, settings: Settings, request: TrainRequest) -> BaseTrainer:
    """The trainer that the settings file made, after it has trained."""
    with engine_imports(), observe_trainers() as trainers:
        try:
            run = load_run(settings_file)
            logger.info(f"settings: {settings_file.path}, seed {settings.seed}")
            with request_heeded(settings, trainers, request), _values_required(settings, request):
                run(settings)
        except InputError:
            raise
        except Exception as error:
            if reason := explain(settings_file, error):
                raise reason from error
            raise
    return last_trainer(trainers, settings_file)


@contextlib.contextmanager
def _values_required(settings: Settings, request: TrainRequest) -> Iterator[None]:
    """Inside the block a settings file ends before its first step if it has not read each of the request's values."""
    end = watch_reading(settings, request.values)

    def check() -> None:
        if unread := end():
            names = ", ".join(f"settings.{name}" for name in unread)
            raise InputError(f"settings file {request.module}: does not read {names}: what was given would do nothing")

    stop_watching = before_first_step(check)
    try:
        yield
    finally:
        stop_watching()
        end()
    check()


def last_trainer(trainers: Sequence[Any], settings_file: SettingsFile) -> Any:
    """The trainer that counts of those that a settings file made.

    Raises:
        InputError: it made none.
    """
    if not trainers:
        raise InputError(f"settings file {settings_file.path}: run(settings) made no trainer")
    return trainers[-1]


def training_result(trainer: Any, checkpoint: Path | None, settings_file: SettingsFile) -> TrainResult:
    """What a trainer, of this engine or of a checkout, left.

    Of several processes the first one's checkpoint counts, which another machine need not see.

    Raises:
        InputError: no checkpoint was written.
    """
    weights = None if checkpoint is None else weights_path(checkpoint)
    checkpoint, weights = distributed.broadcast((checkpoint, weights if weights and weights.is_file() else None))
    if checkpoint is None:
        raise InputError(
            f"settings file {settings_file.path}: run(settings) trained nothing: no checkpoint was written"
        )
    stats = {
        loader: {name: list(meter.history) for name, meter in (meters or {}).items() if hasattr(meter, "history")}
        for loader, meters in trainer.stats.items()  # which a class of the user's own may fill with anything
        if isinstance(meters or {}, Mapping)
    }
    return TrainResult(checkpoint, stats, trainer.settings.project_path, weights)


@contextlib.contextmanager
def process_state(seed: int) -> Iterator[None]:
    """Seed every generator, and keep OpenCV from starting threads beside the loader's workers."""
    import cv2

    own_seed = seed + distributed.rank()
    random.seed(own_seed)
    np.random.seed(own_seed % 2**32)
    torch.manual_seed(own_seed)
    threads, benchmark = cv2.getNumThreads(), torch.backends.cudnn.benchmark
    cv2.setNumThreads(0)
    torch.backends.cudnn.benchmark = True
    joined = torch.distributed.is_available() and torch.distributed.is_initialized()
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
        torch.backends.cudnn.benchmark = benchmark
        if not joined:
            distributed.stop()
