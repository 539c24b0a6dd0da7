"""The checks of T1 to T7 find what holds, and what does not."""

from __future__ import annotations

import pytest

from experiments.sharpness.forms import Member
from experiments.sharpness.properties import check_properties, keeps_all

LOST = {
    Member("sqrt"): {"T6"},  # its slope grows with the distance
    Member("linear"): {"T6"},
    Member("ratio"): {"T3"},  # flat far away
    Member("logratio"): {"T3"},
    Member("exp"): {"T3", "T4", "T6"},  # so flat that float64 has no slope, best size or score there
    Member("cone"): {"T1", "T2", "T6"},  # a tip at the target
    Member(divergence="hellinger"): {"T3", "T4"},
}
KEPT = [Member(divergence=name) for name in ("bhattacharyya", "kl", "narrow", "jeffreys", "wasserstein")]


@pytest.mark.parametrize("member", LOST, ids=lambda member: member.name)
def test_what_a_form_loses(member: Member) -> None:
    findings = check_properties(member)
    assert {name for name, found in findings.items() if not found.holds} == LOST[member]
    assert not keeps_all(findings)


@pytest.mark.parametrize("sharpness", [4.0, 32.0])
@pytest.mark.parametrize("member", KEPT, ids=lambda member: member.name)
def test_log_keeps_all_on_every_divergence_without_a_bound(member: Member, sharpness: float) -> None:
    findings = check_properties(Member(member.form, member.divergence, sharpness))
    assert keeps_all(findings), findings
