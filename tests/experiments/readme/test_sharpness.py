"""The page shows what the study's file holds, whatever came out."""

from __future__ import annotations

from experiments.readme.sharpness import sharpness, sharpness_lines


def test_sharpness_says_what_the_rule_says() -> None:
    assert sharpness({"verdicts": {}}) == "Not measured yet: no ground has been run.\n"
    span = {"mean": 0.1, "low": -0.2, "high": 0.4}
    asked = {"question": "sharpness", "before": "log_kl_4", "best": "log_kl_8", "difference": span, "on_test": span}
    told = {"stopped_by": [], "decides": True, "barred": False, "changes": False}
    answers = [
        {**asked, **told, "changes": True},
        {**asked, **told},
        {**asked, **told, "stopped_by": ["atom_lite"]},
        {**asked, **told, "best": "log_kl_4"},
        {**asked, **told, "barred": True},
        {**asked, **told, "decides": False},
    ]
    lines = sharpness({"verdicts": {"loss": {"ltrb head": answers}}}).splitlines()[2:]
    same = "| loss | sharpness | log kl 4 | "
    numbers = f"{same}log kl 8 | +0.100 [-0.200, +0.400] | +0.100 [-0.200, +0.400] | "
    assert lines == [
        f"{numbers}**is the default now** |",
        f"{numbers}stays: may be chance |",
        f"{numbers}stays: atom_lite |",
        f"{same}the same |  |  | stays |",
    ]


def test_a_line_stands_at_the_sharpness_that_validation_targets_want() -> None:
    def member(*val: float) -> dict[str, object]:
        return {"val": list(val), "test_mean": {"mean": 1 - val[0], "low": 0.0, "high": 1.0}}

    score = {"log_kl_4": member(0.2, 0.4), "log_kl_8": member(0.1, 0.6), "exp_kl_4": member(0.5, 0.5)}
    tables = {"score head": score, "ltrb head": {"log_kl_0p5": member(0.7)}, "atom_lite": {"log_kl_4": member(0.9)}}
    lines = sharpness_lines({"tables": {name: {"members": found} for name, found in tables.items()}}).splitlines()
    assert lines == [
        "| form | divergence | score head | ltrb head |",
        "| --- | --- | --- | --- |",
        "| log | kl | 8: 0.350, 0.900 [0.000, 1.000] | 0.5: 0.700, 0.300 [0.000, 1.000] |",
        "| exp | kl | 4: 0.500, 0.500 [0.000, 1.000] |  |",
    ]
