"""VOT2016 and VOT2019: the rules of VOT2018 over their own run lengths, and names that tell the years apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from siou_tracking.benchmarks.official_names import official_lengths, official_names
from siou_tracking.benchmarks.registry import get_benchmark, get_protocol
from siou_tracking.errors import InputError
from tests.benchmarks.datasets.flow import draw, numbered, run_score_report


@pytest.mark.parametrize(
    ("year", "interval"), [("vot2016", (108, 371)), ("vot2018", (100, 356)), ("vot2019", (46, 291))]
)
def test_eao_is_the_mean_over_the_years_own_lengths(year: str, interval: tuple[int, int]) -> None:
    assert get_protocol(year).interval == get_protocol(year, "pysot").interval == interval
    assert get_protocol(year, "vot-toolkit").interval == (interval[0] + 1, interval[1] + 1)  # numbered from 0 there
    assert get_benchmark(year).eao_interval(get_protocol(year)) == interval
    assert all(rules.benchmark == year for rules in get_benchmark(year).protocols.values())


def test_the_years_share_most_sequences() -> None:
    years = [set(official_names(year)) for year in ("vot2016", "vot2018", "vot2019")]
    assert list(map(len, years)) == [60, 60, 60]
    assert len(years[0] & years[1]) == 50 and len(years[1] & years[2]) == 48
    assert sum(official_lengths("vot2019").values()) == 19_935
    shared = years[1] & years[2]
    assert all(official_lengths("vot2018")[name] == official_lengths("vot2019")[name] for name in shared)


def test_vot2016_had_no_real_time_experiment() -> None:
    assert set(get_benchmark("vot2016").experiments) == {"baseline"}
    assert set(get_benchmark("vot2019").experiments) == {"baseline", "realtime"}


@pytest.mark.parametrize(("year", "place"), [("vot2016", ""), ("vot2019", "color")])
def test_from_the_run_to_the_page(year: str, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    length = 120
    data = tmp_path / "data"
    draw(data / "book" / place, *numbered(1, length, 8))
    (data / "book/groundtruth.txt").write_text("10,11,30,11,30,21,10,21\n" * length)
    (data / "list.txt").write_text("book\n")
    result = run_score_report(capsys, data, "--benchmark", year.upper(), sequences=1, frames=length)
    low, high = get_protocol(year).interval
    assert any(
        f"EAO over {low}..{length} only" in note and f"{low}..{high}" in note for note in result["notes"]["static"]
    )
    assert result["trackers"]["static"]["eao"] == pytest.approx(1.0) and not np.isnan(result["ceiling"]["eao"])


@pytest.mark.parametrize("name", ["vot2020", "VOT-ST2021", "vot2022"])
def test_a_year_of_anchors_and_masks_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(InputError, match=f"benchmark '{name}': its trackers start from anchors"):
        get_benchmark(name)
