"""The life of a run: where it starts, one checkpoint per epoch, and how it goes on after an interruption."""

from __future__ import annotations

import contextlib
import contextvars
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.actors.base_actor import BaseActor
from siou_tracking.ltr.admin.active_request import active_request
from siou_tracking.ltr.admin.checkpoint_files import checkpoint_path, newest_checkpoint
from siou_tracking.ltr.admin.loading import check_state, load_state, read_checkpoint
from siou_tracking.ltr.admin.multigpu import unwrap
from siou_tracking.ltr.admin.settings import Settings
from siou_tracking.ltr.admin.tensor_file.beside import write_weights
from siou_tracking.ltr.models.backbone.pretrained import check_weights_were_used
from siou_tracking.ltr.trainers import distributed
from siou_tracking.ltr.trainers.device import pick_device
from siou_tracking.ltr.trainers.full_disk import full_disk_explained
from siou_tracking.ltr.trainers.keeping import Keeping
from siou_tracking.ltr.trainers.kept_memory import keep_freed_memory
from siou_tracking.ltr.trainers.resume.position import EpochPosition
from siou_tracking.ltr.trainers.resume.restore import restore_run
from siou_tracking.ltr.trainers.resume.start import plan_start
from siou_tracking.ltr.trainers.saving import save_epoch
from siou_tracking.ltr.trainers.step.options import apply_step_options
from siou_tracking.ltr.trainers.step.replay import train_or_replay
from siou_tracking.retrain.retarget import retarget
from siou_tracking.running.folder_lock import lock_folder
from siou_tracking.running.stopping import NOTICES, StopRequest

logger = get_logger(__name__)

_observer: contextvars.ContextVar[list[BaseTrainer] | None] = contextvars.ContextVar("trainers", default=None)


@contextlib.contextmanager
def observe_trainers() -> Iterator[list[BaseTrainer]]:
    """A list that gets every trainer made inside the block: a settings file's `run` does not return its own."""
    made: list[BaseTrainer] = []
    token = _observer.set(made)
    try:
        yield made
    finally:
        _observer.reset(token)


class BaseTrainer:
    """Runs epochs and keeps checkpoints; what an epoch is, a subclass says in `train_epoch`.

    When the settings or the command line ask for a box loss, `actor` becomes one that learns it; it brings along what
    the command line asks of precision and steps.

    Args:
        actor: turns a batch into a loss; its network is moved to the device, and averaged over processes under
            `torchrun`.
        loaders: data loaders, each with a `name`.
        optimizer: over the network's parameters.
        settings: of the run; `project_path` and `env.workspace_dir` say where checkpoints go, `device` and `use_gpu`
            where it runs. Without a workspace no checkpoints are written, and a line says so.
        lr_scheduler: stepped once per epoch.

    Raises:
        InputError: a box loss that this actor cannot be trained with, or what `apply_step_options` raises.
    """

    def __init__(
        self,
        actor: BaseActor,
        loaders: Sequence[Any],
        optimizer: torch.optim.Optimizer,
        settings: Settings,
        lr_scheduler: Any = None,
    ) -> None:
        self.actor = actor
        self.loaders = list(loaders)
        self.optimizer = optimizer
        self.settings = settings
        self.lr_scheduler = lr_scheduler
        self.epoch = 0
        self.stats: OrderedDict[str, Any] = OrderedDict()
        self.box_loss: dict[str, Any] | None = None
        self.training_began = False
        self.keeping = Keeping.of(active_request())
        self.position = EpochPosition()
        self.stop_request = StopRequest(())
        self._learn_box_loss()
        self.device = pick_device(settings)
        distributed.start(self.device)
        self.actor.to(self.device)
        self.actor.train()  # settles which parameters are frozen, which averaging has to know
        self.actor.net = distributed.wrap(self.actor.net, self.device)
        request = active_request()
        self.actor = apply_step_options(
            self.actor, optimizer, self.loaders, request, self.device, lambda: self.latest_checkpoint
        )
        made = _observer.get()
        if made is not None:
            made.append(self)

    @property
    def net(self) -> torch.nn.Module:
        """The network without wrappers."""
        return unwrap(self.actor.net)

    @property
    def actor_type(self) -> str:
        """Class name of the settings file's actor."""
        return type(self.actor).__name__

    @property
    def checkpoint_folder(self) -> Path | None:
        """`<workspace>/checkpoints/<project_path>`, or None without a workspace."""
        workspace = getattr(self.settings.env, "workspace_dir", "")
        return Path(workspace) / "checkpoints" / self.settings.project_path if workspace else None

    @property
    def latest_checkpoint(self) -> Path | None:
        """The newest checkpoint of this network in the folder, if any."""
        folder = self.checkpoint_folder
        return None if folder is None else newest_checkpoint(folder, type(self.net).__name__)

    @property
    def stops_within_epochs(self) -> bool:
        """Whether `train_epoch` looks at `stop_request`: otherwise signals end the process at once, as ever."""
        return False

    def train(self, max_epochs: int, load_latest: bool = False, fail_safe: bool = True) -> None:
        """Run up to and including epoch `max_epochs`, with a checkpoint after each.

        Ctrl-C, SIGTERM, SIGHUP and SIGUSR1 end it after the step at hand, with a checkpoint from which `--resume` goes
        on with the next one. No other process can train into the same folder meanwhile.

        Args:
            max_epochs: last epoch; `--epochs` wins over it.
            load_latest: continue from the newest checkpoint if there is one; `--resume` and `--fresh` win over it.
            fail_safe: accepted because settings files pass it. An error is never swallowed or retried here: it ends
                the run, and the checkpoints written so far stay as they are.

        Raises:
            InputError: the folder holds another run or another network and nobody said what to do with it; another
                process trains into it; a checkpoint or weights file that does not fit; a loss or weight that is no
                longer finite; a box loss that was asked for too late.
            KeyboardInterrupt: Ctrl-C.
            Stopped: another of these signals.
        """
        train_or_replay(self)
        self.training_began = True
        keep_freed_memory(self.device)
        with self._alone(), StopRequest(NOTICES if self.stops_within_epochs else ()) as self.stop_request:
            self._train(max_epochs, load_latest)
        self.stop_request.stop()

    def _alone(self) -> contextlib.AbstractContextManager[None]:
        """Keep other trainings out of the folder; the first of several processes does."""
        if self.checkpoint_folder is None or distributed.rank() != 0:
            return contextlib.nullcontext()
        return lock_folder(self.checkpoint_folder, "workspace", instead="give another --workspace")

    def _train(self, max_epochs: int, load_latest: bool) -> None:
        last = active_request().epochs or max_epochs
        self._learn_box_loss()
        check_weights_were_used()
        self._find_start(load_latest)
        if self.epoch >= last:
            self._end("already trained")
            return
        if self.checkpoint_folder is None:
            logger.info("no workspace is set: checkpoints are not written")
        for epoch in range(self.epoch + 1, last + 1):
            self.epoch = epoch
            with self._full_disk_explained():
                self.train_epoch()
                if self.lr_scheduler is not None:
                    with warnings.catch_warnings():  # a run may go on behind the last step of an epoch
                        warnings.filterwarnings("ignore", "Detected call of `lr_scheduler.step")
                        self.lr_scheduler.step()
                self.save_checkpoint()
            signals = [one for one in distributed.all_gather(self.stop_request.signal) if one is not None]
            if signals:
                self.stop_request.signal = signals[0]
                logger.info(
                    f"stopped by {self.stop_request.name} after epoch {epoch}: checkpoint {self.latest_checkpoint}"
                )
                return
        self._end("trained")

    def _end(self, how: str) -> None:
        """Leave the network alone beside the newest checkpoint, and say where both are."""
        latest = self.latest_checkpoint
        weights = write_weights(latest) if latest is not None and distributed.rank() == 0 else None
        distributed.barrier()  # when any process returns from here, the last checkpoint is there
        beside = "" if weights is None else f", weights {weights}"
        logger.info(f"{how} to epoch {self.epoch}: checkpoint {latest}{beside}")

    def _learn_box_loss(self) -> None:
        """Give the actor the box loss asked for; again when training begins, for a settings file may ask until then."""
        choice, actor = retarget(self.actor, self.settings, self.loaders, active_request().box_loss)
        if choice is None:
            return
        if self.epoch > 0 and actor is not self.actor:
            raise InputError(
                f"box loss {choice.name}: asked for after epoch {self.epoch} was trained without it: call use_box_loss "
                "before the trainer is made"
            )
        self.actor = actor
        if self.box_loss != choice.stored():
            self.box_loss = choice.stored()
            logger.info(choice.announcement(self.actor_type))

    def _full_disk_explained(self) -> contextlib.AbstractContextManager[None]:
        return full_disk_explained(self.checkpoint_folder, lambda: self.latest_checkpoint)

    def train_epoch(self) -> None:
        """One pass over the loaders."""
        raise NotImplementedError(f"{type(self).__name__} does not say what an epoch is")

    def _find_start(self, load_latest: bool) -> None:
        """Continue a run, or start one; the first process decides, the others follow."""
        if self.epoch > 0:
            return  # a second call of `train` goes on with the run at hand
        request = active_request()
        # Read before anything moves: the file may lie in the folder that is set aside.
        start = None if request.weights is None else read_checkpoint(request.weights)
        if start is not None and request.weights is not None and request.resume is False:
            check_state(self.net, start, request.weights)
        plan = distributed.broadcast(plan_start(self, load_latest) if distributed.rank() == 0 else None)
        if isinstance(plan, InputError):
            raise plan
        distributed.barrier()
        if plan is not None:
            self.load_checkpoint(plan)
            logger.info(f"continuing from epoch {self.epoch}: {plan}")
            if start is not None:
                logger.info(f"weights {request.weights} are not used: the run continues from its checkpoint")
        elif start is not None and request.weights is not None:
            load_state(self.net, start, request.weights)
            logger.info(f"starting from the weights in {request.weights}")

    def save_checkpoint(self) -> Path | None:
        """Write this epoch's checkpoint in one move, and remove what `--keep` does not keep.

        Returns:
            The file; None without a workspace and in all but the first process.

        Raises:
            TrainingDiverged: a weight is not finite; nothing is written.
        """
        return save_epoch(self)

    def load_checkpoint(
        self,
        checkpoint: str | Path | int | None = None,
        fields: Iterable[str] | None = None,
        ignore_fields: Iterable[str] | None = None,
        load_constructor: bool = False,
    ) -> bool:
        """Take over a checkpoint's network, optimizer, epoch, statistics, learning rate and random numbers.

        Args:
            checkpoint: a file, an epoch of this run, or None for the newest of this run.
            fields: take only these entries; ignore_fields: leave these out (settings always stay this run's own).
            load_constructor: also take over how the network is built.

        Returns:
            False if `checkpoint` is None and there is none.
        """
        folder = self.checkpoint_folder
        if checkpoint is None:
            path = self.latest_checkpoint
        elif isinstance(checkpoint, int):
            path = checkpoint_path(folder, type(self.net).__name__, checkpoint) if folder else None
        else:
            path = Path(checkpoint).expanduser()
        if path is None:
            logger.info("no checkpoint found")
            return False
        restore_run(self, path, fields, ignore_fields or (), load_constructor)
        return True
