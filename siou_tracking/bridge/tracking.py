"""The trackers of a checkout as trackers of ours: any name, any parameter file, on the CPU too."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import sys
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any  # a checkout's objects, whose classes are not known here

import numpy as np
import torch

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.bridge.held_session import hold_session, spares_of
from siou_tracking.bridge.making.request import TrackerRequest
from siou_tracking.bridge.making.spare_copies import file_stamp
from siou_tracking.bridge.networks import find_weights
from siou_tracking.bridge.process.random_state import RandomState
from siou_tracking.bridge.standins.cuda.on_device import on_device
from siou_tracking.bridge.tracker_files import check_tracker, checkout_trackers
from siou_tracking.device import check_device, default_device
from siou_tracking.errors import InputError
from siou_tracking.tracker_inputs import as_rgb, box_from_info, not_initialized

__all__ = ["CheckoutTracker", "checkout_trackers"]


class CheckoutTracker:
    """One tracker of a checkout, with `initialize` and `track` as its own evaluation calls them.

    A session with the checkout is open from here until `close`, or until the object is collected; any number of
    trackers may share one. The network is loaded here, so what is wrong with it is said before the first frame.

    Args:
        checkout: where the tracker lives.
        name: such as "dimp", also "dimp:dimp50".
        param: its parameter file; None for `default`, or the only one.
        weights: a checkpoint, or a folder whose latest is taken, instead of the network that the parameter file names.
        device: cpu or cuda; None takes a GPU when there is one.
        seed: of everything random, begun again at every `initialize`, the process's generators left alone; None draws
            from the process's generators, which the caller then seeds.
        dataset: the benchmark that it will run on, by its name here, NAME_test for a test split; some trackers of
            PyTracking's kin have parameters for each. None for other data.

    Raises:
        InputError: unknown name, a network that is not found or does not load, a device that is not here.
    """

    def __init__(
        self,
        checkout: Checkout,
        name: str,
        param: str | None = None,
        weights: str | os.PathLike[str] | None = None,
        device: str | None = None,
        seed: int | None = 0,
        dataset: str | None = None,
    ) -> None:
        name, param = check_tracker(checkout, name, param)
        self.label = f"{name}:{param}"
        self._device = _choose_device(device, self.label, checkout.layout.title)
        self._place = (
            functools.partial(on_device, self._device) if checkout.layout.says_cuda else contextlib.nullcontext
        )
        self._random = None if seed is None else RandomState(seed)
        self._previous: dict[str, Any] | None = None
        self._finalizer = weakref.finalize(self, hold_session(checkout))
        try:
            # A network that is made draws numbers before it gets its weights, and says what it is made of.
            with RandomState(seed or 0).active(), contextlib.redirect_stdout(io.StringIO()), self._place():
                request = TrackerRequest(name, param, weights, self._device, dataset)
                self.inner, self.network = _make(checkout, request)
        except BaseException:
            self._finalizer()
            raise

    def close(self) -> None:
        """End the session with the checkout; the tracker cannot be used afterwards."""
        self.inner = None
        self._finalizer()

    def initialize(self, image: np.ndarray, info: Mapping[str, Any]) -> dict[str, Any]:
        """Start on `image` (H, W, 3) uint8 RGB with `info['init_bbox']` = [x, y, w, h], which is the first box.

        Raises:
            InputError: an image of another kind, no usable first box, or the tracker is closed.
        """
        image = self._check_image(image, "initialize")
        box = box_from_info(info, image, f"tracker {self.label}: initialize")
        if self._random is not None:
            self._random.restart()
        with self._frame_context():
            answer = self.inner.initialize(image, {**info, "init_bbox": box}) or {}
        self._previous = {**answer, "target_bbox": box}
        return dict(self._previous)

    def track(self, image: np.ndarray, info: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Find the target in the next image; 'target_bbox' is [x, y, w, h], beside it whatever the tracker tells.

        How sure PyTracking's trackers are they show to their debugger only; it is 'flag' and 'score' here.

        Raises:
            InputError: an image of another kind, or `initialize` was not called.
        """
        image = self._check_image(image, "track")
        if self._previous is None:
            raise not_initialized(f"tracker {self.label}: track")
        with self._frame_context():
            answer = dict(self.inner.track(image, {**(info or {}), "previous_output": self._previous}))
        self._previous = answer
        return {
            **_told(self.inner),
            **answer,
            "target_bbox": np.asarray(answer["target_bbox"], dtype=np.float64).reshape(-1).tolist(),
        }

    def _check_image(self, image: np.ndarray, call: str) -> np.ndarray:
        if self.inner is None:
            raise InputError(f"tracker {self.label}: {call}: called after close")
        return np.ascontiguousarray(as_rgb(image, f"tracker {self.label}: {call}"))

    @contextlib.contextmanager
    def _frame_context(self) -> Iterator[None]:
        """The state of the process in which a frame is processed: gradients, device, random numbers."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.redirect_stdout(sys.stderr))  # which is for boxes
            stack.enter_context(torch.enable_grad())  # boxes are refined by gradients
            stack.enter_context(self._place())
            if self._device.type == "cuda":
                stack.enter_context(torch.cuda.device(self._device))  # upstream moves things by .cuda()
            if self._random is not None:
                stack.enter_context(self._random.active())
            yield


def _make(checkout: Checkout, request: TrackerRequest) -> tuple[Any, Path | None]:
    """A tracker and its network's file; where the layout allows it a copy of what the session has made before."""

    def make() -> tuple[Any, Path | None]:
        return checkout.layout.make_tracker(checkout.root, request)

    if not checkout.layout.copies_trackers:
        return make()
    stamp = None if request.weights is None else file_stamp(find_weights(request.weights))
    return spares_of(checkout).get((request, stamp), make, lambda made: made[0].inner)


def _told(inner: Any) -> dict[str, Any]:
    """The flag and the score of the last frame, as far as the tracker notes them."""
    noted = getattr(inner, "debug_info", None)
    if not isinstance(noted, Mapping):
        return {}
    lost = "not_found" if noted.get("is_lost_clf") else None  # rts says no more
    told = {"flag": lost or noted.get("flag"), "score": noted.get("max_score")}
    return {name: value for name, value in told.items() if value is not None}


def _choose_device(device: str | None, label: str, title: str) -> torch.device:
    if device is None:
        return default_device()
    checked = check_device(device)
    if checked.type not in ("cpu", "cuda"):
        raise InputError(f"device '{device}': tracker {label}: {title} knows cpu and cuda")
    return checked
