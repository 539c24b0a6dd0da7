"""Published numbers have a source, a known metric, and the right order of magnitude."""

from __future__ import annotations

import re

from siou_tracking.benchmarks.comparing.published import all_published, published
from tests.reference_data import reference_file

METRICS = {
    "otb2015": {"success_auc", "precision"},
    "lasot": {"success_auc", "precision", "norm_precision"},
    "trackingnet": {"success_auc", "precision", "norm_precision"},
    "got10k": {"ao", "sr50", "sr75"},
    "lasot_ext": {"success_auc"},
    "nfs": {"success_auc"},
    "uav123": {"success_auc"},
    "vot2018": {"accuracy", "robustness", "eao"},
}


def test_every_number_is_a_fraction_of_a_known_metric_with_a_source() -> None:
    numbers = all_published()
    assert len(numbers) > 80 and {number.benchmark for number in numbers} == set(METRICS)
    for number in numbers:
        assert number.metric in METRICS[number.benchmark] and 0 < number.value < 1 and len(number.source) > 10


def test_sources_that_differ_are_both_shown() -> None:
    values = {number.value for number in published("otb2015", "atom", "success_auc")}
    assert values == {0.663, 0.667}


def test_the_numbers_are_those_of_the_document_they_were_read_from() -> None:
    text = reference_file("PUBLISHED.md").read_text()
    written = {float(word) for word in re.findall(r"\d+\.\d+", text)}
    for number in all_published():
        percent = round(number.value * 100, 2)
        assert number.value in written or percent in written, number


def test_an_unknown_tracker_has_none() -> None:
    assert published("lasot", "nobody") == []
