"""Numbers equal those that the evaluators themselves print on real results, within the tolerance stored with them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from siou_tracking.benchmarks import load_sequences, score
from siou_tracking.benchmarks.files.writers import write_result
from siou_tracking.benchmarks.scores import Score
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError
from tests.benchmarks.dialects import DIALECTS
from tests.reference_data import reference_file

EVALUATORS = {
    "octave_official_otb": "official",
    "octave_official_lasot": "official",
    "pysot_toolkit": "pysot",
    "pytracking": "pytracking",
    "got10k_head": "got10k",
    "got10k_head_no_absent_handling": "got10k",
}
OTB = ("ATOM", "MDNet", "SiamBAN", "SiamRPN", "SiamRPN++", "Struck")
TRUTH = {"otb2015": "data/otb2015/otb100_annotations.json", "lasot": "data/lasot/lasot280_annotations.tar.xz"}


@cache
def truth(benchmark: str) -> list[AnnotatedSequence]:
    return load_sequences(benchmark, reference_file(TRUTH[benchmark]))


def stored_scores() -> dict:
    return json.loads(reference_file("data/reference_scores.json").read_text())


def numbers(result: Score) -> dict[str, float]:
    """The score under the names of the reference file."""
    success, norm = (result.curves[name].values for name in ("success", "norm_precision"))
    return {
        "success_auc": result.metrics["success_auc"],
        "precision20": result.metrics["precision"],
        "norm_precision020": norm[20],
        "norm_precision_auc": norm.mean(),
        "OP50": success[10],
        "success_rate_0_5": success[10],
        "OP75": success[15],
    }


def compare(benchmark: str, tracker: str, archive: str, tolerance: float) -> int:
    section = {"otb2015": "OTB2015", "lasot": "LaSOT"}[benchmark]
    reference = stored_scores()[section][tracker]["scores"]
    results = reference_file(f"data/{benchmark}/results/{archive}")
    compared = 0
    for evaluator in reference.keys() & EVALUATORS.keys():
        arguments = (benchmark, results, truth(benchmark), EVALUATORS[evaluator])
        if "error" in reference[evaluator]:
            with pytest.raises(InputError, match="rows"):
                score(*arguments)
            continue
        ours = numbers(next(iter(score(*arguments).values())))
        for name, value in reference[evaluator].items():
            assert ours[name] == pytest.approx(value, abs=tolerance), (tracker, evaluator, name)
            compared += 1
    return compared


@pytest.mark.parametrize("tracker", OTB)
def test_otb2015_equals_the_evaluators(tracker: str) -> None:
    assert compare("otb2015", tracker, f"{tracker}.tar.xz", 5e-6) >= 11


@pytest.mark.parametrize(("tracker", "archive"), [("ATOM", "ATOM.tar.xz"), ("SiamRPN++", "SiamRPN++_r2.tar.xz")])
def test_lasot_equals_the_evaluators(tracker: str, archive: str) -> None:
    assert compare("lasot", tracker, archive, 2e-5) >= 16


def test_otb2015_equals_pysot_on_every_sequence() -> None:
    reference = stored_scores()["OTB2015"]["SiamBAN"]
    results = reference_file("data/otb2015/results/SiamBAN.tar.xz")
    ours = score("otb2015", results, truth("otb2015"), "pysot")["SiamBAN"].per_sequence
    assert len(ours) == 100
    for name, (auc, precision) in reference["per_sequence_pysot"].items():
        assert ours[name]["success_auc"] == pytest.approx(auc, abs=6e-6), name
        assert ours[name]["precision"] == pytest.approx(precision, abs=6e-6), name


def test_otb2015_equals_a_stored_got10k_report_to_the_last_digit() -> None:
    """BACF's report was made by the got10k toolkit from all 354 rows of Tiger1."""
    stored = stored_scores()["third_party_full_precision"]["BACF"]
    results = reference_file("data/otb2015/results/got10k_format_BACF.tar.xz")
    ours = score("otb2015", results, truth("otb2015"), "got10k")["BACF"]
    assert ours.frames == 59040
    assert ours.metrics["success_auc"] == pytest.approx(stored["stored_in_repo"]["success_score"], abs=1e-15)
    assert ours.metrics["precision"] == pytest.approx(stored["stored_in_repo"]["precision_score"], abs=1e-15)
    assert ours.curves["success"].values[10] == pytest.approx(stored["stored_in_repo"]["success_rate"], abs=1e-15)


def test_trackingnet_equals_the_devkit() -> None:
    section = stored_scores()["TrackingNet"]
    (entry,) = (value for name, value in section.items() if "dummy_subm" in name)
    stored = entry["scores"]["trackingnet_devkit_percent"]
    results, annotations = (reference_file(f"data/trackingnet/{name}.zip") for name in ("dummy_subm", "dummy_GT"))
    (ours,) = score("trackingnet", results, annotations).values()
    for metric, name in (
        ("success_auc", "success"),
        ("precision", "precision_auc"),
        ("norm_precision", "norm_precision_auc"),
        ("coverage", "coverage"),
    ):
        assert 100 * ours.metrics[metric] == pytest.approx(stored[name], abs=1e-6)


@pytest.mark.parametrize(
    ("benchmark", "protocol", "auc", "precision", "norm"),
    [
        ("otb2015", "official", 0.951851, 1.0, 1.0),
        ("otb2015", "pysot", 0.951851, 1.0, 1.0),
        ("otb2015", "pytracking", 0.951851, 0.999442, 1.0),
        ("otb2015", "got10k", 0.952346, 1.0, None),
        ("lasot", "official", 0.92741, 0.97379, 0.97379),
        ("lasot", "pysot", 0.92741, 0.97379, 0.97379),
        ("lasot", "got10k", 0.93838, 1.0, None),
    ],
)
def test_the_truth_as_a_result_reaches_the_known_bound(
    benchmark: str, protocol: str, auc: float, precision: float, norm: float | None, tmp_path: Path
) -> None:
    sequences = truth(benchmark)
    for sequence in sequences:
        write_result(tmp_path / "truth", sequence.name, sequence.ground_truth, DIALECTS[benchmark])
    ours = score(benchmark, tmp_path / "truth", sequences, protocol)["truth"].metrics
    assert ours["success_auc"] == pytest.approx(auc, abs=5e-6)
    assert ours["precision"] == pytest.approx(precision, abs=5e-6)
    if norm is not None:
        assert ours["norm_precision"] == pytest.approx(norm, abs=5e-6)


def test_pytracking_refuses_lasots_truth_for_its_negative_sizes(tmp_path: Path) -> None:
    sequences = truth("lasot")
    for sequence in sequences:
        write_result(tmp_path / "truth", sequence.name, sequence.ground_truth, DIALECTS["lasot"])
    with pytest.raises(InputError, match="negative size, refused by the pytracking protocol"):
        score("lasot", tmp_path / "truth", sequences, "pytracking")
