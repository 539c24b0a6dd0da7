"""The report of scores: what it must say, that it is one file, and that no result breaks it."""

from __future__ import annotations

import copy
import csv
import io
import json
from pathlib import Path

import pytest

from siou_tracking.errors import InputError
from siou_tracking.report.explain import explain_ceiling, rule_rows
from siou_tracking.report.results import merge_results, read_result
from siou_tracking.report.score_figures import looks_of
from siou_tracking.report.scores import write_score_report
from siou_tracking.report.table import comparison_lines, format_csv, format_latex, format_text, published_lines

CURVE = {"thresholds": [0.0, 0.5, 1.0], "values": [1.0, 0.6, 0.0]}
OTB = {
    "benchmark": "otb2015",
    "protocol": "official",
    "version": "1",
    "sequences": 2,
    "expected_sequences": 100,
    "frames": 20,
    "trackers": {"a<b": {"success_auc": 0.5, "precision": 0.7}, "c_d": {"success_auc": 0.6, "precision": 0.7}},
    "per_sequence": {
        "a<b": {"Deer": {"success_auc": 0.9}, "Fish": {"success_auc": 0.1}},
        "c_d": {"Deer": {"success_auc": 0.5}, "Fish": {"success_auc": 0.7}},
    },
    "per_attribute": {"a<b": {"Blur": {"success_auc": 0.4, "sequences": 1}}, "c_d": {}},
    "curves": {"a<b": {"success": CURVE, "precision": CURVE}, "c_d": {"success": CURVE}},
    "notes": {"a<b": [f"note {number}" for number in range(9)], "c_d": []},
    "ceiling": {"success_auc": 20 / 21},
}
VOT = {
    "benchmark": "vot2018",
    "protocol": "official",
    "sequences": 2,
    "expected_sequences": 60,
    "frames": 30,
    "trackers": {"x": {"accuracy": 0.55, "robustness": 0.2}},
    "per_sequence": {
        "x": {
            "ants1": {"accuracy": 0.5, "robustness": 0.0, "failures": 0.0},
            "bag": {"accuracy": 0.6, "robustness": 0.4, "failures": 1.5},
        }
    },
    "per_attribute": {
        "x": {"occlusion": {"frames": 5.0, "accuracy": 0.4, "robustness": 0.3}, "empty": {"frames": 0.0}}
    },
    "curves": {"x": {"eao": {"thresholds": [1.0, 2.0, 3.0], "values": [1.0, 0.7, 0.5]}}},
    "notes": {"x": ["no EAO: no run is longer than 15 frames, the interval is 100..356"]},
    "ceiling": {"accuracy": 1.0, "robustness": 0.0},
}


def stored(folder: Path, result: object, name: str = "r.json") -> Path:
    path = folder / name
    path.write_text(result if isinstance(result, str) else json.dumps(result), encoding="utf-8")
    return path


def page(folder: Path, *results: object) -> str:
    read = [read_result(stored(folder, result, f"{number}.json")) for number, result in enumerate(results)]
    return write_score_report(folder / "page.html", read).read_text(encoding="utf-8")


def test_the_page_has_every_part_and_escapes_names(tmp_path):
    text = page(tmp_path, OTB, VOT)
    for part in ("OTB2015: curves", "worst sequences", "largest differences", "VOT2018: attributes", "ONLY 2 of 100"):
        assert part in text
    assert "a&lt;b" in text and "<b:" not in text
    assert "note 8" in text and "no EAO: no run is longer" in text
    assert "run length, frames" in text
    assert text.index("<td>Fish</td>") < text.index("<td>Deer</td>")  # the worst one first
    assert text.count("<script") == 1 and "src=" not in text and "default-src 'none'" in text


def test_the_same_results_give_the_same_bytes(tmp_path):
    assert page(tmp_path, OTB, VOT) == page(tmp_path, OTB, VOT)


def test_the_least_that_a_result_must_have_is_enough(tmp_path):
    least = {key: OTB[key] for key in ("benchmark", "protocol", "version", "trackers", "per_sequence")}
    text = page(tmp_path, least)
    assert "ONLY 2 of 100 sequences" in text and "<svg" not in text


def test_worst_is_most_failures_for_vot(tmp_path):
    text = page(tmp_path, VOT)
    assert text.index("<td>bag</td>") < text.index("<td>ants1</td>")
    assert "Most failures" in text


def test_results_of_the_same_sequences_stand_side_by_side_and_others_apart():
    other = copy.deepcopy(OTB)
    other["comparison"] = {"success_auc": {}}
    first = {**read_from(OTB), "comparison": {"success_auc": {}}}
    merged = merge_results([first, read_from(other), read_from(VOT)])
    assert [list(one["trackers"]) for one in merged] == [["a<b", "c_d", "a<b (2)", "c_d (2)"], ["x"]]
    assert merged[0]["comparison"] == {}
    assert list(first["trackers"]) == ["a<b", "c_d"]
    assert len(merge_results([read_from(OTB), {**read_from(OTB), "protocol": "pysot"}])) == 2


def test_what_was_not_scored_is_told(tmp_path):
    file = tmp_path / "s.json"
    file.write_text(json.dumps({**OTB, "not_scored": {"part": "no result for 1 of 2"}, "passed_over": ["r: old"]}))
    gaps = {**OTB, "not_scored": {"rest": "empty"}, "passed_over": ["r: new"]}
    merged = merge_results([read_result(file), read_from(gaps)])
    assert merged[0]["not_scored"] == {"part": "no result for 1 of 2", "rest": "empty"}
    page = write_score_report(tmp_path / "p.html", [read_result(file), read_from(gaps)]).read_text()
    for words in ("not scored: part: no result for 1 of 2", "not scored: rest: empty", "r: old", "r: new"):
        assert words in page


def read_from(result: dict) -> dict:
    parts = {key: {} for key in ("intervals", "published", "comparison")}
    return {**parts, "source": "", "level": 0.95, **copy.deepcopy(result)}


def test_what_a_perfect_tracker_gets_is_explained():
    strict = explain_ceiling(read_from(OTB))
    assert "AUC 95.24 on these sequences" in strict and "20/21 = 95.24 is the most" in strict
    assert "The rest is lost" not in strict
    odd = read_from({**OTB, "benchmark": "lasot", "ceiling": {"success_auc": 0.927}})
    assert "not positive or the target is marked absent" in explain_ceiling(odd)
    inclusive = read_from({**OTB, "benchmark": "trackingnet", "ceiling": {"success_auc": 1.0}})
    assert "IoU >= t at 21 thresholds" in explain_ceiling(inclusive)
    assert "robustness counts failures" in explain_ceiling(read_from(VOT))
    assert "refuses boxes of the ground truth" in explain_ceiling(read_from({**OTB, "ceiling": {}}))


def test_the_rules_in_words_are_those_of_the_protocol():
    rules = dict(rule_rows(read_from(OTB)))
    assert rules["success"] == "IoU > t, 21 thresholds"
    assert dict(rule_rows(read_from({**OTB, "protocol": "pysot"})))["first frame"] == "kept"
    assert dict(rule_rows(read_from(VOT)))["EAO"] == "mean of the curve over lengths 100 to 356"


def test_no_two_trackers_look_alike():
    looks = looks_of(["iou", "siou", "static", *map(str, range(20))])
    assert len(set(looks.values())) == 23
    assert looks["iou"] == ("#e8590c", "-")  # as in every other picture
    assert looks_of(["one", "two"])["two"] == looks_of(["one", "two", "three"])["two"]


def test_text_says_how_many_notes_it_leaves_out_and_latex_escapes():
    text = format_text(read_from(OTB))
    assert "note: a<b: 5 more in --json" in text and "note 4" not in text
    assert r"c\_d & \textbf{60.0}" in format_latex(read_from(OTB))
    assert format_latex(read_from(VOT)).count(r"\textbf") == 0  # one tracker is best of nothing


def test_lower_robustness_is_the_better_one():
    two = read_from(VOT)
    two["trackers"]["y"] = {"accuracy": 0.5, "robustness": 0.1, "eao": 0.3}
    assert r"x & \textbf{0.55} & 0.20 & -- \\" in format_latex(two)
    assert r"y & 0.50 & \textbf{0.10} & \textbf{0.30} \\" in format_latex(two)


def test_comparison_and_published_lines_carry_test_and_source():
    found = {"difference": -0.1, "low": -0.2, "high": 0.01, "p_value": 0.0312, "sequences": 2}
    result = read_from({**OTB, "comparison": {"success_auc": found}})
    assert comparison_lines(result) == [
        "a<b - c_d: AUC -10.00 [-20.00, +1.00], p = 0.0312 (mean over 2 sequences, paired sign-flip test)"
    ]
    numbers = [{"tracker": "ATOM", "metric": "success_auc", "value": 0.663, "source": "zoo"}]
    lines = published_lines(read_from({**OTB, "published": {"c_d": numbers}}))
    assert lines[0] == "published for ATOM, beside 'c_d': AUC 66.3 (zoo)"
    assert "cannot be compared with a part" in lines[1]


NAMES = ("a_000", "a_001", "a", "b")
RUNS = {
    **{key: OTB[key] for key in ("benchmark", "protocol", "version", "sequences", "expected_sequences", "frames")},
    "trackers": {name: {"success_auc": value} for name, value in zip(NAMES, (0.5, 0.75, 0.625, 0.7), strict=True)},
    "per_sequence": {name: {"Fish": {"success_auc": 0.5}, "Deer": {"success_auc": 0.6}} for name in NAMES},
    "curves": {name: {"success": CURVE} for name in NAMES},
    "intervals": {"a": {"success_auc": [0.4, 0.8]}},
    "comparison": {
        "success_auc": {"difference": 0.1, "low": 0.0, "high": 0.2, "p_value": 0.5, "sequences": 2, "runs": [2, 1]}
    },
    "compared": ["a", "b"],
    "runs": {"a": {"runs": 2, "trackers": ["a_000", "a_001"], "standard_deviation": {"success_auc": 0.0123}}},
    "published": {
        name: [{"tracker": "A", "metric": "success_auc", "value": 0.6, "source": "zoo"}] for name in NAMES[:3]
    },
    "notes": {name: [] for name in NAMES},
}


def test_repeated_runs_are_rows_and_their_mean_has_its_spread(tmp_path):
    result = read_result(stored(tmp_path, RUNS))
    text = format_text(result)
    rows = {line.split("  ")[0]: line for line in text.splitlines()}
    assert rows["a (2 runs)"].endswith("62.50 +- 1.23 [40.0, 80.0]") and rows["a_001"].endswith(" 75.00")
    assert "interval over sequences, of repeated runs over runs too; +-: standard deviation over runs" in text
    assert (
        "a (2 runs) - b: AUC +10.00 [+0.00, +20.00], p = 0.5000 (mean over 2 sequences, paired sign-flip test" in text
    )
    assert "test with runs drawn anew)" in text
    assert text.count("published for A") == 1 and "beside 'a'" in text


def test_the_best_is_among_trackers_and_not_among_runs_of_one(tmp_path):
    latex = format_latex(read_result(stored(tmp_path, RUNS)))
    assert r"b & \textbf{70.0} \\" in latex and r"a\_001 & 75.0 \\" in latex
    assert r"a (2 runs) & 62.5 $\pm$ 1.2 \\" in latex


def test_csv_has_the_number_of_runs_and_their_spread_where_there_are_runs(tmp_path):
    rows = list(csv.DictReader(io.StringIO(format_csv(read_result(stored(tmp_path, RUNS))))))
    assert [(row["tracker"], row["runs"], row["success_auc_std"]) for row in rows] == [
        ("a_000", "1", ""),
        ("a_001", "1", ""),
        ("a", "2", "0.0123"),
        ("b", "1", ""),
    ]
    assert "runs" not in format_csv(read_result(stored(tmp_path, OTB)))


def test_figures_show_the_mean_and_the_long_table_every_run(tmp_path):
    text = page(tmp_path, RUNS)
    figures, every = text[text.index("OTB2015: curves") :].split("all sequences</h2>", 1)
    assert "a (2 runs) [62.5]" in figures and "a_000" not in figures
    assert "Where a (2 runs) and b differ most" in figures
    assert "<th>a_000: AUC</th>" in every and "<th>a (2 runs): AUC</th>" in every


def test_runs_of_two_files_keep_to_their_own_mean(tmp_path):
    read = [read_result(stored(tmp_path, RUNS, f"{number}.json")) for number in range(2)]
    (merged,) = merge_results(read)
    assert merged["runs"]["a (2)"]["trackers"] == ["a_000 (2)", "a_001 (2)"] and merged["compared"] == []
    assert merged["runs"]["a"]["trackers"] == ["a_000", "a_001"]


BROKEN = [
    ({**RUNS, "runs": {"c": RUNS["runs"]["a"]}}, "'c' is not among the trackers"),
    ({**RUNS, "runs": {"a": {**RUNS["runs"]["a"], "trackers": ["a", "b"]}}}, "expected names of other trackers"),
    ({**RUNS, "runs": {"a": {**RUNS["runs"]["a"], "trackers": "a_000"}}}, "expected names of other trackers"),
    ({**RUNS, "runs": {"a": {**RUNS["runs"]["a"], "runs": 5}}}, "5 runs of 2 trackers"),
    ({**RUNS, "runs": {"a": {**RUNS["runs"]["a"], "standard_deviation": {"success_auc": "x"}}}}, "one finite number"),
    ({**RUNS, "compared": ["a"]}, "not the form that"),
    ({**RUNS, "compared": ["a", 3]}, "expected names of trackers"),
    ("[1, 2]", "no benchmark, protocol"),
    ("{", "not JSON"),
    ("[" * 100_000, "not JSON"),
    ({**OTB, "benchmark": "otb"}, "benchmark 'otb': there are three"),
    ({**OTB, "protocol": "mine"}, "unknown otb2015 protocol 'mine'"),
    ({**OTB, "trackers": {}}, "no trackers"),
    ({**OTB, "trackers": {"a<b": {"success_auc": "high"}}}, "one finite number each|is not among"),
    ({**OTB, "trackers": [1]}, "expected an object of trackers"),
    ({**OTB, "per_sequence": {"a<b": {"Deer": 3}}}, "a<b: Deer: expected metrics"),
    ({**OTB, "curves": {"a<b": {"success": {"thresholds": [1], "values": []}}}}, "equally many finite"),
    ({**OTB, "curves": {"nobody": {}}}, "'nobody' is not among the trackers"),
    ({**OTB, "curves": {"a<b": {"success": {"thresholds": ["0"], "values": [1]}}}}, "equally many finite"),
    ({**OTB, "sequences": "two", "frames": "many"}, "not the form that"),
    ({**OTB, "intervals": {"a<b": {"success_auc": [1]}}}, "not the form that"),
    ({**OTB, "published": {"a<b": [{"tracker": "ATOM"}]}}, "not the form that"),
    (json.dumps(OTB).replace("0.9", "NaN"), "NaN is no number of JSON"),
]


@pytest.mark.parametrize(("content", "message"), BROKEN, ids=[row[1][:25] for row in BROKEN])
def test_what_is_no_result_is_refused_in_one_line(content, message, tmp_path):
    with pytest.raises(InputError, match=message) as error:
        read_result(stored(tmp_path, content))
    assert "\n" not in str(error.value) and "r.json" in str(error.value)
