"""Taking over the checkpoint of a run that goes on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any  # Any: what a checkpoint holds

from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import load_state, read_checkpoint
from siou_tracking.ltr.admin.settings import trained_box_loss
from siou_tracking.ltr.trainers import checkpoints, distributed
from siou_tracking.ltr.trainers.resume.fitting import is_switch, problem
from siou_tracking.ltr.trainers.step.options import restore_scaler

if TYPE_CHECKING:
    from siou_tracking.ltr.admin.model_constructor import NetConstructor
    from siou_tracking.ltr.trainers.base_trainer import BaseTrainer


def restore_run(
    trainer: BaseTrainer,
    path: Path,
    fields: Iterable[str] | None = None,
    ignore_fields: Iterable[str] = (),
    load_constructor: bool = False,
) -> None:
    """Put `trainer` where the run that wrote `path` was.

    Args:
        fields: take only these entries, ignore_fields: leave these out.
        load_constructor: also take over how the network is built.

    Raises:
        InputError: the file is unreadable, of another network or one built otherwise, of another optimizer, or of
            another box loss.
    """
    state = read_checkpoint(path)
    wanted = set(state).intersection(state if fields is None else fields) - set(ignore_fields)
    if "net" in wanted:
        check_construction(state.get("constructor"), getattr(trainer.net, "constructor", None), path)
    asked = {name: state[name] for name in (*wanted, "lr_scheduler_state") if name in state}
    if what := problem(asked, trainer.optimizer, trainer.lr_scheduler, trainer.loaders):
        raise InputError(f"checkpoint {path}: {what}: give --fresh or another --workspace")
    try:
        _take_over(trainer, state, wanted, path, load_constructor)
    except InputError:
        raise
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, RuntimeError, OverflowError) as error:
        told = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise InputError(f"checkpoint {path}: a run cannot go on from it: {told}") from error


def _take_over(
    trainer: BaseTrainer, state: dict[str, Any], wanted: set[str], path: Path, load_constructor: bool
) -> None:
    check_box_loss(trained_box_loss(state), trainer.box_loss, path)
    if "net" in wanted:
        load_state(trainer.net, state, path)
    if "optimizer" in wanted:
        _restore_optimizer(trainer.optimizer, state["optimizer"], path)
        restore_scaler(trainer.actor, state)
    if "stats" in wanted:
        trainer.stats.update(state["stats"])
    if "epoch" in wanted:
        trainer.epoch = state["epoch"]
        trainer.position.stopped = stopped = state.get("within_epoch")
        if stopped is not None:
            trainer.stats.update(stopped["processes"][distributed.rank()]["stats"])
        _restore_schedule(trainer, state.get("lr_scheduler_state", {}))
    if state.get("actor_state") and hasattr(trainer.actor, "restore_state"):
        trainer.actor.restore_state(state["actor_state"])
    if "rng_state" in wanted:
        randoms = state.get("rng_states", [])
        if len(randoms) == distributed.world_size():
            checkpoints.restore_rng_state(randoms[distributed.rank()])
        elif distributed.world_size() == 1:
            checkpoints.restore_rng_state(state["rng_state"])
    if load_constructor and state.get("constructor") is not None:
        trainer.net.constructor = state["constructor"]
    if state.get("net_info") is not None:
        trainer.net.info = state["net_info"]


def _restore_optimizer(optimizer: Optimizer, state: dict[str, Any], path: Path) -> None:
    """Numbers are the checkpoint's; switches, such as the form of the arithmetic, stay this run's own."""
    groups = optimizer.param_groups
    own = [{name: value for name, value in group.items() if is_switch(value)} for group in groups]
    try:
        optimizer.load_state_dict(state)
    except (ValueError, KeyError) as error:
        raise InputError(f"checkpoint {path}: its optimizer does not fit this run's: {error}") from error
    for group, switches in zip(optimizer.param_groups, own, strict=True):
        group.update(switches)


def _restore_schedule(trainer: BaseTrainer, state: dict[str, Any]) -> None:
    """Learning rates themselves are in the optimizer; a checkpoint of upstream's has no scheduler state beside them.

    A cosine keeps the length that this run gives it: that of a shorter run would rise again after its end.
    """
    scheduler = trainer.lr_scheduler
    if scheduler is None:
        return
    length = scheduler.T_max if isinstance(scheduler, CosineAnnealingLR) else None
    scheduler.load_state_dict(state)  # which brings the length of the run that wrote it
    scheduler.last_epoch = trainer.epoch
    if isinstance(scheduler, CosineAnnealingLR) and length is not None and scheduler.T_max != length:
        scheduler.T_max = length
        # The cosine's public step goes on from the rate before; only this private formula gives the rate of an epoch
        # by itself, which is what a curve of another length needs.
        for group, rate in zip(trainer.optimizer.param_groups, scheduler._get_closed_form_lr(), strict=True):
            group["lr"] = rate


def check_box_loss(there: dict[str, Any] | None, here: dict[str, Any] | None, path: Path) -> None:
    """Refuse to continue a run of another box loss.

    Args:
        there: `BoxLossChoice.stored()` of the checkpoint's run, None for the settings file's own loss.
        here: the same of this run.
        path: of the checkpoint.

    Raises:
        InputError: they differ.
    """
    if there != here:
        trained, asked = _describe_box_loss(there), _describe_box_loss(here)
        raise InputError(
            f"checkpoint {path}: was trained with {trained}, this run asks for {asked}: "
            "give --fresh or another --workspace"
        )


def check_construction(there: NetConstructor | None, here: NetConstructor | None, path: Path) -> None:
    """Refuse to continue a run whose network was built otherwise, also where every weight would fit.

    Switches are not compared: whether pretrained weights are read no longer matters.

    Args:
        there: of the checkpoint's network, here: of this run's; None where it is not known.
        path: of the checkpoint.

    Raises:
        InputError: a number or name differs, such as that of identities, or the factor on a loss.
    """
    if there is None or here is None or there.fun_name != here.fun_name:
        return
    for name, new in here.kwds.items():
        old = there.kwds.get(name, new)
        if isinstance(new, int | float | str) and not isinstance(new, bool) and old != new:
            raise InputError(
                f"checkpoint {path}: was trained with {name} {old}, this run has {new}: "
                "give --fresh or another --workspace"
            )


def _describe_box_loss(box_loss: dict[str, Any] | None) -> str:
    if box_loss is None:
        return "the settings file's own box loss"
    values = {**box_loss["params"], "weight": box_loss["weight"]}
    shown = ", ".join(f"{key} {value}" for key, value in values.items() if value is not None)
    return f"box loss {box_loss['name']} ({shown})"
