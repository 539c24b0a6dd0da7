"""A checkout's tracker behind the calls that we make, whatever its own methods ask for besides."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Mapping
from typing import Any  # a checkout's tracker, and what it answers

import numpy as np

from siou_tracking.bridge.making.calls import call_with, match_arguments
from siou_tracking.bridge.making.shared_config import OwnConfig
from siou_tracking.errors import InputError

_ROLES = {"image": "image", "img": "image", "info": "info", "name": "sequence", "idx": "start", "index": "start"}
_SCORES = ("score", "conf_score", "best_score", "pred_score", "max_score")
_CHANNELS = 6


class CalledTracker:
    """`initialize` and `track` of a tracker.

    Args:
        inner: the checkout's.
        config: what the checkout's configurations are while it runs.
        label: for errors.

    Raises:
        InputError: a method asks for what is not known here.
    """

    def __init__(self, inner: Any, config: OwnConfig, label: str) -> None:
        self.inner, self._config, self._label = inner, config, label
        self._asked = {
            call: match_arguments(getattr(inner, call), _ROLES, f"tracker {label}: its {call}")
            for call in ("initialize", "track")
        }

    def initialize(self, image: np.ndarray, info: Mapping[str, Any]) -> dict[str, Any]:
        """Start; `info['init_bbox']` is a list [x, y, w, h].

        Raises:
            InputError: it asks for an entry of `info` that it was not given.
        """
        answer = self._call("initialize", image, {**info, "init_bbox": list(info["init_bbox"])})
        return answer if isinstance(answer, dict) else {}

    def track(self, image: np.ndarray, info: Mapping[str, Any]) -> dict[str, Any]:
        """The next frame: 'target_bbox' as a list, 'score' where the tracker says how sure it is.

        Raises:
            InputError: no box in the answer, or as `initialize`.
        """
        answer = self._call("track", image, dict(info))
        if not isinstance(answer, dict) or answer.get("target_bbox") is None:
            raise InputError(f"tracker {self._label}: track: got {type(answer).__name__} without 'target_bbox'")
        box = answer["target_bbox"]
        box = [float(value) for value in (box[0] if len(box) == 1 else box)]
        return {**answer, **_find_score(answer), "target_bbox": box}

    def _call(self, call: str, image: np.ndarray, info: dict[str, Any]) -> Any:
        given = _Given(info, f"tracker {self._label}: {call}")
        values = {"image": image, "info": given, "sequence": "sequence", "start": 0}
        with self._config.in_force():
            return call_with(getattr(self.inner, call), self._asked[call], values)

    def check_inputs(self) -> None:
        """Refuse a tracker that needs more than pictures in color and a box; a copy of it is tried, where it copies.

        Raises:
            InputError: it does; says what.
        """
        try:
            twin = copy.deepcopy(self)
        except Exception:  # what cannot be copied tells at its first frame
            return
        image = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
        box = [100.0, 80.0, 60.0, 50.0]
        try:
            twin.initialize(image, {"init_bbox": box})
        except InputError:
            raise
        except Exception as error:
            if _works(twin, np.concatenate([image, image], axis=2), box):
                raise InputError(
                    f"tracker {self._label}: wants pictures of {_CHANNELS} channels, color beside depth, thermal or "
                    "events; benchmarks and videos here have color alone"
                ) from error


def _find_score(answer: Mapping[str, Any]) -> dict[str, float]:
    """How sure a tracker says it is, where that is one number."""
    for name in _SCORES:
        with contextlib.suppress(KeyError, TypeError, ValueError, RuntimeError):
            return {"score": float(answer[name])}
    return {}


def _works(tracker: CalledTracker, image: np.ndarray, box: list[float]) -> bool:
    try:
        tracker.initialize(image, {"init_bbox": box})
    except Exception:
        return False
    return True


class _Given(dict[str, Any]):
    """What a tracker is told of a frame; asking for more is told in one line."""

    def __init__(self, content: Mapping[str, Any], where: str) -> None:
        super().__init__(content)
        self._where = where

    def __missing__(self, key: str) -> Any:
        raise InputError(
            f"{self._where}: reads info['{key}'], which is not given: benchmarks and videos here have pictures and a "
            "first box, no words or other data"
        )

    def __reduce__(self) -> tuple[type[dict], tuple[dict[str, Any]]]:
        return dict, (dict(self),)
