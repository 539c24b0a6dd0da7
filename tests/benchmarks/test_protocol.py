"""The table of rules."""

from __future__ import annotations

import pytest

from siou_tracking.benchmarks import BENCHMARKS
from siou_tracking.benchmarks.protocol import PROTOCOLS
from siou_tracking.benchmarks.registry import available_protocols, get_protocol
from siou_tracking.errors import InputError


def test_official_is_the_default_of_every_benchmark() -> None:
    for benchmark in BENCHMARKS:
        assert get_protocol(benchmark) is get_protocol(benchmark, "official")
        assert available_protocols(benchmark)[0] == "official"


def test_the_toolkit_is_another_name_of_the_official_rules() -> None:
    assert get_protocol("otb2015", "toolkit") is get_protocol("otb2015")


@pytest.mark.parametrize("benchmark", ["otb2015", "lasot"])
def test_the_evaluators_people_compare_with_are_there(benchmark: str) -> None:
    assert available_protocols(benchmark) == ["official", "pysot", "pytracking", "got10k"]


def test_every_row_names_the_code_it_reproduces() -> None:
    assert all(row.source and (row.benchmark, row.name) == key for key, row in PROTOCOLS.items())


def test_an_unknown_protocol_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'pytracking'"):
        get_protocol("lasot", "pytraking")
    with pytest.raises(InputError, match="did you mean 'otb2015'"):
        get_protocol("otb")
