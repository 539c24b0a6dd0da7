"""Training with a PyTracking checkout as it stands: its settings, nets and data code, our overrides and box losses."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from siou_tracking import log
from siou_tracking.bridge.checkout import Checkout
from siou_tracking.bridge.failures import explain_failure
from siou_tracking.bridge.process.random_state import seed_everything
from siou_tracking.bridge.retarget import retargeting
from siou_tracking.bridge.run_overrides import overriding
from siou_tracking.bridge.run_start import newest_checkpoint
from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.settings_search import find_checkout_settings, load_checkout_run
from siou_tracking.device import check_device
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.admin.environment import build_environment
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.admin.overrides import Overrides, override
from siou_tracking.ltr.run_training import (
    DEFAULT_WORKSPACE,
    TrainResult,
    box_loss_params,
    last_trainer,
    name_run,
    process_state,
    training_result,
)
from siou_tracking.ltr.settings_files import SettingsFile
from siou_tracking.ltr.trainers import distributed
from siou_tracking.retrain.retarget import use_box_loss

logger = get_logger(__name__)

_WORKSPACE = ("workspace_dir", "tensorboard_dir", "pretrained_networks")


def train_checkout(
    checkout: Checkout,
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
    pretrained: bool = True,
    quiet: bool = False,
) -> TrainResult:
    """Train with a checkout; every option that is None leaves the settings file's own value.

    Without options the numbers are those of the checkout's `run_training` from the same seed, to the last bit. Errors
    end the run: upstream's `fail_safe`, which retries ten times and then ends without one, is off.

    Args:
        checkout: see `checkout.find_checkout`.
        target: a settings module such as "dimp" together with `name` such as "dimp50": the checkout's own, else this
            package's; or the path of a FILE.py.
        data: data set name to its root folder, see `environment.build_environment`; the user's `ltr/admin/local.py`
            counts for those not given.
        workspace: where checkpoints and curves go; by default that of `ltr/admin/local.py`, else ./workspace.
        weights: a checkpoint whose network the run starts from.
        pretrained: False starts backbones from random weights where the settings ask for ImageNet's.
        box_loss, sharpness, divergence, epochs, samples_per_epoch, batch_size, workers, device, seed, resume, quiet: as
            in `ltr.run_training.train`.

    Raises:
        InputError: anything in the above that cannot be used, and what goes wrong inside the checkout, in one line.
    """
    settings_file = find_checkout_settings(checkout, target, name)
    if device is not None:
        check_device(device)
    if distributed.world_size() > 1:
        raise InputError("torchrun: a PyTracking checkout trains in one process: start it without torchrun")
    params = box_loss_params(box_loss, sharpness, divergence)
    if box_loss is not None:
        use_box_loss(SimpleNamespace(), box_loss, **params)  # a typing error is told before anything is loaded
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
    folders = _folders(workspace, data)
    # Read before anything moves: the file may lie in the folder that --fresh sets aside.
    start = None if weights is None else read_checkpoint(weights)
    silence = contextlib.redirect_stdout(io.StringIO()) if quiet else contextlib.nullcontext()
    with (
        log.quiet(quiet),
        override(options),
        process_state(seed or 0),
        silence,
        checkout_session(checkout, folders, pretrained=pretrained),
    ):
        return _train(checkout, settings_file, options, seed or 0, start)


def _folders(
    workspace: str | os.PathLike[str] | None, data: Mapping[str, str | os.PathLike[str]] | None
) -> dict[str, str]:
    """The folders that were given, under the names of the environment's attributes."""
    folders = vars(build_environment(workspace or ".", data))
    return {name: folder for name, folder in folders.items() if workspace is not None or name not in _WORKSPACE}


def _train(
    checkout: Checkout, settings_file: SettingsFile, options: Overrides, seed: int, start: dict[str, Any] | None
) -> TrainResult:
    """Make settings as the checkout's `run_training` does, and run the settings file with them."""
    settings = importlib.import_module("ltr.admin.settings").Settings()
    name_run(settings, settings_file)
    _check_workspace(checkout, settings.env)
    with overriding(options, seed, start) as trainers, retargeting():
        with _one_line_errors(checkout, settings_file, settings.env):
            run = load_checkout_run(checkout, settings_file)
            logger.info(f"settings: {settings_file.path}, seed {seed}")
            seed_everything(seed)
            run(settings)
        trainer = last_trainer(trainers, settings_file)
        result = training_result(trainer, newest_checkpoint(trainer), settings_file)
        logger.info(f"trained to epoch {trainer.epoch}: checkpoint {result.checkpoint}")
        return result


def _check_workspace(checkout: Checkout, environment: Any) -> None:
    """The folder that counts where nobody names one must not be in the checkout, which stays as it is."""
    default = DEFAULT_WORKSPACE.absolute()
    if Path(environment.workspace_dir) == default and default.resolve().is_relative_to(checkout.root):
        raise InputError(
            f"workspace: {default}: lies in the checkout: give --workspace DIR, or start in another folder"
        )


@contextlib.contextmanager
def _one_line_errors(checkout: Checkout, settings_file: SettingsFile, environment: object) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        if reason := explain_failure(error, checkout, settings_file, environment):
            raise reason from error
        raise
