"""Find a settings file, give it its folders and overrides, run it, and say where the result is."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from siou_tracking import log
from siou_tracking.device import check_device
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.admin.aliases import engine_imports
from siou_tracking.ltr.admin.environment import EnvironmentSettings, build_environment, use_environment
from siou_tracking.ltr.admin.overrides import Overrides, override
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.settings_files import SettingsFile, explain, find_settings, load_run
from siou_tracking.ltr.trainers import distributed
from siou_tracking.ltr.trainers.base_trainer import BaseTrainer, observe_trainers
from siou_tracking.retrain.retarget import use_box_loss

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


def train(
    target: str | os.PathLike[str],
    *,
    name: str | None = None,
    box_loss: str | None = None,
    sharpness: float | None = None,
    divergence: str | None = None,
    data: Mapping[str, str | os.PathLike[str]] | None = None,
    workspace: str | os.PathLike[str] | None = None,
    epochs: int | None = None,
    samples_per_epoch: int | None = None,
    batch_size: int | None = None,
    workers: int | None = None,
    device: str | None = None,
    seed: int | None = None,
    resume: bool | None = None,
    weights: str | os.PathLike[str] | None = None,
    quiet: bool = False,
    values: Mapping[str, Any] | None = None,
) -> TrainResult:
    """Train with a settings file; every option that is None leaves the file's own value.

    Args:
        target: a settings module such as "bbreg" together with `name` such as "atom_lite", or the path of a FILE.py.
        box_loss: what the box head learns; sharpness, divergence: its parameters. The run gets its own folder.
        data: data set name to its root folder, see `environment.build_environment`.
        workspace: where checkpoints and curves go; by default ./workspace.
        epochs, samples_per_epoch, batch_size, workers, device: as in `Overrides`.
        seed: of python, numpy and torch; by default 0. Each process under torchrun adds its rank.
        resume: True continues from the newest checkpoint, False starts afresh and moves an earlier run aside.
        weights: a checkpoint whose network the run starts from.
        quiet: print nothing and show no progress bar.
        values: plain values, assigned to the settings under their names for a file that reads them.

    Raises:
        InputError: anything in the above that cannot be used, and what `BaseTrainer.train` raises.
    """
    settings_file = find_settings(target, name)
    if device is not None:
        check_device(device)
    params = box_loss_params(box_loss, sharpness, divergence)
    options = Overrides(
        epochs=epochs,
        samples_per_epoch=samples_per_epoch,
        batch_size=batch_size,
        workers=workers,
        device=device,
        resume=resume,
        weights=None if weights is None else Path(weights),
        box_loss=box_loss,
        box_loss_params=params,
    )
    environment = build_environment(workspace or DEFAULT_WORKSPACE, data)
    with log.quiet(quiet), use_environment(environment), override(options), process_state(seed or 0):
        distributed.start(check_device(device or distributed.local_device() or "cpu"))  # loaders share out their data
        settings = _settings(settings_file, environment, seed or 0)
        vars(settings).update(values or {})
        if box_loss is not None:
            use_box_loss(settings, box_loss, **params)
        trainer = _run(settings_file, settings)
    return training_result(trainer, trainer.latest_checkpoint, settings_file)


def box_loss_params(box_loss: str | None, sharpness: float | None, divergence: str | None) -> dict[str, Any]:
    """The parameters that were given for a box loss.

    Raises:
        InputError: a parameter without a loss.
    """
    if box_loss is None and (sharpness is not None or divergence is not None):
        raise InputError("--sharpness: has no meaning without --box-loss")
    given = {"sharpness": sharpness, "divergence": divergence}
    return {key: value for key, value in given.items() if value is not None}


def _settings(settings_file: SettingsFile, environment: EnvironmentSettings, seed: int) -> Settings:
    settings = Settings(environment)
    name_run(settings, settings_file)
    settings.seed = seed
    return settings


def name_run(settings: Any, settings_file: SettingsFile) -> None:
    """File a run under its settings file's names, as upstream's `run_training` does."""
    settings.module_name, settings.script_name = settings_file.module, settings_file.name
    settings.project_path = f"ltr/{settings_file.module}/{settings_file.name}"


def _run(settings_file: SettingsFile, settings: Settings) -> BaseTrainer:
    """The trainer that the settings file made, after it has trained."""
    with engine_imports(), observe_trainers() as trainers:
        try:
            run = load_run(settings_file)
            logger.info(f"settings: {settings_file.path}, seed {settings.seed}")
            run(settings)
        except InputError:
            raise
        except Exception as error:
            if reason := explain(settings_file, error):
                raise reason from error
            raise
    return last_trainer(trainers, settings_file)


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

    Raises:
        InputError: no checkpoint was written.
    """
    if checkpoint is None:
        raise InputError(
            f"settings file {settings_file.path}: run(settings) trained nothing: no checkpoint was written"
        )
    stats = {
        loader: {name: list(value.history) for name, value in (meters or {}).items()}
        for loader, meters in trainer.stats.items()
    }
    return TrainResult(checkpoint, stats, trainer.settings.project_path)


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
