"""The trackers of a PyTracking checkout as trackers of ours: any name, any parameter file, on the CPU too."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any  # a checkout's objects, whose classes are not known here

import numpy as np
import torch
from torch import nn

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.bridge.held_session import hold_session
from siou_tracking.bridge.process.random_state import RandomState
from siou_tracking.bridge.tracker_files import check_tracker, checkout_trackers, find_network, network_holders
from siou_tracking.device import check_device
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.checkpoint_files import find_checkpoint
from siou_tracking.ltr.admin.loading import check_finite, read_checkpoint
from siou_tracking.tracker_inputs import as_rgb, box_from_info

__all__ = ["CheckoutTracker", "checkout_trackers"]


class CheckoutTracker:
    """One tracker of a checkout, with `initialize` and `track` as upstream's own evaluation calls them.

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
    ) -> None:
        name, param = check_tracker(checkout, name, param)
        self.label = f"{name}:{param}"
        self._device = _choose_device(device, self.label)
        self._random = None if seed is None else RandomState(seed)
        self._previous: dict[str, Any] | None = None
        self._finalizer = weakref.finalize(self, hold_session(checkout))
        try:
            # A network that is made draws numbers before it gets its weights, and says what it is made of.
            with RandomState(seed or 0).active(), contextlib.redirect_stdout(io.StringIO()):
                self.inner, self.network = _build_tracker(name, param, weights, self._device)
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

        Upstream's trackers show how sure they are to their debugger only; it is 'flag' and 'score' here.

        Raises:
            InputError: an image of another kind, or `initialize` was not called.
        """
        image = self._check_image(image, "track")
        if self._previous is None:
            raise InputError(f"tracker {self.label}: track: called before initialize, allowed is initialize first")
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
            if self._device.type == "cuda":
                stack.enter_context(torch.cuda.device(self._device))  # upstream moves things by .cuda()
            if self._random is not None:
                stack.enter_context(self._random.active())
            yield


def _told(inner: Any) -> dict[str, Any]:
    """The flag and the score of the last frame, as far as the tracker notes them."""
    noted = getattr(inner, "debug_info", None)
    if not isinstance(noted, Mapping):
        return {}
    lost = "not_found" if noted.get("is_lost_clf") else None  # rts says no more
    told = {"flag": lost or noted.get("flag"), "score": noted.get("max_score")}
    return {name: value for name, value in told.items() if value is not None}


def _choose_device(device: str | None, label: str) -> torch.device:
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    checked = check_device(device)
    if checked.type not in ("cpu", "cuda"):
        raise InputError(f"device '{device}': tracker {label}: PyTracking knows cpu and cuda")
    return checked


def _build_tracker(
    name: str, param: str, weights: str | os.PathLike[str] | None, device: torch.device
) -> tuple[Any, Path | None]:
    """The tracker with its networks loaded, and the file of its main network; inside a session."""
    label = f"{name}:{param}"
    with _blame_on(f"tracker {label}: its parameter file"):
        params = importlib.import_module(f"pytracking.parameter.{name}.{param}").parameters()
    holders = network_holders(params)
    network = _choose_network(holders, weights, label)
    _settle_params(params, holders, device)
    with _blame_on(f"tracker {label}: making it"):
        tracker = importlib.import_module(f"pytracking.tracker.{name}").get_tracker_class()(params)
    tracker.visdom = None
    load = getattr(tracker, "initialize_features", None)
    if load is not None:
        on_device = torch.cuda.device(device) if device.type == "cuda" else contextlib.nullcontext()
        with on_device, _blame_on(f"weights: {network}: tracker {label}: loading it"), _explain_network(network):
            load()
            for holder in holders:
                if isinstance(getattr(holder, "net", None), nn.Module):
                    check_finite(holder.net.state_dict(), holder.net_path)
    return tracker, network


@contextlib.contextmanager
def _explain_network(network: Path | None) -> Iterator[None]:
    """Where the file itself is what is wrong, say so instead of what the checkout's code made of it."""
    try:
        yield
    except Exception:
        if network is not None:
            read_checkpoint(network)
        raise


@contextlib.contextmanager
def _blame_on(what: str) -> Iterator[None]:
    """What the checkout's code raises is an input error that says what raised it."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        raise InputError(f"{what} raises {reason}") from error


def _choose_network(holders: list[Any], weights: str | os.PathLike[str] | None, label: str) -> Path | None:
    """Give every holder the whole path of its file; `weights` replaces that of the first. Returns the first's."""
    if weights is not None and not holders:
        raise InputError(f"weights: tracker {label}: got '{weights}', it takes none")
    folders = importlib.import_module("pytracking.evaluation.environment").env_settings().network_path
    for index, holder in enumerate(holders):
        if index == 0 and weights is not None:
            holder.net_path = str(_find_weights(weights))
        elif holder.net_path is not None:
            holder.net_path = str(find_network(holder.net_path, folders, label))
    return Path(holders[0].net_path) if holders and holders[0].net_path else None


def _find_weights(weights: str | os.PathLike[str]) -> Path:
    path = Path(weights).expanduser()
    if path.is_dir():
        return find_checkpoint(path).resolve()
    if not path.is_file():
        raise InputError(f"weights: {path}: not found, expected a checkpoint file or a folder of them")
    return path.resolve()


def _settle_params(params: Any, holders: list[Any], device: torch.device) -> None:
    """Every parameter file asks for a GPU and may ask for windows; settle both before anything is built."""
    gpu = device.type == "cuda"
    params.use_gpu, params.device = gpu, device.type
    params.debug, params.visualization = 0, False
    for holder in (*holders, *(getattr(getattr(params, "features", None), "features", None) or [])):
        if hasattr(holder, "use_gpu"):
            holder.use_gpu = gpu
