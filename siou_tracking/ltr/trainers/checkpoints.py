"""Writing a run's checkpoints, and the state of the random numbers in them."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any  # what a checkpoint holds

import numpy as np
import torch

from siou_tracking.files import atomic_path
from siou_tracking.ltr.admin.aliases import engine_imports
from siou_tracking.ltr.trainers.full_disk import saving_whole

_WORDS = 624
"""Of the state of NumPy's generator, the Mersenne Twister."""


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write `state` in one move, safe on the disk, with the engine's classes pickled under upstream's names."""
    with engine_imports(), atomic_path(path, durable=True) as temporary:
        saving_whole(torch.save)(state, temporary)


def set_aside(path: Path) -> Path | None:
    """Rename a folder that has something in it to the first free `<folder>.old-<k>`; None if there is nothing.

    A file keeps its ending: `log.txt` becomes `log.old-1.txt`.
    """
    if not path.is_file() and not (path.is_dir() and any(path.iterdir())):
        return None
    stem, suffix = (path.stem, path.suffix) if path.is_file() else (path.name, "")
    k = 1
    while (target := path.with_name(f"{stem}.old-{k}{suffix}")).exists():
        k += 1
    path.rename(target)
    return target


def scheduler_state(scheduler: Any) -> dict[str, Any]:
    """The entries of a scheduler's state that are numbers or lists of numbers, which a safe load gives back."""
    number = (bool, int, float)
    return {
        key: value
        for key, value in ({} if scheduler is None else scheduler.state_dict()).items()
        if isinstance(value, number) or (isinstance(value, list) and all(isinstance(item, number) for item in value))
    }


def actor_state(actor: Any) -> dict[str, Any]:
    """What an actor carries from step to step outside its network, plain values and tensors; empty for most."""
    return actor.resume_state() if hasattr(actor, "resume_state") else {}


def rng_state() -> dict[str, Any]:
    """The state of every generator that a run draws from, as plain values and tensors."""
    version, words, gauss = random.getstate()
    own = np.random.get_state(legacy=False)
    kind, keys, position = own["bit_generator"], own["state"]["key"], own["state"]["pos"]
    # As the tuple that np.random.set_state takes, in types that torch's safe unpickler reads; torch has no uint32 to
    # do arithmetic on, so the words are int64.
    numpy_state = [str(kind), torch.from_numpy(keys.astype(np.int64)), int(position)]
    state: dict[str, Any] = {
        "python": [version, list(words), gauss],
        "numpy": [*numpy_state, int(own["has_gauss"]), float(own["gauss"])],
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def restore_rng_state(state: dict[str, Any]) -> None:
    """Continue the random numbers where `rng_state` was taken; devices this machine lacks are left out."""
    _restore(state, random.setstate, np.random.set_state, torch.set_rng_state)
    cuda = state.get("cuda", [])
    if torch.cuda.is_available() and len(cuda) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(cuda)


def is_rng_state(state: Any) -> bool:
    """Whether `restore_rng_state` can continue from this; nothing is changed."""
    try:
        keys = state["numpy"][1]
        if keys.dtype != torch.int64 or keys.shape != (_WORDS,):
            return False
        _restore(state, random.Random().setstate, np.random.RandomState().set_state, torch.Generator().set_state)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, RuntimeError, OverflowError):
        return False
    return True


def _restore(
    state: dict[str, Any],
    python: Callable[[Any], object],
    numpy: Callable[[Any], object],
    torchs: Callable[[torch.Tensor], object],
) -> None:
    version, words, gauss = state["python"]
    python((version, tuple(words), gauss))
    kind, keys, position, has_gauss, cached = state["numpy"]
    numpy((kind, keys.numpy().astype(np.uint32), position, has_gauss, cached))
    torchs(state["torch"])
