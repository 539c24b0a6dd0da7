"""Training with a checkout as it stands: its settings, nets and data code, our overrides and box losses."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.bridge.failures.explain import explain_failure
from siou_tracking.bridge.failures.samples import name_samples
from siou_tracking.bridge.layouts.base import Layout
from siou_tracking.bridge.layouts.yaml_choice import with_yaml_choice
from siou_tracking.bridge.process.random_state import seed_everything
from siou_tracking.bridge.retarget import retargeting
from siou_tracking.bridge.run.devices import device_in_force
from siou_tracking.bridge.run.processes import among_processes
from siou_tracking.bridge.run_overrides import overriding
from siou_tracking.bridge.run_start import newest_checkpoint
from siou_tracking.bridge.session import Session, checkout_session
from siou_tracking.bridge.settings_search import find_checkout_settings
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger, quiet
from siou_tracking.ltr.admin.environment import build_environment, coco_year_of
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.admin.tensor_file.beside import write_weights
from siou_tracking.ltr.models.backbone.pretrained import pretrained_weights
from siou_tracking.ltr.run_training import (
    DEFAULT_WORKSPACE,
    TrainResult,
    last_trainer,
    name_run,
    process_state,
    training_result,
)
from siou_tracking.ltr.settings_files import SettingsFile
from siou_tracking.ltr.trainers import distributed
from siou_tracking.retrain.first_step import request_heeded
from siou_tracking.retrain.refusals import refuse_by_text
from siou_tracking.retrain.request import TrainRequest

logger = get_logger(__name__)

_WORKSPACE = ("workspace_dir", "tensorboard_dir", "pretrained_networks")


def train_checkout(checkout: Checkout, request: TrainRequest) -> TrainResult:
    """Train with a checkout.

    Without options the numbers are those of the checkout's `run_training` from the same seed, on one machine to the
    last bit. Errors end the run: upstream's `fail_safe`, which retries ten times and then ends without one, is off.

    Args:
        checkout: see `checkout.find_checkout`.
        request: its settings are the checkout's own, else this package's; the user's file of training folders counts
            for those that it does not give.

    Raises:
        InputError: anything in the request that cannot be used, and what goes wrong inside the checkout, in one line.
    """
    settings_file = find_checkout_settings(checkout, request.module, request.name)
    if request.skip_bad is not None:
        raise InputError("--skip-bad: a checkout draws its samples by code of its own: leave it out, or --checkout")
    _require_whole(checkout)
    request = with_yaml_choice(request, settings_file.path)
    find = functools.partial(checkout.layout.find_imported_settings, checkout.root)
    refuse_by_text(settings_file.path, request.box_loss, find)
    with coco_year_of(settings_file.path, *checkout.layout.data_code(checkout.root)):
        folders = _folders(request)
        # Read before anything moves: the file may lie in the folder that --fresh sets aside.
        start = None if request.weights is None else read_checkpoint(request.weights)
        silence = contextlib.redirect_stdout(io.StringIO()) if request.quiet else contextlib.nullcontext()
        with (
            quiet(request.quiet),
            process_state(request.seed),
            silence,
            among_processes(request) as scratch,
            pretrained_weights(request.pretrained),
            checkout_session(checkout, folders, pretrained=request.pretrained is not False) as session,
        ):
            return _train(session, settings_file, request, start, scratch)


def _require_whole(checkout: Checkout) -> None:
    if missing := checkout.missing():
        raise InputError(
            f"checkout {checkout.root}: incomplete: no {missing.file}, which {missing.importer} imports in line "
            f"{missing.line}: it cannot train as it is: get a complete copy of the repository"
        )


def _folders(request: TrainRequest) -> dict[str, str]:
    """The folders that were given, under the names of the environment's attributes."""
    folders = vars(build_environment(request.workspace or ".", request.data))
    return {name: folder for name, folder in folders.items() if request.workspace is not None or name not in _WORKSPACE}


def _train(
    session: Session,
    settings_file: SettingsFile,
    request: TrainRequest,
    start: dict[str, Any] | None,
    scratch: str | None,
) -> TrainResult:
    """Make settings as the checkout's `run_training` does, and run the settings file with them."""
    checkout, folders = session.checkout, session.folders[-1].training()

    def explain(error: Exception) -> InputError | None:
        return explain_failure(error, checkout, settings_file, folders)

    with _one_line_errors(explain):
        settings = importlib.import_module(f"{checkout.layout.training}.admin.settings").Settings()
        name_run(settings, settings_file, request, checkout.layout.project)
        vars(settings).update({key: value for key, value in request.values.items() if key.isidentifier()})
        _check_workspace(checkout, settings.env)
        if scratch is not None:
            settings.env.tensorboard_dir = scratch  # only one of several processes keeps curves
        layout = checkout.layout
        with (
            layout.configured(settings_file, request),
            device_in_force(layout, request.device),
            overriding(layout, request, start) as trainers,
            retargeting(layout, request.box_loss),
            _samples_named(layout, explain),
        ):
            run = layout.run(checkout.root, settings_file, request)
            logger.info(f"settings: {settings_file.path}, seed {request.seed}")
            seed_everything(request.seed + distributed.rank())
            with request_heeded(settings, trainers, request):
                run(settings)
            trainer = last_trainer(trainers, settings_file)
            newest = newest_checkpoint(trainer)
            if newest is not None and distributed.rank() == 0:
                write_weights(newest)
            result = training_result(trainer, newest, settings_file)
            beside = "" if result.weights is None else f", weights {result.weights}"
            logger.info(f"trained to epoch {trainer.epoch}: checkpoint {result.checkpoint}{beside}")
            return result


@contextlib.contextmanager
def _samples_named(layout: Layout, explain: Callable[[Exception], InputError | None]) -> Iterator[None]:
    patches = Patches()
    name_samples(layout.training, patches, explain)
    try:
        yield
    finally:
        patches.undo()


def _check_workspace(checkout: Checkout, environment: Any) -> None:
    """The folder that counts where nobody names one must not be in the checkout, which stays as it is."""
    default = DEFAULT_WORKSPACE.absolute()
    if Path(environment.workspace_dir) == default and default.resolve().is_relative_to(checkout.root):
        raise InputError(
            f"workspace: {default}: lies in the checkout: give --workspace DIR, or start in another folder"
        )


@contextlib.contextmanager
def _one_line_errors(explain: Callable[[Exception], InputError | None]) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        reason = None if isinstance(error, InputError) else explain(error)
        # A loader's iterator lives on in the frames, and its workers with it.
        traceback.clear_frames(error.__traceback__)
        if reason is not None:
            raise reason from error
        raise
