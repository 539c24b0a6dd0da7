"""Every stored number of trackeval and motmetrics comes out of our reader, writer and scorer again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from siou_tracking.mot.data.motchallenge import read_results, write_results
from siou_tracking.mot.scoring.score import score_mot
from tests.mot.mot_files import check_scores, write_sequence
from tests.reference_data import reference_file

FIELDS = {
    **{name: name.lower() for name in ("HOTA", "DetA", "AssA", "LocA", "DetRe", "DetPr", "AssRe", "AssPr")},
    **{name: name.lower() for name in ("MOTA", "MOTP", "MT", "PT", "ML", "IDSW", "Frag")},
    **{name: name.lower() for name in ("IDF1", "IDP", "IDR", "IDTP", "IDFN", "IDFP")},
    "HOTA(0)": "hota_05",
    "HOTA_alpha_0.5": "hota_50",
    "CLR_TP": "tp",
    "CLR_FN": "fn",
    "CLR_FP": "fp",
    "CLR_Re": "recall",
    "CLR_Pr": "precision",
    "GT_Dets": "truth_boxes",
    "Dets": "boxes",
    "GT_IDs": "truth_identities",
    "IDs": "identities",
}


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    pytest.importorskip("trackeval")
    return json.loads(reference_file("data/mot/reference.json").read_text())


@pytest.mark.parametrize("rewritten", [False, True])
def test_the_stored_scores_of_real_sequences_are_reproduced(
    reference: dict[str, Any], tmp_path: Path, rewritten: bool
) -> None:
    truth, tracker = reference_file("data/mot/mot15_gt"), reference_file("data/mot/mot15_trackers/bundled")
    if rewritten:
        for name, length in reference["seq_length"].items():
            folder = write_sequence(tmp_path / "truth", name, length=length)
            shutil.copy(truth / name / "gt" / "gt.txt", folder / "gt" / "gt.txt")
            write_results(tmp_path / "again" / f"{name}.txt", read_results(tracker / "data" / f"{name}.txt", length))
        truth, tracker = tmp_path / "truth", tmp_path / "again"
    result = score_mot(truth, {"bundled": tracker})
    assert result["benchmark"] == "mot15"
    scores = result["trackers"]["bundled"]
    found = {**scores["per_sequence"], "COMBINED_SEQ": scores["combined"]}
    assert set(reference["trackeval"]) == set(found)
    for name, values in reference["trackeval"].items():
        check_scores(found[name], {FIELDS[field]: value for field, value in values.items()}, 1e-9)
    names = {"idf1": "idf1", "mota": "mota", "num_switches": "idsw", "num_false_positives": "fp", "num_misses": "fn"}
    names |= {"num_fragmentations": "frag", "mostly_tracked": "mt", "mostly_lost": "ml", "recall": "recall"}
    for other, own in (("TUD-Campus", "TUD-Campus"), ("TUD-Stadtmitte", "TUD-Stadtmitte"), ("OVERALL", "COMBINED_SEQ")):
        values = reference["motmetrics"][other]
        check_scores(found[own], {metric: values[name] for name, metric in names.items()}, 1e-9)
        assert found[own]["motp"] == pytest.approx(1 - values["motp"], abs=1e-9)


def test_the_stored_scores_of_the_micro_sequences_are_reproduced(reference: dict[str, Any]) -> None:
    micro = reference_file("data/mot/micro")
    found = score_mot(micro / "gt", {"x": micro / "trk" / "x"})["trackers"]["x"]["per_sequence"]
    assert set(found) == set(reference["micro"])
    for name, values in reference["micro"].items():
        for source in ("expected", "trackeval"):
            check_scores(found[name], {FIELDS[field]: value for field, value in values[source].items()}, 1e-9)
