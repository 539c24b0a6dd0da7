"""VOT2018 scores: cases worked out by hand, the stored official numbers, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.benchmarks.registry import get_benchmark
from siou_tracking.benchmarks.scores import scores_to_json
from siou_tracking.benchmarks.vot2018 import polygons
from siou_tracking.benchmarks.vot2018.data import VotSequence
from siou_tracking.benchmarks.vot2018.polygons import Regions
from siou_tracking.benchmarks.vot2018.protocol import PROTOCOLS, TAGS
from siou_tracking.benchmarks.vot2018.results import Results, Run, parse_run
from siou_tracking.benchmarks.vot2018.score import load_results, load_sequences, score
from siou_tracking.errors import InputError
from tests.reference_data import reference_file

TRACKERS = ["LightTrack", "NanoTrackV3", "SiamCAR_honglin"]


def by_area(name: str):
    """A protocol with exact areas, so that overlaps can be chosen."""
    return dataclasses.replace(PROTOCOLS[name], overlap=polygons.overlaps)


def sequence(name: str, length: int, **tags: str) -> VotSequence:
    """A 10 x 10 target that stands still in an image of 100 x 100."""
    regions = Regions.from_rows([[20, 20, 10, 10]] * length)
    flags = {tag: np.zeros(length, bool) for tag in (*TAGS, "empty")}
    flags |= {tag: np.array(list(given)) == "1" for tag, given in tags.items()}
    flags["empty"] = ~np.any([flags[tag] for tag in TAGS], axis=0)
    return VotSequence(name, 100, 100, regions, flags)


def run(*rows: float | str) -> Run:
    """Markers as texts, overlaps as numbers: a box of the target's width that covers this share of it."""
    lines = [row if isinstance(row, str) else f"20,20,10,{10 * row}" for row in rows]
    return parse_run("\n".join(lines).encode(), "hand")


ONE = sequence("one", 13, occlusion="0000000000011")
TWO = sequence("two", 9)
BY_HAND: Results = {
    "one": [run("1", *[0.5] * 10, 1.0, 0.2)],
    "two": [run("1", 1.0, "2", "0", "0", "0", "0", "1", 0.2)],
}


def test_official_accuracy_pools_the_frames_ten_after_an_initialization() -> None:
    assert score(BY_HAND, [ONE, TWO], by_area("official")).metrics["accuracy"] == pytest.approx((0.5 + 1.0 + 0.2) / 3)


@pytest.mark.parametrize("frames", [10, 11])
def test_an_accuracy_of_no_frame_is_said(frames: int) -> None:
    found = score({"one": [run("1", *[0.5] * (frames - 1))]}, [sequence("one", frames)], by_area("official"))
    assert found.metrics["accuracy"] == (0.5 if frames > 10 else 0)
    assert (found.notes[0] == "accuracy is of no frame: the first 10 after each start of a tracker do not count") == (
        frames == 10
    )


def test_official_robustness_is_failures_per_hundred_frames() -> None:
    assert score(BY_HAND, [ONE, TWO], by_area("official")).metrics["robustness"] == pytest.approx(100 / 22)


def test_official_eao_pads_failed_segments_and_cuts_the_last_one() -> None:
    # segments: one's 13 frames; two's frames 1..8, zero after its first; two's last 2 frames, usable at length 2 only
    curve = [1, (0.5 + 1 + 0.2) / 3, (0.5 + 1 / 2) / 2, (0.5 + 1 / 3) / 2]
    result = score(BY_HAND, [ONE, TWO], by_area("official"), interval=(2, 4))
    np.testing.assert_allclose(result.curves["eao"].values[:4], curve)
    assert result.curves["eao"].values[12] == pytest.approx((6.2 / 12 + 1 / 12) / 2)
    assert result.metrics["eao"] == pytest.approx(sum(curve[1:]) / 3)


def test_vot_toolkit_numbers_by_hand() -> None:
    result = score(BY_HAND, [ONE, TWO], by_area("vot-toolkit"), interval=(2, 4))
    # two has no frame left for accuracy and counts 0; its first segment ends before the failure: [0, 1], then zeros
    assert result.metrics["accuracy"] == pytest.approx(13 / 22 * (1.7 / 3))
    assert result.metrics["robustness"] == pytest.approx(9 / 22 * 1)
    assert result.metrics["exp_robustness"] == pytest.approx(math.exp(-30 * (9 / 22) / 11))
    assert result.metrics["eao"] == pytest.approx(((0.5 + 1 + 0.2) / 3 + (0.5 + 0.5) / 2 + (0.5 + 1 / 3) / 2) / 3)


def test_pysot_counts_a_restart_one_frame_past_the_end() -> None:
    late = {"two": [run("1", 1.0, 1.0, 1.0, "2", "0", "0", "0", "0")]}  # 4 + 5 = 9 frames
    official = score(late, [TWO], by_area("official"), interval=(2, 9)).curves["eao"].values
    pysot = score(late, [TWO], by_area("pysot"), interval=(2, 9)).curves["eao"].values
    np.testing.assert_allclose(official[:9], pysot[:9])  # the last segment counts to its own length either way
    both = {"one": BY_HAND["one"], "two": late["two"]}
    official = score(both, [ONE, TWO], by_area("official"), interval=(2, 13)).curves["eao"].values
    pysot = score(both, [ONE, TWO], by_area("pysot"), interval=(2, 13)).curves["eao"].values
    assert official[12] == pytest.approx(6.2 / 12)  # only `one` is 13 frames long
    assert pysot[12] == pytest.approx((6.2 / 12 + 0.9 * 3 / 12) / 1.9)  # weight: 9 tagged frames of 10


def test_repetitions_are_averaged_and_share_one_weight() -> None:
    twice = {"one": [*BY_HAND["one"], run("1", *[1.0] * 10, 0.5, 0.6)], "two": BY_HAND["two"]}
    result = score(twice, [ONE, TWO], by_area("official"), interval=(2, 2))
    assert result.metrics["accuracy"] == pytest.approx((0.75 + 0.75 + 0.4) / 3)
    assert result.metrics["eao"] == pytest.approx((0.5 * 0.5 + 0.5 * 1 + 1 + 0.2) / 3)
    again = {name: runs * 3 for name, runs in BY_HAND.items()}
    same = score(again, [ONE, TWO], by_area("official"), interval=(2, 9)).metrics
    assert same == pytest.approx(score(BY_HAND, [ONE, TWO], by_area("official"), interval=(2, 9)).metrics)


def test_attributes_score_only_their_frames() -> None:
    result = score(BY_HAND, [ONE, TWO], by_area("official"), interval=(2, 2))
    tags = result.per_attribute
    assert tags["occlusion"] == pytest.approx({"frames": 2, "accuracy": 0.6, "robustness": 0.0, "eao": 0.5})
    assert tags["empty"]["accuracy"] == pytest.approx(0.5)
    assert tags["empty"]["robustness"] == pytest.approx(100 / 20)
    weights = 11 / 13, 1, 1  # share of each segment's frames without a tag
    assert tags["empty"]["eao"] == pytest.approx(np.average([0.5, 1.0, 0.2], weights=weights))
    assert tags["camera_motion"] == {"frames": 0}


def test_sequences_carry_their_own_values() -> None:
    values = score(BY_HAND, [ONE, TWO], by_area("official"), interval=(2, 4)).per_sequence
    assert values["two"] == pytest.approx({"accuracy": 0, "robustness": 100 / 9, "failures": 1, "repetitions": 1})


def test_a_score_serializes_with_the_three_metric_names() -> None:
    content = scores_to_json({"hand": score(BY_HAND, [ONE, TWO], "official", "hand", interval=(2, 4))})
    assert list(content["trackers"]["hand"]) == ["accuracy", "robustness", "eao"]
    assert json.loads(json.dumps(content, allow_nan=False))["protocol"] == "official"


def test_short_sequences_have_no_eao_and_say_so() -> None:
    result = score(BY_HAND, [ONE, TWO])
    assert "eao" not in result.metrics
    assert any("no run is longer than 13 frames" in note for note in result.notes)


def test_a_perfect_tracker_has_accuracy_and_eao_one() -> None:
    perfect = {"one": [run("1", *[1.0] * 12)]}
    for name in PROTOCOLS:
        metrics = score(perfect, [ONE], name, interval=(2, 13)).metrics
        assert metrics["accuracy"] == pytest.approx(1) and metrics["eao"] == pytest.approx(1)
        assert metrics["robustness"] == 0


def test_missing_sequence_is_named() -> None:
    with pytest.raises(InputError, match="tracker has no result for 1 of 2 sequences: two"):
        score({"one": BY_HAND["one"]}, [ONE, TWO])
    with pytest.raises(InputError, match=r"1 of 2 sequences: two; twoo: did you mean two\?"):
        score({"one": BY_HAND["one"], "twoo": BY_HAND["two"]}, [ONE, TWO])


def test_another_length_is_said_before_one_pass_results_are_guessed(tmp_path: Path) -> None:
    """13 frames: a result of 40 one-pass rows is of other data, whatever else it is."""
    file = tmp_path / "mine/baseline/one/one_001.txt"
    file.parent.mkdir(parents=True)
    file.write_text("1,2,3,4\n" * 40)
    results = load_results(tmp_path)["mine"]
    with pytest.raises(InputError, match=r"one_001\.txt: 40 rows, 'one' has 13 frames"):
        score(results, [ONE])
    file.write_text("1,2,3,4\n" * 13)
    with pytest.raises(InputError, match=r"one_001\.txt:1: a reset-based run starts with the marker 1"):
        score(load_results(tmp_path)["mine"], [ONE])
    file.write_text("1\n" + "900,900,3,4\n" * 40)
    with pytest.raises(InputError, match="41 rows for 13 frames, so maybe of other data; 12 frames miss the target"):
        score(load_results(tmp_path)["mine"], [ONE], "pysot")


def test_a_damaged_file_of_one_tracker_ends_no_other(tmp_path: Path) -> None:
    found = get_benchmark("vot2018")
    good = "1\n" + "".join(f"{','.join(map(str, box))}\n" for box in ONE.regions.corners[1:].reshape(-1, 8))
    for tracker, text in (("good", good), ("bad", "1\n1,2\n")):
        file = tmp_path / f"{tracker}/baseline/one/one_001.txt"
        file.parent.mkdir(parents=True)
        file.write_text(text)
    scores = found.score_trackers(tmp_path, [ONE], found.get_protocol("exact"))
    assert list(scores) == ["good"] and scores["good"].metrics["accuracy"] == 1.0
    assert "bad/baseline/one/one_001.txt:2: got 2 numbers" in scores.failed["bad"]


@pytest.mark.parametrize(("protocol", "lost", "accepted"), [
    ("official", 1, True), ("official", 2, False), ("pysot", 4, True), ("vot-toolkit", 1, False),
])  # fmt: skip
def test_lost_rows_are_refused_or_cut_with_a_note(protocol: str, lost: int, accepted: bool) -> None:
    short = {"one": [run("1", *[1.0] * (12 - lost))]}
    if accepted:
        result = score(short, [ONE], protocol, interval=(2, 5))
        assert result.notes[:1] == [f"one: {13 - lost} rows for 13 frames, the first {13 - lost} were scored"]
    else:
        with pytest.raises(InputError, match=f"{13 - lost} rows, 'one' has 13 frames"):
            score(short, [ONE], protocol)


def test_one_pass_results_are_refused_even_with_a_first_marker() -> None:
    drifted = parse_run(("1\n" + "20,20,10,10\n" * 2 + "80,80,9,9\n" * 10).encode(), "drifted.txt")
    with pytest.raises(InputError, match=r"drifted\.txt: 10 frames miss the target.*EAO need reset-based results"):
        score({"one": [drifted]}, [ONE])


def test_unknown_protocol_lists_the_known() -> None:
    with pytest.raises(InputError, match="did you mean 'pysot'"):
        score(BY_HAND, [ONE, TWO], "pysott")


@pytest.fixture(scope="module")
def annotations() -> list[VotSequence]:
    return load_sequences(reference_file("data/vot2018/vot2018_annotations.json"))


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads(reference_file("data/reference_scores.json").read_text())["VOT2018"]


@pytest.mark.parametrize("tracker", TRACKERS)
@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        ("official", lambda scores: scores["independent"]["bounds_w_minus_1"]),
        ("pysot", lambda scores: scores["pysot_toolkit"]),
        ("vot-toolkit", lambda scores: scores["vot_toolkit"]),
    ],
)
def test_stored_official_numbers_are_reproduced(tracker, protocol, expected, annotations, reference):
    results = load_results(reference_file(f"data/vot2018/results/{tracker}.tar.xz"))
    assert list(results) == [tracker]
    found = score(results[tracker], annotations, protocol, tracker)
    stored = expected(reference[tracker]["scores"])
    for name in ("accuracy", "eao"):
        assert found.metrics[name] == pytest.approx(stored[name], abs=1.5e-6)  # stored with six digits
    robustness = stored.get("robustness", stored.get("length_weighted_failures"))
    assert found.metrics["robustness"] == pytest.approx(robustness, abs=1e-6)
    if "exp_robustness" in stored:
        assert found.metrics["exp_robustness"] == pytest.approx(stored["exp_robustness"], abs=1e-6)
    failures = sum(values["failures"] for values in found.per_sequence.values())
    assert failures == reference[tracker]["scores"]["independent"]["bounds_w_minus_1"]["failures"]
    assert found.frames == 21356 and found.coverage() == "all 60 sequences"


@pytest.mark.parametrize("tracker", TRACKERS)
@pytest.mark.parametrize(("inset", "key"), [(0, "bounds_w"), (-(10**6), "no_bounds")])
def test_other_image_limits_reproduce_their_stored_numbers(tracker, inset, key, annotations, reference):
    runs = load_results(reference_file(f"data/vot2018/results/{tracker}.tar.xz"))[tracker]
    rules = dataclasses.replace(PROTOCOLS["official"], accuracy_inset=inset, eao_inset=inset)
    if key == "no_bounds":
        rules = dataclasses.replace(rules, overlap=lambda a, b, limits: PROTOCOLS["official"].overlap(a, b, None))
    found, stored = score(runs, annotations, rules).metrics, reference[tracker]["scores"]["independent"][key]
    assert found["accuracy"] == pytest.approx(stored["accuracy"], abs=1.5e-6)
    assert found["eao"] == pytest.approx(stored["eao"], abs=1.5e-6)


def test_sixty_sequences_are_scored_within_seconds(annotations) -> None:
    runs = load_results(reference_file("data/vot2018/results/LightTrack.tar.xz"))["LightTrack"]
    began = time.process_time()
    score(runs, annotations)
    assert time.process_time() - began < 2.0  # 0.3 s alone on a core


def test_annotations_know_their_frames_and_tags(annotations) -> None:
    assert len(annotations) == 60 and sum(map(len, annotations)) == 21356
    rectangles = {s.name: int(s.regions.rectangle.sum()) for s in annotations if s.regions.rectangle.any()}
    assert rectangles == {"conduction1": 345}
    for given in annotations:
        assert (given.tags["empty"] == ~np.any([given.tags[tag] for tag in TAGS], axis=0)).all()
