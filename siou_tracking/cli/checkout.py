"""What `--checkout` means to a verb: the checkout, or the open session in which its trackers run."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from siou_tracking.bridge.checkout import Checkout


def given_checkout(options: argparse.Namespace) -> Checkout | None:
    """What --checkout means; None where it is not given.

    Raises:
        InputError: it names no checkout.
    """
    if options.checkout is None:
        return None
    from siou_tracking.bridge.checkout import find_checkout

    return find_checkout(options.checkout or None)


@contextlib.contextmanager
def tracking_session(options: argparse.Namespace) -> Iterator[Path | None]:
    """The folder of the checkout whose trackers are meant, its session open and announced; None without --checkout.

    Raises:
        InputError: --checkout names no checkout.
    """
    checkout = given_checkout(options)
    if checkout is None:
        yield None
        return
    from siou_tracking.bridge.held_session import session_for_tracking

    with session_for_tracking(checkout):
        yield checkout.root
