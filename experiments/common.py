"""What every experiment does alike: read options, seed, time in turns, describe the machine, write raw numbers.

A study that `python -m experiments` runs imports `experiments.common`. A script that is started by its path finds its
own folder on Python's path, and this file lies one up:

    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # experiments/, whatever folder this is started in
    from common import build_parser, machine, start, write_result
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import platform
import random
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar  # Any: what JSON holds

import numpy as np
from tqdm import tqdm

from siou_tracking.files import atomic_path, write_json
from siou_tracking.parallel import set_threads

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Key = TypeVar("Key")
_MODULES = {"opencv": "cv2"}


def build_parser(doc: str | None, out: Path | None = None) -> argparse.ArgumentParser:
    """A parser whose help is the script's docstring.

    Args:
        doc: the script's `__doc__`.
        out: where raw numbers go unless `--out` names another file; None leaves that option away.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    if out is not None:
        parser.add_argument("--out", type=Path, default=out, metavar="FILE", help="raw numbers (default: %(default)s)")
    return parser


def study_parser(doc: str | None, name: str) -> argparse.ArgumentParser:
    """A parser with what every study has: `--out DIR`, `--quick` and `--seed`.

    Args:
        doc: the script's `__doc__`.
        name: of the study's folder.
    """
    parser = build_parser(doc)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help=f"folder of the results (default: experiments/{name}; with --quick build/experiments/{name})",
    )
    parser.add_argument("--quick", action="store_true", help="the same in small, in well under a minute")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def study_folder(options: argparse.Namespace, name: str) -> Path:
    """Where a study writes: a quick look never replaces the numbers that are in the repository unless told to."""
    root = Path(__file__).resolve().parents[1]
    return options.out or (root / "build" if options.quick else root) / "experiments" / name


def rounded(values: Iterable[float], digits: int = 4) -> list[float | None]:
    """Numbers for a JSON file, to so many significant digits; None where one is not finite, for JSON has no such."""
    return [float(f"{value:.{digits}g}") if math.isfinite(value) else None for value in values]


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, ["---"] * len(head), *rows))


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG in one move; the same picture gives the same bytes."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=100, metadata={"Software": None})
    print(f"wrote {path}")


def start(seed: int = 0, threads: int = 1) -> None:
    """Seed every generator and hold torch and OpenCV to `threads` threads, so that times are of one kind."""
    import torch  # not above: score_speed times whole processes, and scoring needs no torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    set_threads(threads)


def processor() -> str:
    """The processor's model name where the system tells it, else its kind."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.is_file() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "") or platform.processor() or platform.machine()


def versions(*libraries: str) -> dict[str, str]:
    """Versions of Python and of libraries by the name people know them by, such as "opencv"."""
    found = {name: importlib.import_module(_MODULES.get(name, name)).__version__ for name in libraries}
    return {"python": platform.python_version(), **found}


def machine(*libraries: str) -> dict[str, str]:
    """What times depend on, for a result's "machine"."""
    return {"processor": processor(), **versions(*libraries)}


def machine_line(*libraries: str) -> str:
    """`machine` in one line, with the number of cores."""
    parts = (f"{name} {version}" for name, version in versions(*libraries).items())
    return ", ".join((processor(), f"{os.cpu_count()} cores", *parts))


def time_in_turns(
    calls: Mapping[Key, Callable[[], object]],
    rounds: int,
    *,
    clock: Callable[[], float] = time.process_time,
    warm_up: int = 0,
    what: str | None = None,
) -> dict[Key, list[float]]:
    """Seconds of each call; a round makes each once, so that a machine that slows for a while slows all of them.

    Args:
        calls: what is compared.
        rounds: how many times each is timed.
        clock: seconds; CPU time of this process by default, which other programs hardly change.
        warm_up: rounds before those that count.
        what: shows a progress bar of this name.
    """
    seconds: dict[Key, list[float]] = {name: [] for name in calls}
    for turn in tqdm(range(-warm_up, rounds), desc=what, leave=False, disable=what is None):
        for name, call in calls.items():
            began = clock()
            call()
            if turn >= 0:
                seconds[name].append(clock() - began)
    return seconds


def least_and_median_ms(
    seconds: Mapping[Key, Sequence[float]], ratio: str, base: Key | None = None
) -> dict[Key, dict[str, float]]:
    """Milliseconds of what `time_in_turns` timed, and the least of each over that of `base`, by default the first.

    Args:
        seconds: what `time_in_turns` returned.
        ratio: what the ratio is called in the result.
    """
    first = min(seconds[next(iter(seconds)) if base is None else base])
    return {
        name: {"least_ms": 1e3 * min(t), "median_ms": 1e3 * statistics.median(t), ratio: min(t) / first}
        for name, t in seconds.items()
    }


def interquartile_range(values: Sequence[float]) -> float:
    """The width of the middle half."""
    low, _, high = statistics.quantiles(values, n=4)
    return high - low


def photograph(width: int, height: int) -> np.ndarray:
    """A photograph of this size in pixels, uint8 BGR as OpenCV has it."""
    import cv2
    from skimage import data

    return cv2.resize(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR), (width, height))


def noisy_view(photo: np.ndarray, x: int, y: int, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """The part of `photo` of `size` (width, height) whose corner is at x, y, with sensor noise."""
    view = photo[y : y + size[1], x : x + size[0]]
    return np.clip(view + rng.normal(0, 4, view.shape), 0, 255).astype(np.uint8)


def with_stored(
    result: Mapping[str, Any], before: Path, parts: Sequence[str], order: Iterable[str], same: Iterable[str]
) -> dict[str, Any]:
    """The result, with what was not asked for now and a stored result of the same kind has.

    Args:
        result: what `write_result` takes.
        before: the stored one, which may be absent.
        parts: keys whose values are mappings by name, which are put together.
        order: of the names.
        same: keys whose values must be the stored one's; else nothing of it is taken.
    """
    kept = json.loads(before.read_text("utf-8")) if before.is_file() else {}
    alike = all(kept.get(key) == result[key] for key in same)
    merged = {key: {**(kept.get(key, {}) if alike else {}), **result[key]} for key in parts}
    ordered = {key: {name: found[name] for name in order if name in found} for key, found in merged.items()}
    return {**result, **ordered}


def write_result(path: Path, result: Mapping[str, object], *, show: bool = False) -> None:
    """Write raw numbers in one move and say where they are; `show` prints them too."""
    write_json(path, result)
    if show:
        print(json.dumps(result, indent=1))
    print(f"wrote {path}")
