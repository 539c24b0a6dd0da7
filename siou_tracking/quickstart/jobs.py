"""Jobs over all cores, known by a key, with a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from tqdm import tqdm

from siou_tracking.parallel import run_jobs

_Key = TypeVar("_Key", bound=Hashable)
_Result = TypeVar("_Result")


# Any: the arguments are those of `function`, of whatever types it has.
def run_keyed_jobs(
    function: Callable[..., _Result], jobs: Mapping[_Key, tuple[Any, ...]], label: str, unit: str, workers: int | None
) -> dict[_Key, _Result]:
    """Call `function` with every job's arguments, as `parallel.run_jobs` does.

    Args:
        function: importable by name.
        jobs: key -> arguments.
        label, unit: of the progress bar.
        workers: processes; None for one a core, 1 to stay in this one.

    Returns:
        Key -> result, in the order of `jobs`.
    """
    keys, found = list(jobs), {}
    with tqdm(total=len(keys), desc=label, unit=unit, dynamic_ncols=True, disable=None) as bar:
        for index, result in run_jobs(function, list(jobs.values()), bar.refresh, workers):
            found[keys[index]] = result
            bar.update()
    return {key: found[key] for key in keys}
