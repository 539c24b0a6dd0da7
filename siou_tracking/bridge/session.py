"""A session with a checkout: while it is open its packages' names mean the checkout, and it works on this machine;
afterwards the process and the checkout are as they were."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any  # a folder, or several

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.bridge.environment import (
    Folders,
    OwnFiles,
    environment_values,
    tracking_module,
    training_module,
)
from siou_tracking.bridge.process.state import kept_process_state
from siou_tracking.bridge.standins import plan
from siou_tracking.bridge.supply.component import StandIn
from siou_tracking.bridge.supply.finder import CheckoutFinder
from siou_tracking.bridge.supply.patches import Patches
from siou_tracking.errors import InputError
from siou_tracking.log import get_logger
from siou_tracking.ltr.admin.name_owners import NameOwner, own_names

logger = get_logger(__name__)


class Session:
    """An open session."""

    checkout: Checkout
    supplied: list[StandIn]
    """What stands in for things this machine lacks."""

    def __init__(self, checkout: Checkout, supplied: list[StandIn], pretrained: bool) -> None:
        self.checkout, self.supplied, self.pretrained = checkout, supplied, pretrained
        self.own_files = OwnFiles(checkout, logger.info)
        self.folders: list[Folders] = []
        self.patches = Patches()
        self.stack = contextlib.ExitStack()
        modules = {name: make for stand_in in supplied for name, make in stand_in.modules.items()}
        self.supplied_names = list(modules)
        layout = checkout.layout
        modules |= layout.modules()
        modules[layout.training_local] = training_module(layout.training_local, lambda: self.folders[-1].training())
        modules[layout.tracking_local] = tracking_module(layout.tracking, lambda: self.folders[-1].tracking())
        after = {
            name: functools.partial(change, patches=self.patches)
            for stand_in in supplied
            for name, change in stand_in.after_import.items()
        }
        names = layout.packages(checkout.root)
        self.owner = NameOwner(CheckoutFinder(checkout.root, modules, after, names), names)


_open: list[Session] = []


@contextlib.contextmanager
def checkout_session(
    checkout: Checkout,
    environment: object = None,
    *,
    tracking: Mapping[str, Any] | None = None,
    pretrained: bool = True,
    announce: bool = True,
) -> Iterator[Session]:
    """Inside the block the checkout's packages come from it, and what it needs and this machine lacks is supplied.

    Nothing is written into the checkout, bytecode and its template files included. On exit, also after an error, its
    modules, the stand-ins and every change made to the process are gone. Blocks for one checkout may be nested and
    share its modules; an inner one may give other folders. `ltr.aliases.engine_imports` inside the block brings the
    embedded engine's modules back for as long as it lasts, and the other way round. Not for several threads at once.

    Args:
        checkout: of `find_checkout`.
        environment: folders for training: an `EnvironmentSettings`, or a mapping of its attributes. The user's own
            `ltr/admin/local.py` counts for those not given; the workspace is ./workspace where neither says.
        tracking: attributes of the tracking environment in the same way (`network_path`, `results_path`, ...).
        pretrained: False starts backbones from random weights where a settings file asks for ImageNet's.
        announce: print the checkout and what is supplied.

    Raises:
        InputError: a session with another checkout, or with another value of `pretrained`, is open.
    """
    given = environment_values(environment), environment_values(tracking)
    session = _open[-1] if _open else Session(checkout, plan(checkout, pretrained=pretrained), pretrained)
    _check_same(session, checkout, pretrained)
    inherits = session.folders and environment is None and tracking is None
    folders = session.folders[-1] if inherits else Folders(session.own_files, *given)
    with _enter_session(session, folders):
        if announce and len(session.folders) == 1:
            _announce_session(session)
        folders.training()  # now, for a checkout writes a template over the file when reading it fails
        yield session


@contextlib.contextmanager
def _enter_session(session: Session, folders: Folders) -> Iterator[None]:
    """One user of the session more; the first changes the process, and the last puts it back, in whatever order."""
    try:
        if not session.folders:
            _start_session(session)
        session.folders.append(folders)
        with own_names(session.owner):
            yield
    finally:
        if folders in session.folders:
            session.folders.remove(folders)
        if not session.folders:
            session.stack.close()


def _start_session(session: Session) -> None:
    """Change the process; everything is undone by the session's stack, in reverse order."""
    stack = session.stack
    stack.enter_context(kept_process_state(session.checkout.root))
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(session.checkout.root))
    unset = {name: value for name, value in session.checkout.layout.variables.items() if name not in os.environ}
    os.environ.update(unset)
    for name in unset:
        stack.callback(os.environ.pop, name, None)
    before = {name: sys.modules.pop(name) for name in session.supplied_names if name in sys.modules}
    stack.callback(_forget_modules, session.supplied_names, before)
    stack.callback(session.patches.undo)
    for stand_in in session.supplied:
        if stand_in.apply is not None:
            stand_in.apply(session.patches)
    _open.append(session)
    stack.callback(_open.remove, session)


def _forget_modules(supplied: list[str], before: dict[str, ModuleType]) -> None:
    for name in supplied:
        sys.modules.pop(name, None)
    sys.modules.update(before)
    for name in [name for name in sys.modules if name.partition(".")[0] == "dlframework"]:
        del sys.modules[name]  # aliases that a checkout makes for its oldest checkpoints


def _check_same(session: Session, checkout: Checkout, pretrained: bool) -> None:
    if session.checkout.root != checkout.root:
        raise InputError(
            f"checkout: got {checkout.root} while a session with {session.checkout.root} is open, "
            "allowed is one at a time"
        )
    if session.pretrained != pretrained:
        raise InputError(f"pretrained: got {pretrained}, allowed inside the open session is {session.pretrained}")


def _announce_session(session: Session) -> None:
    supplied = ", ".join(stand_in.component for stand_in in session.supplied)
    logger.info(f"{session.checkout.layout.title}: {session.checkout}")
    logger.info(f"supplied for this run only: {supplied} (see doctor --checkout)")
