"""Each rule of the table, on cases small enough to compute by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from siou_tracking.benchmarks.one_pass.ope import score_ope
from siou_tracking.benchmarks.one_pass.results import open_results
from siou_tracking.benchmarks.protocol import Protocol
from siou_tracking.benchmarks.registry import get_protocol
from siou_tracking.benchmarks.scores import Score, scores_to_json
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError

BOX = np.array([10.0, 20, 40, 40])
OTHER = np.array([500.0, 500, 40, 40])
STRICT_MAXIMUM = 20 / 21  # no overlap exceeds the last threshold, 1
OFFICIAL = get_protocol("otb2015")


def sequence(frames: int = 10, name: str = "a", **fields: object) -> AnnotatedSequence:
    return AnnotatedSequence(name, np.tile(BOX, (frames, 1)), **fields)


def run(
    build, boxes: np.ndarray | dict, protocol: Protocol = OFFICIAL, sequences: list[AnnotatedSequence] | None = None
) -> Score:
    results = boxes if isinstance(boxes, dict) else {"a": boxes}
    for name, values in results.items():
        build.result(name, values)
    sequences = sequences or [sequence()]
    tracker = open_results(build.root / "tracker", [item.name for item in sequences])["tracker"]
    return score_ope(tracker, sequences, protocol, expected=100)


def boxes(frames: int = 10) -> np.ndarray:
    return np.tile(BOX, (frames, 1))


def test_a_perfect_result_reaches_twenty_of_twentyone_under_strict_comparison(build) -> None:
    metrics = run(build, boxes()).metrics
    assert metrics == {"success_auc": pytest.approx(STRICT_MAXIMUM, abs=1e-15), "precision": 1, "norm_precision": 1}


def test_a_perfect_result_reaches_one_under_inclusive_comparison(build) -> None:
    metrics = run(build, boxes(), get_protocol("trackingnet")).metrics
    assert metrics == {"success_auc": 1, "precision": 1, "norm_precision": 1, "coverage": 1}


def test_a_lost_target_scores_its_first_frame_only(build) -> None:
    result = np.tile(OTHER, (10, 1))
    assert run(build, result).metrics["success_auc"] == pytest.approx(STRICT_MAXIMUM / 10)  # row 1 is replaced
    assert run(build, result, get_protocol("otb2015", "pysot")).metrics["success_auc"] == 0  # row 1 is kept


def test_success_by_hand(build) -> None:
    result = boxes(2)
    result[1, 0] += 20  # half shifted: overlap 1/3, above the thresholds 0 .. 0.30, that is 7 of 21
    ours = run(build, result, sequences=[sequence(2)])
    assert ours.metrics["success_auc"] == pytest.approx((20 + 7) / 2 / 21)
    assert ours.metrics["precision"] == 1, "20 px is reached at 20 px"
    assert ours.metrics["norm_precision"] == 0.5, "half a width is beyond 0.2"


def test_precision_counts_twenty_pixels_and_not_more(build) -> None:
    result = boxes(2)
    result[1, 0] += 20.5
    assert run(build, result, sequences=[sequence(2)]).metrics["precision"] == 0.5


def test_sequences_weigh_alike_whatever_their_length(build) -> None:
    results = {"a": boxes(2), "b": np.tile(OTHER, (200, 1))}
    ours = run(build, results, sequences=[sequence(2), sequence(200, "b")])
    assert ours.metrics["success_auc"] == pytest.approx((1 + 1 / 200) / 2 * STRICT_MAXIMUM)
    assert ours.frames == 202 and ours.per_sequence["a"]["success_auc"] == pytest.approx(STRICT_MAXIMUM)


def test_many_small_and_large_sequences_equal_one_at_a_time(build) -> None:
    """Sequences are computed in blocks; their number must not matter."""
    generator = np.random.default_rng(0)
    lengths = [2, 15_000, 30, 21_000, 7, 9_000]
    sequences = [sequence(frames, f"s{n}") for n, frames in enumerate(lengths)]
    results = {item.name: np.round(item.ground_truth + generator.normal(0, 8, (len(item), 4)), 2) for item in sequences}
    together = run(build, results, sequences=sequences)
    for item in sequences:
        alone = run(build, {}, sequences=[item])
        assert together.per_sequence[item.name] == alone.per_sequence[item.name]


@pytest.mark.parametrize("row", [[np.nan] * 4, [10, 20, 0, 40], [10, 20, 40, -3]])
def test_a_row_without_a_box_repeats_the_last_good_row(row: list, build) -> None:
    result = boxes()
    result[4:7] = row
    ours = run(build, result)
    assert ours.metrics["success_auc"] == pytest.approx(STRICT_MAXIMUM)
    assert ours.notes == ["a: 3 rows without a box repeat the row before"]


def test_rows_without_a_box_after_a_bad_first_row_repeat_that_row_as_it_was(build) -> None:
    result = boxes(3)
    result[0] = OTHER
    result[1, 2] = 0
    assert run(build, result, sequences=[sequence(3)]).metrics["success_auc"] == pytest.approx(2 / 3 * STRICT_MAXIMUM)


def test_repair_does_not_reach_across_sequences(build) -> None:
    first, second = np.tile(OTHER, (3, 1)), boxes(3)
    second[1:, 2] = 0
    ours = run(build, {"a": first, "b": second}, sequences=[sequence(3), sequence(3, "b")])
    assert ours.per_sequence["b"]["success_auc"] == pytest.approx(STRICT_MAXIMUM)


def test_only_otb_keeps_a_row_that_is_partly_nan(build) -> None:
    result = boxes()
    result[5, 0] = np.nan
    assert run(build, result).metrics["success_auc"] == pytest.approx(0.9 * STRICT_MAXIMUM)
    assert run(build, result, get_protocol("lasot")).metrics["success_auc"] == pytest.approx(STRICT_MAXIMUM)


@pytest.mark.parametrize(("row", "reason"), [([np.nan, 1, 2, 3], "NaN"), ([1, 2, 3, -4], "negative size")])
def test_pytracking_refuses_nan_and_negative_sizes_with_the_frame(row: list, reason: str, build) -> None:
    result = boxes()
    result[5] = row
    with pytest.raises(InputError, match=rf"a\.txt: frame 6: .*{reason}.*pytracking"):
        run(build, result, get_protocol("otb2015", "pytracking"))


SHORT = {
    ("otb2015", "official"): 1.0,  # the ground truth is cut
    ("otb2015", "got10k"): 1.0,
    ("otb2015", "pytracking"): 0.8,  # zeros are added
    ("otb2015", "pysot"): None,  # refused
    ("lasot", "official"): None,
    ("lasot", "got10k"): 1.0,
    ("lasot", "pysot"): None,
    ("lasot", "pytracking"): None,
}


@pytest.mark.parametrize("key", SHORT, ids="-".join)
def test_a_short_file_counts_as_the_evaluator_counts_it(key: tuple[str, str], build) -> None:
    share = SHORT[key]
    if share is None:
        with pytest.raises(InputError, match=r"a\.txt: 8 rows, 10 frames expected"):
            run(build, boxes(8), get_protocol(*key))
    else:
        ours = run(build, boxes(8), get_protocol(*key))
        assert ours.metrics["success_auc"] == pytest.approx(share * STRICT_MAXIMUM)
        assert ours.notes[0].startswith("a: 8 rows, 10 frames; ")


def test_a_short_trackingnet_file_loses_its_missing_frames_even_at_threshold_zero(build) -> None:
    ours = run(build, boxes(8), get_protocol("trackingnet")).metrics
    assert ours == pytest.approx({"success_auc": 0.8, "precision": 0.8, "norm_precision": 0.8, "coverage": 0.8})


def test_a_missing_trackingnet_file_is_all_zeros_and_said(build) -> None:
    ours = run(build, {"a": boxes()}, get_protocol("trackingnet"), [sequence(), sequence(name="b")])
    assert ours.metrics["coverage"] == pytest.approx((10 + 1) / 20), "row 1 is the ground truth"
    # an overlap of 0 reaches the threshold 0: the first of 21 points, half a step of the area
    assert ours.per_sequence["b"]["success_auc"] == pytest.approx(0.1 + 0.9 / 40)
    assert ours.notes == ["no file for 1 sequences, scored as all zeros: b"]


@pytest.mark.parametrize(
    "key", [("otb2015", "official"), ("otb2015", "pytracking"), ("lasot", "official"), ("trackingnet", "official")]
)
def test_a_long_file_is_cut(key: tuple[str, str], build) -> None:
    result = np.vstack((boxes(), OTHER))
    ours = run(build, result, get_protocol(*key))
    assert ours.metrics["precision"] == 1 and "the last row is left out" in ours.notes[0]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_blank_line_is_named_where_rows_are_missing(end: str, build) -> None:
    rows = [",".join(map(str, BOX))] * 9
    results = {"blank": [*rows[:4], "  ", *rows[4:]], "whole": [*rows, rows[0], "", ""]}
    for tracker, lines in results.items():
        build.write(f"{tracker}/a.txt", end.join(lines) + end)
    found = open_results(build.root, ["a"])
    assert score_ope(found["blank"], [sequence()], OFFICIAL, 100).notes == [
        "a: 9 rows, 10 frames, line 5 is blank and no row; the last frame is not scored"
    ]
    assert score_ope(found["whole"], [sequence()], OFFICIAL, 100).notes == []
    with pytest.raises(InputError, match="expected by the pysot protocol, line 5 is blank and no row"):
        score_ope(found["blank"], [sequence()], get_protocol("otb2015", "pysot"), 100)


def test_pysot_refuses_a_long_otb_file(build) -> None:
    with pytest.raises(InputError, match="11 rows, 10 frames"):
        run(build, boxes(11), get_protocol("otb2015", "pysot"))


def test_missing_files_are_listed(build) -> None:
    sequences = [sequence(name=f"s{n}") for n in range(12)]
    with pytest.raises(InputError, match=r"no result for 11 of 12 sequences: s1, s2, .* and 3 more"):
        run(build, {"s0": boxes()}, sequences=sequences)


ABSENT = {  # 10 frames, 4 absent; the result is right on all
    ("lasot", "official"): 0.6,
    ("lasot", "pysot"): 0.6,
    ("lasot", "pytracking"): 0.6,
    ("lasot", "got10k"): 1.0,
}


@pytest.mark.parametrize("key", ABSENT, ids="-".join)
def test_absent_frames_cost_score_where_the_evaluator_divides_by_all(key: tuple[str, str], build) -> None:
    absent = np.arange(10) >= 6
    ours = run(build, boxes(), get_protocol(*key), [sequence(absent=absent)]).metrics
    assert ours["success_auc"] == pytest.approx(ABSENT[key] * STRICT_MAXIMUM)
    assert ours["precision"] == pytest.approx(ABSENT[key])
    assert ours["norm_precision"] == pytest.approx(ABSENT[key])


NOT_ANNOTATED = {  # one of 10 frames has x = 0 in the truth; the result is far away there: success, precision, norm
    ("otb2015", "official"): (0.9, 1.0, 1.0),  # error -1, below every threshold
    ("otb2015", "pytracking"): (0.9, 0.9, 1.0),  # infinite error, but normalized -1
    ("otb2015", "pysot"): (0.9, 0.9, 0.9),  # the center is inside the image: measured
}


@pytest.mark.parametrize("key", NOT_ANNOTATED, ids="-".join)
def test_frames_that_are_not_annotated_miss_success_and_may_hit_precision(key: tuple[str, str], build) -> None:
    truth, result = sequence(), boxes()
    truth.ground_truth[5, 0] = 0
    result[5] = OTHER
    ours = run(build, result, get_protocol(*key), [truth]).metrics
    expected = NOT_ANNOTATED[key]
    assert ours["success_auc"] == pytest.approx(expected[0] * STRICT_MAXIMUM)
    assert (ours["precision"], ours["norm_precision"]) == pytest.approx(expected[1:])


def test_got10k_scores_frames_at_the_image_edge(build) -> None:
    truth, result = sequence(), boxes()
    truth.ground_truth[5, 0] = result[5, 0] = 0
    ours = run(build, result, get_protocol("otb2015", "got10k"), [truth]).metrics
    assert ours["success_auc"] == pytest.approx(STRICT_MAXIMUM) and ours["precision"] == 1


def test_normalized_precision_of_got10k_is_the_mean_of_its_curve(build) -> None:
    result = boxes(2)
    result[1, 0] += 10  # a quarter of the width: reached by the thresholds 0.25 .. 0.50, 26 of 51
    ours = run(build, result, get_protocol("lasot", "got10k"), [sequence(2)]).metrics
    assert ours["norm_precision"] == pytest.approx((1 + 26 / 51) / 2)


def test_trackingnet_rounds_before_it_compares(build) -> None:
    result = boxes()
    result += 0.49
    assert run(build, result, get_protocol("trackingnet")).metrics["success_auc"] == 1


def test_a_number_beside_nan_is_refused_where_the_devkit_would_make_a_score_of_it(build) -> None:
    result = boxes()
    result[3, 1] = np.nan
    with pytest.raises(InputError, match=r"a\.txt: frame 4: NaN beside numbers"):
        run(build, result, get_protocol("trackingnet"))


def test_a_lead_in_is_scored_or_left_out_by_protocol(build) -> None:
    """Tiger1: results of 354 rows against the official 349."""
    lead_in = np.tile(OTHER, (5, 1))
    truth = sequence(name="a", lead_in=lead_in)
    result = np.vstack((np.tile(BOX, (5, 1)), boxes()))
    official = run(build, result, sequences=[truth])
    assert official.frames == 10 and official.metrics["precision"] == 1
    assert "the first 5 rows lie before the official start" in official.notes[0]
    got10k = run(build, result, get_protocol("otb2015", "got10k"), [truth])
    assert got10k.frames == 15 and got10k.metrics["precision"] == pytest.approx(11 / 15)


def test_attributes_are_means_over_their_sequences(build) -> None:
    sequences = [sequence(attributes=("Occlusion",)), sequence(name="b", attributes=("Occlusion", "Blur"))]
    ours = run(build, {"a": boxes(), "b": np.tile(OTHER, (10, 1))}, sequences=sequences)
    assert ours.per_attribute["Blur"]["precision"] == pytest.approx(0.1)
    assert ours.per_attribute["Occlusion"]["precision"] == pytest.approx(0.55)
    assert ours.per_attribute["Occlusion"]["sequences"] == 2


def test_a_sequence_whose_curve_is_empty_leaves_the_official_mean(build) -> None:
    """Only possible where the first frame is not annotated: the toolkit's plotDrawSave drops such rows."""
    empty = sequence(name="b")
    empty.ground_truth[:, 0] = 0
    results = {"a": boxes(), "b": np.tile(OTHER, (10, 1))}
    assert run(build, results, sequences=[sequence(), empty]).metrics["success_auc"] == pytest.approx(STRICT_MAXIMUM)
    kept = dataclasses.replace(OFFICIAL, drops_empty_curves=False)
    assert run(build, {}, kept, [sequence(), empty]).metrics["success_auc"] == pytest.approx(STRICT_MAXIMUM / 2)


def test_a_withheld_truth_is_no_score(build) -> None:
    with pytest.raises(InputError, match=r"only the first frame is annotated.*server"):
        run(build, boxes(), get_protocol("trackingnet"), [sequence(1)])


def test_part_of_a_benchmark_is_said_loudly(build) -> None:
    ours = run(build, boxes())
    assert "ONLY 1 of 100 sequences" in ours.summary() and "official protocol" in ours.summary()


def test_the_json_form_carries_protocol_metrics_and_coverage(build) -> None:
    content = scores_to_json({"tracker": run(build, boxes())})
    assert content["benchmark"] == "otb2015" and content["protocol"] == "official" and content["version"]
    assert content["sequences"] == 1 and content["expected_sequences"] == 100
    assert set(content["trackers"]["tracker"]) == {"success_auc", "precision", "norm_precision"}
    assert content["per_sequence"]["tracker"]["a"]["precision"] == 1


def test_further_repetitions_are_said_to_be_left_out(build) -> None:
    build.result("a_002", boxes())
    note = "several repetitions of a: otb2015 has one, the first is scored"
    assert run(build, {"a_001": boxes()}).notes == [note]


def test_a_file_that_nearly_has_the_missing_name_is_pointed_at(build) -> None:
    sequences = [sequence(name="MotorRolling"), sequence()]
    build.result("motorroling", boxes())
    with pytest.raises(
        InputError, match=r"of 2 sequences: MotorRolling; motorroling\.txt: did you mean MotorRolling\?"
    ):
        run(build, boxes(), sequences=sequences)
    (note,) = run(build, boxes(), get_protocol("trackingnet"), sequences).notes
    assert note.endswith("scored as all zeros: MotorRolling; motorroling.txt: did you mean MotorRolling?")
