"""The evaluators compared, each as a function that scores one tracker, parsing included, and returns its AUC."""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import types
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np

Scorer = Callable[[], float]


def ours(benchmark: str, work: Path) -> Scorer:
    """Our scorer on the data set's own layout, files of ground truth and results alike."""
    from siou_tracking.benchmarks import score

    return lambda: score(benchmark, work / "results/any/default", work / benchmark)["default"].metrics["success_auc"]


def pytracking(benchmark: str, work: Path, checkout: Path) -> Scorer:
    """The checkout's `extract_results`, unmodified; what it imports for display only is replaced by empty modules."""
    for name in ("visdom", "visdom.server", "tikzplotlib", "jpeg4py", "pandas"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
            continue
        sys.modules[name] = mock.MagicMock()
    settings = types.ModuleType("pytracking.evaluation.local")
    sys.modules[settings.__name__] = settings
    sys.path.insert(0, str(checkout))
    from pytracking.evaluation.environment import EnvSettings

    def local_env_settings() -> EnvSettings:
        found = EnvSettings()
        found.otb_path, found.lasot_path = str(work / "otb2015"), str(work / "lasot")
        found.results_path, found.result_plot_path = str(work / "results"), str(work / "plots")
        return found

    settings.local_env_settings = local_env_settings
    from pytracking.analysis.extract_results import extract_results
    from pytracking.evaluation import Tracker, get_dataset

    def run() -> float:
        dataset = get_dataset({"otb2015": "otb", "lasot": "lasot"}[benchmark])
        table = extract_results([Tracker("any", "default")], dataset, "speed", verbose=False)
        return float(np.mean(table["ave_success_rate_plot_overlap"]))

    return run


class _Annotations:
    """What the got10k toolkit's experiments ask of a data set, without listing images that are not there."""

    def __init__(self, files: dict[str, Path]) -> None:
        self.files = files
        self.seq_names = list(files)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[list, np.ndarray]:
        if index >= len(self.files):
            raise IndexError(index)
        text = self.files[self.seq_names[index]].read_text()
        boxes = np.loadtxt(io.StringIO(text.replace(",", " ")))
        return [], boxes[5:] if self.seq_names[index] == "Tiger1" else boxes  # the result begins at the official frame


def got10k(benchmark: str, work: Path, checkout: Path | None = None) -> Scorer:
    """The toolkit's `report`, from the installed package or from a checkout; plots are left out."""
    if checkout is not None:
        sys.path.insert(0, str(checkout))
    from got10k.experiments.otb import ExperimentOTB

    kind, pattern = ExperimentOTB, "*/groundtruth_rect*.txt"
    if benchmark == "lasot":
        from got10k.experiments.lasot import ExperimentLaSOT

        kind, pattern = ExperimentLaSOT, "*/*/groundtruth.txt"
    experiment = kind.__new__(kind)
    experiment.nbins_iou, experiment.nbins_ce, experiment.nbins_nce = 21, 51, 51
    experiment.dataset = _Annotations({name(file): file for file in sorted((work / benchmark).glob(pattern))})
    experiment.result_dir, experiment.report_dir = str(work / "results/any"), str(work / "reports")
    experiment.plot_curves = lambda *arguments, **options: None

    def run() -> float:
        with contextlib.redirect_stdout(io.StringIO()):
            report = experiment.report(["default"])
        return float(report["default"]["overall"]["success_score"])

    return run


def name(file: Path) -> str:
    """A result's name as pytracking spells it: Jogging_1."""
    target = file.stem.partition("rect")[2].removeprefix(".")
    return f"{file.parent.name}_{target}" if target else file.parent.name
