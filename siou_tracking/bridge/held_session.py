"""A session that several objects hold open together, and that ends with the last of them, in whatever order they go."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.bridge.making.spare_copies import SpareCopies
from siou_tracking.bridge.process.state import leads_into
from siou_tracking.bridge.session import checkout_session

_lock = threading.RLock()  # an object may be collected while another one is being made
_held: dict[Path, _HeldSession] = {}


class _HeldSession:
    """An open session and the number of its holders."""

    def __init__(self, checkout: Checkout, announce: bool) -> None:
        self.holders = 0
        self.spares = SpareCopies()
        self.stack = contextlib.ExitStack()
        with contextlib.redirect_stdout(sys.stderr):  # stdout is for what a tracker finds
            self.stack.enter_context(checkout_session(checkout, announce=announce))


@contextlib.contextmanager
def session_for_tracking(checkout: Checkout) -> Iterator[None]:
    """A session that trackers made inside the block share; what it supplies is told on stderr."""
    let_go = hold_session(checkout, announce=True)
    try:
        yield
    finally:
        let_go()


def hold_session(checkout: Checkout, announce: bool = False) -> Callable[[], None]:
    """Open a session with the checkout, or share the one that is held; call the result, once, to let it go."""
    with _lock:
        held = _held.get(checkout.root)
        if held is None:
            held = _held[checkout.root] = _HeldSession(checkout, announce)
        held.holders += 1

    def let_go() -> None:
        with _lock:
            held.holders -= 1
            if held.holders == 0:
                del _held[checkout.root]
                _close_session(held.stack, checkout.root)

    return let_go


def spares_of(checkout: Checkout) -> SpareCopies:
    """The trackers that the held session with a checkout keeps for copies; they go when it ends."""
    return _held[checkout.root].spares


def _close_session(stack: contextlib.ExitStack, root: Path) -> None:
    """End a session without undoing what its user changed in the process while it was open."""
    path, folder, gradients = list(sys.path), Path.cwd(), torch.is_grad_enabled()
    try:
        stack.close()
    finally:
        sys.path.extend(entry for entry in path if entry not in sys.path and not leads_into(entry, root))
        torch.set_grad_enabled(gradients)
        os.chdir(folder)
